//! The size of images on the page.

use std::borrow::Cow;

use image::RgbImage;
use image::imageops::{FilterType, resize};

/// The longest side of a picture in pixels, about as many as it has on a screen.
const LARGEST_SIDE: u32 = 1024;

/// The size that fits into [`LARGEST_SIDE`] in both directions, never larger than the image.
pub(crate) fn shown_size(image: &RgbImage) -> [u32; 2] {
    let (width, height) = image.dimensions();
    let scale = f64::from(LARGEST_SIDE) / f64::from(width.max(height));
    if scale >= 1.0 {
        return [width, height];
    }
    [width, height].map(|side| ((f64::from(side) * scale).round() as u32).max(1))
}

/// The image at that size. It must have pixels.
pub(crate) fn shown(image: &RgbImage) -> Cow<'_, RgbImage> {
    let [width, height] = shown_size(image);
    if image.dimensions() == (width, height) {
        return Cow::Borrowed(image);
    }
    // This filter weighs all source pixels of a pixel, so that thin lines do not break up.
    Cow::Owned(resize(image, width, height, FilterType::CatmullRom))
}
