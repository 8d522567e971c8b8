//! Image files, opened and decoded once.

use std::fmt::Display;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use fs_err::File;
use image::{GrayImage, ImageFormat};

use crate::decoded::{DecodedImage, DecodedSamples, Samples};
use crate::error::ImageError;
use crate::info::{ImageInfo, MAX_PIXELS};
use crate::{jpeg, other_formats};

/// JPEGs are read whole; a file of [`MAX_PIXELS`] is smaller than this.
const MAX_JPEG_BYTES: u64 = 1 << 30;

/// An image file that is open: its header has been read, its pixels have not.
///
/// [`decode`](Self::decode) takes it, so that nothing is decoded twice. What the file is called and
/// whether it is still there does not matter any more.
#[derive(Debug)]
pub struct ImageFile {
    path: PathBuf,
    info: ImageInfo,
    content: Content,
}

/// Where the pixels come from.
#[derive(Debug)]
enum Content {
    /// JPEGs are read whole.
    Jpeg(Vec<u8>),
    Other(BufReader<File>),
}

impl ImageFile {
    /// Opens an image file and reads its header.
    ///
    /// # Errors
    /// When the file is missing, no file, of no known format, without pixels, over [`MAX_PIXELS`]
    /// or has a broken header.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ImageError> {
        let file = Self::of_any_size(path.as_ref())?;
        check_size(&file.path, &file.info)?;
        Ok(file)
    }

    fn of_any_size(path: &Path) -> Result<Self, ImageError> {
        let (mut reader, format) = open(path)?;
        let broken = |error: &dyn Display| broken(path, format, error);
        let (info, content) = if format == ImageFormat::Jpeg {
            let bytes = jpeg_bytes(path, reader)?;
            let info = jpeg::probe(&bytes).map_err(|error| broken(&error))?;
            (info, Content::Jpeg(bytes))
        } else {
            let info = other_formats::probe(&mut reader, format).map_err(|error| broken(&error))?;
            (info, Content::Other(reader))
        };
        Ok(Self {
            path: path.to_owned(),
            info,
            content,
        })
    }

    /// The path that was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file says about itself.
    pub fn info(&self) -> &ImageInfo {
        &self.info
    }

    /// Decodes the pixels as they are stored: 8 or 16 bits a sample, grey and palettes expanded to
    /// red, green and blue.
    ///
    /// # Errors
    /// As [`ImageFile::decode`].
    pub fn decode_samples(self) -> Result<DecodedSamples, ImageError> {
        if self.info.bit_depth == 16
            && let Content::Other(mut reader) = self.content
        {
            let mut notes = self.info.notes();
            let has_opacity = self.info.has_opacity;
            let words = other_formats::decode_words(&mut reader, &self.info, &mut notes);
            let words = words.map_err(|error| broken(&self.path, self.info.format, &error))?;
            return Ok(DecodedSamples {
                samples: Samples::Words(words),
                has_opacity,
                notes,
            });
        }
        let has_opacity = self.info.has_opacity;
        let DecodedImage {
            rgb,
            opacity,
            notes,
        } = self.decode()?;
        let samples = if has_opacity {
            let opacity = opacity.map(GrayImage::into_raw).unwrap_or_default();
            // What has none is opaque.
            let opacity = opacity.into_iter().chain(std::iter::repeat(u8::MAX));
            let pixels = rgb.as_raw().as_chunks::<3>().0.iter().zip(opacity);
            let pixels = pixels.flat_map(|(&[red, green, blue], alpha)| [red, green, blue, alpha]);
            pixels.collect()
        } else {
            rgb.into_raw()
        };
        Ok(DecodedSamples {
            samples: Samples::Bytes(samples),
            has_opacity,
            notes,
        })
    }

    /// Decodes the pixels: 8-bit RGB, and the opacity of images that have one.
    ///
    /// Grey is replicated, 16-bit samples `v` become `round(v / 257)`, a palette is expanded, CMYK
    /// is converted, and of an animation the first frame is taken.
    ///
    /// # Errors
    /// When the file is truncated or corrupt, or of a variety that is not decoded.
    pub fn decode(self) -> Result<DecodedImage, ImageError> {
        let Self {
            path,
            info,
            content,
        } = self;
        let mut notes = info.notes();
        let broken = |error: &dyn Display| broken(&path, info.format, error);
        let (rgb, opacity) = match content {
            Content::Jpeg(bytes) => {
                let rgb =
                    jpeg::decode(&bytes, &info, &mut notes).map_err(|error| broken(&error))?;
                (rgb, None)
            }
            Content::Other(mut reader) => other_formats::decode(&mut reader, &info, &mut notes)
                .map_err(|error| broken(&error))?,
        };
        if rgb.dimensions() != (info.width, info.height) {
            return Err(broken(&"it was changed while it was read"));
        }
        Ok(DecodedImage {
            rgb,
            opacity,
            notes,
        })
    }
}

/// Reads what a file says about itself: size, kind of colour, bit depth, format.
///
/// # Errors
/// When the file is missing, no file, of no known format or has a broken header.
pub fn probe(path: impl AsRef<Path>) -> Result<ImageInfo, ImageError> {
    Ok(ImageFile::of_any_size(path.as_ref())?.info)
}

/// Reads an image file as 8-bit RGB, as [`ImageFile::decode`] does, with its opacity dropped
/// ([`DecodedImage::without_opacity`]).
///
/// # Errors
/// When the file is missing, no file, of no known format, without pixels, over [`MAX_PIXELS`]
/// (found before anything is allocated), truncated or corrupt.
pub fn read_rgb(path: impl AsRef<Path>) -> Result<DecodedImage, ImageError> {
    Ok(ImageFile::open(path)?.decode()?.without_opacity())
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
        return Err(broken(path, ImageFormat::Jpeg, &detail));
    }
    Ok(bytes)
}

fn broken(path: &Path, format: ImageFormat, detail: &dyn Display) -> ImageError {
    ImageError::Broken {
        path: path.to_owned(),
        format: format_name(format).unwrap_or("image"),
        detail: detail.to_string(),
    }
}

/// Refuses sizes that cannot be decoded.
fn check_size(path: &Path, info: &ImageInfo) -> Result<(), ImageError> {
    let &ImageInfo { width, height, .. } = info;
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

/// The name of a format that is read.
fn format_name(format: ImageFormat) -> Option<&'static str> {
    Some(match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Gif => "GIF",
        ImageFormat::WebP => "WebP",
        ImageFormat::Bmp => "BMP",
        _ => return None,
    })
}
