//! LERC inside TIFF: a chunk is a blob, which Deflate or ZSTD may compress once more.
//!
//! Bands of a chunk are values of a pixel (depth slices). Where the last band is opacity and only
//! says yes or no, it is the mask of the blob. Floating point samples that the mask leaves out are
//! NaN.

use lerc::{SampleData, decode_info};

use super::codec::{self, ADOBE_DEFLATE, ZSTD};
use super::image::Image;
use super::{Fault, MAX_CHUNK_BYTES};
use crate::sample::SampleKind;

/// Decodes a chunk to samples, little endian.
pub(crate) fn decode(image: &Image, stored: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
    let corrupt = |error| Fault::Broken(format!("its LERC data is corrupt: {error}"));
    let packed = match image.lerc_parameters.get(1) {
        None | Some(0) => None,
        Some(1) => Some(codec::decompress_all(
            ADOBE_DEFLATE,
            stored,
            MAX_CHUNK_BYTES as usize,
        )?),
        Some(2) => Some(codec::decompress_all(
            ZSTD,
            stored,
            MAX_CHUNK_BYTES as usize,
        )?),
        Some(other) => {
            return Err(Fault::Unsupported(format!(
                "LERC compressed once more in the way {other}"
            )));
        }
    };
    let blob = packed.as_deref().unwrap_or(stored);
    let bands = image.chunk_bands();
    let pixel_bytes = bands * image.kind.size();
    let width = image.chunk_width as usize;
    let rows = length / (width * pixel_bytes);
    // Sizes are compared before anything is allocated for them.
    let info = decode_info(blob).map_err(corrupt)?;
    let (depth, blobs) = (info.depth as usize, info.bands);
    let with_mask = depth + 1 == bands && image.kind == SampleKind::U8;
    let fits = info.width as usize == width
        && info.height as usize >= rows
        && u64::from(info.height) <= u64::from(image.chunk_height)
        && (depth == bands || with_mask)
        && blobs == 1;
    if !fits {
        return Err(Fault::Broken(format!(
            "its LERC data has {} x {} pixels of {depth} values and not {width} x {rows} of {bands}",
            info.width, info.height
        )));
    }
    let decoded = lerc::decode(blob).map_err(corrupt)?;
    let mask = decoded.valid_masks.first();
    let is_valid = |pixel: usize| mask.is_none_or(|mask| mask.is_valid(pixel));
    macro_rules! bytes {
        ($values:expr, $invalid:expr) => {{
            let mut bytes = Vec::with_capacity(length);
            for (pixel, values) in $values.chunks_exact(depth).take(width * rows).enumerate() {
                let invalid: Option<_> = $invalid;
                for &value in values {
                    let value = invalid.filter(|_| !is_valid(pixel)).unwrap_or(value);
                    bytes.extend_from_slice(&value.to_le_bytes());
                }
                if with_mask {
                    bytes.push(if is_valid(pixel) { u8::MAX } else { 0 });
                }
            }
            bytes
        }};
    }
    let (kind, bytes) = match &decoded.data {
        SampleData::I8(values) => (SampleKind::I8, bytes!(values, None)),
        SampleData::U8(values) => (SampleKind::U8, bytes!(values, None)),
        SampleData::I16(values) => (SampleKind::I16, bytes!(values, None)),
        SampleData::U16(values) => (SampleKind::U16, bytes!(values, None)),
        SampleData::I32(values) => (SampleKind::I32, bytes!(values, None)),
        SampleData::U32(values) => (SampleKind::U32, bytes!(values, None)),
        SampleData::F32(values) => (SampleKind::F32, bytes!(values, Some(f32::NAN))),
        SampleData::F64(values) => (SampleKind::F64, bytes!(values, Some(f64::NAN))),
    };
    if kind != image.kind || bytes.len() != length {
        return Err(Fault::Broken(format!(
            "its LERC data has samples of {kind} and not {}",
            image.kind
        )));
    }
    Ok(bytes)
}
