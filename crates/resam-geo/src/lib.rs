//! Georeferenced rasters: reads windows of GeoTIFF, BigTIFF, cloud-optimised GeoTIFF and plain
//! images, and writes GeoTIFF. A scene of any bit depth is shown as 8-bit RGB with one stretch, so
//! that an object looks the same in every window.
//!
//! | item | what it is |
//! |---|---|
//! | [`Raster`] | open a file; read its size, bands, CRS and transform, and samples as stored |
//! | [`Scene`] | bands of a raster as 8-bit RGB at any scale, with a mask of valid pixels |
//! | [`SceneOptions`] | which bands and which stretch a scene has |
//! | [`Stretch`] | how stored values become 8 bits |
//! | [`GeoTransform`] | pixel coordinates to map coordinates and back (GDAL's six numbers) |
//! | [`GeoTiffWriter`] | write a tiled GeoTIFF tile by tile |
//! | [`RasterInfo`] | everything that a file says about itself |
//! | [`RasterError`] | why a raster could not be read |
//! | [`GeoTiffWriteError`] | why a GeoTIFF could not be written |
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
//!
//! TIFF files are read chunk by chunk (strips or tiles), so memory depends on the window and not on
//! the raster. Plain images, with or without a world file, are decoded whole and held in memory.
//! With the feature `gdal`, other formats are read by window through the installed GDAL.
//!
//! Pixel coordinates are continuous: (0, 0) is the top-left corner of the raster and (0.5, 0.5) the
//! centre of the first pixel. A file whose `GTRasterTypeGeoKey` says `RasterPixelIsPoint` is
//! shifted by half a pixel when it is read. Bands count from 1.
//!
//! # Limits
//!
//! It does not reproject rasters, read over the network, or write overviews and cloud-optimised
//! GeoTIFFs. JPEG 2000, VRT, NetCDF and other formats need the feature `gdal`.

mod auxiliary;
mod blocks;
mod cache;
mod canvas;
mod control_points;
mod corners;
mod crs_keys;
mod error;
mod foreign;
#[cfg(feature = "gdal")]
mod gdal_source;
mod geo_transform;
mod georeference;
mod info;
mod level;
mod limits;
mod mixture;
mod mosaic;
mod nodata;
mod orientation;
mod overruled;
mod picture;
mod plain_image;
mod raster;
mod resample;
mod sample;
mod samples;
mod scene;
mod side_file;
mod square;
mod stretch;
mod tiff;
mod window;
mod world_file;
mod write_error;
mod writer;

pub use error::RasterError;
pub use foreign::{foreign_format, is_remote};
pub use geo_transform::GeoTransform;
pub use info::{BandInfo, ChunkLayout, Colour, Corner, CrsInfo, RasterInfo, ValidFrom};
pub use nodata::{Nodata, NodataError};
pub use picture::{PictureOptions, read_picture};
pub use raster::Raster;
pub use resam_image::Exif;
pub use sample::SampleKind;
pub use samples::Samples;
pub use scene::{Scene, SceneOptions, Tile};
pub use side_file::is_side_file;
pub use stretch::{Stretch, StretchError, StretchLimits};
pub use window::Window;
pub use write_error::GeoTiffWriteError;
pub use writer::{Compression, GeoTiffSpec, GeoTiffWriter, Photometric};
