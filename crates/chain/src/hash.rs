//! By which hash a chain knows its blocks.
//!
//! Ethereum hashes the header's RLP as it stands. BFT chains collect seals after the header is agreed on, so their hash leaves the seals out; a header
//! whose extra data cannot be read is hashed as it stands, so that every header has a hash and the rules can say what is wrong with it.

use crate::{
    Block, ChainSpec, Header, HeaderProfile, SealedBlock, SealedHeader,
    extra_data::{Ibft2ExtraData, IstanbulExtraData, QbftExtraData},
};
use alloy_primitives::{B256, Bytes, b256, keccak256};

/// The mix hash that marks a header as Istanbul BFT's (IBFT, IBFT 2.0, QBFT): "tical byzantine fault tolerance" preceded by "c".
pub const ISTANBUL_DIGEST: B256 =
    b256!("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365");

impl ChainSpec {
    /// The hash by which this chain knows a header. The genesis header is hashed as it stands under every profile.
    pub fn hash_header(&self, header: &Header) -> B256 {
        if header.number == 0 {
            return header.hash_slow();
        }
        let hashed = match self.profile_at(header.number) {
            HeaderProfile::Ethereum | HeaderProfile::Clique => None,
            HeaderProfile::Qbft => qbft(&header.extra_data),
            HeaderProfile::Ibft2 => Ibft2ExtraData::decode(&header.extra_data)
                .ok()
                .map(|extra| extra.encode_for_block_hash()),
            // GoQuorum decides by the mix hash and tries IBFT's extra data first.
            HeaderProfile::IstanbulLegacy if header.mix_hash == ISTANBUL_DIGEST => {
                IstanbulExtraData::decode(&header.extra_data)
                    .ok()
                    .map(|extra| extra.encode_for_block_hash())
                    .or_else(|| qbft(&header.extra_data))
            }
            HeaderProfile::IstanbulLegacy => None,
        };
        hashed.map_or_else(|| header.hash_slow(), |extra| hash_with(header, extra))
    }

    /// A header with its hash.
    pub fn seal_header(&self, header: Header) -> SealedHeader {
        SealedHeader { hash: self.hash_header(&header), header }
    }

    /// A block with its hash.
    pub fn seal_block(&self, block: Block) -> SealedBlock {
        SealedBlock { hash: self.hash_header(&block.header), block }
    }
}

fn qbft(extra_data: &[u8]) -> Option<Bytes> {
    QbftExtraData::decode(extra_data).ok().map(|extra| extra.encode_for_block_hash())
}

/// keccak256 of the header's RLP with other extra data in place of its own.
pub fn hash_with(header: &Header, extra_data: Bytes) -> B256 {
    let mut header = header.clone();
    header.extra_data = extra_data;
    header.hash_slow()
}

/// What a QBFT validator signs to commit a block in the round that its extra data names: the header without seals.
pub fn qbft_commit_hash(header: &Header, extra: &QbftExtraData) -> B256 {
    hash_with(header, extra.encode_for_commit_seal())
}

/// What an IBFT 2.0 validator signs to commit a block in the round that its extra data names: the header, the list of seals left out.
pub fn ibft2_commit_hash(header: &Header, extra: &Ibft2ExtraData) -> B256 {
    hash_with(header, extra.encode_for_commit_seal())
}

/// What a GoQuorum IBFT validator signs to commit a block: keccak256 of the block hash and the code of the commit message, 2.
pub fn istanbul_commit_hash(block_hash: B256) -> B256 {
    let mut signed = [0; 33];
    signed[..32].copy_from_slice(block_hash.as_slice());
    signed[32] = 2;
    keccak256(signed)
}

/// What a GoQuorum IBFT proposer signs: keccak256 of the hash of the header without any seal.
pub fn istanbul_proposer_hash(header: &Header, extra: &IstanbulExtraData) -> B256 {
    keccak256(hash_with(header, extra.encode_for_proposer_seal()))
}
