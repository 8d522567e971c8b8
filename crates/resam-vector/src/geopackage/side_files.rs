//! The files that SQLite keeps beside a database while it is in use: `-wal`, `-shm`, `-journal`.
//!
//! A process that is killed leaves them. Beside a new file of the same name they would be taken for
//! its own and ruin it.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::connection::{PATIENCE, guard};

const SUFFIXES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Why a file cannot be replaced.
#[derive(Debug)]
pub(crate) enum Unsettled {
    /// Another program has it open.
    InUse,
    /// What lies beside it cannot be dealt with.
    Database(rusqlite::Error),
    /// The operating system refuses.
    File(io::Error),
}

/// The side file of a database with this suffix.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Whether one of them is there.
fn any(path: &Path) -> bool {
    let mut files = SUFFIXES.iter().map(|suffix| beside(path, suffix));
    files.any(|file| file.symlink_metadata().is_ok())
}

/// Sees to it that nothing lies beside a file that is to be replaced. What a dead process left is
/// taken into the database as SQLite would do it, so that a failure of the replacement loses
/// nothing, or removed where it belongs to no database.
pub(crate) fn settle(path: &Path) -> Result<(), Unsettled> {
    // Where the path is a link, the side files are beside the file.
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if !any(path) {
        return Ok(());
    }
    let recovered = if path.is_file() {
        recover(path)
    } else {
        Ok(())
    };
    match recovered {
        Ok(()) => {}
        Err(error) => match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                return Err(Unsettled::InUse);
            }
            // No database, so that nothing can be lost that lies beside it.
            Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {}
            _ => return Err(Unsettled::Database(error)),
        },
    }
    for suffix in SUFFIXES {
        match std::fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Unsettled::File(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Takes a log or a journal into its database. Leaving write-ahead mode needs the database for
/// oneself alone, so it fails where another program has it open.
fn recover(path: &Path) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    guard(&connection)?;
    connection.busy_timeout(PATIENCE)?;
    let mode: String =
        connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    if mode != "delete" {
        let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(busy, None));
    }
    connection.execute_batch("BEGIN EXCLUSIVE; ROLLBACK;")?;
    connection.close().map_err(|(_, error)| error)
}
