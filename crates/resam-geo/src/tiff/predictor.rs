//! Samples stored as differences of their left neighbours.
//!
//! The functions follow TIFF 6.0, section 14, and Adobe's technical note 3 on floating point.

use super::Fault;

/// How samples are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Predictor {
    /// As they are.
    None,
    /// Whole numbers as the difference from the sample of the same band to the left.
    Horizontal,
    /// Floating point numbers with their bytes sorted by weight, as differences of bytes.
    FloatingPoint,
}

impl Predictor {
    pub(crate) fn from_tag(value: u64) -> Result<Self, Fault> {
        match value {
            1 => Ok(Self::None),
            2 => Ok(Self::Horizontal),
            3 => Ok(Self::FloatingPoint),
            other => Err(Fault::Unsupported(format!("predictor {other}"))),
        }
    }

    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Horizontal => Some("horizontal differences"),
            Self::FloatingPoint => Some("floating point differences"),
        }
    }
}

/// Adds up differences; rows of `row_bytes` bytes, samples of `size` bytes (little endian), pixels
/// of `bands` samples.
pub(crate) fn undo_horizontal(bytes: &mut [u8], row_bytes: usize, size: usize, bands: usize) {
    for row in bytes.chunks_exact_mut(row_bytes) {
        match size {
            1 => accumulate_bytes(row, bands),
            2 => accumulate::<2>(row, bands, |sum, step| {
                u16::from_le_bytes(sum)
                    .wrapping_add(u16::from_le_bytes(step))
                    .to_le_bytes()
            }),
            4 => accumulate::<4>(row, bands, |sum, step| {
                u32::from_le_bytes(sum)
                    .wrapping_add(u32::from_le_bytes(step))
                    .to_le_bytes()
            }),
            _ => accumulate::<8>(row, bands, |sum, step| {
                u64::from_le_bytes(sum)
                    .wrapping_add(u64::from_le_bytes(step))
                    .to_le_bytes()
            }),
        }
    }
}

/// Sums of bytes, for the usual numbers of bands without looking back into memory.
fn accumulate_bytes(row: &mut [u8], bands: usize) {
    fn fixed<const BANDS: usize>(row: &mut [u8]) {
        let mut sums = [0u8; BANDS];
        for pixel in row.as_chunks_mut::<BANDS>().0 {
            for (sum, sample) in sums.iter_mut().zip(pixel) {
                *sum = sum.wrapping_add(*sample);
                *sample = *sum;
            }
        }
    }
    match bands {
        1 => fixed::<1>(row),
        3 => fixed::<3>(row),
        4 => fixed::<4>(row),
        _ => accumulate::<1>(row, bands, |[sum], [step]| [sum.wrapping_add(step)]),
    }
}

fn accumulate<const SIZE: usize>(
    row: &mut [u8],
    bands: usize,
    add: impl Fn([u8; SIZE], [u8; SIZE]) -> [u8; SIZE],
) {
    let samples = row.as_chunks_mut::<SIZE>().0;
    for place in bands..samples.len() {
        samples[place] = add(samples[place - bands], samples[place]);
    }
}

/// Adds up the bytes of rows and puts those of each sample together again, little endian.
pub(crate) fn undo_floating_point(bytes: &mut [u8], row_bytes: usize, size: usize, bands: usize) {
    let mut sorted = Vec::with_capacity(row_bytes);
    for row in bytes.chunks_exact_mut(row_bytes) {
        accumulate_bytes(row, bands);
        sorted.clear();
        sorted.extend_from_slice(row);
        let count = row.len() / size;
        for (place, sample) in row.chunks_exact_mut(size).enumerate() {
            for (weight, byte) in sample.iter_mut().rev().enumerate() {
                *byte = sorted[weight * count + place];
            }
        }
    }
}

/// Stores rows of whole numbers as differences: the way there of [`undo_horizontal`].
pub(crate) fn difference_rows(bytes: &mut [u8], row_bytes: usize, size: usize, bands: usize) {
    for row in bytes.chunks_exact_mut(row_bytes) {
        let samples = row.len() / size;
        for place in (bands..samples).rev() {
            let (left, right) = row.split_at_mut(place * size);
            let before = &left[(place - bands) * size..][..size];
            let mut borrow = false;
            for (byte, &other) in right[..size].iter_mut().zip(before) {
                let (difference, under) = byte.overflowing_sub(other);
                let (difference, under_again) = difference.overflowing_sub(borrow.into());
                *byte = difference;
                borrow = under || under_again;
            }
        }
    }
}
