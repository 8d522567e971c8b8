//! The checksum of a safetensors file: the CRC-32C of the whole file, in its own metadata.
//!
//! While the sum is computed, its eight digits count as zeros. So it covers every byte of the file:
//! names, shapes, metadata and tensors. Other readers of the format see one more metadata key.

use std::ops::Range;

use crate::source::Source;

/// The metadata key.
pub(crate) const KEY: &str = "resam_crc32c";
/// The value before the sum is known.
pub(crate) const ZEROS: &str = "00000000";

/// The place of the digits in a header.
pub(crate) fn place(header: &[u8]) -> Option<Range<usize>> {
    let before = format!("\"{KEY}\":\"");
    let mut windows = header.windows(before.len());
    let start = windows.position(|window| window == before.as_bytes())? + before.len();
    let end = start + ZEROS.len();
    (header.get(end) == Some(&b'"')).then_some(start..end)
}

/// The sum as it is written.
pub(crate) fn digits(sum: u32) -> String {
    format!("{sum:08x}")
}

/// Checks a file whose metadata has the sum `stored`.
pub(crate) fn check(source: &Source, header: &[u8], stored: &str) -> Result<(), String> {
    let changed = || "its bytes are not those that were written: its checksum differs".to_owned();
    let place = place(header).ok_or_else(changed)?;
    // The length of the header comes before it.
    let place = place.start + 8..place.end + 8;
    let (mut sum, mut start) = (0, 0);
    for piece in source.pieces() {
        let piece = piece.map_err(|error| error.to_string())?;
        let end = start + piece.len();
        if place.start < end && start < place.end {
            let mut piece = piece.into_owned();
            let [from, to] = [place.start.max(start), place.end.min(end)];
            piece[from - start..to - start].fill(b'0');
            sum = crc32c::crc32c_append(sum, &piece);
        } else {
            sum = crc32c::crc32c_append(sum, &piece);
        }
        start = end;
    }
    if digits(sum) == stored {
        Ok(())
    } else {
        Err(changed())
    }
}
