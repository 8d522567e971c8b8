//! A layer put into a GeoPackage that has others: in a copy, which then takes the file's place.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, params};

use super::verify::{Expected, count};
use super::write::{Names, add_layer, unlogged};
use super::{connection, quoted};
use crate::Layer;

/// Pages that are copied at a time.
const PAGES: i32 = 4096;
/// Tables of the standard, of GDAL and of QGIS that list layers by a column `table_name`.
const LISTS: [&str; 5] = [
    "gpkg_geometry_columns",
    "gpkg_extensions",
    "gpkg_data_columns",
    "gpkg_metadata_reference",
    "gpkg_ogr_contents",
];

/// Why a layer was not put into a file.
#[derive(Debug)]
pub(crate) enum NotReplaced {
    /// SQLite refuses.
    Database(rusqlite::Error),
    /// Another program has it open.
    Locked,
    /// Something that is no layer of features has the name.
    Taken(String),
}

impl From<rusqlite::Error> for NotReplaced {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

/// Copies `from` to the empty file `to` and puts the layer there, in the place of the one of its
/// name. Every other table stays as it is. Returns the rows that the tables of features have to
/// have.
pub(crate) fn replace_layer(
    from: &Path,
    to: &Path,
    layer: &Layer,
    modified: &str,
) -> Result<Expected, NotReplaced> {
    let names = Names::of(layer);
    let mut target = Connection::open(to)?;
    copy(from, &mut target)?;
    connection::guard(&target)?;
    unlogged(&target)?;
    // The rows of a layer go in an order that keys between tables know nothing of.
    target.pragma_update(None, "foreign_keys", "OFF")?;
    let transaction = target.transaction()?;
    if let Some(table) = existing(&transaction, &names.table)? {
        remove(&transaction, &table)?;
    }
    add_layer(&transaction, layer, &names, modified)?;
    if has_table(&transaction, "gpkg_ogr_contents")? {
        transaction.execute(
            "INSERT OR REPLACE INTO gpkg_ogr_contents (table_name, feature_count) VALUES (?1, ?2)",
            params![names.table, layer.features.len() as i64],
        )?;
    }
    let mut expected = Expected::new();
    for table in feature_tables(&transaction)? {
        let rows = if table == names.table {
            layer.features.len()
        } else {
            count(&transaction, &table)?
        };
        expected.push((table, rows));
    }
    transaction.commit()?;
    target
        .close()
        .map_err(|(_, error)| NotReplaced::Database(error))?;
    Ok(expected)
}

/// Copies a database with what is in its log.
fn copy(from: &Path, to: &mut Connection) -> Result<(), NotReplaced> {
    let source = connection::open(from)?;
    let backup = Backup::new(&source, to)?;
    let mut waits = 0;
    loop {
        match backup.step(PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::Busy | StepResult::Locked if waits == 10 => {
                return Err(NotReplaced::Locked);
            }
            StepResult::Busy | StepResult::Locked => {
                waits += 1;
                std::thread::sleep(Duration::from_millis(50));
            }
            _ => waits = 0,
        }
    }
}

/// The table of the layer of this name, in any case.
fn existing(connection: &Connection, name: &str) -> Result<Option<String>, NotReplaced> {
    let mut tables = feature_tables(connection)?.into_iter();
    if let Some(table) = tables.find(|table| table.eq_ignore_ascii_case(name)) {
        return Ok(Some(table));
    }
    let taken: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE lower(name) = lower(?1))",
        params![name],
        |row| row.get(0),
    )?;
    if taken {
        return Err(NotReplaced::Taken(name.to_owned()));
    }
    Ok(None)
}

/// The tables of features; not views.
fn feature_tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    if !has_table(connection, "gpkg_contents")? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare(
        "SELECT s.name FROM gpkg_contents c JOIN sqlite_schema s ON lower(s.name) = lower(c.table_name) WHERE c.data_type = 'features' AND s.type = 'table' AND s.rootpage > 0 ORDER BY c.rowid",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    names.collect()
}

fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND lower(name) = ?1)",
        params![name],
        |row| row.get(0),
    )
}

/// Takes a layer out, with its spatial index and its entries.
fn remove(connection: &Connection, table: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage = 0 AND lower(name) IN (SELECT lower('rtree_' || table_name || '_' || column_name) FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?1))",
    )?;
    let trees = statement.query_map(params![table], |row| row.get::<_, String>(0))?;
    let trees = trees.collect::<rusqlite::Result<Vec<_>>>()?;
    drop(statement);
    // The table first, and with it the triggers that keep the index.
    connection.execute_batch(&format!("DROP TABLE {}", quoted(table)))?;
    for tree in trees {
        connection.execute_batch(&format!("DROP TABLE {}", quoted(&tree)))?;
    }
    for list in LISTS.iter().chain(&["gpkg_contents"]) {
        if has_table(connection, list)? {
            connection.execute(
                &format!("DELETE FROM {list} WHERE lower(table_name) = lower(?1)"),
                params![table],
            )?;
        }
    }
    Ok(())
}
