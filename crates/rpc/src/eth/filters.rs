//! Filters that clients poll.
//!
//! A filter on blocks or logs remembers which blocks it has told of, and reads on from there when it is asked. One on waiting transactions
//! remembers its place in a ring of their hashes, into which one task ([`feed`]) puts them for all filters.

use super::logs::{find, in_range};
use crate::{
    Api, Limits,
    args::Args,
    error::{RpcError, RpcResult},
    types::{
        filter::{LogBlocks, LogFilter},
        hexa::Quantity,
        log::RpcLog,
    },
};
use alloy_primitives::B256;
use entente_evm::Interrupt;
use entente_node::ChainEvent;
use parking_lot::Mutex;
use serde::Serialize;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::broadcast::error::RecvError;

/// Hashes of waiting transactions that are kept for filters, 32 bytes each.
const RING: usize = 65_536;
/// Blocks that a filter remembers having told of, for chains that can fork.
const REMEMBERED: usize = 64;

/// All filters of a chain.
#[derive(Debug)]
pub(crate) struct Filters {
    max: usize,
    lifetime: Duration,
    table: Mutex<Table>,
    ring: Mutex<Ring>,
}

#[derive(Debug, Default)]
struct Table {
    last_id: u64,
    filters: BTreeMap<u64, Filter>,
}

/// The newest hashes of waiting transactions, numbered from the first ever.
#[derive(Debug, Default)]
struct Ring {
    hashes: VecDeque<B256>,
    /// Number of the hash after the newest.
    next: u64,
}

#[derive(Clone, Debug)]
struct Filter {
    asked: Instant,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Blocks(Told),
    Logs(Arc<LogFilter>, Told),
    /// Number of the next hash in the ring.
    Pending(u64),
}

/// The newest blocks that a filter has told of, newest last; never empty.
#[derive(Clone, Debug)]
struct Told(VecDeque<(u64, B256)>);

/// What is new.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Changes {
    Hashes(Vec<B256>),
    Logs(Vec<RpcLog>),
}

impl Filters {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            max: limits.filters,
            lifetime: limits.filter_lifetime,
            table: Mutex::default(),
            ring: Mutex::default(),
        }
    }

    fn add(&self, kind: Kind) -> RpcResult<Quantity> {
        let now = Instant::now();
        let mut table = self.table.lock();
        if table.filters.len() >= self.max {
            table.filters.retain(|_, filter| now.duration_since(filter.asked) < self.lifetime);
        }
        if table.filters.len() >= self.max {
            return Err(RpcError::limit(format!(
                "{} filters are installed, the most there may be; uninstall some, or subscribe over WebSocket",
                self.max
            )));
        }
        table.last_id += 1;
        let id = table.last_id;
        table.filters.insert(id, Filter { asked: now, kind });
        Ok(Quantity(id))
    }

    fn remove(&self, id: u64) -> bool {
        self.table.lock().filters.remove(&id).is_some()
    }

    /// A filter as it stands; it has been asked for now.
    fn get(&self, id: u64) -> RpcResult<Kind> {
        let now = Instant::now();
        let mut table = self.table.lock();
        let filter = table.filters.get_mut(&id).ok_or_else(not_found)?;
        if now.duration_since(filter.asked) >= self.lifetime {
            table.filters.remove(&id);
            return Err(not_found());
        }
        filter.asked = now;
        Ok(filter.kind.clone())
    }

    /// Remembers what a filter has told of. One that was uninstalled meanwhile stays so.
    fn advance(&self, id: u64, kind: Kind) {
        if let Some(filter) = self.table.lock().filters.get_mut(&id) {
            filter.kind = kind;
        }
    }

    fn push(&self, hash: B256) {
        let mut ring = self.ring.lock();
        if ring.hashes.len() == RING {
            ring.hashes.pop_front();
        }
        ring.hashes.push_back(hash);
        ring.next += 1;
    }

    /// The hashes from a number on, as far as they are kept, and the number to go on from.
    fn since(&self, number: u64) -> (Vec<B256>, u64) {
        let ring = self.ring.lock();
        let wanted = usize::try_from(ring.next.saturating_sub(number)).unwrap_or(usize::MAX);
        let skipped = ring.hashes.len().saturating_sub(wanted);
        (ring.hashes.iter().skip(skipped).copied().collect(), ring.next)
    }
}

fn not_found() -> RpcError {
    RpcError::server(
        "Filter not found: it was never installed here, or nobody asked for it for too long",
    )
}

impl Told {
    fn from_head(api: &Api) -> Self {
        let head = api.chain.head();
        Self([(head.number, head.hash)].into())
    }

    /// The heights that are new since it was last asked, if any. Blocks that were undone meanwhile are forgotten.
    fn news(&mut self, api: &Api) -> RpcResult<Option<(u64, u64)>> {
        while let Some((height, hash)) = self.0.back().copied() {
            if self.0.len() == 1 || api.store().canonical_hash(height)? == Some(hash) {
                let head = api.chain.head().number;
                return Ok((head > height).then_some((height + 1, head)));
            }
            self.0.pop_back();
        }
        Ok(None)
    }

    fn tell(&mut self, height: u64, hash: B256) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((height, hash));
    }
}

/// Puts the hashes of waiting transactions into the ring, for as long as the chain lives.
pub(crate) async fn feed(api: Arc<Api>) {
    let mut events = api.chain.subscribe();
    loop {
        match events.recv().await {
            Ok(ChainEvent::Pending(hash)) => api.filters.push(hash),
            Ok(_) => {}
            Err(RecvError::Lagged(missed)) => {
                tracing::debug!(target: "entente::rpc", missed, "the feed of pending transaction filters fell behind");
            }
            Err(RecvError::Closed) => return,
        }
    }
}

