//! Image files as 8-bit RGB: PNG, JPEG, WebP, BMP and GIF, decoded once.
//!
//! The format is told by content, not by the name. Sizes are checked before pixels are allocated.
//! Whatever is changed on the way (16 bits to 8, a palette expanded, the first frame of several
//! taken) is reported as a note. An EXIF orientation is not applied here, but [`turned`] does it.
//! TIFFs are read by `resam-geo`.
//!
//! - [`probe`]: what a file says about itself ([`ImageInfo`]), without decoding its pixels.
//! - [`read_rgb`]: its pixels, without opacity.
//! - [`ImageFile`]: both, from one opening of the file: the header first, then the pixels with
//!   their opacity. Decoding takes the file, so that it is done once.
//!
//! JPEGs decode to the very bytes of libjpeg-turbo. Every error of this crate is a fault of the
//! input, with a message that names the file and ends with a hint.
//!
//! ```
//! use resam_image::{ColourKind, ImageFile, read_rgb};
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("harbour.png");
//! # image::RgbaImage::from_pixel(4, 3, image::Rgba([10, 20, 30, 0])).save(&path)?;
//!
//! let file = ImageFile::open(&path)?;
//! assert_eq!((file.info().width, file.info().colour), (4, ColourKind::RgbAlpha));
//! let decoded = file.decode()?;
//! assert_eq!(decoded.rgb.get_pixel(0, 0).0, [10, 20, 30]);
//! assert_eq!(decoded.opacity.expect("it has some").get_pixel(0, 0).0, [0]);
//!
//! let plain = read_rgb(&path)?;
//! assert!(plain.opacity.is_none());
//! assert!(plain.notes[0].starts_with("alpha dropped"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod decoded;
mod error;
mod file;
mod gif_frames;
mod info;
mod jpeg;
mod orientation;
mod other_formats;

pub use decoded::{DecodedImage, DecodedSamples, Samples};
pub use error::ImageError;
pub use file::{ImageFile, probe, read_rgb};
pub use info::{ColourKind, ImageInfo, MAX_PIXELS};
pub use orientation::{Exif, turned, turned_size};
