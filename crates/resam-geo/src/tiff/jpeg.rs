//! JPEG inside TIFF (technical note 2): a chunk is a stream without its tables, which the directory
//! holds for all of them.
//!
//! The TIFF and not the stream tells the colour space of the components. So the markers of the
//! stream that could contradict it are replaced by one that agrees.

use std::panic::{AssertUnwindSafe, catch_unwind};

use libjpeg_turbo_rs::{DecodeLimits, Decoder, PixelFormat};

use super::{Fault, MAX_CHUNK_BYTES};

/// A progressive stream of real software has about ten scans; each costs a pass over the image.
const MAX_SCANS: usize = 256;

/// A block of 64 pixels takes a bit at least.
const MOST_PIXELS_OF_BYTE: usize = 8 * 64;

const START: [u8; 2] = [0xff, 0xd8];
const START_OF_SCAN: u8 = 0xda;

/// A chunk as rows of samples: its width, rows and samples.
pub(crate) struct Decoded {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) samples: Vec<u8>,
}

/// Decodes a chunk of 1, 3 or 4 samples a pixel; YCbCr becomes RGB.
pub(crate) fn decode(
    stored: &[u8],
    tables: Option<&[u8]>,
    bands: usize,
    is_ycbcr: bool,
) -> Result<Decoded, Fault> {
    let format = match bands {
        1 => PixelFormat::Grayscale,
        3 => PixelFormat::Rgb,
        4 => PixelFormat::Cmyk,
        other => {
            return Err(Fault::Unsupported(format!(
                "JPEG of {other} samples a pixel"
            )));
        }
    };
    let stream = whole_stream(stored, tables, bands, is_ycbcr)
        .ok_or_else(|| Fault::broken("its JPEG markers are corrupt"))?;
    // The decoder may index out of bounds on hostile streams, and panics then.
    let attempt = catch_unwind(AssertUnwindSafe(|| decode_stream(&stream, bands, format)));
    attempt.unwrap_or_else(|_| {
        Err(Fault::broken(
            "its JPEG data makes the decoder lose its way",
        ))
    })
}

fn decode_stream(stream: &[u8], bands: usize, format: PixelFormat) -> Result<Decoded, Fault> {
    let corrupt = |error| Fault::Broken(format!("its JPEG data is corrupt: {error}"));
    let limits = DecodeLimits {
        max_pixels: MAX_CHUNK_BYTES / bands as u64,
        max_scans: MAX_SCANS,
        max_memory: Some(MAX_CHUNK_BYTES * 8),
        ..DecodeLimits::default()
    };
    let mut decoder = Decoder::new_with_limits(stream, limits).map_err(corrupt)?;
    let header = decoder.header();
    let components = &header.components;
    if components.len() != bands {
        let found = components.len();
        return Err(Fault::Broken(format!(
            "its JPEG data has {found} components and not {bands}"
        )));
    }
    if header.precision != 8 {
        let bits = header.precision;
        return Err(Fault::Unsupported(format!("JPEG of {bits} bits")));
    }
    let sampling = |place: usize| {
        let component = &components[place];
        (component.horizontal_sampling, component.vertical_sampling)
    };
    if bands == 4 && (1..4).any(|place| sampling(place) != sampling(0)) {
        return Err(Fault::Unsupported(
            "JPEG of four samples a pixel of different resolution".to_owned(),
        ));
    }
    let (width, height) = (usize::from(header.width), usize::from(header.height));
    if width * height > stream.len().saturating_mul(MOST_PIXELS_OF_BYTE) {
        return Err(Fault::Broken(format!(
            "its JPEG data is too short for {width} x {height} pixels"
        )));
    }
    decoder.set_output_format(format);
    let image = decoder.decode_image().map_err(corrupt)?;
    if Some(image.data.len()) != width.checked_mul(height).and_then(|n| n.checked_mul(bands)) {
        return Err(Fault::broken("its JPEG data has another size than it says"));
    }
    Ok(Decoded {
        width,
        height,
        samples: image.data,
    })
}

/// The stream with the tables at its beginning, and with the meaning of its components said.
fn whole_stream(
    stored: &[u8],
    tables: Option<&[u8]>,
    bands: usize,
    is_ycbcr: bool,
) -> Option<Vec<u8>> {
    let mut stream = START.to_vec();
    if bands > 1 {
        // The Adobe segment; its last byte is the transform of the colours.
        stream.extend_from_slice(&[0xff, 0xee, 0, 14]);
        stream.extend_from_slice(b"Adobe\0\x64\0\0\0\0");
        stream.push(is_ycbcr.into());
    }
    for part in [tables.unwrap_or(&START), stored] {
        copy_segments(part, &mut stream)?;
    }
    Some(stream)
}

/// Appends the segments of a stream, without those of applications; from the first scan on, all of
/// it.
fn copy_segments(stream: &[u8], target: &mut Vec<u8>) -> Option<()> {
    let mut rest = stream.strip_prefix(&START)?;
    loop {
        match *rest {
            [] | [0xff, 0xd9, ..] => return Some(()),
            [0xff, 0xff, ..] => rest = &rest[1..],
            [0xff, START_OF_SCAN, ..] => {
                target.extend_from_slice(rest);
                return Some(());
            }
            [0xff, marker, high, low, ..] => {
                let length = 2 + usize::from(u16::from_be_bytes([high, low]));
                let segment = rest.get(..length).filter(|_| length >= 4)?;
                if !(0xe0..=0xef).contains(&marker) {
                    target.extend_from_slice(segment);
                }
                rest = &rest[length..];
            }
            // Zeros may fill the space behind the tables.
            [0, ..] => return Some(()),
            _ => return None,
        }
    }
}
