//! Whole images as the network sees them. The one reader of images that are not scenes.

use std::path::Path;

use resam_image::{DecodedImage, Exif};

use crate::error::RasterError;
use crate::nodata::Nodata;
use crate::raster::Raster;
use crate::sample::SampleKind;
use crate::scene::{Scene, SceneOptions};
use crate::window::Window;

/// What the caller knows better than a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PictureOptions {
    /// What becomes of an EXIF orientation. By default it is not applied.
    pub exif: Option<Exif>,
    /// The nodata values. By default those of the file.
    pub nodata: Option<Nodata>,
}

impl PictureOptions {
    /// Opens a raster with these options.
    ///
    /// # Errors
    /// As [`Raster::open`], [`Raster::with_nodata`] and [`Raster::with_orientation`].
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Raster, RasterError> {
        self.apply(Raster::open(path)?)
    }

    /// An open raster with these options.
    ///
    /// # Errors
    /// As [`Raster::with_nodata`] and [`Raster::with_orientation`].
    pub fn apply(&self, mut raster: Raster) -> Result<Raster, RasterError> {
        if let Some(nodata) = &self.nodata {
            raster = raster.with_nodata(nodata)?;
        }
        raster.with_orientation(self.exif.unwrap_or(Exif::Ignore))
    }
}

/// Reads a raster whole, as 8-bit RGB. Bytes are as they are stored; other samples are stretched
/// from the 2nd to the 98th percentile. Each file is decoded once.
///
/// # Errors
/// As [`Raster::open`] and [`Scene::read`].
pub fn read_picture(raster: Raster) -> Result<DecodedImage, RasterError> {
    let is_wide = raster
        .info()
        .bands
        .iter()
        .any(|band| band.kind != SampleKind::U8);
    if !is_wide && raster.pixels.plain_image().is_some() && raster.pixels.nodata.is_empty() {
        return plain(raster);
    }
    let scene = Scene::of_raster(raster, &SceneOptions::default())?;
    let (width, height) = (scene.raster().width(), scene.raster().height());
    let all = Window {
        x: 0,
        y: 0,
        width,
        height,
    };
    let tile = scene.read(all, width, height)?;
    let mut notes = scene.raster().info().notes.clone();
    if is_wide {
        notes.push(format!("stretched to 8 bits by {}", scene.stretch()));
    }
    Ok(DecodedImage {
        rgb: tile.image,
        opacity: None,
        notes,
    })
}

/// A plain image of bytes, from the one decoding that there is.
fn plain(raster: Raster) -> Result<DecodedImage, RasterError> {
    let (path, mut notes) = (raster.path.clone(), raster.info.notes.clone());
    let decoded = raster.into_rgb()?;
    let mut decoded = decoded.ok_or(RasterError::UnknownFormat { path })?;
    // What the header says was said before, and an orientation may have been applied since.
    let said = |note: &String| notes.contains(note) || note.starts_with("EXIF orientation");
    decoded.notes.retain(|note| !said(note));
    notes.append(&mut decoded.notes);
    decoded.notes = notes;
    Ok(decoded)
}
