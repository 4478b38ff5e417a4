//! Where the published test data lies, and its unpacking.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// The unpacked fixtures.
#[derive(Clone, Debug)]
pub(crate) struct Fixtures {
    root: PathBuf,
}

/// Names of the archives, without `.tar.xz`.
const ARCHIVES: [&str; 3] = ["ethereum-tests", "rpc-compat", "besu"];

/// Where the archives came from; said when they are absent.
pub(crate) const SOURCES: &str = "They are the test data that other projects publish: ethereum/legacytests and ethereum/tests (v14.1), \
ethereum/execution-apis (a4bd4321, 057892b2), besu-eth/besu and Consensys/qbft-tests, packed as ethereum-tests.tar.xz, \
rpc-compat.tar.xz and besu.tar.xz. Put them into ../shared/fixtures beside the repository, or name their folder in ENTENTE_FIXTURES.";

impl Fixtures {
    /// The folder that holds the archives, if there is one: `$ENTENTE_FIXTURES`, or `../shared/fixtures` beside the repository.
    pub(crate) fn archives() -> Option<PathBuf> {
        let folder = env::var_os("ENTENTE_FIXTURES").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
            PathBuf::from,
        );
        ARCHIVES
            .iter()
            .all(|name| folder.join(format!("{name}.tar.xz")).is_file())
            .then_some(folder)
    }

    /// Unpacks the archives below `target`, each once: one that is there already, from an archive of the same size and time, is taken as it is.
    pub(crate) fn unpack(archives: &Path, target: &Path) -> Result<Self, String> {
        for name in ARCHIVES {
            let archive = archives.join(format!("{name}.tar.xz"));
            unpack_one(&archive, name, target)?;
        }
        Ok(Self { root: target.to_owned() })
    }

    /// A path inside, such as `ethereum-tests/state`.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside)
    }

    /// Every file below a folder whose name ends with `.ext`, sorted.
    pub(crate) fn files(&self, inside: &str, ext: &str) -> Result<Vec<PathBuf>, String> {
        let mut files = Vec::new();
        walk(&self.path(inside), ext, &mut files).map_err(|error| format!("{inside}: {error}"))?;
        files.sort();
        Ok(files)
    }

    /// A file's name as cases show it: its path below `inside`, without extension.
    pub(crate) fn name(&self, inside: &str, file: &Path) -> String {
        let below = file.strip_prefix(self.path(inside)).unwrap_or(file);
        below.with_extension("").to_string_lossy().into_owned()
    }
}

fn walk(folder: &Path, ext: &str, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, ext, files)?;
        } else if path.extension().is_some_and(|found| found == ext) {
            files.push(path);
        }
    }
    Ok(())
}

fn unpack_one(archive: &Path, name: &str, target: &Path) -> Result<(), String> {
    let told = |error: io::Error| format!("{}: {error}", archive.display());
    let of = fs::metadata(archive).map_err(told)?;
    let stamp = format!("{} bytes, {:?}", of.len(), of.modified().map_err(told)?);
    let mark = target.join(format!("{name}.unpacked"));
    if fs::read_to_string(&mark).is_ok_and(|found| found == stamp) {
        return Ok(());
    }
    let folder = target.join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(told)?;
    }
    fs::create_dir_all(&folder).map_err(told)?;
    let status = Command::new("tar").arg("xJf").arg(archive).arg("-C").arg(&folder).status().map_err(|error| {
        format!("tar could not be started ({error}); unpacking the fixtures needs `tar` and `xz` (Debian: apt install tar xz-utils)")
    })?;
    if !status.success() {
        return Err(format!(
            "tar could not unpack {} ({status}); is `xz` installed (Debian: apt install xz-utils)?",
            archive.display()
        ));
    }
    fs::write(&mark, stamp).map_err(told)
}
