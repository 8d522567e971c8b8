//! JPEG, decoded to the very bytes that libjpeg-turbo gives with its default settings (accurate
//! integer transform, smooth chroma upsampling), because published results were made with it.
//!
//! Decoding is strict: a file whose entropy-coded data stops early or is corrupt is an error, not a
//! picture with a grey rest. A file that lacks nothing but its end marker still decodes, since
//! every pixel is there.

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::RgbImage;
use libjpeg_turbo_rs::{DecodeLimits, Decoder, JpegError, PixelFormat};

use crate::info::{ColourKind, ImageInfo, MAX_PIXELS};

/// A progressive file of real software has about ten scans; each costs a pass over the image.
const MAX_SCANS: usize = 256;

/// Reads size, colours and orientation without decoding pixels.
pub(crate) fn probe(bytes: &[u8]) -> Result<ImageInfo, JpegError> {
    let decoder = open(bytes)?;
    let header = decoder.header();
    Ok(ImageInfo {
        format: image::ImageFormat::Jpeg,
        width: u32::from(header.width),
        height: u32::from(header.height),
        colour: match header.components.len() {
            1 => ColourKind::Grey,
            4 => ColourKind::Cmyk,
            _ => ColourKind::Rgb,
        },
        bit_depth: header.precision,
        has_opacity: false,
        orientation: decoder.exif_orientation().unwrap_or(1),
    })
}

/// Decodes to RGB. The caller has probed the size. Notes say what was changed on the way.
pub(crate) fn decode(
    bytes: &[u8],
    info: &ImageInfo,
    notes: &mut Vec<String>,
) -> Result<RgbImage, JpegError> {
    // The decoder indexes out of bounds on such frames, and panics. It may on others: the catch
    // turns that into an error as well.
    let decoder = open(bytes)?;
    let sampling = |place: usize| {
        let component = &decoder.header().components[place];
        (component.horizontal_sampling, component.vertical_sampling)
    };
    if decoder.header().components.len() == 4 && (1..4).any(|place| sampling(place) != sampling(0))
    {
        return Err(JpegError::Unsupported(
            "CMYK with inks of different resolution".to_owned(),
        ));
    }
    catch_unwind(AssertUnwindSafe(|| decode_trusting(decoder, info, notes))).unwrap_or_else(|_| {
        Err(JpegError::CorruptData(
            "the decoder lost its way".to_owned(),
        ))
    })
}

fn decode_trusting(
    mut decoder: Decoder<'_>,
    info: &ImageInfo,
    notes: &mut Vec<String>,
) -> Result<RgbImage, JpegError> {
    let cmyk = info.colour == ColourKind::Cmyk;
    decoder.set_output_format(if cmyk {
        PixelFormat::Cmyk
    } else {
        PixelFormat::Rgb
    });
    let image = decoder.decode_image()?;
    notes.extend(
        image
            .warnings
            .iter()
            .map(|warning| format!("JPEG: {warning}")),
    );
    let pixels = if cmyk {
        image
            .data
            .as_chunks::<4>()
            .0
            .iter()
            .flat_map(|&inverted| cmyk_to_rgb(inverted))
            .collect()
    } else {
        image.data
    };
    RgbImage::from_raw(info.width, info.height, pixels).ok_or_else(|| {
        JpegError::CorruptData("size of the decoded pixels is not the header's".into())
    })
}

fn open(bytes: &[u8]) -> Result<Decoder<'_>, JpegError> {
    let limits = DecodeLimits {
        max_pixels: MAX_PIXELS,
        max_scans: MAX_SCANS,
        ..DecodeLimits::default()
    };
    Decoder::new_with_limits(bytes, limits)
}

/// CMYK JPEGs store 255 minus the ink, as Adobe began and everybody followed; the product is
/// rounded as Pillow does it, `(t + (t >> 8)) >> 8` with `t = a * b + 128`.
fn cmyk_to_rgb([cyan, magenta, yellow, key]: [u8; 4]) -> [u8; 3] {
    [cyan, magenta, yellow].map(|stored| {
        let t = u32::from(255 - stored) * u32::from(key) + 128;
        key.saturating_sub(((t + (t >> 8)) >> 8) as u8)
    })
}
