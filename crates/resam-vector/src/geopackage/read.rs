//! Features from a GeoPackage.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, params};

use super::connection::{VIEW_TIME, open, stop_after};
use super::{geometry, quoted, reference_systems};
use crate::source::{Geometry, NO_GEOMETRY, Row, Source};
use crate::{Field, FieldKind, Value, VectorError};
use resam_prompt::Weight;

const NOT_UTF8: [&str; 2] = [
    "text is not UTF-8, and letters of it are replaced",
    "texts are not UTF-8, and letters of them are replaced",
];

/// Layers that are listed; the rest are not there.
const MOST_LAYERS: usize = 10_000;

/// One entry of the tables that list layers.
struct Entry {
    table: String,
    geometry: String,
    srs_id: i64,
    /// Whether its rows are computed and not stored.
    is_view: bool,
}

/// A column of a layer's table.
struct Column {
    name: String,
    kind: FieldKind,
    is_key: bool,
}

/// Reads one layer.
pub(crate) fn read(path: &Path, layer: Option<&str>) -> Result<Source, VectorError> {
    let file = path.display().to_string();
    let failed = |source: rusqlite::Error| failure(&file, source);
    let mut connection = open(path).map_err(failed)?;
    if !is_geopackage(&connection).map_err(failed)? {
        return Err(VectorError::Malformed {
            file,
            format: "a GeoPackage with vector layers",
            problem: "the tables `gpkg_contents`, `gpkg_geometry_columns` and `gpkg_spatial_ref_sys` are \
                      not all there"
                .to_owned(),
            hint: "the file is another SQLite database; export the points to GeoPackage or GeoJSON",
        });
    }
    let entry = choose(&file, entries(&connection).map_err(failed)?, layer)?;
    let columns = columns(&connection, &entry.table).map_err(failed)?;
    let stated = reference_systems::stated(&connection, entry.srs_id).map_err(failed)?;
    let mut source = Source::new(&file, "feature");
    source.layer = Some(entry.table.clone());
    source.stated = stated;
    if entry.is_view {
        stop_after(&mut connection, VIEW_TIME).map_err(failed)?;
    }
    read_rows(&connection, &entry, columns, &mut source)?;
    Ok(source)
}

/// The layers of features of a file, in its order.
pub(crate) fn layer_names(path: &Path) -> Result<Vec<String>, VectorError> {
    let file = path.display().to_string();
    let failed = |source: rusqlite::Error| failure(&file, source);
    let connection = open(path).map_err(failed)?;
    if !is_geopackage(&connection).map_err(failed)? {
        return Ok(Vec::new());
    }
    let entries = entries(&connection).map_err(failed)?;
    Ok(entries.into_iter().map(|entry| entry.table).collect())
}

pub(crate) fn failure(file: &str, source: rusqlite::Error) -> VectorError {
    let file = file.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => VectorError::Locked { file },
        // A database in write-ahead mode wants files beside it, which may not be possible.
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly) => VectorError::Malformed {
            file,
            format: "readable as it stands",
            problem: source.to_string(),
            hint: "the GeoPackage may be open in another program, or its folder be read-only; close it there or copy it elsewhere, then try again",
        },
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => VectorError::Malformed {
            file,
            format: "a sound GeoPackage",
            problem: source.to_string(),
            hint: "the file is damaged or not copied in full; get it again",
        },
        Some(ErrorCode::OperationInterrupted) => unbounded(file, "takes more than 4 s to run"),
        Some(ErrorCode::OutOfMemory) => unbounded(file, "takes more than 512 MiB of memory"),
        Some(ErrorCode::TooBig) => unbounded(file, "has a value of more than 64 MiB"),
        // Denied functions come as a plain error.
        _ if ["not authorized", "unsafe use"]
            .iter()
            .any(|words| source.to_string().contains(words)) =>
        {
            unbounded(file, "calls functions, or itself, which is not run here")
        }
        _ => VectorError::GeoPackage { file, source },
    }
}

