//! The formats of an answer, told by extension.

use std::path::Path;

use resam_files::write_atomically;

use crate::{OutputError, RUN_RECORD_NAME, Segmentation};
use crate::{coco, geojson, label, overlay};

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `.png`: the image with the objects drawn on it, to look at.
    Overlay,
    /// `.json`: COCO instance annotations.
    Coco,
    /// `.geojson`: polygons in pixel coordinates.
    GeoJson,
    /// `.tif`, `.tiff`: the object's id at each pixel.
    Label,
}

impl Format {
    /// The format that a path asks for by its extension, upper or lower case.
    ///
    /// # Errors
    /// If the extension is missing or unknown, if it asks for map coordinates (`.gpkg`), or if the
    /// file would take the name of the [run record](crate::RunRecord).
    pub fn of(path: &Path) -> Result<Self, OutputError> {
        let path_owned = || path.to_owned();
        let Some(extension) = path.extension() else {
            return Err(OutputError::NoExtension { path: path_owned() });
        };
        let extension = extension.to_string_lossy();
        let format = match extension.to_ascii_lowercase().as_str() {
            "png" => Self::Overlay,
            "json" => Self::Coco,
            "geojson" => Self::GeoJson,
            "tif" | "tiff" => Self::Label,
            "gpkg" => return Err(OutputError::NeedsScene { path: path_owned() }),
            _ => {
                return Err(OutputError::UnknownExtension {
                    path: path_owned(),
                    extension: format!(".{extension}"),
                });
            }
        };
        if is_run_record(path) {
            return Err(OutputError::NameIsTaken { path: path_owned() });
        }
        Ok(format)
    }
}

/// Whether a file would be overwritten by the run record beside it.
pub(crate) fn is_run_record(path: &Path) -> bool {
    // Some file systems do not tell upper from lower case.
    path.file_name()
        .is_some_and(|name| name.eq_ignore_ascii_case(RUN_RECORD_NAME))
}

/// Writes an answer; an existing file is replaced.
///
/// # Errors
/// If the image has no pixels, if a mask is not of its size, if ids do not count up from 1, or if
/// the file cannot be written. What was at the path before is then still there.
pub fn write(path: &Path, format: Format, segmentation: &Segmentation) -> Result<(), OutputError> {
    segmentation.check()?;
    Ok(write_atomically(path, |file| match format {
        Format::Overlay => overlay::write(file, segmentation),
        Format::Coco => coco::write(file, segmentation),
        Format::GeoJson => geojson::write(file, segmentation),
        Format::Label => label::write(file, segmentation),
    })?)
}
