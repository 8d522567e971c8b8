//! Single precision for sums that half precision cannot hold.

use burn::tensor::{DType, FloatDType, Tensor, activation};

/// Converts a tensor from half to single precision; other tensors stay as they are. In half
/// precision a sum of many values overflows or loses its small terms. The shape is unchanged.
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
