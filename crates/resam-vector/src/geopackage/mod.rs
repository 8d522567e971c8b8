//! GeoPackage (OGC 12-128r19): an SQLite database with features.

pub(crate) mod geometry;
mod read;
mod reference_systems;
mod schema;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

/// A name as SQL quotes it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
