//! The activation that an operation applies to its results before it writes them.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use crate::gelu::{gelu_backward, gelu_in_place};

/// A function of single values, applied while they are still in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// The value itself.
    Identity,
    /// [`gelu`](crate::gelu()).
    Gelu,
}

impl Activation {
    pub(crate) fn plain<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Identity => x,
            Self::Gelu => burn::tensor::activation::gelu(x),
        }
    }

    pub(crate) fn in_place(self, values: &mut [f32]) {
        match self {
            Self::Identity => {}
            Self::Gelu => gelu_in_place(values),
        }
    }

    /// The gradient of what goes in, from that of what comes out; `before` computes the value that
    /// went in, which is not kept.
    pub(crate) fn backward(
        self,
        before: impl FnOnce() -> FlexTensor,
        gradient: FlexTensor,
    ) -> FlexTensor {
        match self {
            Self::Identity => gradient,
            Self::Gelu => gelu_backward(before(), gradient),
        }
    }
}
