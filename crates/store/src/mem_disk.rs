//! Files in memory that forget what was not synced.

use crate::{
    StoreError,
    crash::{CrashSwitch, Scatter},
    disk::Disk,
};
use parking_lot::Mutex;
use std::{collections::BTreeMap, io, sync::Arc};

#[derive(Clone, Debug, Default)]
struct MemFile {
    bytes: Vec<u8>,
    synced: usize,
}

/// A disk in memory, for tests and simulation. [`MemDisk::crash`] does to its files what a power cut does: what was not synced is lost, torn, or
/// overwritten with zeros. Clones share the files.
#[derive(Clone, Debug, Default)]
pub struct MemDisk {
    files: Arc<Mutex<BTreeMap<String, MemFile>>>,
    switch: CrashSwitch,
}

impl MemDisk {
    /// An empty disk on a power switch.
    pub fn new(switch: CrashSwitch) -> Self {
        Self { files: Arc::default(), switch }
    }

    /// Cuts the power: of what was not synced a random part is left, and of that a random part may be zeros.
    pub fn crash(&self, seed: u64) {
        let mut scatter = Scatter(seed);
        for file in self.files.lock().values_mut() {
            let unsynced = file.bytes.len() - file.synced;
            let kept = scatter.below(unsynced as u64 + 1) as usize;
            file.bytes.truncate(file.synced + kept);
            if kept > 0 && scatter.below(2) == 0 {
                let from = file.synced + scatter.below(kept as u64) as usize;
                file.bytes[from..].fill(0);
            }
            file.synced = file.bytes.len();
        }
    }

    /// Flips bits of a byte, as a decaying medium does. False when there is no such byte.
    pub fn corrupt(&self, file: &str, offset: usize, mask: u8) -> bool {
        let mut files = self.files.lock();
        let byte = files.get_mut(file).and_then(|file| file.bytes.get_mut(offset));
        byte.map(|byte| *byte ^= mask).is_some()
    }

    fn missing(action: &'static str, file: &str) -> StoreError {
        StoreError::io(action, file, io::ErrorKind::NotFound.into())
    }
}

impl Disk for MemDisk {
    fn append(&self, file: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let ticked = self.switch.tick(file);
        // A write that the power cut meets may have reached the disk in part; the crash decides.
        if ticked.is_ok() || self.switch.is_off() {
            self.files.lock().entry(file.to_owned()).or_default().bytes.extend_from_slice(bytes);
        }
        ticked
    }

    fn read_at(&self, file: &str, offset: u64, into: &mut [u8]) -> Result<(), StoreError> {
        let files = self.files.lock();
        let found = files.get(file).ok_or_else(|| Self::missing("read", file))?;
        let from = usize::try_from(offset).ok();
        let slice = from.and_then(|from| found.bytes.get(from..from.checked_add(into.len())?));
        let slice = slice
            .ok_or_else(|| StoreError::io("read", file, io::ErrorKind::UnexpectedEof.into()))?;
        into.copy_from_slice(slice);
        Ok(())
    }

    fn sync(&self, file: &str) -> Result<(), StoreError> {
        self.switch.tick(file)?;
        if let Some(file) = self.files.lock().get_mut(file) {
            file.synced = file.bytes.len();
        }
        Ok(())
    }

    fn truncate(&self, file: &str, len: u64) -> Result<(), StoreError> {
        self.switch.tick(file)?;
        let mut files = self.files.lock();
        let found = files.get_mut(file).ok_or_else(|| Self::missing("truncate", file))?;
        found.bytes.truncate(len as usize);
        found.synced = found.bytes.len();
        Ok(())
    }

    fn len(&self, file: &str) -> Result<Option<u64>, StoreError> {
        Ok(self.files.lock().get(file).map(|file| file.bytes.len() as u64))
    }

    fn list(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.files.lock().keys().cloned().collect())
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), StoreError> {
        self.switch.tick(from)?;
        let mut files = self.files.lock();
        let file = files.remove(from).ok_or_else(|| Self::missing("rename", from))?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, file: &str) -> Result<(), StoreError> {
        self.switch.tick(file)?;
        let removed = self.files.lock().remove(file);
        removed.map(drop).ok_or_else(|| Self::missing("remove", file))
    }
}
