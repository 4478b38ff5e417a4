//! Reading JSON as genesis files write it, with the place of every field kept for errors.
//!
//! Values stay text until someone asks for them: numbers keep all their digits (geth writes total difficulties as bare numbers beyond 64 bits), and
//! a file of a million accounts costs no tree. Nesting is bounded by what is asked for, and skipped values are skipped without recursion.

use crate::ChainError;
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::BTreeMap, fmt};

/// Characters of a value that an error shows.
const SHOWN: usize = 60;

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    source: &'a str,
    path: String,
    raw: &'a RawValue,
}

impl<'a> Field<'a> {
    /// The whole file.
    pub(super) fn root(text: &'a str, source: &'a str) -> Result<Self, ChainError> {
        let text = text.trim_start_matches('\u{feff}');
        let raw = serde_json::from_str(text).map_err(|error| ChainError::Json {
            source_name: source.into(),
            reason: error.to_string(),
        })?;
        Ok(Self { source, path: String::new(), raw })
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The value's JSON text.
    pub(super) fn json(&self) -> &'a str {
        self.raw.get()
    }

    fn is_null(&self) -> bool {
        self.json() == "null"
    }

    /// The error for a value that is not what it should be.
    pub(super) fn wrong(&self, expected: impl Into<String>) -> ChainError {
        let mut found: String = self.json().chars().take(SHOWN).collect();
        if found.len() < self.json().len() {
            found.push('…');
        }
        ChainError::Field {
            source_name: self.source.into(),
            path: if self.path.is_empty() { "(the file)".into() } else { self.path.clone() },
            found,
            expected: expected.into(),
        }
    }

    /// The error for a value that contradicts another.
    pub(super) fn contradiction(&self, reason: impl Into<String>) -> ChainError {
        ChainError::Contradiction {
            source_name: self.source.into(),
            path: self.path.clone(),
            reason: reason.into(),
        }
    }

    fn string(&self) -> Option<Cow<'a, str>> {
        self.json()
            .starts_with('"')
            .then(|| serde_json::from_str::<Str<'a>>(self.json()).ok().map(|text| text.0))?
    }

    /// A string.
    pub(super) fn text(&self) -> Result<Cow<'a, str>, ChainError> {
        self.string().ok_or_else(|| self.wrong("a string"))
    }

    /// A number: bare, or a string of decimal or 0x-prefixed hexadecimal digits.
    pub(super) fn u256(&self) -> Result<U256, ChainError> {
        let text = self.string().unwrap_or(Cow::Borrowed(self.json()));
        number(&text).ok_or_else(|| {
            self.wrong(
                "a whole number below 2^256: a JSON number, a decimal string or a 0x hex string",
            )
        })
    }

    /// A number that fits 64 bits.
    pub(super) fn u64(&self) -> Result<u64, ChainError> {
        self.u256().ok().and_then(|value| u64::try_from(value).ok()).ok_or_else(|| {
            self.wrong(
                "a whole number below 2^64: a JSON number, a decimal string or a 0x hex string",
            )
        })
    }

    pub(super) fn usize(&self) -> Result<usize, ChainError> {
        usize::try_from(self.u64()?).map_err(|_| self.wrong("a smaller number"))
    }

    /// True or false, as JSON or as a string.
    pub(super) fn bool(&self) -> Result<bool, ChainError> {
        match self.string().as_deref().unwrap_or(self.json()) {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.wrong("true or false")),
        }
    }

    /// Bytes as hexadecimal digits, with or without 0x.
    pub(super) fn bytes(&self) -> Result<Bytes, ChainError> {
        let text =
            self.string().ok_or_else(|| self.wrong("a string of hex bytes, such as \"0x00ff\""))?;
        hex::decode(&*text)
            .map(Bytes::from)
            .map_err(|_| self.wrong("hex bytes, such as \"0x00ff\" (an even number of digits)"))
    }

    /// An address of 20 bytes.
    pub(super) fn address(&self) -> Result<Address, ChainError> {
        self.string()
            .and_then(|text| address(&text))
            .ok_or_else(|| self.wrong("an address: 40 hex digits, with or without 0x"))
    }

    /// A word of up to 32 bytes; shorter ones are padded on the left, as Besu does.
    pub(super) fn word(&self) -> Result<B256, ChainError> {
        self.string()
            .and_then(|text| word(&text))
            .ok_or_else(|| self.wrong("up to 64 hex digits, with or without 0x"))
    }

    /// An object whose keys are read without regard to case.
    pub(super) fn object(&self) -> Result<Object<'a>, ChainError> {
        let mut fields = BTreeMap::new();
        for (key, field) in self.entries()? {
            let path = field.path.clone();
            if fields
                .insert(key.to_ascii_lowercase(), Slot { key: key.into(), field, used: false })
                .is_some()
            {
                return Err(ChainError::Contradiction {
                    source_name: self.source.into(),
                    path,
                    reason:
                        "this key stands twice in the same object (case does not count); keep one"
                            .into(),
                });
            }
        }
        Ok(Object { source: self.source, path: self.path.clone(), fields })
    }

    /// The members of an object, as written and in their order.
    pub(super) fn entries(&self) -> Result<Vec<(Cow<'a, str>, Self)>, ChainError> {
        let Entries(entries) =
            serde_json::from_str(self.json()).map_err(|_| self.wrong("an object: { … }"))?;
        let entries = entries.into_iter().map(|(Str(key), raw)| {
            let path =
                if self.path.is_empty() { key.to_string() } else { format!("{}.{key}", self.path) };
            (key, Self { source: self.source, path, raw })
        });
        Ok(entries.collect())
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Result<Vec<Self>, ChainError> {
        let items: Vec<&'a RawValue> =
            serde_json::from_str(self.json()).map_err(|_| self.wrong("a list: [ … ]"))?;
        let items = items.into_iter().enumerate().map(|(index, raw)| Self {
            source: self.source,
            path: format!("{}[{index}]", self.path),
            raw,
        });
        Ok(items.collect())
    }

    /// Whether the value is a list.
    pub(super) fn is_list(&self) -> bool {
        self.json().starts_with('[')
    }
}

