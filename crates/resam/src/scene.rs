//! An image or a scene on disk.

use std::path::{Path, PathBuf};

use resam_geo::{Raster, SampleKind};

use crate::error::Result;
use crate::input::InputSettings;

/// A side in pixels above which a raster is a scene: seen at once, the model would see too little.
const LARGE: u32 = 4096;

/// An image or a scene on disk: its header is read, its pixels are not.
///
/// A *scene* is georeferenced, has samples other than 8 bits, is read through GDAL, or has a side
/// of more than 4096 pixels. It is segmented in windows. Any other image is encoded at once.
#[derive(Debug, Clone)]
pub struct Scene {
    path: PathBuf,
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
        let path = path.as_ref();
        let raster = Raster::open(path)?;
        Ok(Self {
            path: path.to_owned(),
            width: raster.width(),
            height: raster.height(),
            is_scene: is_scene(&raster),
            input,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
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
        Ok(Raster::open(&self.path)?)
    }
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
