//! Image files become 8-bit RGB.
//!
//! The format is told by content, not by the name. Sizes are checked before pixels are allocated.
//! Whatever is changed on the way (16 bits to 8, alpha dropped, a palette expanded, the first frame
//! of several taken) is reported as a note. An EXIF orientation is never applied: points refer to
//! the pixels as they are stored.

use std::fmt::Display;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use fs_err::File;
use image::{ImageFormat, RgbImage};

use crate::image_error::ImageError;
use crate::{jpeg_file, other_formats};

/// The most pixels an image file may have: 2^28, for example 16384 x 16384.
pub const MAX_PIXELS: u64 = 1 << 28;

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
    let (mut reader, format) = open(path)?;
    if format == ImageFormat::Jpeg {
        let bytes = jpeg_bytes(path, reader)?;
        return jpeg_file::probe(&bytes).map_err(|error| broken(path, format, error));
    }
    other_formats::probe(&mut reader, format).map_err(|error| broken(path, format, error))
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
    let (mut reader, format) = open(path)?;
    let mut notes = Vec::new();
    let rgb = if format == ImageFormat::Jpeg {
        let bytes = jpeg_bytes(path, reader)?;
        let info = jpeg_file::probe(&bytes).map_err(|error| broken(path, format, error))?;
        check(path, &info, &mut notes)?;
        jpeg_file::decode(&bytes, &info, &mut notes).map_err(|error| broken(path, format, error))?
    } else {
        let info = other_formats::probe(&mut reader, format)
            .map_err(|error| broken(path, format, error))?;
        check(path, &info, &mut notes)?;
        other_formats::decode(&mut reader, &info, &mut notes)
            .map_err(|error| broken(path, format, error))?
    };
    Ok(DecodedImage { rgb, notes })
}

/// Opens a file and tells its format by its first bytes.
fn open(path: &Path) -> Result<(BufReader<File>, ImageFormat), ImageError> {
    let path_owned = || path.to_owned();
    let metadata = match fs_err::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ImageError::Missing { path: path_owned() });
        }
        other => other?,
    };
    if !metadata.is_file() {
        let kind = if metadata.is_dir() {
            "a folder"
        } else {
            "a pipe or a device"
        };
        return Err(ImageError::NotAFile {
            path: path_owned(),
            kind,
        });
    }
    let mut reader = BufReader::new(File::open(path)?);
    let mut header = Vec::new();
    reader.by_ref().take(64).read_to_end(&mut header)?;
    reader.rewind()?;
    match image::guess_format(&header) {
        Ok(format) if format_name(format).is_some() => Ok((reader, format)),
        _ => Err(ImageError::UnknownFormat { path: path_owned() }),
    }
}

fn jpeg_bytes(path: &Path, reader: BufReader<File>) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    reader.take(MAX_JPEG_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_JPEG_BYTES {
        let detail = format!("the file is over {MAX_JPEG_BYTES} bytes");
        return Err(broken(path, ImageFormat::Jpeg, detail));
    }
    Ok(bytes)
}

fn broken(path: &Path, format: ImageFormat, detail: impl Display) -> ImageError {
    ImageError::Broken {
        path: path.to_owned(),
        format: format_name(format).unwrap_or("image"),
        detail: detail.to_string(),
    }
}

/// Refuses sizes that cannot be decoded, and notes what a viewer would show differently.
fn check(path: &Path, info: &ImageInfo, notes: &mut Vec<String>) -> Result<(), ImageError> {
    let &ImageInfo {
        width,
        height,
        orientation,
        ..
    } = info;
    if width == 0 || height == 0 {
        return Err(ImageError::NoPixels {
            path: path.to_owned(),
            width,
            height,
        });
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ImageError::TooLarge {
            path: path.to_owned(),
            width,
            height,
        });
    }
    if orientation != 1 {
        notes.push(format!(
            "EXIF orientation {orientation} is not applied: points refer to the stored pixels"
        ));
    }
    match info.colour {
        ColourKind::Palette => notes.push("palette expanded to RGB".to_owned()),
        ColourKind::Cmyk => notes.push("CMYK converted to RGB without a colour profile".to_owned()),
        _ => {}
    }
    Ok(())
}

/// The name of a format that is read.
fn format_name(format: ImageFormat) -> Option<&'static str> {
    Some(match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Gif => "GIF",
        ImageFormat::WebP => "WebP",
        ImageFormat::Tiff => "TIFF",
        ImageFormat::Bmp => "BMP",
        _ => return None,
    })
}
