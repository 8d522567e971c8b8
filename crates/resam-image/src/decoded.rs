//! The pixels of an image.

use image::{GrayImage, RgbImage};

/// An image as 8-bit RGB.
#[derive(Debug, Clone)]
pub struct DecodedImage {
    /// The pixels, `height` rows of `width` red, green, blue triples.
    pub rgb: RgbImage,
    /// How opaque each pixel is, from 0 to 255, for images that say so and of which it is wanted.
    pub opacity: Option<GrayImage>,
    /// What was changed on the way, one sentence each; empty for a plain 8-bit RGB or grey file.
    pub notes: Vec<String>,
}

impl DecodedImage {
    /// The colours alone. Where a pixel was transparent, this is noted: it now shows the colour
    /// that is stored under it.
    #[must_use]
    pub fn without_opacity(mut self) -> Self {
        let opacity = self.opacity.take();
        if opacity.is_some_and(|opacity| opacity.iter().any(|&value| value != u8::MAX)) {
            let note = "alpha dropped: transparent pixels show the colour stored under them";
            self.notes.push(note.to_owned());
        }
        self
    }
}

/// An image as it is stored, grey and palettes expanded to red, green and blue.
#[derive(Debug, Clone)]
pub struct DecodedSamples {
    /// Rows of pixels: red, green, blue and, where the image has one, opacity.
    pub samples: Samples,
    /// Whether pixels have an opacity.
    pub has_opacity: bool,
    /// What was changed on the way, one sentence each.
    pub notes: Vec<String>,
}

/// Samples of 8 or 16 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Samples {
    /// From 0 to 255.
    Bytes(Vec<u8>),
    /// From 0 to 65535.
    Words(Vec<u16>),
}
