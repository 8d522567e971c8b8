//! How scenes are given to the network, and where points on the map are.

use std::num::NonZeroU32;

use super::PictureArguments;
use clap::Args;
use resam::{Coordinates, Crs, InputSettings, PointsOptions, Stretch};

use super::Common;

/// How scenes are seen, and where points on the map are.
#[derive(Debug, Args)]
pub(crate) struct SceneInput {
    /// Bands for red, green and blue, or one for grey, from 1 [default: what the file says]
    #[arg(long, value_name = "R,G,B", value_delimiter = ',')]
    pub(crate) bands: Option<Vec<usize>>,
    /// How values become 8 bits: `none`, `minmax`, percentiles such as `p2-p98`, limits such as
    /// `0,3000`; one stretch for the whole scene [default: none for 8-bit data, else p2-p98]
    #[arg(long, value_name = "STRETCH", allow_hyphen_values = true)]
    pub(crate) stretch: Option<Stretch>,
    /// Side of a window in pixels of the scene: a smaller one shows the model small
    /// objects larger
    /// [default: the model's input]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) window: Option<NonZeroU32>,
    /// What the caller knows better than the file
    #[command(flatten)]
    pub(crate) picture: PictureArguments,
    /// CRS of the scene, whatever its file says, such as EPSG:32636; the file must have a
    /// transform
    #[arg(long, value_name = "CRS")]
    pub(crate) scene_crs: Option<String>,
    /// CRS of the points, whatever their file says, such as EPSG:4326 (longitude, latitude)
    #[arg(long, value_name = "CRS", conflicts_with = "pixel")]
    pub(crate) points_crs: Option<String>,
    /// The points are pixels, whatever else they may be
    #[arg(long)]
    pub(crate) pixel: bool,
    /// Layer of a GeoPackage that has several
    #[arg(long, value_name = "NAME", requires = "pointed")]
    pub(crate) points_layer: Option<String>,
    /// Field of the points that holds their class [default: `label`, where it holds no labels]
    #[arg(long, value_name = "NAME", requires = "pointed")]
    pub(crate) class_field: Option<String>,
}

impl SceneInput {
    /// As the engine takes them.
    pub(crate) fn settings(&self, input_size: Option<usize>) -> resam::Result<InputSettings> {
        Ok(InputSettings {
            bands: self.bands.clone(),
            stretch: self.stretch,
            window: self.window.map(NonZeroU32::get),
            input_size,
            seen_as: self.picture.options(),
            scene_crs: self.scene_crs.as_deref().map(Crs::parse).transpose()?,
        })
    }

    /// What the coordinates of points are.
    pub(crate) fn coordinates(&self) -> resam::Result<Coordinates> {
        Ok(match &self.points_crs {
            Some(crs) => Coordinates::In(Crs::parse(crs)?),
            None if self.pixel => Coordinates::Pixels,
            None => Coordinates::Unsaid,
        })
    }

    /// How points are read.
    pub(crate) fn points(&self, common: &Common) -> resam::Result<PointsOptions> {
        Ok(PointsOptions {
            coordinates: self.coordinates()?,
            layer: self.points_layer.clone(),
            class_field: self.class_field.clone(),
            boxes: false,
            strict: common.strict,
        })
    }
}
