//! Why an output could not be written.

use std::path::PathBuf;

use resam_files::FileError;

/// Why an output could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The extension stands for no format.
    #[error("{}: no output format goes by the extension `{extension}`\n\nhint: use .png (overlay), .json (COCO), .geojson (polygons) or .tif, .tiff (label image)", path.display())]
    UnknownExtension {
        /// The path asked for.
        path: PathBuf,
        /// Its extension.
        extension: String,
    },
    /// The path has no extension that could tell the format.
    #[error("{}: the output format is told by the extension, and there is none\n\nhint: add .png (overlay), .json (COCO), .geojson (polygons) or .tif, .tiff (label image)", path.display())]
    NoExtension {
        /// The path asked for.
        path: PathBuf,
    },
    /// The format holds map coordinates, which a plain image does not have.
    #[error("{}: a `.gpkg` file needs a georeferenced scene, and this is a plain image\n\nhint: use .geojson for polygons in pixels", path.display())]
    NeedsScene {
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
    /// A mask is not of the size of its image.
    #[error("object {id}: a mask of {} x {} pixels does not fit {file_name} of {} x {} pixels", mask_size.0, mask_size.1, image_size.0, image_size.1)]
    MaskSize {
        /// The object.
        id: u32,
        /// Width and height of its mask.
        mask_size: (u32, u32),
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
}
