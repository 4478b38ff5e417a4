//! A header against its parent.

use super::HeaderError;
use crate::{
    ChainSpec, EngineConfig, Fork, Header, HeaderProfile, ISTANBUL_DIGEST, SealedHeader,
    extra_data::{CliqueExtraData, Ibft2ExtraData, IstanbulExtraData, QbftExtraData},
    fees::{GAS_LIMIT_BOUND_DIVISOR, MIN_GAS_LIMIT},
};
use alloy_consensus::constants::EMPTY_OMMER_ROOT_HASH;
use alloy_eips::eip4844::DATA_GAS_PER_BLOB;
use alloy_primitives::{B64, B256, U256};

impl ChainSpec {
    /// Checks a header against its parent by every rule that needs nothing else.
    ///
    /// # Errors
    /// [`HeaderError`] for the first rule that is broken.
    pub fn validate_header(
        &self,
        header: &SealedHeader,
        parent: &SealedHeader,
    ) -> Result<(), HeaderError> {
        self.check_ancestry(header, parent)?;
        let fork = self.fork(header);
        self.check_gas(header, parent, fork)?;
        self.check_base_fee(header, parent)?;
        self.check_seal_fields(header, parent, fork)?;
        self.check_tail(header, fork)?;
        self.check_blob_gas(header, parent)
    }

    fn check_ancestry(
        &self,
        header: &SealedHeader,
        parent: &SealedHeader,
    ) -> Result<(), HeaderError> {
        if header.parent_hash != parent.hash {
            return Err(HeaderError::ParentHash {
                found: header.parent_hash,
                expected: parent.hash,
            });
        }
        let expected = parent.number.saturating_add(1);
        if header.number != expected {
            return Err(HeaderError::Number { found: header.number, expected });
        }
        let least = parent.timestamp.saturating_add(self.min_timestamp_step);
        if header.timestamp < least {
            return Err(HeaderError::Timestamp { found: header.timestamp, least });
        }
        let (found, most) = (header.extra_data.len(), self.max_extra_data);
        if found > most {
            return Err(HeaderError::ExtraDataLength { found, most });
        }
        Ok(())
    }

    fn check_gas(&self, header: &Header, parent: &Header, fork: Fork) -> Result<(), HeaderError> {
        if header.gas_used > header.gas_limit {
            return Err(HeaderError::GasUsed { used: header.gas_used, limit: header.gas_limit });
        }
        let base = self.gas_limit_base(parent, fork >= Fork::London);
        let step = (base / GAS_LIMIT_BOUND_DIVISOR).saturating_sub(1);
        // Gas limits have 63 bits for every client.
        let least = base.saturating_sub(step).max(MIN_GAS_LIMIT);
        let most = base.saturating_add(step).min(i64::MAX as u64);
        let found = header.gas_limit;
        if found < least || found > most {
            return Err(HeaderError::GasLimit { found, least, most, base });
        }
        Ok(())
    }

    fn check_base_fee(&self, header: &Header, parent: &Header) -> Result<(), HeaderError> {
        let expected = (self.fork(header) >= Fork::London).then(|| self.london_base_fee(parent));
        if header.base_fee_per_gas != expected {
            return Err(HeaderError::BaseFee { found: header.base_fee_per_gas, expected });
        }
        Ok(())
    }

    /// What the profile says of difficulty, nonce, mix hash, ommers and extra data.
    fn check_seal_fields(
        &self,
        header: &Header,
        parent: &Header,
        fork: Fork,
    ) -> Result<(), HeaderError> {
        match self.profile_at(header.number) {
            HeaderProfile::Ethereum => self.check_plain(header, parent, fork),
            HeaderProfile::Clique => {
                // EIP-225's signers, turns and votes are the engine's; difficulty is 1 or 2.
                CliqueExtraData::decode(&header.extra_data)?;
                no_ommers(header)
            }
            HeaderProfile::Qbft => {
                QbftExtraData::decode(&header.extra_data)?;
                check_bft(header)
            }
            HeaderProfile::Ibft2 => {
                Ibft2ExtraData::decode(&header.extra_data)?;
                zero_nonce(header)?;
                check_bft(header)
            }
            HeaderProfile::IstanbulLegacy => {
                // The nonce carries a vote here.
                if let Err(error) = IstanbulExtraData::decode(&header.extra_data)
                    && QbftExtraData::decode(&header.extra_data).is_err()
                {
                    return Err(error.into());
                }
                check_bft(header)
            }
        }
    }

