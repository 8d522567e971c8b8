//! A written GeoPackage, opened again before it takes its name.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::quoted;

/// How many rows tables have to have.
pub(crate) type Expected = Vec<(String, usize)>;

/// Opens a file anew and checks that it is sound and has its rows; what is wrong with it
/// otherwise.
pub(crate) fn verify(path: &Path, expected: &Expected) -> rusqlite::Result<Result<(), String>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let sound: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Ok(Err(sound));
    }
    for (table, rows) in expected {
        let found = count(&connection, table)?;
        if found != *rows {
            return Ok(Err(format!("`{table}` has {found} rows of {rows}")));
        }
    }
    Ok(Ok(()))
}

/// The rows of a table.
pub(super) fn count(connection: &Connection, table: &str) -> rusqlite::Result<usize> {
    let sql = format!("SELECT count(*) FROM {}", quoted(table));
    let count: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}
