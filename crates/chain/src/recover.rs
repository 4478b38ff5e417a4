//! Who signed a transaction.
//!
//! Recovery costs more than executing the transfer that was signed, so it happens once, on libsecp256k1, on all cores for a block. [`install_crypto`]
//! hands the same library to alloy, for code that asks alloy for a signer. Authorities of EIP-7702 are recovered by [`recover_authority`]: alloy's own
//! method has its curve compiled in and asks no provider.

use crate::{ChainError, RecoveredBlock, SealedBlock, SignatureFault, Transaction, address_of};
use alloy_consensus::crypto::{
    RecoveryError, SECP256K1N_HALF,
    backend::{CryptoProvider, install_default_provider},
};
use alloy_eips::eip7702::SignedAuthorization;
use alloy_primitives::{Address, B256, Signature};
use rayon::prelude::*;
use secp256k1::{
    Message, PublicKey, SECP256K1,
    ecdsa::{RecoverableSignature, RecoveryId},
};
use std::sync::Arc;

/// Blocks with fewer transactions are recovered on the calling thread: waking others costs more.
const PARALLEL_FROM: usize = 4;

/// Who signed a hash.
///
/// # Errors
/// [`SignatureFault::NoKey`] when no key could have made the signature. A high s passes: that is a rule of transactions, not of the curve.
pub fn recover_address(hash: B256, signature: &Signature) -> Result<Address, SignatureFault> {
    let mut bytes = [0; 65];
    bytes[..32].copy_from_slice(&signature.r().to_be_bytes::<32>());
    bytes[32..64].copy_from_slice(&signature.s().to_be_bytes::<32>());
    bytes[64] = u8::from(signature.v());
    recover_seal(hash, &bytes)
}

/// Who made a seal (r, s and a recovery id of 0 to 3) over a hash.
///
/// # Errors
/// As [`recover_address`].
pub fn recover_seal(hash: B256, seal: &[u8; 65]) -> Result<Address, SignatureFault> {
    let key = || {
        let id = RecoveryId::try_from(i32::from(seal[64])).ok()?;
        let signature = RecoverableSignature::from_compact(&seal[..64], id).ok()?;
        SECP256K1.recover_ecdsa(Message::from_digest(hash.0), &signature).ok()
    };
    key().map(|key| address(&key)).ok_or(SignatureFault::NoKey)
}

fn address(key: &PublicKey) -> Address {
    let mut public_key = [0; 64];
    public_key.copy_from_slice(&key.serialize_uncompressed()[1..]);
    address_of(&public_key)
}

/// The sender of a transaction, by the rules from Homestead on: a signature with a high s is refused (EIP-2).
///
/// # Errors
/// [`ChainError::Signature`].
pub fn recover_sender(tx: &Transaction) -> Result<Address, ChainError> {
    recover_sender_with(tx, true)
}

/// The sender of a transaction. `low_s` is EIP-2's rule, which Frontier's blocks do not know.
///
/// # Errors
/// [`ChainError::Signature`].
pub fn recover_sender_with(tx: &Transaction, low_s: bool) -> Result<Address, ChainError> {
    let fault = |reason| ChainError::Signature { hash: *tx.tx_hash(), reason };
    if low_s && tx.signature().s() > SECP256K1N_HALF {
        return Err(fault(SignatureFault::HighS));
    }
    recover_address(tx.signature_hash(), tx.signature()).map_err(fault)
}

/// Recovers the senders of a block on all cores, by the rules from Homestead on.
///
/// # Errors
/// [`ChainError::Signature`] of the first transaction, in the block's order, whose signature is bad.
pub fn recover_block(block: SealedBlock) -> Result<RecoveredBlock, ChainError> {
    recover_block_with(block, true)
}

/// Recovers the senders of a block on all cores. `low_s` is EIP-2's rule; false for blocks before Homestead.
///
/// # Errors
/// As [`recover_block`].
pub fn recover_block_with(block: SealedBlock, low_s: bool) -> Result<RecoveredBlock, ChainError> {
    let transactions = &block.block.body.transactions;
    if transactions.len() < PARALLEL_FROM {
        return recover_block_serial(block, low_s);
    }
    // Results are kept in order and looked through in order, so that the error does not depend on which core was first.
    let recovered: Vec<_> =
        transactions.par_iter().map(|tx| recover_sender_with(tx, low_s)).collect();
    join(block, recovered.into_iter().collect::<Result<_, _>>()?)
}

/// Recovers the senders of a block on the calling thread.
///
/// # Errors
/// As [`recover_block`].
pub fn recover_block_serial(block: SealedBlock, low_s: bool) -> Result<RecoveredBlock, ChainError> {
    let senders = block.block.body.transactions.iter().map(|tx| recover_sender_with(tx, low_s));
    let senders = senders.collect::<Result<_, _>>()?;
    join(block, senders)
}

fn join(block: SealedBlock, senders: Vec<Address>) -> Result<RecoveredBlock, ChainError> {
    Ok(RecoveredBlock::new(block, senders).expect("one sender was recovered for each transaction"))
}

/// Who signed an authorization (EIP-7702). None when the signature is bad, has a high s, or a y parity other than 0 or 1: the authorization is then
/// passed over, not its transaction.
pub fn recover_authority(authorization: &SignedAuthorization) -> Option<Address> {
    let signature = authorization.signature().ok()?;
    if signature.s() > SECP256K1N_HALF {
        return None;
    }
    recover_address(authorization.signature_hash(), &signature).ok()
}

/// libsecp256k1 for alloy's hook.
struct Libsecp256k1;