/// A layer that is a program, or holds what no layer needs.
fn unbounded(file: String, problem: &str) -> VectorError {
    VectorError::Malformed {
        file,
        format: "a GeoPackage whose layer can be read within bounds",
        problem: format!("the layer {problem}"),
        hint: "if the file is to be trusted, export the layer to a new GeoPackage, where it becomes a plain table",
    }
}

fn is_geopackage(connection: &Connection) -> rusqlite::Result<bool> {
    // Views of these names would run whatever their author likes.
    let tables: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 AND lower(name) IN ('gpkg_contents', 'gpkg_geometry_columns', 'gpkg_spatial_ref_sys')",
        [],
        |row| row.get(0),
    )?;
    Ok(tables == 3)
}

fn entries(connection: &Connection) -> rusqlite::Result<Vec<Entry>> {
    // A virtual table is code of SQLite's over tables of the file's: none is a layer.
    let mut statement = connection.prepare(
        "SELECT c.table_name, g.column_name, g.srs_id, s.type FROM gpkg_contents c JOIN gpkg_geometry_columns g ON lower(c.table_name) = lower(g.table_name) LEFT JOIN sqlite_schema s ON lower(s.name) = lower(c.table_name) AND s.type IN ('table', 'view') WHERE c.data_type = 'features' AND (s.name IS NULL OR s.type = 'view' OR (s.type = 'table' AND s.rootpage > 0)) ORDER BY c.rowid",
    )?;
    let entries = statement.query_map([], |row| {
        Ok(Entry {
            table: row.get(0)?,
            geometry: row.get(1)?,
            srs_id: row.get(2)?,
            is_view: row.get::<_, Option<String>>(3)?.as_deref() == Some("view"),
        })
    })?;
    entries.take(MOST_LAYERS).collect()
}

