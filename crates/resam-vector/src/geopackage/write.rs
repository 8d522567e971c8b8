//! A layer as a new GeoPackage.

use std::path::Path;

use rusqlite::{Connection, ToSql, params, params_from_iter};

use super::{geometry, quoted, reference_systems, schema};
use crate::write::{Table, bounds};
use crate::{Field, FieldKind, Layer, Value};

/// `GPKG` in ASCII, by which programs know what the database is.
const APPLICATION_ID: i32 = 0x4750_4B47;
/// Version 1.3: nothing of 1.4 is used, and older programs warn of what they do not know.
const VERSION: i32 = 10_300;

/// Fills an empty file. The clock is not read: `modified` is the time that the file states.
pub(crate) fn write(path: &Path, layer: &Layer, modified: &str) -> rusqlite::Result<()> {
    let mut connection = Connection::open(path)?;
    unlogged(&connection)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    let transaction = connection.transaction()?;
    add_layer(&transaction, layer, &Names::of(layer), modified)?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)
}

/// For a file that has a temporary name and is thrown away on any failure: no journal, no waiting
/// for the disk here.
pub(super) fn unlogged(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")
}

/// Adds a layer whose names are free, and what of the standard's tables is missing.
pub(super) fn add_layer(
    connection: &Connection,
    layer: &Layer,
    names: &Names,
    modified: &str,
) -> rusqlite::Result<()> {
    connection.execute_batch(schema::TABLES)?;
    let srs_id = reference_systems::insert(connection, layer.crs.as_ref())?;
    create_table(connection, layer, names)?;
    let extent = bounds(layer.features.iter().map(|feature| &feature.geometry));
    let [west, south, east, north] = extent.map_or([None; 4], |extent| extent.map(Some));
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, min_x, min_y, max_x, max_y, srs_id) VALUES (?1, 'features', ?1, '', ?2, ?3, ?4, ?5, ?6, ?7)",
        params![names.table, modified, west, south, east, north, srs_id],
    )?;
    connection.execute(
        "INSERT INTO gpkg_geometry_columns (table_name, column_name, geometry_type_name, srs_id, z, m) VALUES (?1, ?2, 'MULTIPOLYGON', ?3, 0, 0)",
        params![names.table, names.geometry, srs_id],
    )?;
    connection.execute(
        "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope) VALUES (?1, ?2, 'gpkg_rtree_index', 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')",
        params![names.table, names.geometry],
    )?;
    insert_features(connection, layer, names, srs_id)?;
    connection.execute_batch(&schema::triggers(
        &names.table,
        &names.geometry,
        &names.id,
        &names.tree,
    ))
}

/// The name of a layer's table.
pub(crate) fn table_name(layer: &Layer) -> String {
    Names::of(layer).table
}

/// What things are called in the database, unquoted.
pub(super) struct Names {
    pub(super) table: String,
    id: String,
    geometry: String,
    tree: String,
}

impl Names {
    /// The names that programs expect, unless an attribute has them.
    pub(super) fn of(layer: &Layer) -> Self {
        let table = match layer.name.trim() {
            "" => "objects".to_owned(),
            // These beginnings belong to GeoPackage and SQLite.
            name if ["gpkg_", "rtree_", "sqlite_"]
                .iter()
                .any(|start| name.to_ascii_lowercase().starts_with(start)) =>
            {
                format!("layer_{name}")
            }
            name => name.replace('\0', " "),
        };
        let geometry = free_name("geom", &layer.fields);
        Self {
            tree: format!("rtree_{table}_{geometry}"),
            id: free_name("fid", &layer.fields),
            geometry,
            table,
        }
    }
}

/// The name, with underscores behind it until no field has it.
fn free_name(wanted: &str, fields: &[Field]) -> String {
    let mut name = wanted.to_owned();
    while fields
        .iter()
        .any(|field| field.name.eq_ignore_ascii_case(&name))
    {
        name.push('_');
    }
    name
}

fn create_table(connection: &Connection, layer: &Layer, names: &Names) -> rusqlite::Result<()> {
    let mut columns = format!(
        "{} INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, {} MULTIPOLYGON",
        quoted(&names.id),
        quoted(&names.geometry)
    );
    for field in &layer.fields {
        let kind = match field.kind {
            FieldKind::Bool => "BOOLEAN",
            FieldKind::Integer => "INTEGER",
            FieldKind::Real => "REAL",
            FieldKind::Text => "TEXT",
            FieldKind::Date => "DATE",
            FieldKind::DateTime => "DATETIME",
        };
        columns += &format!(", {} {kind}", quoted(&field.name));
    }
    connection.execute_batch(&format!(
        "CREATE TABLE {} ({columns}); CREATE VIRTUAL TABLE {} USING rtree(id, minx, maxx, miny, maxy);",
        quoted(&names.table),
        quoted(&names.tree),
    ))
}

fn insert_features(
    connection: &Connection,
    layer: &Layer,
    names: &Names,
    srs_id: i32,
) -> rusqlite::Result<()> {
    let places = vec!["?"; layer.fields.len() + 2].join(", ");
    let mut insert = connection.prepare(&format!(
        "INSERT INTO {} VALUES ({places})",
        quoted(&names.table)
    ))?;
    let mut index = connection.prepare(&format!(
        "INSERT INTO {} VALUES (?1, ?2, ?3, ?4, ?5)",
        quoted(&names.tree)
    ))?;
    let table = Table::new(layer);
    for (feature, id) in layer.features.iter().zip(1_i64..) {
        let extent = bounds([&feature.geometry]);
        let blob = extent.map(|extent| geometry::write(&feature.geometry, srs_id, extent));
        let values = table.values(feature);
        let head: [&dyn ToSql; 2] = [&id, &blob];
        let row = head.into_iter().chain(values.iter().map(sql));
        insert.execute(params_from_iter(row))?;
        if let Some([west, south, east, north]) = extent {
            index.execute(params![id, west, east, south, north])?;
        }
    }
    Ok(())
}

/// A value as SQLite takes it.
fn sql(value: &Value) -> &dyn ToSql {
    match value {
        Value::Null => &rusqlite::types::Null,
        Value::Bool(value) => value,
        Value::Integer(value) => value,
        Value::Real(value) => value,
        Value::Text(value) | Value::Date(value) | Value::DateTime(value) => value,
    }
}