    fn check_plain(&self, header: &Header, parent: &Header, fork: Fork) -> Result<(), HeaderError> {
        if fork >= Fork::Paris {
            expect_difficulty(header, U256::ZERO)?;
            zero_nonce(header)?;
            return no_ommers(header);
        }
        if !matches!(self.engine, EngineConfig::Ethash { .. }) {
            return Ok(());
        }
        if header.difficulty.is_zero() {
            return Err(HeaderError::NoDifficulty);
        }
        if parent.difficulty.is_zero() && parent.number > 0 {
            return Err(HeaderError::DifficultyReturned { found: header.difficulty });
        }
        Ok(())
    }

    /// Which optional members are there. Besu's BFT chains end their headers early, and have done so differently over time: from Shanghai on the tail
    /// may end anywhere, but what a later fork adds is still refused before it.
    fn check_tail(&self, header: &Header, fork: Fork) -> Result<(), HeaderError> {
        let lenient = !matches!(
            self.profile_at(header.number),
            HeaderProfile::Ethereum | HeaderProfile::Clique
        );
        let members = [
            ("base fee", header.base_fee_per_gas.is_some(), Fork::London),
            ("withdrawals root", header.withdrawals_root.is_some(), Fork::Shanghai),
            ("blob gas used", header.blob_gas_used.is_some(), Fork::Cancun),
            ("excess blob gas", header.excess_blob_gas.is_some(), Fork::Cancun),
            ("parent beacon block root", header.parent_beacon_block_root.is_some(), Fork::Cancun),
            ("requests hash", header.requests_hash.is_some(), Fork::Prague),
        ];
        for (field, there, begins) in members {
            if there && fork < begins {
                return Err(HeaderError::FieldUnexpected { field, fork });
            }
            if !there && fork >= begins && !(lenient && begins >= Fork::Shanghai) {
                return Err(HeaderError::FieldMissing { field, fork });
            }
        }
        for (field, there) in [
            ("block access list hash", header.block_access_list_hash.is_some()),
            ("slot number", header.slot_number.is_some()),
        ] {
            if there {
                return Err(HeaderError::FieldUnexpected { field, fork });
            }
        }
        for pair in members.windows(2) {
            if pair[1].1 && !pair[0].1 {
                return Err(HeaderError::FieldGap { field: pair[1].0, before: pair[0].0 });
            }
        }
        // The two are one thing (EIP-4844).
        if header.blob_gas_used.is_some() != header.excess_blob_gas.is_some() {
            return Err(HeaderError::FieldMissing { field: "excess blob gas", fork });
        }
        Ok(())
    }

    fn check_blob_gas(&self, header: &Header, parent: &Header) -> Result<(), HeaderError> {
        let (Some(used), Some(excess)) = (header.blob_gas_used, header.excess_blob_gas) else {
            return Ok(());
        };
        let Some(params) = self.blob_params(header.number, header.timestamp) else { return Ok(()) };
        let most = params.max_blob_gas_per_block();
        if used > most {
            return Err(HeaderError::BlobGasLimit { found: used, most });
        }
        if used % DATA_GAS_PER_BLOB != 0 {
            return Err(HeaderError::BlobGasStep { found: used, step: DATA_GAS_PER_BLOB });
        }
        let expected = self.next_excess_blob_gas(parent, header.timestamp).unwrap_or(0);
        if excess != expected {
            return Err(HeaderError::ExcessBlobGas { found: excess, expected });
        }
        Ok(())
    }
}

fn check_bft(header: &Header) -> Result<(), HeaderError> {
    expect_difficulty(header, U256::from(1))?;
    if header.mix_hash != ISTANBUL_DIGEST {
        return Err(HeaderError::MixHash { found: header.mix_hash, expected: ISTANBUL_DIGEST });
    }
    no_ommers(header)
}

fn expect_difficulty(header: &Header, expected: U256) -> Result<(), HeaderError> {
    let found = header.difficulty;
    if found == expected { Ok(()) } else { Err(HeaderError::Difficulty { found, expected }) }
}

fn zero_nonce(header: &Header) -> Result<(), HeaderError> {
    let (found, expected) = (header.nonce, B64::ZERO);
    if found == expected { Ok(()) } else { Err(HeaderError::Nonce { found, expected }) }
}

fn no_ommers(header: &Header) -> Result<(), HeaderError> {
    let (found, expected): (B256, B256) = (header.ommers_hash, EMPTY_OMMER_ROOT_HASH);
    if found == expected { Ok(()) } else { Err(HeaderError::OmmersForbidden { found, expected }) }
}
