//! How clients name a block: number, hash, tag, or EIP-1898 object.

use alloy_primitives::{B256, hex};
use serde::{Deserialize, Deserializer, de::Error as _};
use std::borrow::Cow;

/// A block as a client names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockId {
    /// At this height.
    Number(u64),
    /// With this hash.
    Hash {
        /// The block hash.
        hash: B256,
        /// Only if it is on the chain (EIP-1898).
        require_canonical: bool,
    },
    /// The newest committed block.
    Latest,
    /// The newest that is safe.
    Safe,
    /// The newest that will not be undone.
    Finalized,
    /// The genesis block.
    Earliest,
    /// What the next block would be, made of the waiting transactions.
    Pending,
}

/// Where only heights and tags are meant. A negative height is well formed and names no block (Besu answers null), unlike text that is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockTag {
    /// Height or tag.
    Some(BlockId),
    /// A height below zero.
    None,
}

/// A quantity as the standard writes it: `0x` and hex digits. Leading zeros pass, as Besu lets them.
pub(crate) fn quantity(text: &str) -> Result<u64, Cow<'static, str>> {
    let digits = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .ok_or("hex string without 0x prefix")?;
    if digits.is_empty() {
        return Err("hex string \"0x\" has no digits".into());
    }
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("invalid hex string".into());
    }
    u64::from_str_radix(digits, 16).map_err(|_| "hex number > 64 bits".into())
}

impl BlockId {
    fn parse(text: &str) -> Result<Self, Cow<'static, str>> {
        Ok(match text {
            "latest" => Self::Latest,
            "pending" => Self::Pending,
            "earliest" => Self::Earliest,
            "finalized" => Self::Finalized,
            "safe" => Self::Safe,
            text if text.len() == 66 && text.starts_with("0x") => {
                Self::Hash { hash: hash(text)?, require_canonical: false }
            }
            text => Self::Number(quantity(text)?),
        })
    }
}

fn hash(text: &str) -> Result<B256, Cow<'static, str>> {
    let mut hash = B256::ZERO;
    hex::decode_to_slice(text, hash.as_mut_slice())
        .map_err(|error| Cow::Owned(format!("block hash: {error}")))?;
    Ok(hash)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Shape<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    #[serde(rename_all = "camelCase")]
    Object {
        block_hash: Option<B256>,
        block_number: Option<Cow<'a, str>>,
        require_canonical: Option<bool>,
    },
}

impl<'de> Deserialize<'de> for BlockId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let shape = Shape::deserialize(deserializer).map_err(|_| {
            D::Error::custom("expected a number like 0x1b4, a block hash, one of latest, earliest, pending, safe, finalized, or an object with blockNumber or blockHash (EIP-1898)")
        })?;
        match shape {
            Shape::Text(text) => Self::parse(&text).map_err(D::Error::custom),
            Shape::Object { block_hash: Some(hash), block_number: None, require_canonical } => {
                Ok(Self::Hash { hash, require_canonical: require_canonical.unwrap_or(false) })
            }
            Shape::Object {
                block_hash: None,
                block_number: Some(number),
                require_canonical: None | Some(false),
            } => match Self::parse(&number).map_err(D::Error::custom)? {
                Self::Hash { .. } => {
                    Err(D::Error::custom("blockNumber holds a hash; use blockHash"))
                }
                id => Ok(id),
            },
            Shape::Object { .. } => Err(D::Error::custom(
                "a block object (EIP-1898) has either blockNumber, or blockHash and perhaps requireCanonical",
            )),
        }
    }
}

impl<'de> Deserialize<'de> for BlockTag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        if let Some(digits) = text.strip_prefix('-') {
            return quantity(digits).map(|_| Self::None).map_err(D::Error::custom);
        }
        match BlockId::parse(&text).map_err(D::Error::custom)? {
            BlockId::Hash { .. } => Err(D::Error::custom("expected a number or a tag, not a hash")),
            id => Ok(Self::Some(id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(json: &str) -> Result<BlockId, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_hashes_tags_and_objects() {
        assert_eq!(id(r#""0x10""#), Ok(BlockId::Number(16)));
        assert_eq!(id(r#""0x0010""#), Ok(BlockId::Number(16)));
        assert_eq!(id(r#""safe""#), Ok(BlockId::Safe));
        let hash = B256::repeat_byte(0xab);
        assert_eq!(
            id(&format!("\"{hash}\"")),
            Ok(BlockId::Hash { hash, require_canonical: false })
        );
        assert_eq!(
            id(&format!(r#"{{"blockHash":"{hash}","requireCanonical":true}}"#)),
            Ok(BlockId::Hash { hash, require_canonical: true })
        );
        assert_eq!(id(r#"{"blockNumber":"0x19"}"#), Ok(BlockId::Number(25)));
        assert_eq!(id(r#"{"blockNumber":"latest"}"#), Ok(BlockId::Latest));
    }

    #[test]
    fn what_is_none_of_these_is_refused_with_a_reason() {
        for (bad, reason) in [
            (r#""2""#, "without 0x prefix"),
            (r#""-0x10""#, "without 0x prefix"),
            (r#""0xzz""#, "invalid hex"),
            (r#""0x""#, "no digits"),
            (r#""0xD5C9556Ec8Fef8A240EDdFdd01433Dc6EC08CBCa""#, "64 bits"),
            (r#""newest""#, "without 0x prefix"),
            ("7", "expected a number like"),
            ("{}", "either blockNumber, or blockHash"),
            (
                r#"{"blockNumber":"0x1","requireCanonical":true}"#,
                "either blockNumber, or blockHash",
            ),
        ] {
            let error = id(bad).unwrap_err();
            assert!(error.contains(reason), "{bad}: {error}");
        }
    }

    #[test]
    fn a_negative_height_names_no_block() {
        assert_eq!(serde_json::from_str::<BlockTag>(r#""-0x10""#).unwrap(), BlockTag::None);
        assert_eq!(
            serde_json::from_str::<BlockTag>(r#""latest""#).unwrap(),
            BlockTag::Some(BlockId::Latest)
        );
        assert!(serde_json::from_str::<BlockTag>(r#""-ten""#).is_err());
    }
}
