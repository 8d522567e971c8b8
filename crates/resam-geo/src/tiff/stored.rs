//! How samples are stored, and the samples that they are read as.
//!
//! Types that few programs compute with are read as a wider one, as GDAL does: whole numbers of any
//! number of bits, floating point numbers of 16 and 24 bits. Complex samples are read as their
//! amplitude.

use super::{ByteOrder, Directory, Fault, TiffFile, tags};
use crate::sample::SampleKind;

/// How one sample is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    /// As it is read.
    Plain(SampleKind),
    /// Whole numbers of fewer bits than a type has, one after another.
    Packed,
    /// Floating point numbers of 16 bits (IEEE 754).
    Half,
    /// Floating point numbers of 24 bits: a sign, 7 bits of exponent and 16 of fraction.
    Triple,
    /// Two numbers of a kind: the real and the imaginary part.
    Complex(SampleKind),
}

impl Stored {
    /// The kind of sample that it is read as.
    pub(crate) fn kind(self, bits: u16) -> SampleKind {
        match self {
            Self::Plain(kind) => kind,
            Self::Packed => match bits {
                1..=8 => SampleKind::U8,
                9..=16 => SampleKind::U16,
                _ => SampleKind::U32,
            },
            Self::Half | Self::Triple => SampleKind::F32,
            Self::Complex(SampleKind::F64) => SampleKind::F64,
            Self::Complex(_) => SampleKind::F32,
        }
    }

    /// Whether it is a real floating point number.
    pub(crate) fn is_real(self) -> bool {
        match self {
            Self::Plain(kind) => !kind.is_integer(),
            Self::Half | Self::Triple => true,
            Self::Packed | Self::Complex(_) => false,
        }
    }

    /// Bytes of one number among the stored ones; complex samples have two.
    fn number_size(self, bits: u16) -> usize {
        match self {
            Self::Complex(kind) => kind.size(),
            _ => usize::from(bits / 8),
        }
    }

    /// Brings stored numbers of whole bytes into little-endian order.
    pub(crate) fn to_little_endian(self, bytes: &mut [u8], bits: u16, order: ByteOrder) {
        let size = self.number_size(bits);
        if order == ByteOrder::Big && size > 1 && self != Self::Packed {
            bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
    }

    /// Stored samples, little endian, as the samples that they are read as. Rows begin at a byte.
    pub(crate) fn read(self, bytes: Vec<u8>, layout: RowLayout, bits: u16) -> Vec<u8> {
        match self {
            Self::Plain(_) => bytes,
            Self::Packed => unpack(&bytes, layout, bits),
            Self::Half => each(&bytes, |bytes: [u8; 2]| {
                half_to_float(u16::from_le_bytes(bytes)).to_le_bytes()
            }),
            Self::Triple => each(&bytes, |[low, middle, high]: [u8; 3]| {
                let stored = u32::from_le_bytes([low, middle, high, 0]);
                triple_to_float(stored).to_le_bytes()
            }),
            Self::Complex(kind) => amplitudes(&bytes, kind),
        }
    }
}

/// How stored rows lie in a chunk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowLayout {
    /// Bytes of a stored row.
    pub(crate) bytes: usize,
    /// Samples in a row.
    pub(crate) samples: usize,
}

fn each<const FROM: usize, const TO: usize>(
    bytes: &[u8],
    convert: impl Fn([u8; FROM]) -> [u8; TO],
) -> Vec<u8> {
    let numbers = bytes.as_chunks::<FROM>().0.iter();
    numbers.flat_map(|&number| convert(number)).collect()
}

/// Whole numbers of fewer bits than their type, the highest bit first.
fn unpack(bytes: &[u8], layout: RowLayout, bits: u16) -> Vec<u8> {
    let bits = usize::from(bits);
    let size = Stored::Packed.kind(bits as u16).size();
    let rows = bytes.chunks_exact(layout.bytes);
    let mut samples = Vec::with_capacity(rows.len() * layout.samples * size);
    for row in rows {
        let (mut waiting, mut have, mut next) = (0u64, 0, row.iter());
        for _ in 0..layout.samples {
            while have < bits {
                waiting = waiting << 8 | u64::from(next.next().copied().unwrap_or(0));
                have += 8;
            }
            have -= bits;
            let value = waiting >> have & ((1 << bits) - 1);
            samples.extend_from_slice(&value.to_le_bytes()[..size]);
        }
    }
    samples
}

