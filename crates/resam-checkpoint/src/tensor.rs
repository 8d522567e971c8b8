//! One tensor of a checkpoint: its element type, its shape and its place in the file.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use half::{bf16, f16};

use crate::source::Source;

/// The type of a tensor's elements; all are stored little endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dtype {
    /// 64-bit floating point.
    F64,
    /// 32-bit floating point.
    F32,
    /// 16-bit floating point (IEEE half).
    F16,
    /// 16-bit floating point with the exponent of `f32` (bfloat16).
    BF16,
    /// Signed 64-bit integer.
    I64,
    /// Signed 32-bit integer.
    I32,
    /// Signed 16-bit integer.
    I16,
    /// Signed byte.
    I8,
    /// Unsigned byte.
    U8,
    /// One byte, 0 or 1.
    Bool,
}

impl Dtype {
    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Dtype::F64 | Dtype::I64 => 8,
            Dtype::F32 | Dtype::I32 => 4,
            Dtype::F16 | Dtype::BF16 | Dtype::I16 => 2,
            Dtype::I8 | Dtype::U8 | Dtype::Bool => 1,
        }
    }

    /// Whether elements are floating point, as all parameters are.
    pub fn is_float(self) -> bool {
        matches!(self, Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16)
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Dtype::F64 => "f64",
            Dtype::F32 => "f32",
            Dtype::F16 => "f16",
            Dtype::BF16 => "bf16",
            Dtype::I64 => "i64",
            Dtype::I32 => "i32",
            Dtype::I16 => "i16",
            Dtype::I8 => "i8",
            Dtype::U8 => "u8",
            Dtype::Bool => "bool",
        })
    }
}

/// The type and shape of one tensor, checked against the size of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TensorInfo {
    /// The name in the published checkpoints of Meta or MobileSAM.
    pub name: String,
    /// The name in this file. It differs from `name` if the file has another
    /// [`KeyStyle`](crate::KeyStyle) or the prefix of a wrapper.
    pub stored_name: String,
    /// Type of the elements.
    pub dtype: Dtype,
    /// Length of each dimension, outermost first; empty for a scalar.
    pub shape: Vec<usize>,
    pub(crate) layout: Layout,
}

/// The place of the elements, always within the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Contiguous, in row-major order.
    Contiguous(Range<usize>),
    /// Element `[i, j, ..]` lies `i * strides[0] + j * strides[1] + ..` elements into the range.
    Strided {
        range: Range<usize>,
        strides: Vec<usize>,
    },
}

impl TensorInfo {
    /// Number of elements, 1 for a scalar.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// The elements in row-major order.
    pub(crate) fn bytes<'a>(&self, source: &'a Source) -> std::io::Result<Cow<'a, [u8]>> {
        Ok(match &self.layout {
            Layout::Contiguous(range) => source.read(range.clone())?,
            Layout::Strided { range, strides } => Cow::Owned(gather(
                &source.read(range.clone())?,
                &self.shape,
                strides,
                self.dtype.size(),
            )),
        })
    }
}

/// The byte range of a view into a storage, from the numbers in a pickle; `Err` says what does not
/// fit.
///
/// `storage` is the byte range of the whole storage in the file; `offset` and `strides` count
/// elements.
pub(crate) fn locate(
    storage: Range<usize>,
    dtype: Dtype,
    offset: usize,
    shape: &[usize],
    strides: &[usize],
) -> Result<Layout, String> {
    let stored = storage.len() / dtype.size();
    if shape.len() != strides.len() {
        return Err(format!("shape {shape:?} with strides {strides:?}"));
    }
    let too_large = || {
        format!(
            "shape {shape:?} with strides {strides:?} at offset {offset} does not fit a storage of \
             {stored} elements"
        )
    };
    let elements = shape
        .iter()
        .try_fold(1usize, |product, &length| product.checked_mul(length));
    // A view that repeats elements (stride 0) could claim any size. With the storage as its limit,
    // reading it cannot allocate more than the size of the file.
    let elements = elements
        .filter(|&elements| elements <= stored)
        .ok_or_else(too_large)?;
    if elements == 0 {
        return Ok(Layout::Contiguous(storage.start..storage.start));
    }
    let reach = shape
        .iter()
        .zip(strides)
        .try_fold(1usize, |reach, (&length, &stride)| {
            (length - 1).checked_mul(stride)?.checked_add(reach)
        });
    let reach = reach
        .filter(|reach| reach.checked_add(offset).is_some_and(|end| end <= stored))
        .ok_or_else(too_large)?;
    let start = storage.start + offset * dtype.size();
    let range = start..start + reach * dtype.size();
    if is_row_major(shape, strides) {
        Ok(Layout::Contiguous(range))
    } else {
        Ok(Layout::Strided {
            range,
            strides: strides.to_vec(),
        })
    }
}