impl CryptoProvider for Libsecp256k1 {
    fn recover_signer_unchecked(
        &self,
        sig: &[u8; 65],
        msg: &[u8; 32],
    ) -> Result<Address, RecoveryError> {
        recover_seal(B256::new(*msg), sig).map_err(RecoveryError::from_source)
    }

    fn verify_and_compute_signer_unchecked(
        &self,
        pubkey: &[u8; 65],
        sig: &[u8; 64],
        msg: &[u8; 32],
    ) -> Result<Address, RecoveryError> {
        let verify = || {
            let key = PublicKey::from_slice(pubkey).ok()?;
            let mut signature = secp256k1::ecdsa::Signature::from_compact(sig).ok()?;
            // The library verifies low s alone; the method's contract is to take both.
            signature.normalize_s();
            SECP256K1.verify_ecdsa(Message::from_digest(*msg), &signature, &key).ok()?;
            Some(address(&key))
        };
        verify().ok_or_else(RecoveryError::new)
    }
}

/// Makes alloy recover signers on this library. Called again it does nothing.
pub fn install_crypto() {
    // An error says that a provider is there already: ours, from an earlier call, or one that the program chose.
    let _ = install_default_provider(Arc::new(Libsecp256k1));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, ChainSpec, Fork, ForkSchedule, NodeKey};
    use alloy_consensus::{SignableTransaction, TxLegacy};
    use alloy_eips::eip7702::Authorization;
    use alloy_primitives::{TxKind, U256, hex};

    fn signed(key: &NodeKey, nonce: u64) -> Transaction {
        let tx = TxLegacy {
            nonce,
            chain_id: Some(7),
            to: TxKind::Call(Address::ZERO),
            ..TxLegacy::default()
        };
        let signature = key.sign(tx.signature_hash());
        tx.into_signed(signature).into()
    }

    /// EIP-155's own example: the transaction signed with the key 0x4646…46 on chain 1.
    #[test]
    fn the_example_of_eip_155_is_recovered() {
        let raw = hex!(
            "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
        );
        let tx: Transaction = alloy_rlp::Decodable::decode(&mut raw.as_slice()).unwrap();
        assert_eq!(
            recover_sender(&tx).unwrap(),
            NodeKey::from_hex(&"46".repeat(32)).unwrap().address()
        );
        assert!(ChainSpec::new(1, ForkSchedule::all_until(Fork::London)).verify_chain_id(&tx));
        assert!(!ChainSpec::new(2, ForkSchedule::all_until(Fork::London)).verify_chain_id(&tx));
    }

    #[test]
    fn blocks_are_recovered_in_order_on_any_number_of_cores() {
        let keys: Vec<_> = (0..40).map(|_| NodeKey::random()).collect();
        let mut block = Block::default();
        block.body.transactions =
            keys.iter().zip(0..).map(|(key, nonce)| signed(key, nonce)).collect();
        let sealed = SealedBlock { hash: B256::ZERO, block };
        let expected: Vec<_> = keys.iter().map(NodeKey::address).collect();
        assert_eq!(recover_block(sealed.clone()).unwrap().senders(), expected);
        assert_eq!(recover_block_serial(sealed, true).unwrap().senders(), expected);
    }

    #[test]
    fn a_high_s_is_refused_from_homestead_on() {
        let key = NodeKey::random();
        let tx = signed(&key, 0);
        let legacy = tx.as_legacy().unwrap();
        let signature = legacy.signature();
        // The curve's order less s, with the other parity, is the same signature's twin.
        let order = SECP256K1N_HALF * U256::from(2) + U256::from(1);
        let twin = Signature::new(signature.r(), order - signature.s(), !signature.v());
        let twin: Transaction = legacy.tx().clone().into_signed(twin).into();
        let error = recover_sender(&twin).unwrap_err();
        assert!(
            matches!(error, ChainError::Signature { reason: SignatureFault::HighS, .. }),
            "{error}"
        );
        assert_eq!(recover_sender_with(&twin, false).unwrap(), key.address());
        let nobody: Transaction =
            legacy.tx().clone().into_signed(Signature::new(U256::ZERO, U256::ZERO, false)).into();
        let error = recover_sender(&nobody).unwrap_err();
        assert!(
            matches!(error, ChainError::Signature { reason: SignatureFault::NoKey, .. }),
            "{error}"
        );
    }

    #[test]
    fn authorities_are_recovered() {
        let key = NodeKey::random();
        let authorization =
            Authorization { chain_id: U256::from(7), address: Address::ZERO, nonce: 3 };
        let signature = key.sign(authorization.signature_hash());
        let signed = authorization.clone().into_signed(signature);
        assert_eq!(recover_authority(&signed), Some(key.address()));
        let odd =
            SignedAuthorization::new_unchecked(authorization, 2, signature.r(), signature.s());
        assert_eq!(recover_authority(&odd), None);
    }

    #[test]
    fn the_hook_is_installed_once_and_serves() {
        install_crypto();
        install_crypto();
        let key = NodeKey::random();
        let hash = alloy_primitives::keccak256("hook");
        let provider = alloy_consensus::crypto::backend::get_default_provider();
        let signature = key.sign(hash);
        assert_eq!(
            provider.recover_signer_unchecked(&signature.as_rsy(), &hash.0).unwrap(),
            key.address()
        );
        let mut public = [4; 65];
        public[1..].copy_from_slice(&key.public_key());
        let compact: [u8; 64] = signature.as_rsy()[..64].try_into().unwrap();
        assert_eq!(
            provider.verify_and_compute_signer_unchecked(&public, &compact, &hash.0).unwrap(),
            key.address()
        );
    }
}
