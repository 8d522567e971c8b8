//! Between the CPU backend's tensors and plain slices.

use burn::backend::flex::FlexTensor;
use burn::tensor::TensorData;

/// The values of a contiguous tensor in single precision.
pub(crate) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.storage::<f32>()
}

/// A tensor of these values, row-major.
pub(crate) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
