//! Why a GeoTIFF could not be written.

use std::io;
use std::path::PathBuf;

/// Why a GeoTIFF could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GeoTiffWriteError {
    /// The file cannot be written.
    #[error("{}: cannot be written: {source}\n\nhint: see that the folder may be written to and that the disk has room", path.display())]
    Write {
        /// The path of the GeoTIFF.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A specification that no TIFF can have.
    #[error("{}: no GeoTIFF can be made so: {reason}", path.display())]
    Spec {
        /// The path of the GeoTIFF.
        path: PathBuf,
        /// What is not possible.
        reason: String,
    },
    /// A CRS without an EPSG code, whose projection has no GeoTIFF keys.
    #[error("{}: the CRS `{crs}` has no EPSG code, and its projection cannot be written\n\nhint: use a CRS with an EPSG code", path.display())]
    Crs {
        /// The path of the GeoTIFF.
        path: PathBuf,
        /// The name of the CRS.
        crs: String,
    },
    /// A tile that is outside the raster, was written already, or has a wrong number of bytes.
    #[error("{}: tile {column}, {row} {reason}", path.display())]
    Tile {
        /// The path of the GeoTIFF.
        path: PathBuf,
        /// The column of the tile, from 0.
        column: u32,
        /// The row of the tile, from 0.
        row: u32,
        /// What is wrong with the tile.
        reason: String,
    },
}
