//! Which logs a client wants.

use crate::{
    BlockId,
    error::{RpcError, RpcResult},
};
use alloy_primitives::{Address, B256, Bloom, BloomInput, Log};
use serde::{Deserialize, Deserializer, de::Error as _};

/// Most topics that a log has.
const TOPICS: usize = 4;
/// Most alternatives in one place, and most addresses.
const ALTERNATIVES: usize = 1_000;

/// One value, several of which any will do, or none at all (anything will do).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AnyOf<T>(Vec<T>);

impl<T: PartialEq> AnyOf<T> {
    fn matches(&self, value: &T) -> bool {
        self.0.is_empty() || self.0.contains(value)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for AnyOf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Shape<T> {
            None(()),
            One(T),
            Many(Vec<Option<T>>),
        }
        let values = match Shape::deserialize(deserializer).map_err(|_| {
            D::Error::custom("expected a hex value of the right length, a list of such, or null")
        })? {
            Shape::None(()) => Vec::new(),
            Shape::One(value) => vec![value],
            // A null among alternatives means that any will do (geth).
            Shape::Many(values) => {
                values.into_iter().collect::<Option<Vec<T>>>().unwrap_or_default()
            }
        };
        if values.len() > ALTERNATIVES {
            return Err(D::Error::custom(format!(
                "more than {ALTERNATIVES} alternatives in one place"
            )));
        }
        Ok(Self(values))
    }
}

/// Conditions on a log's address and topics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogConditions {
    addresses: AnyOf<Address>,
    topics: Vec<AnyOf<B256>>,
}

impl LogConditions {
    /// Whether a log satisfies them: topics by position, and it must have as many as there are conditions.
    pub(crate) fn matches(&self, log: &Log) -> bool {
        self.addresses.matches(&log.address)
            && self.topics.len() <= log.topics().len()
            && self.topics.iter().zip(log.topics()).all(|(any, topic)| any.matches(topic))
    }

    /// Whether a block with this bloom can hold a log that satisfies them. False positives are possible, false negatives are not.
    pub(crate) fn may_be_in(&self, bloom: &Bloom) -> bool {
        let holds = |bytes: &[u8]| bloom.contains_input(BloomInput::Raw(bytes));
        let any_address = &self.addresses.0;
        (any_address.is_empty() || any_address.iter().any(|address| holds(address.as_slice())))
            && self
                .topics
                .iter()
                .all(|any| any.0.is_empty() || any.0.iter().any(|topic| holds(topic.as_slice())))
    }
}

/// The blocks in which to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogBlocks {
    /// One block, by its hash (EIP-234).
    At(B256),
    /// From one to another, both included.
    Range {
        /// The first.
        from: BlockId,
        /// The last.
        to: BlockId,
    },
}

/// The filter object of `eth_getLogs`, `eth_newFilter` and log subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogFilter {
    pub(crate) blocks: LogBlocks,
    pub(crate) conditions: LogConditions,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    from_block: Option<BlockId>,
    to_block: Option<BlockId>,
    #[serde(alias = "blockhash")]
    block_hash: Option<B256>,
    #[serde(alias = "addresses")]
    address: Option<AnyOf<Address>>,
    topics: Option<Vec<AnyOf<B256>>>,
}

impl<'de> Deserialize<'de> for LogFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let shape = Shape::deserialize(deserializer)?;
        let blocks = match (shape.block_hash, shape.from_block, shape.to_block) {
            (Some(hash), None, None) => LogBlocks::At(hash),
            (Some(_), ..) => {
                return Err(D::Error::custom(
                    "cannot specify both blockHash and fromBlock/toBlock, choose one or the other",
                ));
            }
            (None, from, to) => LogBlocks::Range {
                from: from.unwrap_or(BlockId::Latest),
                to: to.unwrap_or(BlockId::Latest),
            },
        };
        let topics = shape.topics.unwrap_or_default();
        if topics.len() > TOPICS {
            return Err(D::Error::custom(format!("a log has at most {TOPICS} topics")));
        }
        let conditions = LogConditions { addresses: shape.address.unwrap_or_default(), topics };
        Ok(Self { blocks, conditions })
    }
}

impl LogFilter {
    /// The filter of a subscription, which follows the head: it may not name blocks that are past.
    pub(crate) fn following(self) -> RpcResult<LogConditions> {
        match self.blocks {
            LogBlocks::Range { .. } => Ok(self.conditions),
            LogBlocks::At(_) => Err(RpcError::params(
                "a subscription follows the newest blocks; it can't name a block hash",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Bytes;

    fn filter(json: &str) -> Result<LogFilter, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    fn log(address: u8, topics: &[u8]) -> Log {
        let topics = topics.iter().map(|byte| B256::repeat_byte(*byte)).collect();
        Log::new_unchecked(Address::repeat_byte(address), topics, Bytes::new())
    }

    #[test]
    fn topics_match_by_position_and_null_means_anything() {
        let (one, two) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let conditions =
            filter(&format!(r#"{{"topics":[null,["{one}","{two}"]]}}"#)).unwrap().conditions;
        assert!(conditions.matches(&log(9, &[7, 1])));
        assert!(conditions.matches(&log(9, &[7, 2, 3])));
        assert!(!conditions.matches(&log(9, &[1, 7])));
        assert!(!conditions.matches(&log(9, &[7])), "it has too few topics");
        // An empty list of addresses is none.
        assert!(filter(r#"{"address":[],"topics":[]}"#).unwrap().conditions.matches(&log(1, &[])));
    }

    #[test]
    fn the_bloom_never_hides_a_log() {
        let wanted = log(1, &[2, 3]);
        let mut bloom = Bloom::ZERO;
        bloom.accrue_log(&wanted);
        let address = Address::repeat_byte(1);
        let conditions = filter(&format!(
            r#"{{"address":"{address}","topics":["{}",["{}","{}"]]}}"#,
            B256::repeat_byte(2),
            B256::repeat_byte(9),
            B256::repeat_byte(3)
        ))
        .unwrap()
        .conditions;
        assert!(conditions.may_be_in(&bloom) && conditions.matches(&wanted));
        assert!(!conditions.may_be_in(&Bloom::ZERO));
        assert!(filter("{}").unwrap().conditions.may_be_in(&Bloom::ZERO));
    }

    #[test]
    fn blocks_go_by_hash_or_range_but_not_both() {
        let hash = B256::repeat_byte(5);
        assert_eq!(
            filter(&format!(r#"{{"blockhash":"{hash}"}}"#)).unwrap().blocks,
            LogBlocks::At(hash)
        );
        assert_eq!(
            filter(r#"{"fromBlock":"0x1"}"#).unwrap().blocks,
            LogBlocks::Range { from: BlockId::Number(1), to: BlockId::Latest }
        );
        assert!(
            filter(&format!(r#"{{"fromBlock":"0x1","blockHash":"{hash}"}}"#))
                .unwrap_err()
                .contains("both")
        );
        assert!(
            filter(r#"{"topics":[null,null,null,null,null]}"#).unwrap_err().contains("at most 4")
        );
    }
}
