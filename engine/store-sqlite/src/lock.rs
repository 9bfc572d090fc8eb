//! One server per file: two engines on one file would each hand out the same tasks.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use flowstone_store::{Error, Result};

/// An exclusive lock on a file beside the database. The operating system releases it when the
/// process ends, however it ends.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Creates the directory of the database where it is missing and takes the lock.
    pub(crate) fn acquire(database: &Path) -> Result<Self> {
        if let Some(directory) = database.parent() {
            std::fs::create_dir_all(directory).map_err(|error| unusable(directory, &error))?;
        }
        let path = lock_path(database);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| unusable(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(FileLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Unavailable(format!(
                "another server has {} open; stop it, use another file, or use Postgres for several servers",
                database.display()
            ))),
            Err(TryLockError::Error(error)) => Err(unusable(&path, &error)),
        }
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.file_name().unwrap_or_default().to_os_string();
    name.push(".lock");
    database.with_file_name(name)
}

fn unusable(path: &Path, error: &std::io::Error) -> Error {
    Error::Unavailable(format!("{} cannot be created or written: {error}", path.display()))
}
