//! Blob parameters from `blobSchedule` and the times of the forks (EIP-7840, EIP-7892). geth and Besu write the same members.

use super::{
    forks::Forks,
    json::{Field, Object},
};
use crate::{BlobParams, BlobSchedule, ChainError, Fork};

/// Keys of the schedule in fork order. The first three take their time from the fork, the others from `bpoNTime`.
const NAMES: [&str; 8] = ["cancun", "prague", "osaka", "bpo1", "bpo2", "bpo3", "bpo4", "bpo5"];

/// More blobs than any block could carry: EIP-4844's gas per blob times this still fits 32 bits.
const MOST_BLOBS: u64 = 4096;

pub(super) fn read(
    config: &mut Object<'_>,
    forks: &Forks,
    notices: &mut Vec<String>,
) -> Result<BlobSchedule, ChainError> {
    let mut entries = config.read("blobSchedule", Field::object)?;
    let mut schedule = BlobSchedule::default();
    for (index, name) in NAMES.into_iter().enumerate() {
        let entry = entries.as_mut().and_then(|entries| entries.get(name));
        let time = match index {
            0 => forks.schedule.condition(Fork::Cancun).timestamp(),
            1 => forks.schedule.condition(Fork::Prague).timestamp(),
            2 => forks.schedule.condition(Fork::Osaka).timestamp(),
            bpo => forks.blob_forks[bpo - 3],
        };
        let Some(time) = time else { continue };
        let own = match index {
            0 => BlobParams::cancun(),
            1 => BlobParams::prague(),
            2 => BlobParams::osaka(),
            3 => BlobParams::bpo1(),
            4 => BlobParams::bpo2(),
            _ => match (&entry, schedule.0.last_key_value()) {
                (None, Some((_, last))) => {
                    notices.push(format!("`config.blobSchedule.{name}` is missing: the blob parameters stay as they are"));
                    *last
                }
                _ => BlobParams::bpo2(),
            },
        };
        let params = entry.as_ref().map_or(Ok(own), |entry| parameters(entry, own))?;
        schedule.0.insert(time, params);
    }
    if let Some(entries) = entries {
        notices.extend(entries.unused().map(|(key, path)| {
            format!("`{path}`: this version knows no fork {key:?} with blob parameters; the entry is ignored")
        }));
    }
    Ok(schedule)
}

fn parameters(entry: &Field<'_>, own: BlobParams) -> Result<BlobParams, ChainError> {
    let mut members = entry.object()?;
    let target = members.read("target", Field::u64)?.unwrap_or(own.target_blob_count);
    let max = members.read("max", Field::u64)?.unwrap_or(own.max_blob_count);
    if target > max || max > MOST_BLOBS {
        return Err(entry.contradiction(format!(
            "target is {target} and max is {max}; expected target <= max <= {MOST_BLOBS}"
        )));
    }
    let fraction = members.get("baseFeeUpdateFraction");
    let update_fraction = match &fraction {
        Some(field) => match field.u64()? {
            0 => return Err(field.wrong("a number above 0")),
            fraction => u128::from(fraction),
        },
        None => own.update_fraction,
    };
    let max_blobs_per_tx =
        if own.blob_base_cost == 0 { max } else { own.max_blobs_per_tx.min(max) };
    Ok(BlobParams {
        target_blob_count: target,
        max_blob_count: max,
        update_fraction,
        max_blobs_per_tx,
        ..own
    })
}
