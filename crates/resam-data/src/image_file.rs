//! Image files become 8-bit RGB.
//!
//! The format is told by content, not by the name. Sizes are checked before pixels are allocated.
//! Whatever is changed on the way (16 bits to 8, alpha dropped, a palette expanded, the first frame
//! of several taken) is reported as a note. An EXIF orientation is never applied: points refer to
//! the pixels as they are stored.

use std::io::{BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use fs_err::File;
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{
    AnimationDecoder, DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader,
    Limits, RgbImage,
};

use crate::image_error::ImageError;
use crate::jpeg_file;

/// The most pixels an image file may have: 2^28, for example 16384 x 16384.
pub const MAX_PIXELS: u64 = 1 << 28;

/// A decoder may hold the largest allowed image with four 16-bit channels and some working space.
const MAX_DECODER_BYTES: u64 = MAX_PIXELS * 8 + (64 << 20);

/// JPEGs are read whole; a file of [`MAX_PIXELS`] is smaller than this.
const MAX_JPEG_BYTES: u64 = 1 << 30;

/// How the stored samples make a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColourKind {
    /// One channel.
    Grey,
    /// One channel and alpha.
    GreyAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue and alpha.
    RgbAlpha,
    /// Numbers into a table of colours.
    Palette,
    /// Four inks.
    Cmyk,
}

/// What a file says about itself, read without decoding its pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageInfo {
    /// The format, told by content.
    pub format: ImageFormat,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The stored kind of colour.
    pub colour: ColourKind,
    /// Bits of one stored sample.
    pub bit_depth: u8,
    /// EXIF orientation, 1 to 8; 1 is upright. It is reported, never applied.
    pub orientation: u8,
}

/// An image as 8-bit RGB.
#[derive(Debug, Clone)]
pub struct DecodedImage {
    /// The pixels, `height` rows of `width` red, green, blue triples.
    pub rgb: RgbImage,
    /// What was changed on the way, one sentence each; empty for a plain 8-bit RGB or grey file.
    pub notes: Vec<String>,
}

/// Reads what a file says about itself: size, kind of colour, bit depth, format.
///
/// # Errors
/// When the file is missing, no file, of no known format or has a broken header.
pub fn probe(path: impl AsRef<Path>) -> Result<ImageInfo, ImageError> {
    let path = path.as_ref();
    let mut source = Source::open(path)?;
    if source.format == ImageFormat::Jpeg {
        return jpeg_file::probe(&source.jpeg_bytes()?).map_err(|error| source.broken(&error));
    }
    let broken = source.broken_by();
    let Source {
        format,
        header,
        reader,
        ..
    } = source;
    let mut decoder = decoder(reader, format).map_err(&broken)?;
    describe(&mut decoder, format, &header).map_err(&broken)
}

/// Reads an image file as 8-bit RGB.
///
/// Grey is replicated, 16-bit samples `v` become `round(v / 257)`, alpha is dropped, a palette is
/// expanded, CMYK is converted, and of an animation the first frame is taken.
///
/// # Errors
/// When the file is missing, no file, of no known format, without pixels, over [`MAX_PIXELS`]
/// (found before anything is allocated), truncated or corrupt.
pub fn read_rgb(path: impl AsRef<Path>) -> Result<DecodedImage, ImageError> {
    let path = path.as_ref();
    let mut source = Source::open(path)?;
    let mut notes = Vec::new();
    let rgb = if source.format == ImageFormat::Jpeg {
        let bytes = source.jpeg_bytes()?;
        let info = jpeg_file::probe(&bytes).map_err(|error| source.broken(&error))?;
        check_size(path, info.width, info.height)?;
        note_orientation(info.orientation, &mut notes);
        jpeg_file::decode(&bytes, &info, &mut notes).map_err(|error| source.broken(&error))?
    } else {
        if has_more_frames(path, source.format) {
            notes.push("animation: only the first frame is used".to_owned());
        }
        let broken = source.broken_by();
        let Source {
            format,
            header,
            reader,
            ..
        } = source;
        let mut decoder = decoder(reader, format).map_err(&broken)?;
        let info = describe(&mut decoder, format, &header).map_err(&broken)?;
        check_size(path, info.width, info.height)?;
        note_orientation(info.orientation, &mut notes);
        match info.colour {
            ColourKind::Palette => notes.push("palette expanded to RGB".to_owned()),
            ColourKind::Cmyk => {
                notes.push("CMYK converted to RGB without a colour profile".to_owned());
            }
            _ => {}
        }
        to_rgb(
            DynamicImage::from_decoder(decoder).map_err(&broken)?,
            &mut notes,
        )
        .map_err(|detail| {
            broken(image::ImageError::Decoding(
                image::error::DecodingError::new(format.into(), detail),
            ))
        })?
    };
    Ok(DecodedImage { rgb, notes })
}

