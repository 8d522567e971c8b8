//! Coordinate reference systems (CRS) and transformations between them, without PROJ and without
//! grid files. A CRS is read from a code of EPSG or ESRI, a PROJ string or well-known text (WKT 1
//! and 2, and ESRI's).
//!
//! | item | what it is |
//! |---|---|
//! | [`Crs`] | a coordinate reference system: parse it, name it, write it as WKT or a PROJ string |
//! | [`Transform`] | takes points from one CRS to another and back |
//! | [`area_and_perimeter`] | area in square metres and perimeter in metres, on the ellipsoid |
//! | [`CrsError`] | why a CRS or a point cannot be used |
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
//!
//! `x` is always longitude or easting and `y` latitude or northing, whatever axis order the EPSG
//! registry gives. Geographic coordinates are degrees; projected ones are in the unit of the CRS.
//!
//! # Limits
//!
//! It reads no grid files. A datum shift that PROJ computes with a grid is computed with the
//! Helmert parameters of the definition instead, which are good to 1 to 10 metres;
//! [`Transform::caution`] says when that happens. It does not handle heights, geocentric systems or
//! time-dependent datums.

mod agree;
mod crs;
mod epsg;
mod error;
mod esri;
mod measure;
mod methods;
mod proj_string;
mod transform;
mod wkt;

pub use crs::Crs;
pub use error::CrsError;
pub use measure::area_and_perimeter;
pub use transform::Transform;
