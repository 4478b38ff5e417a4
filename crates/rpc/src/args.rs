//! A request's parameters, by position.
//!
//! They stay raw JSON until a method asks for one by index, type and name, so that an error can say which was wrong and nothing is parsed twice.

use crate::{
    BlockId,
    error::{RpcError, RpcResult},
};
use alloy_primitives::B256;
use jsonrpsee::types::Params;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

/// Most parameters that a request may have; no method takes more than six.
const MAX_PARAMS: usize = 16;

/// The parameters of one request.
#[derive(Debug)]
pub(crate) struct Args<'a> {
    items: Vec<&'a RawValue>,
}

impl<'a> Args<'a> {
    /// Takes a request's parameters apart. None are the same as an empty list.
    pub(crate) fn new(params: &'a Params<'_>) -> RpcResult<Self> {
        params.as_str().map_or_else(|| Ok(Self { items: Vec::new() }), Self::from_json)
    }

    pub(crate) fn from_json(json: &'a str) -> RpcResult<Self> {
        let text = json.trim_ascii();
        if text.is_empty() || text == "null" {
            return Ok(Self { items: Vec::new() });
        }
        if !text.starts_with('[') {
            return Err(RpcError::params(
                "non-array args: parameters are given by position, in a list",
            ));
        }
        let items: Vec<&'a RawValue> = serde_json::from_str(text)
            .map_err(|error| RpcError::params(format!("invalid parameters: {error}")))?;
        if items.len() > MAX_PARAMS {
            return Err(RpcError::params(format!(
                "too many arguments: {} where at most {MAX_PARAMS} can be meant",
                items.len()
            )));
        }
        Ok(Self { items })
    }

    /// The parameter at an index as it stands; None when it is not there or null.
    pub(crate) fn raw(&self, index: usize) -> Option<&'a str> {
        self.items.get(index).map(|raw| raw.get()).filter(|text| *text != "null")
    }

    /// A parameter that has to be there.
    pub(crate) fn required<T: DeserializeOwned>(&self, index: usize, name: &str) -> RpcResult<T> {
        self.optional(index, name)?.ok_or_else(|| missing(index, name))
    }

    /// A parameter that may be left out.
    pub(crate) fn optional<T: DeserializeOwned>(
        &self,
        index: usize,
        name: &str,
    ) -> RpcResult<Option<T>> {
        self.raw(index).map(|text| parse(text, index, name)).transpose()
    }

    /// A parameter that may be left out, for which there is a default.
    pub(crate) fn or_default<T: DeserializeOwned + Default>(
        &self,
        index: usize,
        name: &str,
    ) -> RpcResult<T> {
        Ok(self.optional(index, name)?.unwrap_or_default())
    }

    /// A hash that has to be there, its prefix too: 64 digits alone may be anything.
    pub(crate) fn hash(&self, index: usize) -> RpcResult<B256> {
        match self.raw(index) {
            Some(text) if text.starts_with('"') && !text.starts_with("\"0x") => {
                Err(RpcError::params(format!(
                    "invalid argument {index} (hash): hex string without 0x prefix"
                )))
            }
            _ => self.required(index, "hash"),
        }
    }

    /// A block that has to be named.
    pub(crate) fn block(&self, index: usize) -> RpcResult<BlockId> {
        self.required(index, "block")
    }

    /// A block, the newest when none is named.
    pub(crate) fn block_or_latest(&self, index: usize) -> RpcResult<BlockId> {
        Ok(self.optional(index, "block")?.unwrap_or(BlockId::Latest))
    }
}

fn missing(index: usize, name: &str) -> RpcError {
    RpcError::params(format!("missing value for required argument {index} ({name})"))
}

fn parse<'de, T: Deserialize<'de>>(text: &'de str, index: usize, name: &str) -> RpcResult<T> {
    serde_json::from_str(text).map_err(|error| {
        // serde's position is within the parameter, which helps nobody who sees the request.
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        RpcError::params(format!("invalid argument {index} ({name}): {what}"))
    })
}

/// How deep JSON is nested. Looks at bytes only, so that nothing is built before it is known to be shallow.
pub(crate) fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0usize, false, false);
    for byte in json {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Address;

    #[test]
    fn parameters_are_taken_by_position_and_errors_name_them() {
        let args =
            Args::from_json(r#"["0x00000000000000000000000000000000000000aa", null, "0x1g"]"#)
                .unwrap();
        assert_eq!(args.items.len(), 3);
        assert_eq!(args.required::<Address>(0, "address").unwrap(), Address::with_last_byte(0xaa));
        assert_eq!(args.optional::<Address>(1, "other").unwrap(), None);
        let error = args.required::<Address>(1, "other").unwrap_err();
        assert_eq!(
            (error.code, error.message.as_ref()),
            (-32602, "missing value for required argument 1 (other)")
        );
        let error = args.block(2).unwrap_err();
        assert!(error.message.starts_with("invalid argument 2 (block):"), "{error:?}");
        assert!(Args::from_json(r#"{"a":1}"#).is_err());
        assert_eq!(Args::from_json("null").unwrap().items.len(), 0);
    }

    #[test]
    fn depth_counts_brackets_outside_strings() {
        assert_eq!(depth(br#"[1,{"a":"[[[\"[["},[[]]]"#), 3);
        assert_eq!(depth(b"12"), 0);
        assert_eq!(depth("[".repeat(5000).as_bytes()), 5000);
        assert_eq!(depth(b"]]][[x"), 2);
    }
}
