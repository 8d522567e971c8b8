//! PNG, JPEG and other plain images as rasters, decoded once and held in memory.
//!
//! Pixels are decoded as in the rest of the workspace, which drops the alpha channel. Here it is
//! kept, because the corners of a rotated map are often transparent.

use std::path::Path;

use image::{DynamicImage, ImageFormat, ImageReader};
use resam_data::image_file::{ColourKind, ImageInfo};
use resam_data::{DecodedImage, ImageError, probe, read_rgb};

use crate::level::Pixels;
use crate::sample::SampleKind;
use crate::tiff::image::Image;

/// A decoded image, and what its file says.
pub(crate) struct PlainImage {
    pub(crate) pixels: Pixels,
    pub(crate) info: ImageInfo,
    pub(crate) notes: Vec<String>,
}

impl PlainImage {
    pub(crate) fn open(path: &Path) -> Result<Self, ImageError> {
        let info = probe(path)?;
        let DecodedImage { rgb, mut notes } = read_rgb(path)?;
        let (width, height) = rgb.dimensions();
        let (bands, samples) = match opacity(path, &info) {
            Some(opacity) if opacity.len() == rgb.len() / 3 => {
                notes.retain(|note| !note.starts_with("alpha dropped"));
                let pixels = rgb.as_raw().as_chunks::<3>().0.iter().zip(opacity);
                let samples =
                    pixels.flat_map(|(&[red, green, blue], alpha)| [red, green, blue, alpha]);
                (4, samples.collect())
            }
            _ => (3, rgb.into_raw()),
        };
        let image = Image::elsewhere(width, height, bands, SampleKind::U8);
        let pixels = Pixels::in_memory(image, samples);
        Ok(Self {
            pixels,
            info,
            notes,
        })
    }
}

/// The opacity of each pixel, for images that have any. Sizes and formats were checked before.
fn opacity(path: &Path, info: &ImageInfo) -> Option<Vec<u8>> {
    let may_have = matches!(
        info.colour,
        ColourKind::GreyAlpha | ColourKind::RgbAlpha | ColourKind::Palette
    );
    if !may_have || info.format == ImageFormat::Jpeg {
        return None;
    }
    let reader = ImageReader::open(path).ok()?.with_guessed_format().ok()?;
    let image: DynamicImage = reader.decode().ok()?;
    let has_alpha = image.color().has_alpha();
    has_alpha.then(|| image.into_rgba8().pixels().map(|pixel| pixel[3]).collect())
}