/// An open file whose format is known.
struct Source {
    path: PathBuf,
    format: ImageFormat,
    /// The first bytes of the file.
    header: Vec<u8>,
    reader: BufReader<File>,
}

impl Source {
    fn open(path: &Path) -> Result<Self, ImageError> {
        let read = |source| ImageError::Read {
            path: path.to_owned(),
            source,
        };
        let metadata = match fs_err::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ImageError::Missing {
                    path: path.to_owned(),
                });
            }
            other => other.map_err(read)?,
        };
        if !metadata.is_file() {
            let kind = if metadata.is_dir() {
                "a folder"
            } else {
                "a pipe or a device"
            };
            return Err(ImageError::NotAFile {
                path: path.to_owned(),
                kind,
            });
        }
        let mut reader = BufReader::new(File::open(path).map_err(read)?);
        let mut header = Vec::new();
        reader
            .by_ref()
            .take(64)
            .read_to_end(&mut header)
            .map_err(read)?;
        reader.rewind().map_err(read)?;
        let format = image::guess_format(&header).map_err(|_| ImageError::UnknownFormat {
            path: path.to_owned(),
        })?;
        Ok(Self {
            path: path.to_owned(),
            format,
            header,
            reader,
        })
    }

    fn jpeg_bytes(&mut self) -> Result<Vec<u8>, ImageError> {
        let mut bytes = Vec::new();
        self.reader
            .by_ref()
            .take(MAX_JPEG_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|source| ImageError::Read {
                path: self.path.clone(),
                source,
            })?;
        if bytes.len() as u64 > MAX_JPEG_BYTES {
            return Err(self.broken(&format!("the file is over {MAX_JPEG_BYTES} bytes")));
        }
        Ok(bytes)
    }

    fn broken(&self, detail: &impl ToString) -> ImageError {
        ImageError::Broken {
            path: self.path.clone(),
            format: format_name(self.format),
            detail: detail.to_string(),
        }
    }

    fn broken_by(&self) -> impl Fn(image::ImageError) -> ImageError + use<> {
        let (path, format) = (self.path.clone(), format_name(self.format));
        move |error| ImageError::Broken {
            path: path.clone(),
            format,
            detail: error.to_string(),
        }
    }
}

fn decoder<'a, R: BufRead + Seek + 'a>(
    reader: R,
    format: ImageFormat,
) -> image::ImageResult<Box<dyn ImageDecoder + 'a>> {
    let mut reader = ImageReader::with_format(reader, format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    reader.limits(limits);
    Ok(Box::new(reader.into_decoder()?))
}

fn describe(
    decoder: &mut impl ImageDecoder,
    format: ImageFormat,
    header: &[u8],
) -> image::ImageResult<ImageInfo> {
    let (width, height) = decoder.dimensions();
    let stored = decoder.original_color_type();
    let (mut colour, mut bit_depth) = match stored {
        ExtendedColorType::L1 => (ColourKind::Grey, 1),
        ExtendedColorType::L8 => (ColourKind::Grey, 8),
        ExtendedColorType::L16 => (ColourKind::Grey, 16),
        ExtendedColorType::La8 => (ColourKind::GreyAlpha, 8),
        ExtendedColorType::La16 => (ColourKind::GreyAlpha, 16),
        ExtendedColorType::Rgb16 => (ColourKind::Rgb, 16),
        ExtendedColorType::Rgba8 => (ColourKind::RgbAlpha, 8),
        ExtendedColorType::Rgba16 => (ColourKind::RgbAlpha, 16),
        ExtendedColorType::Rgb32F => (ColourKind::Rgb, 32),
        ExtendedColorType::Rgba32F => (ColourKind::RgbAlpha, 32),
        ExtendedColorType::Cmyk8 => (ColourKind::Cmyk, 8),
        ExtendedColorType::Cmyk16 => (ColourKind::Cmyk, 16),
        _ => (ColourKind::Rgb, 8),
    };
    // The decoders expand palettes silently, so the headers are asked.
    match format {
        ImageFormat::Png => {
            if let [.., depth, kind] = header[..header.len().min(26)] {
                bit_depth = depth;
                if kind == 3 {
                    colour = ColourKind::Palette;
                }
            }
        }
        ImageFormat::Gif => colour = ColourKind::Palette,
        ImageFormat::Bmp => {
            if let Some(&[bits @ (1..=8), 0]) = header.get(28..30) {
                (colour, bit_depth) = (ColourKind::Palette, bits);
            }
        }
        _ => {}
    }
    let orientation = decoder
        .orientation()
        .unwrap_or(Orientation::NoTransforms)
        .to_exif();
    Ok(ImageInfo {
        format,
        width,
        height,
        colour,
        bit_depth,
        orientation,
    })
}

