//! Databases of strangers, opened so that nothing in them takes more than its share.
//!
//! What is in a GeoPackage may be a program: a view that never ends, a function that makes a
//! gigabyte of a byte. So only listed functions run, nothing recurses, and time, memory and the
//! length of a value are bounded.

use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

/// How long a lock of another program is waited for.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);
/// Bytes of the longest value and of the longest row.
const LONGEST_VALUE: i32 = 64 << 20;
/// Bytes that SQLite may take in all.
const MEMORY: u64 = 512 << 20;
/// Seconds that the rows of a view may take. A table has as many rows as it has bytes for.
pub(super) const VIEW_TIME: Duration = Duration::from_secs(4);
/// Instructions between two looks at the clock.
const INSTRUCTIONS: i32 = 10_000;

/// What a view may call: nothing that makes much of little or takes long over a long text.
const FUNCTIONS: [&str; 26] = [
    "abs",
    "avg",
    "coalesce",
    "count",
    "date",
    "datetime",
    "dense_rank",
    "ifnull",
    "iif",
    "instr",
    "julianday",
    "length",
    "lower",
    "max",
    "min",
    "nullif",
    "rank",
    "round",
    "row_number",
    "strftime",
    "substr",
    "substring",
    "sum",
    "total",
    "trim",
    "upper",
];

/// Opens a database that is never written to, and in which no function of the file's is run.
///
/// A database in write-ahead mode without its log holds everything in the one file. It is opened
/// as one that nobody changes: otherwise SQLite would make files beside it, which it cannot in a
/// folder that is not writable, and leaves there in one that is.
pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = if is_in_wal_mode(path) && !has_log(path) {
        flags |= OpenFlags::SQLITE_OPEN_URI;
        Connection::open_with_flags(immutable(path), flags)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    guard(&connection)?;
    connection.pragma_update(None, "query_only", "ON")?;
    connection.authorizer(Some(authorize))?;
    Ok(connection)
}

/// Bounds what a database of a stranger can do.
pub(super) fn guard(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    connection.pragma_update(None, "cell_size_check", "ON")?;
    // What is sorted stays in memory, which is bounded, and fills no disk.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.query_row(
        &format!("PRAGMA hard_heap_limit = {MEMORY}"),
        [],
        |_| Ok(()),
    )?;
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 1 << 20),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 50),
        (Limit::SQLITE_LIMIT_VDBE_OP, 250_000),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 10),
    ] {
        connection.set_limit(limit, most)?;
    }
    Ok(())
}

/// Stops whatever runs on this connection after so long.
pub(super) fn stop_after(connection: &mut Connection, time: Duration) -> rusqlite::Result<()> {
    let started = Instant::now();
    connection.progress_handler(INSTRUCTIONS, Some(move || started.elapsed() > time))
}

fn authorize(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Transaction { .. } => {
            Authorization::Allow
        }
        AuthAction::Function { function_name }
            if FUNCTIONS
                .iter()
                .any(|name| function_name.eq_ignore_ascii_case(name)) =>
        {
            Authorization::Allow
        }
        // `pragma_table_info` asks for it; a pragma that changes something has an argument of its
        // own and no view can run one.
        AuthAction::Pragma {
            pragma_name: "table_info" | "table_xinfo",
            ..
        } => Authorization::Allow,
        _ => Authorization::Deny,
    }
}

/// Whether the file's header says that it has a write-ahead log.
fn is_in_wal_mode(path: &Path) -> bool {
    let mut header = [0; 20];
    let read = fs_err::File::open(path).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header[18..] == [2, 2]
}

fn has_log(path: &Path) -> bool {
    std::fs::metadata(super::side_files::beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// The path as a URI that says that nobody changes the file.
fn immutable(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut uri = "file:".to_owned();
    if cfg!(windows) {
        uri.push('/');
    }
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b'/' | b':' | b'.' | b'-' | b'_' | b'~' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri + "?immutable=1"
}
