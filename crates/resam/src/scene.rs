//! An image or a scene on disk, of one file or of several.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use resam_data::layouts::files_below;
use resam_geo::{Raster, RasterError, SampleKind};

use crate::error::{Error, Result};
use crate::input::InputSettings;
use crate::placement::Placement;

/// A side in pixels above which a raster is a scene: seen at once, the model would see too little.
const LARGE: u32 = 4096;

/// An image or a scene on disk: its header is read, its pixels are not.
///
/// A *scene* is georeferenced, has samples other than 8 bits, is read through GDAL, or has a side
/// of more than 4096 pixels. It is segmented in windows. Any other image is encoded at once.
#[derive(Debug, Clone)]
pub struct Scene {
    path: PathBuf,
    /// What the raster is opened by, and all files that it is made of.
    opened: Vec<PathBuf>,
    files: Vec<PathBuf>,
    width: u32,
    height: u32,
    is_scene: bool,
    input: InputSettings,
}

impl Scene {
    /// Opens a raster: GeoTIFF, BigTIFF, COG, or a plain image (JPEG, PNG, WebP, BMP, GIF, TIFF).
    ///
    /// # Errors
    /// When the file cannot be read, or is no raster.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, InputSettings::default())
    }

    /// The same with bands, a stretch or windows of the caller's choice.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, input: InputSettings) -> Result<Self> {
        Self::open_all(&[path.as_ref().to_owned()], input)
    }

    /// Opens several rasters as one scene: files, or a folder of them. They have the same CRS,
    /// bands and type of samples and lie on one pixel grid; where they overlap, the last that is
    /// valid there is on top.
    ///
    /// # Errors
    /// As [`open`](Self::open), and when two files do not go together.
    pub fn open_all(paths: &[PathBuf], input: InputSettings) -> Result<Self> {
        let mut opened = Vec::new();
        for path in paths {
            if path.is_dir() {
                opened.extend(rasters_in(path)?);
            } else {
                opened.push(path.clone());
            }
        }
        let raster = input.see(Raster::open_all(&opened)?)?;
        check_transform(&raster, &input)?;
        // A folder gives its name to what is in it.
        let path = match paths {
            [path] if opened.len() > 1 => path.clone(),
            _ => raster.path().to_owned(),
        };
        Ok(Self {
            path,
            width: raster.width(),
            height: raster.height(),
            is_scene: is_scene(&raster),
            opened: raster.opened().to_vec(),
            files: raster.files().to_vec(),
            input,
        })
    }

    /// The file or the folder; of several files the first, with how many there are more.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every file that the scene is made of.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The name of the file without folders.
    pub fn file_name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Whether it is segmented in windows.
    pub fn is_scene(&self) -> bool {
        self.is_scene || self.input.asks_for_a_scene()
    }

    /// What the caller asked for.
    pub fn input_settings(&self) -> &InputSettings {
        &self.input
    }

    /// The raster, opened again.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn raster(&self) -> Result<Raster> {
        Ok(self.input.see(Raster::open_all(&self.opened)?)?)
    }
}

/// The rasters of a folder and of the folders in it, in the order of their names.
fn rasters_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = files_below(folder).map_err(resam_data::DataError::from)?;
    let rasters: Result<Vec<Option<PathBuf>>> = files
        .into_par_iter()
        .filter(|file| !is_beside(file))
        .map(|file| match Raster::open(&file) {
            Ok(_) => Ok(Some(file)),
            // World files, points, results.
            Err(RasterError::UnknownFormat { .. } | RasterError::Foreign { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        })
        .collect();
    let rasters: Vec<PathBuf> = rasters?.into_iter().flatten().collect();
    if rasters.is_empty() {
        return Err(Error::input(
            format!("`{}` holds no raster", folder.display()),
            "name a raster, or a folder of rasters that are one scene",
        ));
    }
    Ok(rasters)
}

/// Whether a file of a folder belongs to the rasters in it, and is none of them: a VRT of them, a
/// mask or overviews.
pub(crate) fn is_beside(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    ["vrt", "msk", "ovr"]
        .iter()
        .any(|known| extension == *known)
}

/// Refuses a CRS for a raster that has no transform: its pixels still lie nowhere.
fn check_transform(raster: &Raster, input: &InputSettings) -> Result<()> {
    let Some(crs) = input.scene_crs.as_ref() else {
        return Ok(());
    };
    if raster.geo_transform().is_some() {
        return Ok(());
    }
    Err(Placement::of(raster).without_place(crs, "the scene is said to be"))
}

/// Whether a raster is a scene by itself; see [`Scene`].
pub(crate) fn is_scene(raster: &Raster) -> bool {
    raster.geo_transform().is_some()
        || raster.crs().is_some()
        || raster.info().read_by.is_some()
        || raster.width().max(raster.height()) > LARGE
        || has_wide_samples(raster)
}

/// Whether values are not bytes, so that they have to be stretched to be seen.
pub(crate) fn has_wide_samples(raster: &Raster) -> bool {
    let mut bands = raster.info().bands.iter();
    bands.any(|band| band.kind != SampleKind::U8)
}
