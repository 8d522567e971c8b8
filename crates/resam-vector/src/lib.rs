//! Points in and features out: GeoJSON, GeoPackage, CSV, FlatGeobuf.
//!
//! [`read_points`] reads prompts and [`read_polygons`] footprints and regions of interest, both in
//! the CRS that the caller asks for; [`write_layer`] writes polygons with attributes. The format is
//! told by a file's beginning when it is read, and by its extension when it is written.
//!
//! Coordinates are x (longitude or easting) before y. Every error names the file, the row and the
//! value; a file is written whole or not at all, and the same layer gives the same bytes.
//!
//! GeoParquet is not written: it would bring in the whole of Arrow for a format that QGIS and GDAL
//! convert to and from in one command. FlatGeobuf is only written: the library at hand takes a
//! feature's stated size for granted when it reads.

mod csv_points;
mod error;
mod flat_geobuf;
mod format;
mod geojson;
mod geopackage;
mod layer;
mod points;
mod polygons;
mod reproject;
mod source;
mod write;

pub use error::VectorError;
pub use format::VectorFormat;
#[doc(hidden)]
pub use geopackage::geometry::fuzz_geometry;
pub use layer::{Feature, Layer};
pub use points::{PointFeature, PointFile, parse_geojson_points, read_points};
pub use polygons::{PolygonFile, read_polygons};
pub use resam_prompt::{Field, FieldKind, Value};
pub use source::{ReadOptions, is_csv};
pub use write::{check_target, write_layer, write_layer_dated};
