//! Hard forks and when they begin.

use alloy_primitives::{BlockNumber, U256};

/// The hard forks of Ethereum's execution layer, in their order. A fork includes all that came before it.
///
/// Besu's genesis keys name them `homesteadBlock` … `osakaTime`; Ice-age delays (Muir, Arrow, Gray Glacier) change only proof-of-work
/// difficulty and are kept for the fork id (EIP-2124), not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each name is the fork's own")]
pub enum Fork {
    Frontier,
    Homestead,
    TangerineWhistle,
    SpuriousDragon,
    Byzantium,
    Constantinople,
    Petersburg,
    Istanbul,
    Berlin,
    London,
    Paris,
    Shanghai,
    Cancun,
    Prague,
    Osaka,
}

impl Fork {
    /// Every fork, oldest first.
    pub const ALL: [Self; 15] = [
        Self::Frontier,
        Self::Homestead,
        Self::TangerineWhistle,
        Self::SpuriousDragon,
        Self::Byzantium,
        Self::Constantinople,
        Self::Petersburg,
        Self::Istanbul,
        Self::Berlin,
        Self::London,
        Self::Paris,
        Self::Shanghai,
        Self::Cancun,
        Self::Prague,
        Self::Osaka,
    ];

    /// The fork's name as the field writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frontier => "Frontier",
            Self::Homestead => "Homestead",
            Self::TangerineWhistle => "Tangerine Whistle",
            Self::SpuriousDragon => "Spurious Dragon",
            Self::Byzantium => "Byzantium",
            Self::Constantinople => "Constantinople",
            Self::Petersburg => "Petersburg",
            Self::Istanbul => "Istanbul",
            Self::Berlin => "Berlin",
            Self::London => "London",
            Self::Paris => "Paris",
            Self::Shanghai => "Shanghai",
            Self::Cancun => "Cancun",
            Self::Prague => "Prague",
            Self::Osaka => "Osaka",
        }
    }
}

/// When a fork begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForkCondition {
    /// At this block and after.
    Block(BlockNumber),
    /// At the first block whose timestamp (seconds) is this or later.
    Timestamp(u64),
    /// When the chain's total difficulty has reached this (EIP-3675, Paris). Seen from a header alone: difficulty is zero from then on.
    TotalDifficulty(U256),
    /// Never on this chain.
    Never,
}

impl ForkCondition {
    /// The time from which the fork holds, if it begins by time.
    pub const fn timestamp(self) -> Option<u64> {
        match self {
            Self::Timestamp(at) => Some(at),
            _ => None,
        }
    }

    /// Whether a block with these header fields is under the fork.
    pub fn active(self, number: BlockNumber, timestamp: u64, difficulty: U256) -> bool {
        match self {
            Self::Block(from) => number >= from,
            Self::Timestamp(from) => timestamp >= from,
            // A threshold of zero is passed by the genesis block, whatever difficulty it states.
            Self::TotalDifficulty(at) => at.is_zero() || (number > 0 && difficulty.is_zero()),
            Self::Never => false,
        }
    }
}

/// Which fork begins when. Forks that a genesis file leaves out have [`ForkCondition::Never`] unless a later one of the same kind implies them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkSchedule([ForkCondition; Fork::ALL.len()]);

impl ForkSchedule {
    /// A schedule with Frontier from the genesis block and nothing else.
    pub const fn frontier() -> Self {
        let mut all = [ForkCondition::Never; Fork::ALL.len()];
        all[0] = ForkCondition::Block(0);
        Self(all)
    }

    /// Every fork up to and including `last` from the genesis block on.
    pub fn all_until(last: Fork) -> Self {
        let mut schedule = Self::frontier();
        for fork in Fork::ALL.into_iter().filter(|fork| *fork <= last) {
            let at = match fork {
                Fork::Paris => ForkCondition::TotalDifficulty(U256::ZERO),
                fork if fork >= Fork::Shanghai => ForkCondition::Timestamp(0),
                _ => ForkCondition::Block(0),
            };
            schedule.set(fork, at);
        }
        schedule
    }

    /// Says when a fork begins.
    pub const fn set(&mut self, fork: Fork, at: ForkCondition) {
        self.0[fork as usize] = at;
    }

    /// When a fork begins.
    pub const fn condition(&self, fork: Fork) -> ForkCondition {
        self.0[fork as usize]
    }

    /// The newest fork active at a block with these header fields.
    pub fn at(&self, number: BlockNumber, timestamp: u64, difficulty: U256) -> Fork {
        Fork::ALL
            .into_iter()
            .rev()
            .find(|fork| self.condition(*fork).active(number, timestamp, difficulty))
            .unwrap_or(Fork::Frontier)
    }
}
