//! Conversions between tensors of the CPU backend and slices.

use burn::backend::flex::FlexTensor;
use burn::tensor::TensorData;

use crate::pieces::values_of_pieces;

/// The values of a contiguous tensor in single precision.
pub(crate) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.storage::<f32>()
}

/// A tensor of these values, row-major.
pub(crate) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// A tensor of `shape` whose values come from `compute(index, piece)`; see [`values_of_pieces`].
pub(crate) fn computed<const D: usize>(
    shape: [usize; D],
    length: usize,
    compute: impl Fn(usize, &mut [f32]) + Sync,
) -> FlexTensor {
    let total = shape.iter().product();
    let values = values_of_pieces(
        total,
        length,
        || (),
        |(), index, piece| compute(index, piece),
    );
    tensor(values, shape)
}

/// A tensor whose storage is its values in their own order.
pub(crate) fn contiguous(x: FlexTensor) -> FlexTensor {
    // `x` is dropped on return: a contiguous tensor stays the only owner of its values.
    x.to_contiguous()
}

/// The shape of a tensor known to have `D` dimensions.
pub(crate) fn dims<const D: usize>(x: &FlexTensor) -> [usize; D] {
    x.layout().shape().dims()
}
