//! Random histories against the model: commits, flushes, rewinds, prunings, restarts and power cuts at every write.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

mod model;

use entente_store::{CrashSwitch, FlushMode, MemDisk, MemKv, Snapshot, Store, StoreOptions};
use model::{
    Model, ModelBlock, ModelState, Touch, expect_all, expect_height, expect_proofs, expect_state,
    layer, replay,
};
use proptest::prelude::*;
use std::sync::Arc;

#[derive(Clone, Debug)]
enum Op {
    Commit(Vec<Touch>),
    /// Several blocks with one sync, each worked out on those before.
    Batch(Vec<Vec<Touch>>),
    Flush,
    Rewind(u8),
    Prune(u8),
    Look(u8),
    Hold,
    Restart,
    /// The power goes at the n-th write from now; a seed for what is left on disk.
    PowerCut(u8, u64),
}

fn writes() -> impl Strategy<Value = Vec<(u64, u8)>> {
    prop::collection::vec((0..model::SLOTS, 0u8..4), 0..5)
}

fn touch() -> impl Strategy<Value = Touch> {
    prop_oneof![
        6 => (0..model::ADDRESSES, any::<u8>(), writes()).prop_map(|(who, balance, writes)| Touch::Set { who, balance, writes }),
        1 => (0..model::ADDRESSES, prop::collection::vec(0..model::SLOTS, 0..3)).prop_map(|(who, touched)| Touch::Destroy { who, touched }),
        1 => (0..model::ADDRESSES, writes()).prop_map(|(who, writes)| Touch::Recreate { who, writes }),
        1 => (0..model::ADDRESSES, 0u8..3).prop_map(|(who, code)| Touch::Deploy { who, code }),
    ]
}

fn touches() -> impl Strategy<Value = Vec<Touch>> {
    prop::collection::vec(touch(), 0..5)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        12 => touches().prop_map(Op::Commit),
        3 => prop::collection::vec(touches(), 1..5).prop_map(Op::Batch),
        3 => Just(Op::Flush),
        2 => (0u8..8).prop_map(Op::Rewind),
        1 => (0u8..12).prop_map(Op::Prune),
        3 => any::<u8>().prop_map(Op::Look),
        2 => Just(Op::Hold),
        1 => Just(Op::Restart),
        3 => (0u8..12, any::<u64>()).prop_map(|(after, seed)| Op::PowerCut(after, seed)),
    ]
}

struct Machine {
    switch: CrashSwitch,
    disk: MemDisk,
    kv: MemKv,
    options: StoreOptions,
    model: Model,
    store: Option<Store>,
    held: Vec<(Snapshot, ModelState)>,
    seed: u64,
}

impl Machine {
    fn new(options: StoreOptions) -> Self {
        let switch = CrashSwitch::default();
        let (disk, kv) = (MemDisk::new(switch.clone()), MemKv::new(switch.clone()));
        let mut machine = Self {
            switch,
            disk,
            kv,
            options,
            model: Model::new(),
            store: None,
            held: Vec::new(),
            seed: 0,
        };
        machine.open();
        machine
    }

    fn store(&self) -> Store {
        self.store.clone().unwrap()
    }

    fn open(&mut self) {
        let (disk, kv) = (Arc::new(self.disk.clone()), Arc::new(self.kv.clone()));
        let (store, _) = Store::open_on(disk, kv, self.options, self.model.genesis()).unwrap();
        replay(&store, &self.model);
        self.store = Some(store);
    }

    /// Power off and on again. `may` are the chains that the log may hold besides the acknowledged one.
    fn power_cut(&mut self, may: &[Vec<ModelBlock>]) {
        self.switch.after(0);
        // Dropping it, the store tries to flush; that fails like any write.
        self.store = None;
        self.disk.crash(self.seed);
        self.switch.restore();
        self.open();
        let head = self.store().head().header.hash;
        if head != self.model.head().block.hash {
            let chain =
                may.iter().find(|chain| chain.last().is_some_and(|last| last.block.hash == head));
            self.model.chain = chain.expect("the chain is one that was written").clone();
        }
        // A pruning that the cut met may have been done, in part.
        self.model.oldest = self.store().oldest_state();
        for (snapshot, state) in &self.held {
            expect_state(snapshot, state);
        }
    }

