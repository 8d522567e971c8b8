//! Reads points and polygons from GeoJSON, GeoPackage, FlatGeobuf, shapefiles and CSV, and writes
//! polygons to GeoPackage, GeoJSON and FlatGeobuf. Coordinates are transformed to the CRS that the
//! caller gives.
//!
//! | item | what it is |
//! |---|---|
//! | [`read_points`] | prompts from any of them: points, or polygons as boxes with a point inside; with instances, labels, classes and attributes |
//! | [`read_polygons`] | footprints and regions of interest from any of them |
//! | [`ReadOptions`] | target CRS, CRS of the file, name of the layer |
//! | [`parse_geojson_points`], [`is_csv`] | points from bytes; whether a file is read as CSV |
//! | [`describe`] | layers, CRSs, fields, counts and extents of a file |
//! | [`write_layer`], [`write_layer_dated`] | a layer to GeoPackage, GeoJSON or FlatGeobuf |
//! | [`replace_layer`], [`geopackage_layers`] | a layer in a GeoPackage that keeps its others; which it has |
//! | [`check_target`], [`VectorFormat`] | whether a path can be written, before the work |
//! | [`Layer`], [`Feature`], [`Field`], [`Value`] | polygons with attributes |
//! | [`VectorError`] | why a file could not be read or written |
//!
//! ```
//! use geo_types::{MultiPolygon, polygon};
//! use resam_crs::Crs;
//! use resam_vector::{
//!     Feature, Field, FieldKind, Layer, ReadOptions, Value, read_polygons, write_layer,
//! };
//!
//! let square = polygon![(x: 5.0, y: 50.0), (x: 5.1, y: 50.0), (x: 5.1, y: 50.1), (x: 5.0, y: 50.1)];
//! let layer = Layer {
//!     name: "roofs".into(),
//!     crs: Some(Crs::wgs84()),
//!     fields: vec![Field::new("score", FieldKind::Real)],
//!     features: vec![Feature {
//!         geometry: MultiPolygon(vec![square]),
//!         attributes: vec![("score".into(), Value::Real(0.9))],
//!     }],
//! };
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("roofs.gpkg");
//! write_layer(&path, &layer, None)?;
//! let read = read_polygons(&path, &ReadOptions::default())?;
//! assert_eq!(read.layer, layer);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Coordinates are x (longitude or easting) before y. The format is found by the first bytes of a
//! file when it is read, and by the extension of the path when it is written. An error names the
//! file, the row and the value. A file is written whole or not at all, and the same layer gives the
//! same bytes.
//!
//! # Limits
//!
//! It does not write GeoParquet: that would need all of Arrow, and QGIS and GDAL convert the other
//! formats. KML, GML and GPX are not read.

mod antimeridian;
mod csv_points;
mod describe;
mod error;
mod flat_geobuf;
mod format;
mod fuzzing;
mod geojson;
mod geopackage;
mod layer;
mod points;
mod polygons;
mod reproject;
mod shapefile;
mod source;
mod wkt;
mod write;

pub use describe::{LayerDescription, VectorDescription, describe};
pub use error::VectorError;
pub use format::VectorFormat;
#[doc(hidden)]
pub use fuzzing::{fuzz_flat_geobuf, fuzz_shapefile};
#[doc(hidden)]
pub use geopackage::geometry::fuzz_geometry;
pub use layer::{Feature, Layer};
pub use points::{PointFeature, PointFile, parse_geojson_points, read_points};
pub use polygons::{PolygonFile, read_polygons};
pub use resam_prompt::{Field, FieldKind, Value};
pub use source::{ReadOptions, is_csv};
#[doc(hidden)]
pub use wkt::fuzz_wkt;
pub use write::{check_target, geopackage_layers, replace_layer, write_layer, write_layer_dated};
