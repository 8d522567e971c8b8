//! Kinds of numbers that pixels are made of.

use std::fmt;

use serde::Serialize;

/// The kind of number of one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SampleKind {
    /// Unsigned, 8 bits; smaller ones (1, 2 and 4 bits) are read as these.
    U8,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 16 bits.
    U16,
    /// Signed, 16 bits.
    I16,
    /// Unsigned, 32 bits.
    U32,
    /// Signed, 32 bits.
    I32,
    /// Floating point, 32 bits.
    F32,
    /// Floating point, 64 bits.
    F64,
}

impl SampleKind {
    /// Bytes of one sample.
    pub fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Whether it is a whole number.
    pub fn is_integer(self) -> bool {
        !matches!(self, Self::F32 | Self::F64)
    }

    /// Hands the values of `count` samples to `put`, the first at index `start` of the samples in
    /// `bytes` (little endian), then each `step` samples on. All of them must lie within `bytes`.
    pub(crate) fn for_each(
        self,
        bytes: &[u8],
        start: usize,
        step: usize,
        count: usize,
        mut put: impl FnMut(usize, f64),
    ) {
        macro_rules! each {
            ($number:ty) => {{
                const SIZE: usize = size_of::<$number>();
                let samples = &bytes.as_chunks::<SIZE>().0[start..];
                let picked = samples.iter().step_by(step).take(count).enumerate();
                for (place, &sample) in picked {
                    put(place, <$number>::from_le_bytes(sample).into());
                }
            }};
        }
        match self {
            Self::U8 => each!(u8),
            Self::I8 => each!(i8),
            Self::U16 => each!(u16),
            Self::I16 => each!(i16),
            Self::U32 => each!(u32),
            Self::I32 => each!(i32),
            Self::F32 => each!(f32),
            Self::F64 => each!(f64),
        }
    }
}

impl fmt::Display for SampleKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::U8 => "u8",
            Self::I8 => "i8",
            Self::U16 => "u16",
            Self::I16 => "i16",
            Self::U32 => "u32",
            Self::I32 => "i32",
            Self::F32 => "f32",
            Self::F64 => "f64",
        })
    }
}
