//! Why an output could not be written.

use std::io;
use std::path::PathBuf;

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
    /// The path ends in no file name.
    #[error("`{}`: not the name of a file", path.display())]
    NoFileName {
        /// The path asked for.
        path: PathBuf,
    },
    /// A folder, a pipe or a device has the name.
    #[error("{}: not a file but {kind}\n\nhint: name a file to be written", path.display())]
    NotAFile {
        /// The path asked for.
        path: PathBuf,
        /// What it is instead.
        kind: &'static str,
    },
    /// There is no folder to write into.
    #[error("{}: cannot be written: there is no folder `{}`\n\nhint: create the folder first", path.display(), folder.display())]
    NoFolder {
        /// The path asked for.
        path: PathBuf,
        /// The folder that is missing.
        folder: PathBuf,
    },
    /// The operating system refused.
    #[error("{}: cannot be written: {source}\n\nhint: see that the folder may be written to and that the disk has room", path.display())]
    Write {
        /// The path asked for.
        path: PathBuf,
        /// What the operating system or the encoder says.
        source: io::Error,
    },
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
