//! PNG, JPEG and other plain images as rasters: decoded once, at the first read, and held in
//! memory.
//!
//! Pixels are decoded as in the rest of the workspace, which drops the alpha channel. Here it is
//! kept, because the corners of a rotated map are often transparent.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use image::{GrayImage, RgbImage};
use resam_image::{DecodedImage, ImageError, ImageFile, ImageInfo};

use crate::cache::Chunk;

/// What decoding gives; an error is told to each who reads.
type Decoding = Result<Decoded, Arc<ImageError>>;

/// An image that is decoded when it is first read: the decoding takes the file, so there is one.
#[derive(Debug)]
pub(crate) struct PlainImage {
    info: ImageInfo,
    decoded: LazyLock<Decoding, Box<dyn FnOnce() -> Decoding + Send>>,
}

/// The samples of an image: red, green, blue and, where there is one, opacity.
#[derive(Debug)]
struct Decoded {
    samples: Chunk,
    notes: Vec<String>,
}

impl PlainImage {
    /// Reads the header.
    pub(crate) fn open(path: &Path) -> Result<Self, ImageError> {
        let file = ImageFile::open(path)?;
        Ok(Self {
            info: file.info().clone(),
            decoded: LazyLock::new(Box::new(|| decode(file).map_err(Arc::new))),
        })
    }

    pub(crate) fn info(&self) -> &ImageInfo {
        &self.info
    }

    /// Three, or four with opacity.
    pub(crate) fn bands(&self) -> usize {
        if self.info.has_opacity { 4 } else { 3 }
    }

    /// Rows of pixels of 8-bit samples.
    pub(crate) fn samples(&self) -> Result<Chunk, Arc<ImageError>> {
        Ok(self.decoded()?.samples.clone())
    }

    /// What was changed on the way.
    pub(crate) fn notes(&self) -> Result<&[String], Arc<ImageError>> {
        Ok(&self.decoded()?.notes)
    }

    /// The colours, as [`resam_image::read_rgb`] gives them.
    pub(crate) fn into_rgb(self) -> Result<DecodedImage, Arc<ImageError>> {
        let Decoded { samples, notes } = self.decoded()?;
        let (samples, notes) = (samples.clone(), notes.clone());
        let ImageInfo { width, height, .. } = self.info;
        let bands = self.bands();
        drop(self);
        let samples = Arc::try_unwrap(samples).unwrap_or_else(|shared| shared.to_vec());
        // Both buffers are of the size of the image, which decoding has checked.
        let coloured = |colours| RgbImage::from_raw(width, height, colours).unwrap_or_default();
        let decoded = if bands == 4 {
            let pixels = samples.as_chunks::<4>().0;
            let colours = pixels
                .iter()
                .flat_map(|&[red, green, blue, _]| [red, green, blue]);
            let opacity = pixels.iter().map(|pixel| pixel[3]).collect();
            DecodedImage {
                rgb: coloured(colours.collect()),
                opacity: GrayImage::from_raw(width, height, opacity),
                notes,
            }
        } else {
            DecodedImage {
                rgb: coloured(samples),
                opacity: None,
                notes,
            }
        };
        Ok(decoded.without_opacity())
    }

    fn decoded(&self) -> Result<&Decoded, Arc<ImageError>> {
        self.decoded.as_ref().map_err(Arc::clone)
    }
}

fn decode(file: ImageFile) -> Result<Decoded, ImageError> {
    let has_opacity = file.info().has_opacity;
    let DecodedImage {
        rgb,
        opacity,
        notes,
    } = file.decode()?;
    let samples = if has_opacity {
        let opaque = || GrayImage::from_pixel(rgb.width(), rgb.height(), image::Luma([u8::MAX]));
        let opacity = opacity.unwrap_or_else(opaque);
        let pixels = rgb.as_raw().as_chunks::<3>().0.iter().zip(opacity.iter());
        pixels
            .flat_map(|(&[red, green, blue], &alpha)| [red, green, blue, alpha])
            .collect()
    } else {
        rgb.into_raw()
    };
    Ok(Decoded {
        samples: samples.into(),
        notes,
    })
}
