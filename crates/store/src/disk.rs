//! Named files: what the block log needs of a disk, and the real one.

use crate::StoreError;
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    fmt::Debug,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A directory of named files that only grow at their end. Implementations may be shared between threads; one writer at a time is the caller's affair.
pub trait Disk: Debug + Send + Sync {
    /// Appends to a file, creating it if need be. Not durable until [`Disk::sync`].
    fn append(&self, file: &str, bytes: &[u8]) -> Result<(), StoreError>;
    /// Fills `into` from an offset. An error when the file ends before.
    fn read_at(&self, file: &str, offset: u64, into: &mut [u8]) -> Result<(), StoreError>;
    /// Makes everything appended to a file durable.
    fn sync(&self, file: &str) -> Result<(), StoreError>;
    /// Cuts a file to a length, durably.
    fn truncate(&self, file: &str, len: u64) -> Result<(), StoreError>;
    /// Length in bytes; None when there is no such file.
    fn len(&self, file: &str) -> Result<Option<u64>, StoreError>;
    /// All file names, sorted.
    fn list(&self) -> Result<Vec<String>, StoreError>;
    /// Renames a file, durably, replacing the target.
    fn rename(&self, from: &str, to: &str) -> Result<(), StoreError>;
    /// Removes a file, durably.
    fn remove(&self, file: &str) -> Result<(), StoreError>;
}

const LOCK: &str = "LOCK";

/// A directory of the file system, held by one process at a time: its `LOCK` file is locked with the operating system and holds the
/// holder's process id. The lock ends with the process, however it ends.
#[derive(Debug)]
pub struct FsDisk {
    dir: PathBuf,
    files: Mutex<HashMap<String, Arc<File>>>,
    _lock: File,
}

impl FsDisk {
    /// Opens a directory, creating it if need be.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process has it open.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let shown = |path: &Path| path.display().to_string();
        fs::create_dir_all(dir)
            .map_err(|error| StoreError::io("create directory", shown(dir), error))?;
        let path = dir.join(LOCK);
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| StoreError::io("open lock file", shown(&path), error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // Who it is helps, but is not needed to refuse.
                let _ = lock.take(32).read_to_string(&mut pid);
                let pid = pid.trim();
                let pid = if pid.is_empty() { "unknown" } else { pid }.to_owned();
                return Err(StoreError::Locked { dir: dir.to_owned(), pid });
            }
            Err(TryLockError::Error(error)) => {
                return Err(StoreError::io("lock", shown(&path), error));
            }
        }
        let write_pid = |lock: &mut File| {
            lock.set_len(0)?;
            lock.seek(SeekFrom::Start(0))?;
            writeln!(lock, "{}", std::process::id())
        };
        write_pid(&mut lock)
            .map_err(|error| StoreError::io("write lock file", shown(&path), error))?;
        Ok(Self { dir: dir.to_owned(), files: Mutex::default(), _lock: lock })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn open_file(&self, file: &str, create: bool) -> io::Result<Arc<File>> {
        let mut files = self.files.lock();
        if let Some(open) = files.get(file) {
            return Ok(open.clone());
        }
        let path = self.dir.join(file);
        let is_new = create && !path.exists();
        let open = OpenOptions::new().read(true).append(true).create(create).open(path)?;
        if is_new {
            self.sync_dir()?;
        }
        let open = Arc::new(open);
        files.insert(file.to_owned(), open.clone());
        Ok(open)
    }

    /// Creation, renaming and removal of files are durable only once their directory is.
    fn sync_dir(&self) -> io::Result<()> {
        File::open(&self.dir)?.sync_all()
    }
}

impl Disk for FsDisk {
    fn append(&self, file: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let append = || self.open_file(file, true)?.as_ref().write_all(bytes);
        append().map_err(|error| StoreError::io("append to", file, error))
    }

    fn read_at(&self, file: &str, offset: u64, into: &mut [u8]) -> Result<(), StoreError> {
        let mut read = || self.open_file(file, false)?.read_exact_at(into, offset);
        read().map_err(|error| StoreError::io("read", file, error))
    }

    fn sync(&self, file: &str) -> Result<(), StoreError> {
        let sync = || self.open_file(file, true)?.sync_data();
        sync().map_err(|error| StoreError::io("sync", file, error))
    }

    fn truncate(&self, file: &str, len: u64) -> Result<(), StoreError> {
        let truncate = || {
            let open = self.open_file(file, true)?;
            open.set_len(len)?;
            open.sync_all()
        };
        truncate().map_err(|error| StoreError::io("truncate", file, error))
    }

    fn len(&self, file: &str) -> Result<Option<u64>, StoreError> {
        match fs::metadata(self.dir.join(file)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io("look at", file, error)),
        }
    }

    fn list(&self) -> Result<Vec<String>, StoreError> {
        let list = || {
            let mut names = Vec::new();
            for entry in fs::read_dir(&self.dir)? {
                let entry = entry?;
                if entry.file_type()?.is_file()
                    && let Ok(name) = entry.file_name().into_string()
                {
                    names.push(name);
                }
            }
            names.sort_unstable();
            Ok(names)
        };
        list().map_err(|error| StoreError::io("list", self.dir.display().to_string(), error))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), StoreError> {
        let rename = || {
            let mut files = self.files.lock();
            files.remove(from);
            files.remove(to);
            fs::rename(self.dir.join(from), self.dir.join(to))?;
            self.sync_dir()
        };
        rename().map_err(|error| StoreError::io("rename", from, error))
    }

    fn remove(&self, file: &str) -> Result<(), StoreError> {
        let remove = || {
            self.files.lock().remove(file);
            fs::remove_file(self.dir.join(file))?;
            self.sync_dir()
        };
        remove().map_err(|error| StoreError::io("remove", file, error))
    }
}