    fn commit(&mut self, blocks: &[Vec<Touch>]) {
        let store = self.store();
        let mut chains = vec![self.model.chain.clone()];
        let (mut snapshot, mut layers) = (store.snapshot(), Vec::new());
        for touches in blocks {
            let mut chain = chains.last().unwrap().clone();
            let block = self.model.make_on(chain.last().unwrap(), touches);
            let layer = layer(&snapshot, &block);
            snapshot = snapshot.over(layer.clone());
            expect_state(&snapshot, &block.state);
            layers.push(layer);
            chain.push(block);
            chains.push(chain);
        }
        drop(snapshot);
        match store.commit_batch(&layers) {
            Ok(()) => self.model.chain = chains.pop().unwrap(),
            Err(error) => {
                assert!(self.switch.is_off(), "{error}");
                drop((store, layers));
                self.power_cut(&chains);
            }
        }
    }

    fn rewind(&mut self, depth: u8) {
        let store = self.store();
        let to = self.model.height().saturating_sub(u64::from(depth)).max(self.model.oldest);
        let undone: Vec<_> = self.model.chain[to as usize + 1..]
            .iter()
            .rev()
            .map(|block| block.block.sealed().clone())
            .collect();
        let target = self.model.chain[..=to as usize].to_vec();
        match store.rewind(to) {
            Ok(blocks) => {
                assert_eq!(blocks, undone);
                for block in undone {
                    assert_eq!(store.height_of(block.hash).unwrap(), None);
                    assert_eq!(
                        store.transaction(*block.body.transactions[0].tx_hash()).unwrap(),
                        None
                    );
                }
                self.model.chain = target;
            }
            Err(error) => {
                assert!(self.switch.is_off(), "{error}");
                drop(store);
                self.power_cut(&[target]);
            }
        }
    }

    /// A write that changes nothing of what can be read, but for pruning.
    fn quietly(&mut self, write: impl FnOnce(&Store) -> Result<(), entente_store::StoreError>) {
        let store = self.store();
        if let Err(error) = write(&store) {
            assert!(self.switch.is_off(), "{error}");
            drop(store);
            self.power_cut(&[]);
        }
    }

    fn run(&mut self, op: Op) {
        match op {
            Op::Commit(touches) => self.commit(&[touches]),
            Op::Batch(blocks) => self.commit(&blocks),
            Op::Flush => self.quietly(Store::flush),
            Op::Rewind(depth) => self.rewind(depth),
            Op::Prune(keep) => {
                self.quietly(|store| store.prune(u64::from(keep)));
                self.model.oldest = self.store().oldest_state();
            }
            Op::Look(height) => {
                let height = u64::from(height) % (self.model.height() + 1);
                expect_height(&self.store(), &self.model, height);
            }
            Op::Hold => {
                if self.held.len() > 3 {
                    self.held.remove(0);
                }
                self.held.push((self.store().snapshot(), self.model.head().state.clone()));
            }
            Op::Restart => {
                self.store = None;
                if self.switch.is_off() {
                    self.power_cut(&[]);
                } else {
                    self.quietly_reopen();
                }
            }
            Op::PowerCut(after, seed) => {
                self.seed = seed;
                if after == 0 {
                    self.power_cut(&[]);
                } else {
                    self.switch.after(u32::from(after));
                }
            }
        }
        for (snapshot, state) in &self.held {
            expect_state(snapshot, state);
            expect_proofs(snapshot, state);
        }
    }

    fn quietly_reopen(&mut self) {
        self.switch.restore();
        self.open();
    }

    fn finish(&mut self) {
        self.switch.restore();
        expect_all(&self.store(), &self.model);
        self.store().flush().unwrap();
        expect_all(&self.store(), &self.model);
        let report = self.store().check(|_| {}).unwrap();
        assert_eq!(report.findings, Vec::<String>::new());
        assert_eq!(report.blocks, self.model.height() + 1);
    }
}

