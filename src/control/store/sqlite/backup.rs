//! Backup to a file while appends go on, and restore into an empty data directory.

use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use rusqlite::Connection;
use rusqlite::OpenFlags;
use rusqlite::backup::Backup;
use rusqlite::backup::StepResult;

use crate::control::store::data_dir::DataDir;
use crate::control::store::error::StoreError;
use crate::control::store::error::VerifyError;
use crate::control::store::sqlite::connection::open_reader;
use crate::control::store::sqlite::failure::Failure;
use crate::control::store::sqlite::head;
use crate::control::store::sqlite::history;
use crate::control::store::sqlite::records;
use crate::control::store::sqlite::schema;
use crate::control::store::sqlite::verify;

/// Writes a copy of the database of a directory, which another process may use meanwhile, to a new file.
///
/// # Errors
/// If there is no store, or the file exists or cannot be written completely.
pub fn backup_data_dir(data_dir: &Path, file: &Path) -> Result<(), StoreError> {
    let database = DataDir::database_in(data_dir);
    let source = open_reader(&database).map_err(|failure| failure.in_file(&database))?;
    backup(&source, file)
}

/// Writes a copy of the database to a new file. The file gets its name when the copy is complete and checked.
pub fn backup(source: &Connection, file: &Path) -> Result<(), StoreError> {
    let partial = Partial::create(file)?;
    let copied = copy(source, &partial.path).and_then(|()| check_copy(&partial.path));
    copied.map_err(|failure| failure.in_file(file))?;
    partial.publish(file)
}

fn copy(source: &Connection, file: &Path) -> Result<(), Failure> {
    let mut target = open(file)?;
    // The complete file is synced before it gets its name.
    target.pragma_update(None, "synchronous", "OFF")?;
    let backup = Backup::new(source, &mut target)?;
    // One step copies all pages in one read transaction: an append in between would restart a copy of several steps.
    match backup.step(-1)? {
        StepResult::Done => {}
        _ => {
            return Err(Failure::Damaged(
                "its pages were not copied completely".to_owned(),
            ));
        }
    }
    drop(backup);
    // The copy is a single file: no write-ahead log belongs to it.
    let mode: String = target.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    debug_assert_eq!(mode, "delete");
    Ok(())
}

/// Checks the pages and the heads of a copy.
fn check_copy(file: &Path) -> Result<(), Failure> {
    let connection = open(file)?;
    schema::check(&connection, file)?;
    schema::check_integrity(&connection)?;
    for name in head::names(&connection)? {
        if let Some(head) = head::find(&connection, &name)? {
            history::load(&connection, &head)?;
        }
    }
    Ok(())
}

fn open(file: &Path) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// Restores a backup into an empty data directory. Every log is verified, and the store gets a new epoch.
///
/// # Errors
/// If the directory is not empty, or the backup is not a store, or is damaged.
pub fn restore(backup: &Path, data_dir: &Path) -> Result<(), StoreError> {
    refuse_used_store(backup)?;
    let directory = DataDir::lock(data_dir)?;
    directory.expect_empty()?;
    let database = directory.database();
    let partial = Partial::create(&database)?;
    copy_file(backup, &partial.path)?;
    check_restored(backup, &partial.path)?;
    partial.publish(&database)
}

/// Refuses a database whose last events may be in a write-ahead log, which is not copied.
fn refuse_used_store(backup: &Path) -> Result<(), StoreError> {
    let mut log = backup.as_os_str().to_owned();
    log.push("-wal");
    if std::fs::metadata(log).is_ok_and(|log| log.len() > 0) {
        return Err(StoreError::Locked {
            path: backup.to_owned(),
            holder: Some("a control plane that runs or was killed".to_owned()),
        });
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut source =
        File::open(from).map_err(|error| StoreError::io("read the backup", from, &error))?;
    let mut options = OpenOptions::new();
    let target = options.write(true).open(to);
    let copied = target.and_then(|mut target| io::copy(&mut source, &mut target));
    copied.map_err(|error| write_error(to, &error))?;
    Ok(())
}

/// Verifies a restored database, and gives it a new epoch.
fn check_restored(backup: &Path, file: &Path) -> Result<(), StoreError> {
    let in_backup = |failure: Failure| failure.in_file(backup);
    let connection = open(file).map_err(in_backup)?;
    schema::check(&connection, backup).map_err(in_backup)?;
    for name in head::names(&connection).map_err(in_backup)? {
        let verified = verify::verify(&connection, &name);
        verified.map_err(|failure| match failure.in_file(backup) {
            VerifyError::Store(error) => error,
            VerifyError::Broken(broken) => StoreError::Corrupt {
                file: backup.to_owned(),
                problem: format!("in environment `{name}`, {broken}"),
            },
        })?;
    }
    schema::check_integrity(&connection).map_err(in_backup)?;
    records::clear(&connection).map_err(in_backup)?;
    schema::renew_epoch(&connection).map_err(|failure| failure.in_file(file))
}

/// A file without its final name. It is removed unless it is published.
struct Partial {
    path: PathBuf,
}

impl Partial {
    /// Creates an empty file beside the final one, which must not exist.
    fn create(file: &Path) -> Result<Partial, StoreError> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        if file.symlink_metadata().is_ok() {
            return Err(StoreError::Exists {
                path: file.to_owned(),
            });
        }
        let mut path = file.as_os_str().to_owned();
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        path.push(format!(".partial-{}-{number}", std::process::id()));
        let path = PathBuf::from(path);
        let mut options = OpenOptions::new();
        let created = options.write(true).create_new(true).mode(0o600).open(&path);
        created.map_err(|error| write_error(&path, &error))?;
        Ok(Partial { path })
    }

    /// Syncs the file, and gives it its name. An existing file is not replaced.
    fn publish(self, file: &Path) -> Result<(), StoreError> {
        let synced = File::open(&self.path).and_then(|partial| partial.sync_all());
        synced.map_err(|error| write_error(file, &error))?;
        // Unlike a rename, a link fails if the name exists.
        if let Err(error) = std::fs::hard_link(&self.path, file) {
            if error.kind() == io::ErrorKind::AlreadyExists {
                return Err(StoreError::Exists {
                    path: file.to_owned(),
                });
            }
            return Err(write_error(file, &error));
        }
        let removed = std::fs::remove_file(&self.path);
        let parent = file
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let synced = removed.and_then(|()| File::open(parent)?.sync_all());
        synced.map_err(|error| write_error(file, &error))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After `publish` there is no such file.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn write_error(file: &Path, error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full {
            file: file.to_owned(),
        },
        io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly {
            file: file.to_owned(),
        },
        _ => StoreError::io("write", file, error),
    }
}
