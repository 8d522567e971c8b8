//! What half precision does not bear.

use burn::tensor::{DType, FloatDType, Tensor, activation};

/// A tensor in single precision if it was in half: sums of many values overflow there, or lose the
/// small ones. Any other tensor as it is.
pub fn widened<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    match x.dtype() {
        DType::F16 | DType::BF16 => x.cast(FloatDType::F32),
        _ => x,
    }
}

/// Softmax along a dimension in at least single precision, answered in the precision of `x`.
pub(crate) fn softmax<const D: usize>(x: Tensor<D>, dimension: usize) -> Tensor<D> {
    let dtype = x.dtype();
    activation::softmax(widened(x), dimension).cast(dtype)
}
