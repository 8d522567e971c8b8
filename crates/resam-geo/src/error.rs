//! Why a raster could not be used.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use resam_image::ImageError;

use crate::foreign::foreign_format;
use crate::tiff::{Fault, MAX_CHUNK_BYTES};
use crate::window::Window;

/// The hint for a file that this crate does not read, unless GDAL was tried already.
const OR_BY_GDAL: &str = if cfg!(feature = "gdal") {
    ""
} else {
    "; or build resam with the cargo feature `gdal`, which reads what GDAL reads"
};

/// Why a raster could not be read. Every variant is a fault of the input; the message names the
/// file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RasterError {
    /// There is no file at the path.
    #[error("{}: no such raster\n\nhint: check the spelling and the folder", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// The path is a folder, a pipe or a device.
    #[error("{}: not a file but {kind}\n\nhint: name one raster", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What the path is instead.
        kind: &'static str,
    },
    /// The file cannot be read; the error of the operating system names it.
    #[error("cannot read a raster: {0}")]
    Read(#[from] std::io::Error),
    /// No file was named where several are one scene.
    #[error("no raster is named\n\nhint: name at least one")]
    NoRasters,
    /// A file that does not go with another one of the same scene.
    #[error("{}: it does not go with `{}`: {what}\n\nhint: `{mend}`, or segment it on its own", path.display(), first.display())]
    Apart {
        /// The file.
        path: PathBuf,
        /// The file that it should go with.
        first: PathBuf,
        /// What differs.
        what: String,
        /// The command that mends it.
        mend: String,
    },
    /// A file without a place on the map among several that are one scene.
    #[error("{}: it does not say where its pixels lie, so it cannot be one scene with others\n\nhint: segment it on its own, or give it a place (`gdal_translate -a_srs ... -a_ullr ...`)", path.display())]
    WithoutPlace {
        /// The file.
        path: PathBuf,
    },
    /// A VRT that is damaged, or does more than place pixels of files.
    #[error("{}: this VRT cannot be used: {detail}\n\nhint: `gdal_translate {} whole.tif` makes a raster of it", path.display(), path.display())]
    Vrt {
        /// The file.
        path: PathBuf,
        /// What is not understood.
        detail: String,
    },
    /// A file that is another than when it was opened.
    #[error("{}: it changed while it was read\n\nhint: run it again when the file is whole", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The content is not in a known format.
    #[error("{}: not a raster of a known format\n\nhint: convert it to GeoTIFF, PNG or JPEG{OR_BY_GDAL}", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The format is known, and not read.
    #[error("{}: {format} is not read\n\nhint: convert it with `gdal_translate -co TILED=YES -co COMPRESS=DEFLATE {} {}`{OR_BY_GDAL}", path.display(), path.display(), path.with_extension("tif").display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The name of the format.
        format: &'static str,
    },
    /// The path names a file elsewhere.
    #[error("{}: files elsewhere are not read\n\nhint: download it, or `gdal_translate -co TILED=YES -co COMPRESS=DEFLATE` it to a file on this machine", path.display())]
    Remote {
        /// The path.
        path: PathBuf,
    },
    /// The file is not in a format of this crate, and GDAL cannot read it either.
    #[error("{}: GDAL cannot read it: {detail}\n\nhint: see what `gdalinfo -checksum` says of it", path.display())]
    Gdal {
        /// The file.
        path: PathBuf,
        /// The message of GDAL.
        detail: String,
    },
    /// A plain image that cannot be used. It is decoded once, so all who read it share the error.
    #[error(transparent)]
    Image(Arc<ImageError>),
    /// The file is truncated or corrupt, or its tags contradict its content.
    #[error("{}: damaged TIFF: {detail}\n\nhint: the file may be cut short; copy or download it again, and see what `gdalinfo -checksum` says", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        detail: String,
    },
    /// A kind of TIFF that is not supported.
    #[error("{}: {what} is not read\n\nhint: convert it with `gdal_translate -co TILED=YES -co COMPRESS=DEFLATE`{OR_BY_GDAL}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is not supported.
        what: String,
    },
    /// A file that belongs to a raster by its name cannot be used.
    #[error("{}: it belongs to a raster and cannot be used: {detail}\n\nhint: mend it, or delete it if the raster needs no side file", path.display())]
    SideFile {
        /// The side file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// As many nodata values as bands, or one, are wanted.
    #[error("{}: {count} nodata values are given, and it has {bands} bands\n\nhint: give one value for all bands, or one a band", path.display())]
    NodataCount {
        /// The file.
        path: PathBuf,
        /// The number of values.
        count: usize,
        /// The number of bands.
        bands: usize,
    },
    /// A compressed strip or tile that is too large to decode.
    #[error("{}: a strip or tile of it takes {bytes} bytes, over the limit of {MAX_CHUNK_BYTES}\n\nhint: tile it with `gdal_translate -co TILED=YES -co COMPRESS=DEFLATE`", path.display())]
    ChunkTooLarge {
        /// The file.
        path: PathBuf,
        /// The decoded size of one strip or tile, in bytes.
        bytes: u64,
    },
    /// The raster does not have this band.
    #[error("{}: band {asked} is asked for, and there are bands 1 to {bands}\n\nhint: bands count from 1; `resam info` lists them", path.display())]
    NoSuchBand {
        /// The file.
        path: PathBuf,
        /// The number of the band, from 1.
        asked: usize,
        /// The number of bands of the raster.
        bands: usize,
    },
    /// A scene has one or three bands; another number was given.
    #[error("{}: {count} bands are asked for\n\nhint: name one band (shown as grey) or three (red, green and blue)", path.display())]
    BandCount {
        /// The file.
        path: PathBuf,
        /// The number of bands given.
        count: usize,
    },
    /// A window without pixels, or a result of too many pixels.
    #[error("{}: a window of {window} as {width} x {height} pixels cannot be read at once\n\nhint: read smaller windows of at least one pixel", path.display())]
    WindowSize {
        /// The file.
        path: PathBuf,
        /// The window.
        window: Window,
        /// Width of the result, in pixels.
        width: u32,
        /// Height of the result, in pixels.
        height: u32,
    },
    /// No valid pixel from which to compute the limits of the stretch.
    #[error("{}: no valid pixel found to take a stretch from: all that was sampled is nodata\n\nhint: check the nodata value with `resam info`, or give the limits of the stretch, such as 0,3000", path.display())]
    NothingValid {
        /// The file.
        path: PathBuf,
    },
    /// The raster has no CRS.
    #[error("{}: it has no coordinate reference system\n\nhint: give it one with `gdal_edit.py -a_srs EPSG:...`, or work in pixels", path.display())]
    NoCrs {
        /// The file.
        path: PathBuf,
    },
    /// The raster has a CRS that is not supported.
    #[error("{}: its coordinate reference system cannot be used: {detail}\n\nhint: give it a known one with `gdal_edit.py -a_srs EPSG:...`, or warp it with `gdalwarp -t_srs`", path.display())]
    UnknownCrs {
        /// The file.
        path: PathBuf,
        /// What is not supported.
        detail: String,
    },
}

impl From<ImageError> for RasterError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::UnknownFormat { path } => match foreign_format(&path) {
                Some(format) => Self::Foreign { path, format },
                None => Self::UnknownFormat { path },
            },
            other => Self::Image(Arc::new(other)),
        }
    }
}

impl RasterError {
    /// Whether the file may be intact, but has a format or a kind of TIFF that this crate does not
    /// read.
    pub fn is_foreign(&self) -> bool {
        matches!(
            self,
            Self::UnknownFormat { .. } | Self::Unsupported { .. } | Self::Vrt { .. }
        )
    }

    /// The error of a fault in a TIFF, with the name of the file.
    pub(crate) fn of(path: &Path, fault: Fault) -> Self {
        let path = path.to_owned();
        match fault {
            Fault::Read(source) => Self::Read(source),
            Fault::Broken(detail) => Self::Broken { path, detail },
            #[cfg(feature = "gdal")]
            Fault::Gdal(detail) => Self::Gdal { path, detail },
            Fault::Unsupported(what) => Self::Unsupported { path, what },
            Fault::Image(error) => Self::Image(error),
            Fault::Part(error) => *error,
            Fault::ChunkTooLarge(bytes) => Self::ChunkTooLarge { path, bytes },
        }
    }
}
