//! Coordinate reference systems: what they are called, and points taken from one to another.
//!
//! A [`Crs`] comes from an EPSG code, a PROJ string or WKT ([`Crs::parse`] takes any of them). A
//! [`Transform`] takes points from one to another, and [`area_and_perimeter`] measures rings on the
//! ellipsoid, so that areas are right in a geographic CRS and in Web Mercator too.
//!
//! Everywhere `x` is longitude or easting and `y` latitude or northing, whatever order a registry
//! gives the axes in, and geographic coordinates are degrees. Nothing here reads a file: datum
//! shifts that need a grid file are replaced by the Helmert transformation of the definition where
//! there is one, and [`Transform::caution`] says so.
//!
//! ```
//! use resam_crs::{Crs, Transform, area_and_perimeter};
//!
//! let kampala = Crs::parse("EPSG:32636")?;
//! let to_degrees = Transform::new(&kampala, &Crs::wgs84())?;
//! let (longitude, latitude) = to_degrees.forward(453_000.0, 35_000.0)?;
//! assert!((longitude - 32.578).abs() < 0.001 && (latitude - 0.317).abs() < 0.001);
//!
//! let hectare = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)];
//! let hectare = hectare.map(|(x, y)| (453_000.0 + x, 35_000.0 + y));
//! let (area, perimeter) = area_and_perimeter(&kampala, &hectare, &[])?;
//! assert!((area - 10_000.0).abs() < 10.0 && (perimeter - 400.0).abs() < 0.5);
//! # Ok::<(), resam_crs::CrsError>(())
//! ```

mod crs;
mod epsg;
mod error;
mod measure;
mod methods;
mod proj_string;
mod transform;
mod wkt;

pub use crs::Crs;
pub use error::CrsError;
pub use measure::area_and_perimeter;
pub use transform::Transform;
