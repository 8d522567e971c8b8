//! PNG, JPEG and other plain images as rasters: decoded once, at the first read, and held in
//! memory.
//!
//! Samples of 16 bits stay as they are, so that they are stretched as those of a TIFF. The alpha
//! channel is kept, because the corners of a rotated map are often transparent.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use image::{GrayImage, RgbImage};
use resam_image::{
    DecodedImage, DecodedSamples, ImageError, ImageFile, ImageInfo, Samples, turned, turned_size,
};

use crate::cache::Chunk;
use crate::sample::SampleKind;

/// What decoding gives; an error is told to each who reads.
type Decoding = Result<Decoded, Arc<ImageError>>;

/// An image that is decoded when it is first read: the decoding takes the file, so there is one.
#[derive(Debug)]
pub(crate) struct PlainImage {
    info: ImageInfo,
    decoded: LazyLock<Decoding, Box<dyn FnOnce() -> Decoding + Send>>,
}

/// The samples of an image, little endian: red, green, blue and, where there is one, opacity.
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

    pub(crate) fn kind(&self) -> SampleKind {
        if self.info.bit_depth == 16 {
            SampleKind::U16
        } else {
            SampleKind::U8
        }
    }

    /// The image as its EXIF orientation says that it is seen.
    pub(crate) fn turned(self) -> Self {
        let pixel = self.bands() * self.kind().size();
        let Self { info, decoded } = self;
        let size = (info.width, info.height);
        let orientation = info.orientation;
        let (width, height) = turned_size(orientation, size);
        let turn = move || {
            let Decoded { samples, notes } = decoded.as_ref().map_err(Arc::clone)?;
            Ok(Decoded {
                samples: turned(orientation, size, pixel, samples).into(),
                notes: notes.clone(),
            })
        };
        Self {
            info: ImageInfo {
                width,
                height,
                orientation: 1,
                ..info
            },
            decoded: LazyLock::new(Box::new(turn)),
        }
    }

    /// Rows of pixels of samples.
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
        let (bands, kind) = (self.bands(), self.kind());
        drop(self);
        let samples = Arc::try_unwrap(samples).unwrap_or_else(|shared| shared.to_vec());
        let samples = match kind {
            SampleKind::U16 => {
                let words = samples.as_chunks::<2>().0.iter();
                let to_8_bits =
                    |&word: &[u8; 2]| ((u32::from(u16::from_le_bytes(word)) + 128) / 257) as u8;
                words.map(to_8_bits).collect()
            }
            _ => samples,
        };
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
    let DecodedSamples { samples, notes, .. } = file.decode_samples()?;
    let samples = match samples {
        Samples::Bytes(bytes) => bytes,
        Samples::Words(words) => words.into_iter().flat_map(u16::to_le_bytes).collect(),
    };
    Ok(Decoded {
        samples: samples.into(),
        notes,
    })
}
