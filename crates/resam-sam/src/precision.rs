//! The number format of the image encoder, which does nearly all of the work.
//!
//! Half precision halves the memory of an encoder and its activations. On GPUs with units for it,
//! it more than doubles the speed. Three things stay in single precision: the sums of layer norms
//! and softmaxes, which overflow or lose small terms in half precision; the prompt encoder, which
//! takes sines of large angles; and the mask decoder, which does a small part of the work.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{FloatDType, Tensor};

use crate::device::{ComputeDevice, DeviceKind};
use crate::encoder::ImageEncoder;
use crate::error::SamError;

/// The number format of an image encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// IEEE single precision, 32 bits. The published results are in this format.
    F32,
    /// IEEE half precision, 16 bits with 11 significant ones; numbers up to 65504.
    F16,
    /// bfloat16, 16 bits with 8 significant ones; the range of `f32`.
    Bf16,
}

impl Precision {
    /// The name: `f32`, `f16` or `bf16`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }

    /// The type of Burn.
    pub fn dtype(self) -> FloatDType {
        match self {
            Self::F32 => FloatDType::F32,
            Self::F16 => FloatDType::F16,
            Self::Bf16 => FloatDType::BF16,
        }
    }

    /// The precisions of a device. The CPU has only `f32`, because its kernels for half precision
    /// are slower.
    pub fn of_device(device: &ComputeDevice) -> Vec<Self> {
        let half = [Self::F16, Self::Bf16].into_iter().filter(|half| {
            device.kind != DeviceKind::Cpu && device.device.supports_dtype(half.dtype())
        });
        std::iter::once(Self::F32).chain(half).collect()
    }

    /// Checks that a device has this precision.
    ///
    /// # Errors
    /// [`SamError::Precision`] with the precisions that the device has.
    pub fn check(self, device: &ComputeDevice) -> Result<(), SamError> {
        let found = Self::of_device(device);
        if found.contains(&self) {
            return Ok(());
        }
        let found: Vec<&str> = found.into_iter().map(Self::name).collect();
        Err(SamError::Precision {
            precision: self.name(),
            device: device.name.clone(),
            found: found.join(", "),
        })
    }
}

impl ImageEncoder {
    /// Converts the encoder's parameters, adapters included, to another precision. Inputs and
    /// embeddings stay `f32`.
    pub fn in_precision(self, precision: Precision) -> Self {
        struct Cast(FloatDType);
        impl ModuleMapper for Cast {
            fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
                param.map(|tensor| tensor.cast(self.0))
            }
        }
        self.map(&mut Cast(precision.dtype()))
    }
}
