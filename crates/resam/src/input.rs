//! How images are given to the network.

use std::path::Path;

use resam_crs::Crs;
use resam_geo::{PictureOptions, Raster, RasterError, SceneOptions, Stretch};
use resam_sam::Adapter;

use crate::error::{Error, Result};

/// How images are given to the network. What is `None` is decided by the file or the model.
///
/// An adapter keeps the settings that it was trained with, and a model with the adapter uses them
/// unless the caller says otherwise.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InputSettings {
    /// Bands for red, green and blue, or one for grey, from 1. Default: what the file says.
    pub bands: Option<Vec<usize>>,
    /// How values become 8 bits. Default: none for 8-bit data, else percentiles 2 to 98.
    pub stretch: Option<Stretch>,
    /// Side of a window in pixels of the scene. Default: the network's input.
    pub window: Option<u32>,
    /// Side of the network's input in pixels. Default: the model's own.
    pub input_size: Option<usize>,
    /// What the caller knows better than the file; adapters do not keep it.
    pub seen_as: PictureOptions,
    /// The CRS of scenes, whatever their files say; adapters do not keep it. Default: what the file
    /// says.
    pub scene_crs: Option<Crs>,
}

impl InputSettings {
    /// These settings, and those of `other` where these say nothing.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self {
            bands: self.bands.clone().or_else(|| other.bands.clone()),
            stretch: self.stretch.or(other.stretch),
            window: self.window.or(other.window),
            input_size: self.input_size.or(other.input_size),
            seen_as: self.seen_as.clone(),
            scene_crs: self.scene_crs.clone().or_else(|| other.scene_crs.clone()),
        }
    }

    /// Opens a raster as it is to be seen, in the CRS that is said.
    pub(crate) fn open(&self, path: &Path) -> std::result::Result<Raster, RasterError> {
        self.see(Raster::open(path)?)
    }

    /// A raster as it is to be seen, in the CRS that is said.
    pub(crate) fn see(&self, raster: Raster) -> std::result::Result<Raster, RasterError> {
        let raster = self.seen_as.apply(raster)?;
        Ok(match &self.scene_crs {
            Some(crs) => raster.with_crs(crs),
            None => raster,
        })
    }

    /// Whether bands, a stretch, windows or a CRS are asked for, which only scenes have.
    pub fn asks_for_a_scene(&self) -> bool {
        self.bands.is_some()
            || self.stretch.is_some()
            || self.window.is_some()
            || self.scene_crs.is_some()
    }

    /// As a raster takes them.
    pub fn scene_options(&self) -> SceneOptions {
        SceneOptions {
            bands: self.bands.clone(),
            stretch: self.stretch,
        }
    }

    /// The settings that an adapter was trained with.
    pub(crate) fn of_adapter(adapter: &Adapter) -> Result<Self> {
        let Some(stored) = &adapter.input else {
            return Ok(Self::default());
        };
        let stretch = stored.stretch.as_deref().map(|text| {
            let parsed = text.parse::<Stretch>();
            parsed.map_err(|error| {
                Error::input(
                    format!("the adapter's stretch `{text}` is not known: {error}"),
                    "it was made by another version of resam; say the stretch that is meant",
                )
            })
        });
        Ok(Self {
            bands: stored.bands.clone(),
            stretch: stretch.transpose()?,
            window: stored.window,
            input_size: stored.input_size,
            seen_as: PictureOptions::default(),
            scene_crs: None,
        })
    }

    /// As an adapter keeps them.
    pub(crate) fn to_adapter(&self) -> resam_sam::adapter::StoredInput {
        resam_sam::adapter::StoredInput {
            bands: self.bands.clone(),
            stretch: self.stretch.map(|stretch| stretch.to_string()),
            window: self.window,
            input_size: self.input_size,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_overrules_what_the_adapter_says() {
        let adapter = InputSettings {
            bands: Some(vec![4, 3, 2]),
            window: Some(512),
            ..InputSettings::default()
        };
        let said = InputSettings {
            bands: Some(vec![1]),
            ..InputSettings::default()
        };
        let used = said.or(&adapter);
        assert_eq!(used.bands, Some(vec![1]));
        assert_eq!(used.window, Some(512));
    }
}
