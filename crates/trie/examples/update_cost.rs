//! What does an update cost? Prints microseconds for each changed leaf in a trie of a million, from nodes in memory.
//!
//! `cargo run --release -p entente-trie --example update_cost [leaves]`. Serial updates are given in CPU time where the kernel tells
//! it (`/proc/thread-self/schedstat`), in elapsed time elsewhere; parallel ones in elapsed time. The last column is
//! how many nodes a changed leaf writes or removes.
#![allow(clippy::print_stdout, reason = "it prints its figures")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use alloy_primitives::map::HashMap;
use alloy_primitives::{B256, Bytes, keccak256};
use entente_trie::{Nibbles, TrieError, TrieUpdate, build, update, update_parallel};

type Nodes = HashMap<Nibbles, Bytes>;
type Changes = Vec<(B256, Option<Vec<u8>>)>;

/// Changed leaves to measure over: the kernel counts CPU time in ticks of some milliseconds.
const TOTAL: u64 = 150_000;

fn main() -> Result<(), TrieError> {
    let leaves =
        std::env::args().nth(1).and_then(|leaves| leaves.parse().ok()).unwrap_or(1_000_000);
    let sorted = (0..leaves).map(|n| (key(n), value(n, 0))).collect::<BTreeMap<_, _>>();
    let mut nodes = Nodes::default();
    let start = Instant::now();
    let root = build(sorted, |path, node| {
        nodes.insert(path, node);
    });
    println!(
        "{leaves} leaves, {} nodes, built in {:.2} s, root {root}",
        nodes.len(),
        start.elapsed().as_secs_f64()
    );
    println!("us a changed leaf, mean over {TOTAL} leaves");
    println!(
        "{:>8}  {:>22} {:>12} {:>12} {:>10}",
        "changes", "kind", "serial CPU", "parallel", "nodes"
    );
    for count in [1, 20, 500, 5_000, 50_000] {
        measure(&nodes, root, "new values", count, |round, n| {
            let leaf = scatter(round * count + n) % leaves;
            (key(leaf), Some(value(leaf, round + 1)))
        })?;
    }
    for count in [500, 5_000, 50_000] {
        measure(&nodes, root, "new keys", count, |round, n| {
            (key(leaves + round * count + n), Some(value(n, round + 1)))
        })?;
        measure(&nodes, root, "deletes", count, |round, n| {
            (key(scatter(round * count + n) % leaves), None)
        })?;
        measure(&nodes, root, "half new keys", count, |round, n| {
            let leaf = if n % 2 == 0 {
                scatter(round * count + n) % leaves
            } else {
                leaves + round * count + n
            };
            (key(leaf), Some(value(leaf, round + 1)))
        })?;
    }
    Ok(())
}

fn measure(
    nodes: &Nodes,
    root: B256,
    kind: &str,
    count: u64,
    change: impl Fn(u64, u64) -> (B256, Option<Vec<u8>>),
) -> Result<(), TrieError> {
    let (mut serial, mut parallel, mut changed, mut written) =
        (Duration::ZERO, Duration::ZERO, 0, 0);
    for round in 0..TOTAL.div_ceil(count) {
        let changes = (0..count)
            .map(|n| change(round, n))
            .collect::<BTreeMap<_, _>>()
            .into_iter()
            .collect::<Changes>();
        changed += changes.len();
        let start = cpu_time();
        let one: TrieUpdate = black_box(update(nodes, root, black_box(&changes))?);
        serial += cpu_time().saturating_sub(start);
        let start = Instant::now();
        let other = black_box(update_parallel(nodes, root, black_box(&changes))?);
        parallel += start.elapsed();
        assert!(one == other, "serial and parallel updates agree");
        written += one.nodes.len();
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / changed as f64;
    let written = written as f64 / changed as f64;
    println!(
        "{count:>8}  {kind:>22} {:>12.2} {:>12.2} {written:>10.2}",
        each(serial),
        each(parallel)
    );
    Ok(())
}

/// CPU time of this thread.
fn cpu_time() -> Duration {
    thread_local!(static START: Instant = Instant::now());
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = spent.and_then(|spent| spent.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.with(Instant::elapsed), Duration::from_nanos)
}

fn key(n: u64) -> B256 {
    keccak256(n.to_be_bytes())
}

/// As long as the RLP of an account: nonce, balance, storage root, code hash.
fn value(n: u64, version: u64) -> Vec<u8> {
    let mut value = vec![0xf8, 0x4c];
    value.extend_from_slice(&(n ^ version << 40).to_be_bytes());
    value.resize(78, 0x5a);
    value
}

/// Numbers that do not come again for long (a step of SplitMix64).
fn scatter(n: u64) -> u64 {
    let mut z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z ^ (z >> 31)
}
