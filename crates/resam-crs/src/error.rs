//! Why a coordinate reference system or a point could not be used.

/// Why a coordinate reference system or a point cannot be used. Every variant is a fault of the
/// input.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CrsError {
    /// The code is unknown.
    #[error(
        "{authority}:{code}: no such coordinate reference system is known here\n\nhint: see that the code is right; if it is, give the CRS as a PROJ string or as WKT (epsg.io shows both)"
    )]
    UnknownCode {
        /// Whose code it is, `EPSG` or `ESRI`.
        authority: &'static str,
        /// The code.
        code: u32,
    },
    /// The text is not a code, a PROJ string or WKT.
    #[error(
        "`{text}`: not a coordinate reference system\n\nhint: give an EPSG code such as `EPSG:32636`, a PROJ string such as `+proj=utm +zone=36 +datum=WGS84`, or WKT"
    )]
    NotUnderstood {
        /// The beginning of the text.
        text: String,
    },
    /// Malformed or incomplete WKT.
    #[error(
        "not well-known text of a coordinate reference system: {problem}\n\nhint: give an EPSG code such as `EPSG:32636` instead"
    )]
    Wkt {
        /// What is wrong.
        problem: String,
    },
    /// A projection that is not supported.
    #[error(
        "{name}: the projection `{projection}` is not supported\n\nhint: reproject the data to another CRS first, for example to a UTM zone"
    )]
    UnsupportedProjection {
        /// The CRS.
        name: String,
        /// The projection, as the definition calls it.
        projection: String,
    },
    /// A datum shift that needs a grid file, without Helmert parameters as a substitute.
    #[error(
        "{name}: the datum is tied to WGS 84 by the grid `{grid}`, and grids are not read\n\nhint: reproject the data to a CRS on WGS 84 first with a program that has the grid, for example `gdalwarp` or QGIS"
    )]
    Grid {
        /// The CRS.
        name: String,
        /// The grid's file name.
        grid: String,
    },
    /// A CRS without two horizontal axes on the Earth.
    #[error(
        "{name}: {kind} coordinates have no place on a map\n\nhint: reproject the data to a geographic or projected CRS first"
    )]
    NotHorizontal {
        /// The CRS.
        name: String,
        /// The kind of CRS: geocentric, vertical, local, ...
        kind: &'static str,
    },
    /// A geographic CRS in another unit than the degree.
    #[error(
        "{name}: its longitudes and latitudes are in `{unit}`, and only degrees are supported\n\nhint: reproject the data to EPSG:4326 first"
    )]
    NotDegrees {
        /// The CRS.
        name: String,
        /// The unit.
        unit: String,
    },
    /// A parameter that is missing, malformed or out of range.
    #[error(
        "{name}: {problem}\n\nhint: see that the definition is right, or give an EPSG code instead"
    )]
    Parameter {
        /// The CRS.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// A point without coordinates in the target CRS.
    #[error(
        "({x}, {y}) in {from} has no place in {to}: {problem}\n\nhint: see that the coordinates are in the CRS that they are said to be in, x (easting or longitude) first"
    )]
    Point {
        /// Easting or longitude.
        x: f64,
        /// Northing or latitude.
        y: f64,
        /// The name of the source CRS.
        from: String,
        /// The name of the target CRS.
        to: String,
        /// What is wrong.
        problem: String,
    },
}
