//! Numbers as the standard writes them: quantities without leading zeros, words of 32 bytes.

use alloy_primitives::U256;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::borrow::Cow;

/// A number that is written as a quantity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quantity(pub(crate) u64);

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:#x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Shape<'a> {
            Text(#[serde(borrow)] Cow<'a, str>),
            // Besu and geth take plain JSON numbers where people write them by hand (overrides, counts).
            Number(u64),
        }
        match Shape::deserialize(deserializer)
            .map_err(|_| D::Error::custom("expected a quantity like 0x1b4"))?
        {
            Shape::Number(number) => Ok(Self(number)),
            Shape::Text(text) => {
                crate::block_id::quantity(&text).map(Self).map_err(D::Error::custom)
            }
        }
    }
}

/// A quantity of up to 128 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quantity128(pub(crate) u128);

impl Serialize for Quantity128 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:#x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Quantity128 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wide = U256::deserialize(deserializer)?;
        u128::try_from(wide).map(Self).map_err(|_| D::Error::custom("number > 128 bits"))
    }
}

/// A word of 32 bytes, written in full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) U256);

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        alloy_primitives::B256::from(self.0).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_no_leading_zeros_and_words_all_of_them() {
        assert_eq!(serde_json::to_string(&Quantity(0)).unwrap(), r#""0x0""#);
        assert_eq!(serde_json::to_string(&Quantity(1024)).unwrap(), r#""0x400""#);
        assert_eq!(
            serde_json::to_string(&Word(U256::from(1))).unwrap(),
            format!("\"0x{:064x}\"", 1)
        );
        assert_eq!(serde_json::from_str::<Quantity>(r#""0x0010""#).unwrap(), Quantity(16));
        assert_eq!(serde_json::from_str::<Quantity>("88").unwrap(), Quantity(88));
        assert!(serde_json::from_str::<Quantity>(r#""88""#).is_err());
        let wide = format!("\"0x1{}\"", "0".repeat(32));
        assert!(serde_json::from_str::<Quantity128>(&wide).is_err());
    }
}
