//! The types of samples.

use std::fmt;

use serde::Serialize;

/// The type of a sample (TIFF tags `SampleFormat` and `BitsPerSample`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SampleKind {
    /// Unsigned integer, 8 bits. Samples of 1 to 7 bits are read as this type.
    U8,
    /// Signed integer, 8 bits.
    I8,
    /// Unsigned integer, 16 bits. Samples of 9 to 15 bits are read as this type.
    U16,
    /// Signed integer, 16 bits.
    I16,
    /// Unsigned integer, 32 bits. Samples of 17 to 31 bits are read as this type.
    U32,
    /// Signed integer, 32 bits.
    I32,
    /// Unsigned integer, 64 bits.
    U64,
    /// Signed integer, 64 bits.
    I64,
    /// Floating point, 32 bits. Samples of 16 and 24 bits are read as this type, and the amplitudes
    /// of complex samples of up to 64 bits.
    F32,
    /// Floating point, 64 bits, and the amplitudes of complex samples of 128 bits.
    F64,
}

impl SampleKind {
    /// Bytes of one sample.
    pub fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::F64 | Self::U64 | Self::I64 => 8,
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
            Self::U64 => whole!(u64),
            Self::I64 => whole!(i64),
            Self::F32 => sample.copy_from_slice(&(value as f32).to_le_bytes()),
            Self::F64 => sample.copy_from_slice(&value.to_le_bytes()),
        }
    }

    /// Whether a sample can be this number, or differ from it by rounding alone.
    pub(crate) fn holds(self, value: f64) -> bool {
        let (low, high) = match self {
            Self::U8 => (0.0, f64::from(u8::MAX)),
            Self::I8 => (f64::from(i8::MIN), f64::from(i8::MAX)),
            Self::U16 => (0.0, f64::from(u16::MAX)),
            Self::I16 => (f64::from(i16::MIN), f64::from(i16::MAX)),
            Self::U32 => (0.0, f64::from(u32::MAX)),
            Self::I32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
            Self::U64 => (0.0, u64::MAX as f64),
            Self::I64 => (i64::MIN as f64, i64::MAX as f64),
            Self::F32 | Self::F64 => return true,
        };
        (low..=high).contains(&value) && value.fract() == 0.0
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
                    // Only whole numbers of 64 bits may lose digits.
                    put(place, <$number>::from_le_bytes(sample) as f64);
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
            Self::U64 => each!(u64),
            Self::I64 => each!(i64),
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
            Self::U64 => "u64",
            Self::I64 => "i64",
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
