//! Numbers and times of the blocks to simulate.

use super::{BlockCalls, code};
use crate::{
    error::{RpcError, RpcResult},
    types::hexa::Quantity,
};
use entente_chain::Header;

/// Seconds between blocks whose times are not said (geth's).
const STEP: u64 = 12;

/// Gives every block its number and time, and puts empty blocks where numbers were left out between them.
///
/// # Errors
/// When numbers or times do not rise, or there are too many blocks.
pub(super) fn fill_gaps(
    wanted: Vec<BlockCalls>,
    base: &Header,
    limit: u64,
) -> RpcResult<Vec<BlockCalls>> {
    let too_many = || {
        RpcError::new(code::TOO_MANY, format!("too many blocks: one request may simulate {limit}"))
    };
    let mut blocks: Vec<BlockCalls> = Vec::with_capacity(wanted.len());
    let (mut number, mut time) = (base.number, base.timestamp);
    for mut block in wanted {
        let overrides = block.block_overrides.get_or_insert_default();
        let next = overrides.number.map_or(number.saturating_add(1), |number| number.0);
        if next <= number {
            return Err(RpcError::new(
                code::BLOCK_NUMBERS,
                format!("block numbers must be in order: {next} <= {number}"),
            ));
        }
        if next - base.number > limit {
            return Err(too_many());
        }
        for gap in number + 1..next {
            time = time.saturating_add(STEP);
            blocks.push(empty(gap, time));
        }
        let at = overrides.time.map_or(time.saturating_add(STEP), |time| time.0);
        if at <= time {
            return Err(RpcError::new(
                code::TIMESTAMPS,
                format!("block timestamps must be in order: {at} <= {time}"),
            ));
        }
        overrides.number = Some(Quantity(next));
        overrides.time = Some(Quantity(at));
        (number, time) = (next, at);
        blocks.push(block);
    }
    Ok(blocks)
}

fn empty(number: u64, time: u64) -> BlockCalls {
    let mut block = BlockCalls::default();
    let overrides = block.block_overrides.get_or_insert_default();
    overrides.number = Some(Quantity(number));
    overrides.time = Some(Quantity(time));
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(json: &str) -> Result<Vec<(u64, u64)>, i32> {
        let base = Header { number: 10, timestamp: 100, ..Header::default() };
        let blocks =
            fill_gaps(serde_json::from_str(json).unwrap(), &base, 5).map_err(|error| error.code)?;
        Ok(blocks
            .into_iter()
            .map(|block| {
                let overrides = block.block_overrides.unwrap();
                (overrides.number.unwrap().0, overrides.time.unwrap().0)
            })
            .collect())
    }

    #[test]
    fn gaps_are_filled_and_order_is_kept() {
        assert_eq!(plan("[{},{}]"), Ok(vec![(11, 112), (12, 124)]));
        assert_eq!(
            plan(r#"[{"blockOverrides":{"number":"0xd"}}]"#),
            Ok(vec![(11, 112), (12, 124), (13, 136)])
        );
        assert_eq!(
            plan(r#"[{"blockOverrides":{"time":"0x65"}},{}]"#),
            Ok(vec![(11, 101), (12, 113)])
        );
        assert_eq!(plan(r#"[{"blockOverrides":{"number":"0xa"}}]"#), Err(-38020));
        assert_eq!(plan(r#"[{"blockOverrides":{"time":"0x64"}}]"#), Err(-38021));
        assert_eq!(plan(r#"[{"blockOverrides":{"number":"0x10"}}]"#), Err(-38026));
        assert_eq!(plan("[{},{},{},{},{},{}]"), Err(-38026));
    }
}
