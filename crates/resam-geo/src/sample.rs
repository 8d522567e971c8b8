//! The types of samples.

use std::fmt;

use serde::Serialize;

/// The type of a sample (TIFF tags `SampleFormat` and `BitsPerSample`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SampleKind {
    /// Unsigned integer, 8 bits. Samples of 1, 2 and 4 bits are read as this type.
    U8,
    /// Signed integer, 8 bits.
    I8,
    /// Unsigned integer, 16 bits.
    U16,
    /// Signed integer, 16 bits.
    I16,
    /// Unsigned integer, 32 bits.
    U32,
    /// Signed integer, 32 bits.
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

    /// Whether it is an integer type.
    pub fn is_integer(self) -> bool {
        !matches!(self, Self::F32 | Self::F64)
    }

    /// Writes a value as a sample, little endian: rounded and clamped where it does not fit, as
    /// GDAL does.
    pub(crate) fn put(self, value: f64, sample: &mut [u8]) {
        macro_rules! whole {
            ($number:ty) => {
                sample.copy_from_slice(&(value.round() as $number).to_le_bytes())
            };
        }
        match self {
            Self::U8 => whole!(u8),
            Self::I8 => whole!(i8),
            Self::U16 => whole!(u16),
            Self::I16 => whole!(i16),
            Self::U32 => whole!(u32),
            Self::I32 => whole!(i32),
            Self::F32 => sample.copy_from_slice(&(value as f32).to_le_bytes()),
            Self::F64 => sample.copy_from_slice(&value.to_le_bytes()),
        }
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
                let samples = strided::<{ size_of::<$number>() }>(bytes, start, step, count);
                for (place, sample) in samples.enumerate() {
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

    /// As [`SampleKind::for_each`], into `target`, one after another; NaN for what is nodata or not
    /// finite.
    pub(crate) fn widen(
        self,
        bytes: &[u8],
        start: usize,
        step: usize,
        nodata: Option<f64>,
        target: &mut [f32],
    ) {
        // Whole numbers of 16 bits are themselves as `f32`, and so is the nodata value among them.
        macro_rules! small {
            ($number:ty) => {{
                let samples = strided::<{ size_of::<$number>() }>(bytes, start, step, target.len());
                let values = samples.map(|sample| f32::from(<$number>::from_le_bytes(sample)));
                let nodata = nodata.map_or(f32::NAN, |nodata| nodata as f32);
                for (target, value) in target.iter_mut().zip(values) {
                    *target = if value == nodata { f32::NAN } else { value };
                }
            }};
        }
        match self {
            Self::U8 => small!(u8),
            Self::I8 => small!(i8),
            Self::U16 => small!(u16),
            Self::I16 => small!(i16),
            _ => self.for_each(bytes, start, step, target.len(), |place, value| {
                let narrow = value as f32;
                let counts = nodata != Some(value) && narrow.is_finite();
                target[place] = if counts { narrow } else { f32::NAN };
            }),
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

/// The bytes of `count` samples, the first at index `start`, then each `step` samples on.
fn strided<const SIZE: usize>(
    bytes: &[u8],
    start: usize,
    step: usize,
    count: usize,
) -> impl Iterator<Item = [u8; SIZE]> {
    let samples = &bytes.as_chunks::<SIZE>().0[start..];
    samples.chunks(step).take(count).map(|pixel| pixel[0])
}
