//! Why an output could not be written.

use std::path::PathBuf;

use resam_crs::CrsError;
use resam_files::FileError;
use resam_geo::{GeoTiffWriteError, RasterError};
use resam_vector::VectorError;

/// What a user may write instead of an unknown ending.
const ENDINGS: &str = "use .gpkg, .geojson or .fgb (polygons), .json (COCO), .tif or .tiff (label \
                       image) or .png (overlay)";

/// Why an output could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The extension stands for no format.
    #[error("{}: no output format goes by the extension `{extension}`\n\nhint: {ENDINGS}", path.display())]
    UnknownExtension {
        /// The path asked for.
        path: PathBuf,
        /// Its extension.
        extension: String,
    },
    /// The path has no extension that could tell the format.
    #[error("{}: the output format is told by the extension, and there is none\n\nhint: {ENDINGS}", path.display())]
    NoExtension {
        /// The path asked for.
        path: PathBuf,
    },
    /// The name that the record of the run takes.
    #[error("{}: the name `run.json` is kept for the record of the run\n\nhint: choose another name", path.display())]
    NameIsTaken {
        /// The path asked for.
        path: PathBuf,
    },
    /// The file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Width or height is zero.
    #[error("{file_name}: an image of {} x {} pixels has no pixels", size.0, size.1)]
    NoPixels {
        /// The image.
        file_name: String,
        /// Its width and height.
        size: (u32, u32),
    },
    /// A mask does not lie in its image.
    #[error("object {id}: a mask from {},{} to {},{} does not lie in {file_name} of {} x {} pixels", bounds[0], bounds[1], bounds[2], bounds[3], image_size.0, image_size.1)]
    MaskOutside {
        /// The object.
        id: u32,
        /// `[x0, y0, x1, y1]` of its mask.
        bounds: [i64; 4],
        /// The image.
        file_name: String,
        /// Width and height of the image.
        image_size: (u32, u32),
    },
    /// Ids do not grow from 1 on, so they would not tell the objects apart.
    #[error("object id {id} does not come after {previous}: ids count up from 1")]
    IdOutOfOrder {
        /// The id.
        id: u32,
        /// The one before, or zero.
        previous: u32,
    },
    /// COCO counts pixels with 32 bits.
    #[error("{}: an image of {} x {} pixels has more than COCO run lengths can count\n\nhint: write .gpkg, .geojson or .tif", path.display(), size.0, size.1)]
    TooLargeForCoco {
        /// The path asked for.
        path: PathBuf,
        /// Width and height of the image.
        size: (u32, u32),
    },
    /// The image cannot be read, to draw on it.
    #[error(transparent)]
    Image(#[from] RasterError),
    /// A label image cannot be written.
    #[error(transparent)]
    Labels(#[from] GeoTiffWriteError),
    /// A layer of polygons cannot be written.
    #[error(transparent)]
    Vector(#[from] VectorError),
    /// A place of the image has none on the ellipsoid.
    #[error(transparent)]
    Crs(#[from] CrsError),
}
