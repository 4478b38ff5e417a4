//! Forks from the keys of `config`.
//!
//! Files name forks by block up to Gray Glacier and by time from Shanghai on. A fork that a file leaves out holds from the next later one that it
//! names: Besu's `{"berlinBlock": 0}` means all that came before Berlin too, and geth's chains behave alike. Forks out of order are an error, as they
//! are for geth.

use super::json::{Field, Object};
use crate::{ChainError, Fork, ForkCondition, ForkSchedule, fork_id::ForkPoints};

/// Keys of forks by block, in the order in which they must come. Those without a fork change only proof-of-work difficulty, networking or replay
/// protection; they count in the fork id.
const BY_BLOCK: [(&str, Option<Fork>); 16] = [
    ("homesteadBlock", Some(Fork::Homestead)),
    ("daoForkBlock", None),
    ("eip150Block", Some(Fork::TangerineWhistle)),
    ("eip155Block", None),
    ("eip158Block", Some(Fork::SpuriousDragon)),
    ("byzantiumBlock", Some(Fork::Byzantium)),
    ("constantinopleBlock", Some(Fork::Constantinople)),
    ("petersburgBlock", Some(Fork::Petersburg)),
    ("istanbulBlock", Some(Fork::Istanbul)),
    ("muirGlacierBlock", None),
    ("berlinBlock", Some(Fork::Berlin)),
    ("londonBlock", Some(Fork::London)),
    ("arrowGlacierBlock", None),
    ("grayGlacierBlock", None),
    ("mergeNetsplitBlock", None),
    ("preMergeForkBlock", None),
];

/// Keys of forks by time, in order.
const BY_TIME: [(&str, Option<Fork>); 9] = [
    ("shanghaiTime", Some(Fork::Shanghai)),
    ("cancunTime", Some(Fork::Cancun)),
    ("pragueTime", Some(Fork::Prague)),
    ("osakaTime", Some(Fork::Osaka)),
    ("bpo1Time", None),
    ("bpo2Time", None),
    ("bpo3Time", None),
    ("bpo4Time", None),
    ("bpo5Time", None),
];

/// Forks that this version can't execute; a file that schedules one is refused rather than followed to a wrong state.
const UNSUPPORTED: [&str; 14] = [
    "amsterdamTime",
    "bogotaTime",
    "verkleTime",
    "cancunEOFTime",
    "classicForkBlock",
    "ecip1015Block",
    "dieHardBlock",
    "gothamBlock",
    "ecip1041Block",
    "atlantisBlock",
    "aghartaBlock",
    "phoenixBlock",
    "magnetoBlock",
    "mystiqueBlock",
];

/// What a file says of its forks.
#[derive(Debug)]
pub(super) struct Forks {
    pub(super) schedule: ForkSchedule,
    pub(super) points: ForkPoints,
    pub(super) dao_fork_block: Option<u64>,
    /// Times of the blob parameter forks, from `bpo1Time` on.
    pub(super) blob_forks: [Option<u64>; 5],
    /// Whether the file itself puts London at block 0: clients give the genesis header a base fee only then.
    pub(super) london_at_genesis: bool,
}