/// Whether the elements of a view are contiguous. The stride of a dimension of length 1 is not
/// used, and PyTorch may write any number there.
fn is_row_major(shape: &[usize], strides: &[usize]) -> bool {
    let mut expected = 1;
    shape.iter().zip(strides).rev().all(|(&length, &stride)| {
        let fits = length == 1 || stride == expected;
        expected *= length;
        fits
    })
}

/// Copies the elements of a strided view in row-major order.
fn gather(view: &[u8], shape: &[usize], strides: &[usize], size: usize) -> Vec<u8> {
    let elements: usize = shape.iter().product();
    let mut gathered = Vec::with_capacity(elements * size);
    let mut index = vec![0; shape.len()];
    let mut position = 0;
    for _ in 0..elements {
        gathered.extend_from_slice(&view[position * size..(position + 1) * size]);
        for axis in (0..shape.len()).rev() {
            if index[axis] + 1 < shape[axis] {
                index[axis] += 1;
                position += strides[axis];
                break;
            }
            position -= index[axis] * strides[axis];
            index[axis] = 0;
        }
    }
    gathered
}

/// Floating point elements as `f32`, rounded to the nearest; `None` for integers and booleans.
pub(crate) fn to_f32(bytes: &[u8], dtype: Dtype) -> Option<Vec<f32>> {
    fn each<const SIZE: usize>(bytes: &[u8], convert: impl Fn([u8; SIZE]) -> f32) -> Vec<f32> {
        bytes.as_chunks().0.iter().copied().map(convert).collect()
    }
    Some(match dtype {
        Dtype::F64 => each(bytes, |element| f64::from_le_bytes(element) as f32),
        Dtype::F32 => each(bytes, f32::from_le_bytes),
        Dtype::F16 => each(bytes, |element| f16::from_le_bytes(element).to_f32()),
        Dtype::BF16 => each(bytes, |element| bf16::from_le_bytes(element).to_f32()),
        _ => return None,
    })
}

/// Calls `visit` with the exact value of each floating point element; does nothing for integers and
/// booleans.
pub(crate) fn for_each_f64(bytes: &[u8], dtype: Dtype, visit: impl FnMut(f64)) {
    fn each<const SIZE: usize>(
        bytes: &[u8],
        convert: impl Fn([u8; SIZE]) -> f64,
        visit: impl FnMut(f64),
    ) {
        let elements = bytes.as_chunks().0.iter().copied();
        elements.map(convert).for_each(visit);
    }
    match dtype {
        Dtype::F64 => each(bytes, f64::from_le_bytes, visit),
        Dtype::F32 => each(bytes, |element| f32::from_le_bytes(element).into(), visit),
        Dtype::F16 => each(bytes, |element| f16::from_le_bytes(element).into(), visit),
        Dtype::BF16 => each(bytes, |element| bf16::from_le_bytes(element).into(), visit),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_must_lie_within_its_storage() {
        let storage = 100..124; // six f32
        let fits = |offset, shape: &[usize], strides: &[usize]| {
            locate(storage.clone(), Dtype::F32, offset, shape, strides).is_ok()
        };
        assert!(fits(0, &[2, 3], &[3, 1]));
        assert!(fits(3, &[3], &[1]));
        assert!(fits(5, &[], &[]));
        assert!(!fits(6, &[], &[]));
        assert!(!fits(4, &[3], &[1]));
        assert!(!fits(0, &[2, 3], &[4, 1]));
        assert!(!fits(0, &[2], &[3, 1]));
        assert!(!fits(usize::MAX, &[2], &[1]));
        assert!(!fits(0, &[2, 2], &[usize::MAX, 1]));
        assert!(!fits(0, &[usize::MAX, usize::MAX], &[0, 0]));
        assert!(!fits(0, &[7], &[0]));
    }

    #[test]
    fn the_stride_of_a_dimension_of_length_one_does_not_matter() {
        let layout = locate(0..24, Dtype::F32, 0, &[1, 6, 1], &[99, 1, 7]);
        assert_eq!(layout, Ok(Layout::Contiguous(0..24)));
    }

    #[test]
    fn a_transposed_view_is_read_in_row_major_order() {
        let view: Vec<u8> = (0..6).collect();
        assert_eq!(gather(&view, &[3, 2], &[1, 3], 1), [0, 3, 1, 4, 2, 5]);
    }
}
