//! The formats of a result, told by the ending of its file.

use std::path::Path;

use resam_crs::Crs;
use resam_files::check_writable;
use resam_vector::{VectorFormat, check_target};

use crate::{OutputError, RUN_RECORD_NAME};

/// How a result is written. Each is there for plain images and scenes; where there is no CRS,
/// coordinates are pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `.png`: the image with the objects drawn on it, to look at.
    Overlay,
    /// `.json`: COCO instance annotations.
    Coco,
    /// `.tif`, `.tiff`: a GeoTIFF with the object's id at each pixel.
    Labels,
    /// `.gpkg`, `.geojson`, `.fgb`: polygons with attributes.
    Vector(VectorFormat),
}

impl Format {
    /// The format that a path asks for by its ending, in upper or lower case.
    ///
    /// # Errors
    /// If the ending is missing or unknown, or if the file would take the name of the
    /// [run record](crate::RunRecord).
    pub fn of(path: &Path) -> Result<Self, OutputError> {
        let path_owned = || path.to_owned();
        let Some(extension) = path.extension() else {
            return Err(OutputError::NoExtension { path: path_owned() });
        };
        let extension = extension.to_string_lossy();
        let format = match extension.to_ascii_lowercase().as_str() {
            "png" => Self::Overlay,
            "json" => Self::Coco,
            "tif" | "tiff" => Self::Labels,
            _ => match VectorFormat::of(path) {
                Ok(format) => Self::Vector(format),
                Err(_) => {
                    return Err(OutputError::UnknownExtension {
                        path: path_owned(),
                        extension: format!(".{extension}"),
                    });
                }
            },
        };
        if is_run_record(path) {
            return Err(OutputError::NameIsTaken { path: path_owned() });
        }
        Ok(format)
    }

    /// The format of a path, once nothing is wrong that can be known before long work: the ending,
    /// the name, whether the file could be written, and whether the format can hold polygons of an
    /// image whose CRS is `own_crs` in `out_crs`.
    ///
    /// # Errors
    /// As [`Format::of`], and for the file and the CRS.
    pub fn check(
        path: &Path,
        own_crs: Option<&Crs>,
        out_crs: Option<&Crs>,
    ) -> Result<Self, OutputError> {
        let format = Self::of(path)?;
        check_writable(path)?;
        if let Self::Vector(_) = format {
            check_target(path, own_crs, out_crs)?;
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
