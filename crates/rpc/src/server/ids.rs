//! Names of subscriptions.

use jsonrpsee::{core::traits::IdProvider, types::SubscriptionId};
use std::hash::{BuildHasher, RandomState};

/// Subscription ids as Ethereum's clients expect them: 128 random bits in hex.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HexIds;

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        // Each RandomState is keyed anew; an id names a subscription within one connection and guards nothing.
        let half = || RandomState::new().hash_one(std::time::Instant::now());
        SubscriptionId::Str(format!("0x{:016x}{:016x}", half(), half()).into())
    }
}