pub(super) fn new_block_filter(api: &Api, _: &Args<'_>) -> RpcResult<Quantity> {
    api.filters.add(Kind::Blocks(Told::from_head(api)))
}

pub(super) fn new_log_filter(api: &Api, args: &Args<'_>) -> RpcResult<Quantity> {
    let filter: LogFilter = args.required(0, "filter")?;
    api.filters.add(Kind::Logs(Arc::new(filter), Told::from_head(api)))
}

pub(super) fn new_pending_filter(api: &Api, _: &Args<'_>) -> RpcResult<Quantity> {
    let next = api.filters.ring.lock().next;
    api.filters.add(Kind::Pending(next))
}

/// A filter's id. One that is too long to be ours names none, rather than being an error (Besu).
fn id(args: &Args<'_>) -> RpcResult<Option<u64>> {
    let text: String = args.required(0, "filterId")?;
    let digits = text.strip_prefix("0x").unwrap_or(&text);
    if digits.is_empty()
        || digits.len() > 64
        || !digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        return Err(RpcError::params(
            "invalid argument 0 (filterId): expected hex digits after 0x",
        ));
    }
    Ok(u64::from_str_radix(digits, 16).ok())
}

pub(super) fn uninstall(api: &Api, args: &Args<'_>) -> RpcResult<bool> {
    Ok(id(args)?.is_some_and(|id| api.filters.remove(id)))
}

pub(super) fn changes(api: &Api, args: &Args<'_>, interrupt: &Interrupt) -> RpcResult<Changes> {
    let id = id(args)?.ok_or_else(not_found)?;
    match api.filters.get(id)? {
        Kind::Pending(number) => {
            let (hashes, next) = api.filters.since(number);
            api.filters.advance(id, Kind::Pending(next));
            Ok(Changes::Hashes(hashes))
        }
        Kind::Blocks(mut told) => {
            let mut hashes = Vec::new();
            if let Some((from, to)) = told.news(api)? {
                // Whoever was away this long wants the newest.
                for height in from.max(to.saturating_sub(api.limits.logs_range))..=to {
                    let Some(hash) = api.store().canonical_hash(height)? else { break };
                    told.tell(height, hash);
                    hashes.push(hash);
                }
            }
            api.filters.advance(id, Kind::Blocks(told));
            Ok(Changes::Hashes(hashes))
        }
        Kind::Logs(filter, mut told) => {
            let logs = new_logs(api, &filter, &mut told, interrupt)?;
            api.filters.advance(id, Kind::Logs(filter, told));
            Ok(Changes::Logs(logs))
        }
    }
}

fn new_logs(
    api: &Api,
    filter: &LogFilter,
    told: &mut Told,
    interrupt: &Interrupt,
) -> RpcResult<Vec<RpcLog>> {
    let Some((from, to)) = told.news(api)? else { return Ok(Vec::new()) };
    let end = match filter.blocks {
        // A block by its hash is past: nothing about it changes.
        LogBlocks::At(_) => return Ok(Vec::new()),
        LogBlocks::Range { to: crate::BlockId::Number(end), .. } => to.min(end),
        LogBlocks::Range { .. } => to,
    };
    let begin = match filter.blocks {
        LogBlocks::Range { from: crate::BlockId::Number(begin), .. } => from.max(begin),
        _ => from,
    };
    let logs = if begin <= end {
        in_range(api, begin, end, &filter.conditions, interrupt)?
    } else {
        Vec::new()
    };
    for height in to.saturating_sub(REMEMBERED as u64 - 1).max(from)..=to {
        if let Some(hash) = api.store().canonical_hash(height)? {
            told.tell(height, hash);
        }
    }
    Ok(logs)
}

pub(super) fn logs(api: &Api, args: &Args<'_>, interrupt: &Interrupt) -> RpcResult<Vec<RpcLog>> {
    match api.filters.get(id(args)?.ok_or_else(not_found)?)? {
        Kind::Logs(filter, _) => find(api, &filter, interrupt),
        _ => Err(RpcError::server("Filter not found: this one is not on logs")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(max: usize, lifetime: Duration) -> Filters {
        Filters::new(&Limits { filters: max, filter_lifetime: lifetime, ..Limits::default() })
    }

    #[test]
    fn filters_are_counted_and_forgotten_when_nobody_asks() {
        let filters = filters(2, Duration::from_secs(3600));
        let first = filters.add(Kind::Pending(0)).unwrap();
        filters.add(Kind::Pending(0)).unwrap();
        assert_eq!(filters.add(Kind::Pending(0)).unwrap_err().code, -32005);
        assert!(filters.remove(first.0) && !filters.remove(first.0));
        assert!(filters.add(Kind::Pending(0)).is_ok());
        // A lifetime of nothing is over at once.
        let short = self::filters(1, Duration::ZERO);
        let id = short.add(Kind::Pending(0)).unwrap();
        assert_eq!(short.get(id.0).unwrap_err().code, -32000);
        assert!(short.add(Kind::Pending(0)).is_ok());
        assert!(short.add(Kind::Pending(0)).is_ok(), "the expired one makes room");
    }

    #[test]
    fn the_ring_tells_each_hash_once_and_forgets_the_oldest() {
        let filters = filters(1, Duration::from_secs(1));
        let hash = |number: usize| B256::with_last_byte(u8::try_from(number % 256).unwrap());
        filters.push(hash(0));
        let (_, next) = filters.since(0);
        filters.push(hash(1));
        filters.push(hash(2));
        let (new, next) = filters.since(next);
        assert_eq!((new, next), (vec![hash(1), hash(2)], 3));
        assert!(filters.since(next).0.is_empty());
        for number in 0..RING {
            filters.push(hash(number));
        }
        assert_eq!(filters.since(0).0.len(), RING);
    }
}