fn half_to_float(half: u16) -> f32 {
    let (sign, exponent, fraction) = (half >> 15, half >> 10 & 0x1f, half & 0x3ff);
    let size = match exponent {
        0 => f32::from(fraction) * 2f32.powi(-24),
        0x1f if fraction == 0 => f32::INFINITY,
        0x1f => f32::NAN,
        _ => (1.0 + f32::from(fraction) / 1024.0) * 2f32.powi(i32::from(exponent) - 15),
    };
    if sign == 1 { -size } else { size }
}

fn triple_to_float(triple: u32) -> f32 {
    let (sign, exponent, fraction) = (triple >> 23 & 1, triple >> 16 & 0x7f, triple & 0xffff);
    // Of at most 16 bits.
    let part = fraction as f32 / 65536.0;
    let size = match exponent {
        0 => part * 2f32.powi(-62),
        0x7f if fraction == 0 => f32::INFINITY,
        0x7f => f32::NAN,
        // Of 7 bits.
        _ => (1.0 + part) * 2f32.powi(exponent as i32 - 63),
    };
    if sign == 1 { -size } else { size }
}

fn amplitudes(bytes: &[u8], kind: SampleKind) -> Vec<u8> {
    macro_rules! amplitude {
        ($number:ty) => {
            |both: [u8; 2 * size_of::<$number>()]| {
                let (real, imaginary) = both.split_at(size_of::<$number>());
                let number = |part: &[u8]| {
                    let part = part.try_into().unwrap_or_default();
                    f64::from(<$number>::from_le_bytes(part))
                };
                number(real).hypot(number(imaginary))
            }
        };
    }
    let narrow = |amplitude: f64| (amplitude as f32).to_le_bytes();
    match kind {
        SampleKind::I16 => each(bytes, |both| narrow(amplitude!(i16)(both))),
        SampleKind::I32 => each(bytes, |both| narrow(amplitude!(i32)(both))),
        SampleKind::F32 => each(bytes, |both| narrow(amplitude!(f32)(both))),
        _ => each(bytes, |both| amplitude!(f64)(both).to_le_bytes()),
    }
}

/// How the samples of a directory are stored, and their bits; both must be the same for all bands.
pub(crate) fn stored_samples(
    file: &TiffFile,
    directory: &Directory,
) -> Result<(Stored, u16), Fault> {
    let same = |tag, default, name: &str| {
        let values = file.unsigned_list(directory, tag)?;
        let first = values.first().copied().unwrap_or(default);
        if values.iter().any(|&value| value != first) {
            return Err(Fault::Unsupported(format!("bands of different {name}")));
        }
        Ok(first)
    };
    let bits = same(tags::BITS_PER_SAMPLE, 1, "size")?;
    let format = same(tags::SAMPLE_FORMAT, 1, "kind")?;
    use SampleKind::{F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
    let stored = match (format, bits) {
        // Samples of unknown meaning are taken as unsigned.
        (1 | 4, 8) => Stored::Plain(U8),
        (1 | 4, 16) => Stored::Plain(U16),
        (1 | 4, 32) => Stored::Plain(U32),
        (1 | 4, 64) => Stored::Plain(U64),
        (1 | 4, 1..=31) => Stored::Packed,
        (2, 8) => Stored::Plain(I8),
        (2, 16) => Stored::Plain(I16),
        (2, 32) => Stored::Plain(I32),
        (2, 64) => Stored::Plain(I64),
        (3, 16) => Stored::Half,
        (3, 24) => Stored::Triple,
        (3, 32) => Stored::Plain(F32),
        (3, 64) => Stored::Plain(F64),
        (5, 32) => Stored::Complex(I16),
        (5, 64) => Stored::Complex(I32),
        (6, 64) => Stored::Complex(F32),
        (6, 128) => Stored::Complex(F64),
        (2, _) => return Err(Fault::Unsupported(format!("signed samples of {bits} bits"))),
        (3, _) => {
            let what = format!("floating point samples of {bits} bits");
            return Err(Fault::Unsupported(what));
        }
        (5 | 6, _) => {
            return Err(Fault::Unsupported(format!(
                "complex samples of {bits} bits"
            )));
        }
        _ => return Err(Fault::Unsupported(format!("samples of {bits} bits"))),
    };
    // Of at most 128.
    Ok((stored, bits as u16))
}