/// The layer asked for, or the only one.
fn choose(file: &str, mut entries: Vec<Entry>, wanted: Option<&str>) -> Result<Entry, VectorError> {
    let list = || {
        let names: Vec<String> = entries
            .iter()
            .take(20)
            .map(|entry| format!("`{}`", entry.table))
            .collect();
        names.join(", ")
    };
    let refuse = |problem: String| {
        Err(VectorError::Layer {
            file: file.to_owned(),
            problem,
            layers: list(),
        })
    };
    if entries.is_empty() {
        return Err(VectorError::Empty {
            file: file.to_owned(),
            wanted: "layer of features",
            hint: "the GeoPackage holds rasters or tables only; name one with a vector layer",
        });
    }
    let place = match wanted {
        None if entries.len() == 1 => Some(0),
        None => {
            return refuse(format!("the GeoPackage has {} layers", entries.len()));
        }
        Some(name) => entries
            .iter()
            .position(|entry| entry.table == name)
            .or_else(|| {
                entries
                    .iter()
                    .position(|entry| entry.table.eq_ignore_ascii_case(name))
            }),
    };
    match place {
        Some(place) => Ok(entries.swap_remove(place)),
        None => refuse(format!(
            "the GeoPackage has no layer `{}`",
            wanted.unwrap_or_default()
        )),
    }
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Column>> {
    let mut statement =
        connection.prepare("SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid")?;
    let columns = statement.query_map(params![table], |row| {
        let kind: String = row.get::<_, Option<String>>(1)?.unwrap_or_default();
        Ok(Column {
            name: row.get(0)?,
            kind: field_kind(&kind),
            is_key: row.get::<_, i64>(2)? > 0,
        })
    })?;
    columns.collect()
}

/// The kind of field that a declared type stands for.
fn field_kind(declared: &str) -> FieldKind {
    let declared = declared.to_ascii_uppercase();
    if declared.starts_with("BOOL") {
        FieldKind::Bool
    } else if declared == "DATE" {
        FieldKind::Date
    } else if declared == "DATETIME" {
        FieldKind::DateTime
    } else if declared.contains("INT") {
        FieldKind::Integer
    } else if ["FLOAT", "DOUBLE", "REAL", "NUMERIC"]
        .iter()
        .any(|kind| declared.starts_with(kind))
    {
        FieldKind::Real
    } else {
        FieldKind::Text
    }
}

fn read_rows(
    connection: &Connection,
    entry: &Entry,
    columns: Vec<Column>,
    source: &mut Source,
) -> Result<(), VectorError> {
    let file = source.file.clone();
    let failed = |error: rusqlite::Error| failure(&file, error);
    let is_geometry = |column: &Column| column.name.eq_ignore_ascii_case(&entry.geometry);
    // A name that is no column would be read as a text.
    if !columns.iter().any(is_geometry) {
        return Err(VectorError::Malformed {
            file,
            format: "a sound GeoPackage",
            problem: if columns.is_empty() {
                format!("no such table: `{}`", entry.table)
            } else {
                format!("`{}` has no column `{}`", entry.table, entry.geometry)
            },
            hint: "its lists name what is not there; export the layer to a new GeoPackage",
        });
    }
    let keys: Vec<&Column> = columns.iter().filter(|column| column.is_key).collect();
    let key = match keys[..] {
        [key] if key.kind == FieldKind::Integer => Some(&key.name),
        _ => None,
    };
    let carried: Vec<&Column> = columns
        .iter()
        .filter(|&column| !is_geometry(column) && Some(&column.name) != key)
        .collect();
    let mut wanted = vec![
        key.map_or_else(|| "NULL".to_owned(), |key| quoted(key)),
        quoted(&entry.geometry),
    ];
    wanted.extend(carried.iter().map(|column| quoted(&column.name)));
    let mut statement = connection
        .prepare(&format!(
            "SELECT {} FROM {}",
            wanted.join(", "),
            quoted(&entry.table)
        ))
        .map_err(failed)?;
    source.fields = carried
        .iter()
        .map(|column| Field::new(&column.name, column.kind))
        .collect();
    let mut rows = statement.query([]).map_err(failed)?;
    let mut count = 0;
    let mut fits = vec![true; carried.len()];
    while let Some(row) = rows.next().map_err(failed)? {
        count += 1;
        let number = match row.get_ref(0).map_err(failed)? {
            ValueRef::Integer(id) => usize::try_from(id).unwrap_or(count),
            _ => count,
        };
        let read = match row.get_ref(1).map_err(failed)? {
            ValueRef::Null => Ok(Geometry::None),
            ValueRef::Blob(blob) => geometry::read(blob).map_err(|error| error.0),
            _ => Err("the geometry is a number or text"),
        };
        let hint = "mend or delete the feature in QGIS";
        let geometry = match read {
            Ok(geometry) => geometry,
            Err(problem) => {
                let fault = source.row_error(number, problem, hint);
                source.fault(fault, &NO_GEOMETRY)?;
                continue;
            }
        };
        let mut values = Vec::with_capacity(carried.len());
        for (place, column) in carried.iter().enumerate() {
            let value = match row.get_ref(place + 2).map_err(failed)? {
                // Pictures and the like are not carried along.
                ValueRef::Null | ValueRef::Blob(_) => continue,
                ValueRef::Integer(number) => boolean_or_self(Value::Integer(number), column.kind),
                ValueRef::Real(number) => Value::Real(number),
                ValueRef::Text(text) => {
                    // What is not UTF-8 is shown with a mark in the place of what it is not.
                    let text = String::from_utf8_lossy(text);
                    if let std::borrow::Cow::Owned(_) = &text {
                        let first = || format!("feature {number}: `{}`", column.name);
                        source.notices.add(&file, Weight::Taken, NOT_UTF8, first);
                    }
                    let text = Value::Text(text.into_owned());
                    match text.to_kind(column.kind) {
                        Value::Null => text,
                        date => date,
                    }
                }
            };
            fits[place] &= value.to_kind(column.kind) != Value::Null;
            values.push((place, value));
        }
        source.push(Row {
            number,
            geometry,
            values,
        })?;
    }
    // SQLite lets any value into any column; a field must be able to hold what is there.
    for (field, fits) in source.fields.iter_mut().zip(fits) {
        if !fits {
            field.kind = FieldKind::Text;
        }
    }
    Ok(())
}

/// A number from a column of booleans is one.
fn boolean_or_self(value: Value, kind: FieldKind) -> Value {
    match value.to_kind(kind) {
        Value::Null => value,
        boolean if kind == FieldKind::Bool => boolean,
        _ => value,
    }
}
