//! Why a GeoTIFF could not be written.

use std::io;
use std::path::PathBuf;

/// Why a GeoTIFF could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GeoTiffWriteError {
    /// The operating system refused.
    #[error("{}: cannot be written: {source}\n\nhint: see that the folder may be written to and that the disk has room", path.display())]
    Write {
        /// The path asked for.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A raster that no TIFF can hold.
    #[error("{}: no GeoTIFF can be made so: {reason}", path.display())]
    Spec {
        /// The path asked for.
        path: PathBuf,
        /// What cannot be.
        reason: String,
    },
    /// A CRS without an EPSG code whose projection GeoTIFF has no keys for.
    #[error("{}: the CRS `{crs}` has no EPSG code, and its projection cannot be written\n\nhint: use a CRS with an EPSG code", path.display())]
    Crs {
        /// The path asked for.
        path: PathBuf,
        /// The name of the CRS.
        crs: String,
    },
    /// A tile that is not there, was written already, or has another number of bytes.
    #[error("{}: tile {column}, {row} {reason}", path.display())]
    Tile {
        /// The path asked for.
        path: PathBuf,
        /// Its column.
        column: u32,
        /// Its row.
        row: u32,
        /// What is wrong with it.
        reason: String,
    },
}
