//! The fork id (EIP-2124, EIP-6122): by which peers tell whether they follow the same rules.

use crate::{ChainSpec, Fork, ForkCondition, ForkSchedule, Header};
use alloy_eips::eip2124::{ForkFilter, ForkFilterKey, ForkId, Head};
use std::collections::BTreeSet;

/// The blocks and times at which a chain's rules change, as the fork id counts them. Changes at the genesis block do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForkPoints {
    /// By block number.
    pub blocks: BTreeSet<u64>,
    /// By time, in seconds.
    pub times: BTreeSet<u64>,
}

impl ForkPoints {
    /// Collects points; zeros are left out.
    pub fn new(
        blocks: impl IntoIterator<Item = u64>,
        times: impl IntoIterator<Item = u64>,
    ) -> Self {
        let nonzero = |point: &u64| *point > 0;
        Self {
            blocks: blocks.into_iter().filter(nonzero).collect(),
            times: times.into_iter().filter(nonzero).collect(),
        }
    }

    /// The points of a schedule.
    pub fn from_schedule(forks: &ForkSchedule) -> Self {
        let conditions = || Fork::ALL.into_iter().map(|fork| forks.condition(fork));
        Self::new(
            conditions().filter_map(|at| {
                if let ForkCondition::Block(block) = at { Some(block) } else { None }
            }),
            conditions().filter_map(ForkCondition::timestamp),
        )
    }
}

impl ChainSpec {
    /// The fork id at a block: the checksum of the genesis hash and the forks passed, and the next fork (0 if none is known).
    pub fn fork_id(&self, number: u64, timestamp: u64) -> ForkId {
        self.filter(Head { number, timestamp, ..Head::default() }).current()
    }

    /// What judges the fork ids of peers for a node whose newest block this is (EIP-2124, "validation rules").
    pub fn fork_filter(&self, head: &Header) -> ForkFilter {
        self.filter(Head { number: head.number, timestamp: head.timestamp, ..Head::default() })
    }

    fn filter(&self, head: Head) -> ForkFilter {
        let blocks = self.fork_points.blocks.iter().map(|block| ForkFilterKey::Block(*block));
        let times = self.fork_points.times.iter().map(|time| ForkFilterKey::Time(*time));
        ForkFilter::new(head, self.genesis_hash, self.genesis_timestamp, blocks.chain(times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_eips::eip2124::ForkHash;
    use alloy_primitives::b256;

    /// Mainnet's values are those of EIP-2124's and EIP-6122's test tables.
    #[test]
    fn mainnets_ids_are_those_of_the_eip() {
        let mut spec = ChainSpec::new(1, ForkSchedule::frontier());
        spec.genesis_hash =
            b256!("d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3");
        spec.genesis_timestamp = 0;
        spec.fork_points = ForkPoints::new(
            [
                1_150_000, 1_920_000, 2_463_000, 2_675_000, 4_370_000, 7_280_000, 9_069_000,
                9_200_000, 12_244_000, 12_965_000, 13_773_000, 15_050_000,
            ],
            [1_681_338_455, 1_710_338_135],
        );
        let cases = [
            (0, 0, [0xfc, 0x64, 0xec, 0x04], 1_150_000),
            (1_149_999, 0, [0xfc, 0x64, 0xec, 0x04], 1_150_000),
            (1_150_000, 0, [0x97, 0xc2, 0xc3, 0x4c], 1_920_000),
            (1_920_000, 0, [0x91, 0xd1, 0xf9, 0x48], 2_463_000),
            (2_463_000, 0, [0x7a, 0x64, 0xda, 0x13], 2_675_000),
            (2_675_000, 0, [0x3e, 0xdd, 0x5b, 0x10], 4_370_000),
            (4_370_000, 0, [0xa0, 0x0b, 0xc3, 0x24], 7_280_000),
            (7_280_000, 0, [0x66, 0x8d, 0xb0, 0xaf], 9_069_000),
            (9_069_000, 0, [0x87, 0x9d, 0x6e, 0x30], 9_200_000),
            (9_200_000, 0, [0xe0, 0x29, 0xe9, 0x91], 12_244_000),
            (12_244_000, 0, [0x0e, 0xb4, 0x40, 0xf6], 12_965_000),
            (12_965_000, 0, [0xb7, 0x15, 0x07, 0x7d], 13_773_000),
            (13_773_000, 0, [0x20, 0xc3, 0x27, 0xfc], 15_050_000),
            (15_050_000, 0, [0xf0, 0xaf, 0xd0, 0xe3], 1_681_338_455),
            (20_000_000, 1_681_338_455, [0xdc, 0xe9, 0x6c, 0x2d], 1_710_338_135),
            (20_000_000, 1_710_338_135, [0x9f, 0x3d, 0x22, 0x54], 0),
        ];
        for (number, time, hash, next) in cases {
            assert_eq!(
                spec.fork_id(number, time),
                ForkId { hash: ForkHash(hash), next },
                "at block {number}"
            );
        }
    }
}
