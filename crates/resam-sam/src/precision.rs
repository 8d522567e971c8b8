//! The arithmetic of the image encoder, where nearly all of the work is.
//!
//! Half precision halves the memory of an encoder and its activations and, on GPUs with units for
//! it, more than doubles its speed. Three things stay in single precision: the sums of layer norms
//! and softmaxes, which overflow or lose small terms in half precision; the prompt encoder, whose
//! sines are of large angles; and the mask decoder, which is a small part of the work.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{FloatDType, Tensor};

use crate::device::{ComputeDevice, DeviceKind};
use crate::error::SamError;
use crate::sam::ImageEncoder;

/// The numbers that an image encoder computes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits: what the published models are compared in.
    F32,
    /// 16 bits, 11 of them for the digits; up to 65504.
    F16,
    /// 16 bits, 8 of them for the digits; as far as `f32`.
    Bf16,
}

impl Precision {
    /// As `--precision` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }

    /// As Burn takes it.
    pub fn dtype(self) -> FloatDType {
        match self {
            Self::F32 => FloatDType::F32,
            Self::F16 => FloatDType::F16,
            Self::Bf16 => FloatDType::BF16,
        }
    }

    /// Every precision that a device computes in. The CPU has `f32` alone: its kernels for half
    /// precision are slower than those for single.
    pub fn of_device(device: &ComputeDevice) -> Vec<Self> {
        let half = [Self::F16, Self::Bf16].into_iter().filter(|half| {
            device.kind != DeviceKind::Cpu && device.device.supports_dtype(half.dtype())
        });
        std::iter::once(Self::F32).chain(half).collect()
    }

    /// Checks that a device computes in this precision.
    ///
    /// # Errors
    /// [`SamError::Precision`] with what the device has.
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
    /// The encoder with its parameters in another precision, adapters included. It still takes
    /// and answers `f32`.
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
