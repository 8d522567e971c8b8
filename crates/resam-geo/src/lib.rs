//! Georeferenced rasters, read by window and stretched to eight bits once for the whole scene.
//!
//! GeoTIFF, BigTIFF and cloud-optimised GeoTIFF are read chunk by chunk (strips or tiles), so that
//! the memory of a read depends on the window and not on the raster. Plain images, with or without
//! a world file beside them, are rasters too and are held in memory. With the feature `gdal`, what is
//! neither of these is read by window through the GDAL of the machine.
//!
//! Pixel coordinates are continuous: (0, 0) is the top-left corner of the raster, the centre of its
//! first pixel is (0.5, 0.5), whatever the file says about areas and points.
//!
//! - [`Raster`]: a file with its size, bands, georeference and [`RasterInfo`]; reads samples as they
//!   are stored.
//! - [`Scene`]: three bands of a raster as 8-bit RGB at any scale, with what is valid and what not.
//! - [`GeoTiffWriter`]: a tiled GeoTIFF written tile by tile, whole or not at all.
//!
//! ```
//! use resam_geo::{Compression, GeoTiffSpec, GeoTiffWriter, GeoTransform, Photometric, Raster};
//! use resam_geo::{SampleKind, Window};
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("labels.tif");
//!
//! let spec = GeoTiffSpec {
//!     bands: 1,
//!     sample: SampleKind::U32,
//!     geo_transform: Some(GeoTransform([440_000.0, 0.3, 0.0, 36_000.0, 0.0, -0.3])),
//!     ..GeoTiffSpec::new(1000, 700)
//! };
//! let mut writer = GeoTiffWriter::create(&path, &spec)?;
//! writer.write_tile(1, 0, &[7, 0, 0, 0].repeat(256 * 256))?;
//! writer.finish()?;
//!
//! let raster = Raster::open(&path)?;
//! let samples = raster.read(Window { x: 255, y: 0, width: 2, height: 1 }, &[1])?;
//! assert_eq!(samples.values, [0.0, 7.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blocks;
mod cache;
mod canvas;
mod corners;
mod crs_keys;
mod error;
#[cfg(feature = "gdal")]
mod gdal_source;
mod geo_transform;
mod georeference;
mod info;
mod level;
mod limits;
mod plain_image;
mod raster;
mod resample;
mod sample;
mod samples;
mod scene;
mod stretch;
mod tiff;
mod window;
mod world_file;
mod write_error;
mod writer;

pub use error::RasterError;
pub use geo_transform::GeoTransform;
pub use info::{BandInfo, ChunkLayout, Colour, Corner, CrsInfo, RasterInfo, ValidFrom};
pub use raster::Raster;
pub use sample::SampleKind;
pub use samples::Samples;
pub use scene::{Scene, SceneOptions, Tile};
pub use stretch::{Stretch, StretchError, StretchLimits};
pub use window::Window;
pub use write_error::GeoTiffWriteError;
pub use writer::{Compression, GeoTiffSpec, GeoTiffWriter, Photometric};