/// Whether the file is an animation. A second look at the file, since a decoder of pixels does not
/// tell; trouble is left to that decoder to report.
fn has_more_frames(path: &Path, format: ImageFormat) -> bool {
    let Ok(file) = File::open(path) else {
        return false;
    };
    let reader = BufReader::new(file);
    match format {
        ImageFormat::Gif => GifDecoder::new(reader).is_ok_and(|mut decoder| {
            let (width, height) = decoder.dimensions();
            let mut limits = Limits::default();
            limits.max_alloc = Some(MAX_DECODER_BYTES);
            u64::from(width) * u64::from(height) <= MAX_PIXELS
                && decoder.set_limits(limits).is_ok()
                && decoder.into_frames().take(2).filter(Result::is_ok).count() == 2
        }),
        ImageFormat::Png => {
            PngDecoder::new(reader).is_ok_and(|decoder| decoder.is_apng().unwrap_or(false))
        }
        ImageFormat::WebP => WebPDecoder::new(reader).is_ok_and(|decoder| decoder.has_animation()),
        _ => false,
    }
}

fn check_size(path: &Path, width: u32, height: u32) -> Result<(), ImageError> {
    let path = || path.to_owned();
    if width == 0 || height == 0 {
        return Err(ImageError::NoPixels {
            path: path(),
            width,
            height,
        });
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ImageError::TooLarge {
            path: path(),
            width,
            height,
        });
    }
    Ok(())
}

fn note_orientation(orientation: u8, notes: &mut Vec<String>) {
    if orientation != 1 {
        notes.push(format!(
            "EXIF orientation {orientation} is not applied: points refer to the stored pixels"
        ));
    }
}

fn to_rgb(image: DynamicImage, notes: &mut Vec<String>) -> Result<RgbImage, String> {
    let transparent = match &image {
        DynamicImage::ImageLumaA8(image) => image.pixels().any(|pixel| pixel[1] != u8::MAX),
        DynamicImage::ImageRgba8(image) => image.pixels().any(|pixel| pixel[3] != u8::MAX),
        DynamicImage::ImageLumaA16(image) => image.pixels().any(|pixel| pixel[1] != u16::MAX),
        DynamicImage::ImageRgba16(image) => image.pixels().any(|pixel| pixel[3] != u16::MAX),
        DynamicImage::ImageRgb32F(_) | DynamicImage::ImageRgba32F(_) => {
            return Err("samples are 32-bit floating point, of unknown range".to_owned());
        }
        _ => false,
    };
    if transparent {
        notes
            .push("alpha dropped: transparent pixels show the colour stored under them".to_owned());
    }
    if let Some(samples) = image.as_flat_samples_u16() {
        let lowest = samples.samples.iter().min().copied().unwrap_or(0);
        let highest = samples.samples.iter().max().copied().unwrap_or(0);
        notes.push(format!(
            "16-bit samples, {lowest} to {highest} here, scaled to 8 bits as 0..65535 to 0..255"
        ));
    }
    Ok(image.into_rgb8())
}

fn format_name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Gif => "GIF",
        ImageFormat::WebP => "WebP",
        ImageFormat::Tiff => "TIFF",
        ImageFormat::Bmp => "BMP",
        _ => "this format",
    }
}