fn options(flush: FlushMode, blocks: usize) -> StoreOptions {
    StoreOptions {
        flush,
        flush_blocks: blocks,
        segment_bytes: 2000,
        cache_bytes: 1 << 20,
        ..StoreOptions::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn the_store_is_the_model(ops in prop::collection::vec(op(), 1..60), flush_blocks in 1usize..12, manual: bool) {
        let mode = if manual { FlushMode::Manual } else { FlushMode::Inline };
        let mut machine = Machine::new(options(mode, flush_blocks));
        for op in ops {
            machine.run(op);
        }
        machine.finish();
    }

    /// The first start is cut off at some write; the next one finds nothing, all, or a part, and goes on.
    #[test]
    fn setting_up_survives_a_power_cut(after in 0u32..8, seed: u64) {
        let switch = CrashSwitch::default();
        let (disk, kv) = (MemDisk::new(switch.clone()), MemKv::new(switch.clone()));
        let model = Model::new();
        switch.after(after);
        let open = || Store::open_on(Arc::new(disk.clone()), Arc::new(kv.clone()), options(FlushMode::Manual, 1), model.genesis());
        drop(open());
        disk.crash(seed);
        switch.restore();
        let (store, _) = open().unwrap();
        expect_all(&store, &model);
        assert_eq!(store.check(|_| {}).unwrap().findings, Vec::<String>::new());
    }
}

/// Without its tables a store comes back from the log alone.
#[test]
fn lost_tables_come_back_from_the_log() {
    let mut machine = Machine::new(options(FlushMode::Inline, 3));
    for n in 0..10 {
        machine.run(Op::Commit(vec![Touch::Set {
            who: n,
            balance: n,
            writes: vec![(u64::from(n), 1)],
        }]));
    }
    machine.run(Op::Rewind(4));
    machine.run(Op::Commit(vec![Touch::Destroy { who: 2, touched: vec![] }]));
    machine.store = None;
    machine.kv = MemKv::new(machine.switch.clone());
    machine.open();
    machine.finish();
}

/// The tables go back in several writes; the power goes at each of them.
#[test]
fn going_back_far_survives_a_power_cut() {
    const BLOCKS: u64 = 530;
    const TO: usize = 5;
    let mut both = [false; 2];
    // The log's append and sync, three steps of the tables, and none.
    for cut in 0..6 {
        let switch = CrashSwitch::default();
        let (disk, kv) = (MemDisk::new(switch.clone()), MemKv::new(switch.clone()));
        let mut model = Model::new();
        let open = |model: &Model| {
            let (disk, kv) = (Arc::new(disk.clone()), Arc::new(kv.clone()));
            Store::open_on(disk, kv, options(FlushMode::Manual, 1), model.genesis()).unwrap().0
        };
        let store = open(&model);
        for n in 0..BLOCKS {
            let parent = model.head().clone();
            let touch = match n % 9 {
                8 => Touch::Destroy { who: n as u8, touched: vec![] },
                _ => Touch::Set { who: n as u8, balance: n as u8, writes: vec![(n, n as u8)] },
            };
            let block = model.make_on(&parent, &[touch]);
            store.commit(layer(&store.snapshot(), &block)).unwrap();
            model.chain.push(block);
        }
        store.flush().unwrap();
        switch.after(cut);
        let result = store.rewind(TO as u64);
        assert_eq!(result.is_ok(), cut == 5);
        drop((store, result));
        disk.crash(u64::from(cut));
        switch.restore();
        let store = open(&model);
        replay(&store, &model);
        let back = store.head().header.number == TO as u64;
        // Once the log has it, it is done, whatever came between.
        assert!(back || cut < 2, "cut at {cut}");
        both[usize::from(back)] = true;
        if back {
            model.chain.truncate(TO + 1);
        } else {
            let keep = model.chain.len();
            assert_eq!(store.head().header.number as usize + 1, keep);
        }
        for height in (0..=model.height()).step_by(100).chain([model.height()]) {
            expect_height_within_proofs(&store, &model, height);
        }
        assert_eq!(store.check(|_| {}).unwrap().findings, Vec::<String>::new());
        // And life goes on.
        let parent = model.head().clone();
        let block =
            model.make_on(&parent, &[Touch::Set { who: 0, balance: 9, writes: vec![(1, 2)] }]);
        store.commit(layer(&store.snapshot(), &block)).unwrap();
        model.chain.push(block);
        drop(store);
        let store = open(&model);
        assert_eq!(replay(&store, &model), 1);
        expect_height_within_proofs(&store, &model, model.height());
    }
    assert_eq!(both, [true, true], "the power cuts met both sides");
}

/// What can be asked of a height, proofs only where they can be given.
fn expect_height_within_proofs(store: &Store, model: &Model, height: u64) {
    model::expect_block(store, model, height);
    let (snapshot, state) =
        (store.snapshot_at(height).unwrap(), &model.chain[height as usize].state);
    expect_state(&snapshot, state);
    if height + 200 > model.height() {
        expect_proofs(&snapshot, state);
    }
}