/// An object read without regard to case, which knows what of it was asked for.
#[derive(Debug)]
pub(super) struct Object<'a> {
    source: &'a str,
    path: String,
    fields: BTreeMap<String, Slot<'a>>,
}

#[derive(Debug)]
struct Slot<'a> {
    key: String,
    field: Field<'a>,
    used: bool,
}

impl<'a> Object<'a> {
    /// A member; null counts as absent.
    pub(super) fn get(&mut self, key: &str) -> Option<Field<'a>> {
        let slot = self.fields.get_mut(&key.to_ascii_lowercase())?;
        slot.used = true;
        (!slot.field.is_null()).then(|| slot.field.clone())
    }

    /// A member that must be there.
    pub(super) fn required(&mut self, key: &str, expected: &str) -> Result<Field<'a>, ChainError> {
        self.get(key).ok_or_else(|| ChainError::Missing {
            source_name: self.source.into(),
            path: if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) },
            expected: expected.into(),
        })
    }

    /// Reads a member if it is there.
    pub(super) fn read<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&Field<'a>) -> Result<T, ChainError>,
    ) -> Result<Option<T>, ChainError> {
        self.get(key).as_ref().map(read).transpose()
    }

    /// Members that nobody asked for: their keys as written, with their places.
    pub(super) fn unused(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .values()
            .filter(|slot| !slot.used)
            .map(|slot| (slot.key.as_str(), slot.field.path()))
    }
}

/// A whole number of decimal digits, or of hexadecimal ones behind 0x. No sign, fraction or exponent.
pub(super) fn number(text: &str) -> Option<U256> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    // 80 digits are more than 2^256 has in either radix, leading zeros included within reason.
    let valid = !digits.is_empty()
        && digits.len() <= 80
        && digits.chars().all(|digit| digit.is_digit(radix));
    valid.then(|| U256::from_str_radix(digits, u64::from(radix)).ok())?
}

/// An address: exactly 40 hex digits, with or without 0x.
pub(super) fn address(text: &str) -> Option<Address> {
    let mut bytes = [0; 20];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(Address::new(bytes))
}

/// Up to 64 hex digits, with or without 0x, padded on the left.
pub(super) fn word(text: &str) -> Option<B256> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let valid = digits.len() <= 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if digits.is_empty() {
        return Some(B256::ZERO);
    }
    valid.then(|| U256::from_str_radix(digits, 16).ok().map(B256::from))?
}

/// A string, borrowed when it holds no escapes.
struct Str<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Str<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StrVisitor;

        impl<'de> Visitor<'de> for StrVisitor {
            type Value = Str<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(text.into())))
            }
        }

        deserializer.deserialize_str(StrVisitor)
    }
}

/// The members of an object in their order, duplicates kept.
struct Entries<'a>(Vec<(Str<'a>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;

        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_come_in_three_dresses() {
        for text in ["255", "0xff", "0xFF", "0x00ff", "0X0fF", "0255"] {
            assert_eq!(number(text), Some(U256::from(255)), "{text}");
        }
        for text in ["", "0x", "-1", "1.0", "1e3", " 1", "ff", "0xg", "1_000", "+1"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(number(&format!("0x1{}", "0".repeat(64))), None, "2^256");
    }

    #[test]
    fn keys_do_not_differ_by_case_alone() {
        let field = Field::root(r#"{"chainId": 1, "chainid": 2}"#, "g.json").unwrap();
        let error = field.object().unwrap_err().to_string();
        assert!(error.contains("chainid") && error.contains("twice"), "{error}");
    }

    proptest! {
        #[test]
        fn every_number_reads_back(value: [u64; 4]) {
            let value = U256::from_limbs(value);
            prop_assert_eq!(number(&value.to_string()), Some(value));
            prop_assert_eq!(number(&format!("{value:#x}")), Some(value));
            prop_assert_eq!(word(&format!("{value:x}")), Some(B256::from(value)));
        }

        #[test]
        fn no_text_breaks_the_readers(text in "\\PC{0,90}") {
            number(&text);
            address(&text);
            word(&text);
        }
    }
}