impl Forks {
    pub(super) fn keys() -> impl Iterator<Item = &'static str> {
        let by_name = BY_BLOCK.iter().chain(&BY_TIME).map(|(key, _)| *key);
        by_name.chain([
            "daoForkSupport",
            "terminalTotalDifficulty",
            "constantinopleFixBlock",
            "eip150Hash",
        ])
    }

    pub(super) fn read(
        config: &mut Object<'_>,
        genesis_timestamp: u64,
    ) -> Result<Self, ChainError> {
        for key in UNSUPPORTED {
            if let Some(field) = config.get(key) {
                return Err(field.contradiction(
                    "this fork can't be executed by this version, which knows Ethereum's forks up to Osaka; take it out if the chain does not reach it",
                ));
            }
        }
        let blocks = read_in_order(config, &BY_BLOCK)?;
        let times = read_in_order(config, &BY_TIME)?;
        let last_block =
            blocks.iter().flatten().filter(|at| at.fork.is_some()).max_by_key(|at| at.value);
        if let (Some(time), Some(block)) = (times.iter().flatten().next(), last_block)
            && time.value <= genesis_timestamp
            && block.value > 0
        {
            return Err(block.field.contradiction(format!(
                "begins at block {}, but `{}` holds from the genesis block on and comes after it; set this to 0",
                block.value,
                time.field.path()
            )));
        }
        let mut schedule = ForkSchedule::frontier();
        for at in blocks.iter().flatten() {
            at.fork.into_iter().for_each(|fork| schedule.set(fork, ForkCondition::Block(at.value)));
        }
        for at in times.iter().flatten() {
            at.fork
                .into_iter()
                .for_each(|fork| schedule.set(fork, ForkCondition::Timestamp(at.value)));
        }
        if let Some(total) = config.read("terminalTotalDifficulty", Field::u256)? {
            schedule.set(Fork::Paris, ForkCondition::TotalDifficulty(total));
        }
        schedule.fill_implied();
        let dao = blocks
            .iter()
            .flatten()
            .find(|at| at.field.path().to_ascii_lowercase().ends_with("daoforkblock"));
        let dao_supported = config.read("daoForkSupport", Field::bool)?.unwrap_or(true);
        let dao_fork_block = dao.map(|at| at.value).filter(|block| dao_supported && *block > 0);
        let value = |at: &Option<At<'_>>| at.as_ref().map(|at| at.value);
        Ok(Self {
            london_at_genesis: value(&blocks[11]) == Some(0),
            points: ForkPoints::new(
                // Besu leaves EIP-155's block out; for the others the reader of `config` adds it.
                blocks
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| *index != 3)
                    .filter_map(|(_, at)| value(at)),
                times.iter().filter_map(value),
            ),
            blob_forks: std::array::from_fn(|index| value(&times[4 + index])),
            dao_fork_block,
            schedule,
        })
    }
}

struct At<'a> {
    fork: Option<Fork>,
    value: u64,
    field: Field<'a>,
}

fn read_in_order<'a, const N: usize>(
    config: &mut Object<'a>,
    keys: &[(&str, Option<Fork>); N],
) -> Result<[Option<At<'a>>; N], ChainError> {
    let mut out = [const { None }; N];
    let mut last: Option<(u64, String)> = None;
    for (slot, (key, fork)) in out.iter_mut().zip(keys) {
        let Some(field) = fork_field(config, key)? else { continue };
        let value = field.u64()?;
        if let Some((before, path)) = last.as_ref().filter(|(before, _)| *before > value) {
            return Err(field.contradiction(format!(
                "is {value}, earlier than `{path}` at {before}, which comes before it; forks must be in order"
            )));
        }
        last = Some((value, field.path().to_owned()));
        *slot = Some(At { fork: *fork, value, field });
    }
    Ok(out)
}

/// Petersburg has two names (Besu reads both).
fn fork_field<'a>(config: &mut Object<'a>, key: &str) -> Result<Option<Field<'a>>, ChainError> {
    let field = config.get(key);
    if key != "petersburgBlock" {
        return Ok(field);
    }
    match (field, config.get("constantinopleFixBlock")) {
        (Some(_), Some(fix)) => {
            Err(fix.contradiction("`petersburgBlock` says the same; keep one of the two"))
        }
        (field, fix) => Ok(field.or(fix)),
    }
}

impl ForkSchedule {
    /// Lets a fork that has no beginning of its own begin with the next later one that has.
    pub fn fill_implied(&mut self) {
        let mut later = ForkCondition::Never;
        for fork in Fork::ALL.into_iter().rev() {
            match self.condition(fork) {
                ForkCondition::Never => self.set(fork, later),
                own => later = own,
            }
        }
    }
}
