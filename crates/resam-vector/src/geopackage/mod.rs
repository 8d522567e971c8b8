//! GeoPackage (OGC 12-128r19): an SQLite database with features.

mod connection;
pub(crate) mod geometry;
mod read;
mod reference_systems;
mod replace;
mod schema;
pub(crate) mod side_files;
mod verify;
mod write;

pub(crate) use read::{layer_names, read};
pub(crate) use replace::{NotReplaced, replace_layer};
pub(crate) use verify::{Expected, verify};
pub(crate) use write::{table_name, write};

/// A name as SQL quotes it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
