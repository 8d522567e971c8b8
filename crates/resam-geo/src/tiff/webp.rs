//! WebP inside TIFF: a chunk is a whole file.

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::image::Image;
use super::{Fault, MAX_CHUNK_BYTES};

/// Decodes a chunk of 3 or 4 bytes a pixel. One that is larger than the chunk is cut, a smaller one
/// is an error.
pub(crate) fn decode(image: &Image, stored: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
    let corrupt = |error| Fault::Broken(format!("its WebP data is corrupt: {error}"));
    let mut decoder = WebPDecoder::new(Cursor::new(stored)).map_err(corrupt)?;
    decoder.set_memory_limit(MAX_CHUNK_BYTES as usize);
    let bands = image.chunk_bands();
    let (width, height) = decoder.dimensions();
    let stored_bands = if decoder.has_alpha() { 4 } else { 3 };
    let rows = length / (image.chunk_width as usize * bands);
    if width < image.chunk_width || (height as usize) < rows {
        return Err(Fault::Broken(format!(
            "its WebP data has {width} x {height} pixels and not {} x {rows}",
            image.chunk_width
        )));
    }
    let size = decoder.output_buffer_size();
    let size = size.filter(|&bytes| bytes as u64 <= MAX_CHUNK_BYTES);
    let size =
        size.ok_or_else(|| Fault::Broken(format!("its WebP data has {width} x {height} pixels")))?;
    let mut pixels = vec![0; size];
    decoder.read_image(&mut pixels).map_err(corrupt)?;
    let stored_rows = pixels
        .chunks_exact(width as usize * stored_bands)
        .take(rows);
    let mut samples = Vec::with_capacity(length);
    for row in stored_rows {
        for pixel in row
            .chunks_exact(stored_bands)
            .take(image.chunk_width as usize)
        {
            // What has no opacity is opaque.
            let with_opacity = pixel.iter().copied().chain([u8::MAX]);
            samples.extend(with_opacity.take(bands));
        }
    }
    Ok(samples)
}
