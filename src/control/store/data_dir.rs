//! `DataDir`: the directory of a store, locked so that one process uses it.

use std::fs::DirBuilder;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::FlockOperation;

use crate::control::store::error::StoreError;

/// The file of the database.
const DATABASE: &str = "control.db";
/// The file that is locked while a process uses the directory.
const LOCK: &str = "control.lock";

/// A directory that this process has locked.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// The lock ends when this file is closed, also if the process is killed.
    _lock: File,
}

impl DataDir {
    /// Locks the directory, and creates it if it does not exist.
    ///
    /// # Errors
    /// If another process uses it, or it cannot be created.
    pub fn lock(path: &Path) -> Result<DataDir, StoreError> {
        let created = DirBuilder::new().recursive(true).mode(0o700).create(path);
        created.map_err(|error| io_error("create the data directory", path, &error))?;
        let file = path.join(LOCK);
        let mut lock =
            open_private(&file).map_err(|error| io_error("open the lock file", &file, &error))?;
        if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(StoreError::Locked {
                path: path.to_owned(),
                holder: read_holder(&mut lock),
            });
        }
        write_holder(&mut lock).map_err(|error| io_error("write the lock file", &file, &error))?;
        Ok(DataDir {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// The path of the database.
    pub fn database(&self) -> PathBuf {
        DataDir::database_in(&self.path)
    }

    /// The path of the database in a directory that may not be locked.
    pub fn database_in(path: &Path) -> PathBuf {
        path.join(DATABASE)
    }

    /// Creates an empty file for the database, if there is none. SQLite would create it readable by all users.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub fn create_database(&self) -> Result<(), StoreError> {
        let file = self.database();
        let created = open_private(&file).and_then(|_| self.sync());
        created.map_err(|error| io_error("create the store", &file, &error))
    }

    /// Refuses a directory with other files than the lock.
    ///
    /// # Errors
    /// If there are other files.
    pub fn expect_empty(&self) -> Result<(), StoreError> {
        let listed = self
            .path
            .read_dir()
            .and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let listed =
            listed.map_err(|error| io_error("list the data directory", &self.path, &error))?;
        if listed.iter().all(|entry| entry.file_name() == LOCK) {
            return Ok(());
        }
        Err(StoreError::Exists {
            path: self.path.clone(),
        })
    }

    /// Makes new names in the directory survive a crash of the system.
    pub fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}

/// Opens a file that only this user may read and write.
fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.mode(0o600).open(path)
}

fn read_holder(lock: &mut File) -> Option<String> {
    let mut text = String::new();
    lock.take(64).read_to_string(&mut text).ok()?;
    let process: u32 = text.trim().parse().ok()?;
    Some(format!("process {process}"))
}

fn write_holder(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    writeln!(lock, "{}", std::process::id())
}

fn io_error(operation: &'static str, path: &Path, error: &io::Error) -> StoreError {
    let file = path.to_owned();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full { file },
        io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly { file },
        _ => StoreError::io(operation, path, error),
    }
}
