//! One chunk of an image, from its bytes in the file to samples.

use super::codec::{self, JPEG};
use super::image::{Image, Places, YCBCR};
use super::predictor::{self, Predictor};
use super::stored::RowLayout;
use super::{ByteOrder, Fault, TiffFile, fax, jpeg, lerc, webp};

/// Most decoded bytes of a chunk, which is decoded whole.
pub(crate) const MAX_CHUNK_BYTES: u64 = 1 << 28;

/// The number of bytes by which a compressed chunk may be longer than the decoded one.
const MAX_OVERHEAD: u64 = 1 << 20;

/// Where a chunk lies in the file, or nothing if it was never written.
fn place(file: &TiffFile, image: &Image, index: u64) -> Result<Option<(u64, u64)>, Fault> {
    let (offsets, byte_counts, entry, skipped, length) = match &image.places {
        Places::Elsewhere => return Ok(Some((0, 0))),
        Places::Tables {
            offsets,
            byte_counts,
        } => (offsets, byte_counts, index, 0, chunk_bytes(image, index)),
        Places::Pieces {
            offsets,
            byte_counts,
            pieces,
            ..
        } => {
            let pieces = u64::from(*pieces);
            let before = index % pieces * u64::from(image.chunk_height) * image.row_bytes();
            let length = chunk_bytes(image, index);
            (offsets, byte_counts, index / pieces, before, length)
        }
    };
    let offset = file.value_at(offsets, entry)?;
    let byte_count = match byte_counts {
        Some(table) => file.value_at(table, entry)?,
        None => length,
    };
    if offset == 0 || byte_count == 0 {
        return Ok(None);
    }
    if !matches!(image.places, Places::Pieces { .. }) {
        return Ok(Some((offset, byte_count)));
    }
    let fits = byte_counts.is_none() || skipped.saturating_add(length) <= byte_count;
    match offset.checked_add(skipped) {
        Some(position) if fits => Ok(Some((position, length))),
        _ => Err(Fault::Broken(format!(
            "strip {entry} has {byte_count} bytes, fewer than its rows take"
        ))),
    }
}

/// Bytes that a chunk decodes to, as stored: tiles are whole, the last strip is shorter. Sizes are
/// of 32 bits and numbers of bands of 16, so rows saturate at most.
fn chunk_bytes(image: &Image, index: u64) -> u64 {
    let rows = if image.tiled {
        image.chunk_height
    } else {
        image.chunk_rows(index % image.chunks_down()).1
    };
    image.row_bytes().saturating_mul(rows.into())
}

/// Whether a chunk was ever written.
pub(crate) fn is_written(file: &TiffFile, image: &Image, index: u64) -> Result<bool, Fault> {
    Ok(place(file, image, index)?.is_some())
}

/// The samples of a chunk, little endian, rows of `chunk_width` pixels of `chunk_bands` samples; or
/// nothing if it was never written.
pub(crate) fn decode_chunk(
    file: &TiffFile,
    image: &Image,
    index: u64,
) -> Result<Option<Vec<u8>>, Fault> {
    let name = if image.tiled { "tile" } else { "strip" };
    let Some((position, byte_count)) = place(file, image, index)? else {
        return Ok(None);
    };
    let length = chunk_bytes(image, index);
    // Many samples take more bytes in the end, complex ones take fewer.
    let widened = length
        .saturating_mul(8 * image.kind.size() as u64)
        .div_ceil(image.bits.into());
    if widened.max(length) > MAX_CHUNK_BYTES {
        return Err(Fault::ChunkTooLarge(widened.max(length)));
    }
    if byte_count > length.saturating_mul(2).saturating_add(MAX_OVERHEAD)
        && image.compression != codec::NO_COMPRESSION
    {
        return Err(Fault::Broken(format!(
            "{name} {index} has {byte_count} bytes for {length}"
        )));
    }
    let stored = if image.compression == codec::NO_COMPRESSION {
        byte_count.min(length)
    } else {
        byte_count
    };
    let stored = file
        .source
        .read(position, stored, &format!("{name} {index}"))?;
    decode(file.order, image, stored, length as usize)
        .map(Some)
        .map_err(|fault| match fault {
            Fault::Broken(detail) => Fault::Broken(format!("{name} {index}: {detail}")),
            other => other,
        })
}

fn decode(
    order: ByteOrder,
    image: &Image,
    mut stored: Vec<u8>,
    length: usize,
) -> Result<Vec<u8>, Fault> {
    match image.compression {
        JPEG => return decode_jpeg(image, &stored, length),
        codec::WEBP => return webp::decode(image, &stored, length),
        codec::LERC => return lerc::decode(image, &stored, length),
        _ => {}
    }
    if image.bits_reversed {
        stored
            .iter_mut()
            .for_each(|byte| *byte = byte.reverse_bits());
    }
    let mut bytes = if codec::is_fax(image.compression) {
        fax::decode(image, &stored, length)?
    } else {
        codec::decompress(image.compression, stored, length)?
    };
    let size = usize::from(image.bits / 8);
    // Of a chunk that is under the limit.
    let row_bytes = image.row_bytes() as usize;
    let bands = image.chunk_bands();
    if image.predictor == Predictor::FloatingPoint {
        // Its bytes are sorted by weight, whatever the order of the file.
        predictor::undo_floating_point(&mut bytes, row_bytes, size, bands);
    } else if image.predictor == Predictor::Horizontal {
        // Differences are of whole samples, even where these are two numbers.
        if order == ByteOrder::Big && size > 1 {
            bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        predictor::undo_horizontal(&mut bytes, row_bytes, size, bands);
    } else {
        image.stored.to_little_endian(&mut bytes, image.bits, order);
    }
    let layout = RowLayout {
        bytes: row_bytes,
        samples: image.chunk_width as usize * bands,
    };
    Ok(image.stored.read(bytes, layout, image.bits))
}

/// A chunk of JPEG; one that is larger than the chunk is cut, a smaller one is an error.
fn decode_jpeg(image: &Image, stored: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
    let bands = image.chunk_bands();
    let is_ycbcr = image.photometric == YCBCR && bands == 3;
    let tables = image.jpeg_tables.as_deref();
    let decoded = jpeg::decode(stored, tables, bands, is_ycbcr)?;
    let width = image.chunk_width as usize;
    let rows = length / (width * bands);
    if decoded.width < width || decoded.height < rows {
        return Err(Fault::Broken(format!(
            "its JPEG data has {} x {} pixels and not {width} x {rows}",
            decoded.width, decoded.height
        )));
    }
    let row_bytes = decoded.width * bands;
    let mut samples = decoded.samples;
    if decoded.width > width {
        let kept = samples
            .chunks_exact(row_bytes)
            .flat_map(|row| &row[..width * bands]);
        samples = kept.copied().collect();
    }
    samples.truncate(length);
    Ok(samples)
}
