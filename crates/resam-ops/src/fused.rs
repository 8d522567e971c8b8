//! Which tensors the fused operations accept.

use burn::backend::DispatchDevice;
use burn::tensor::{DType, Tensor};

/// Whether the fused operations accept a tensor: single precision on the CPU backend, with
/// gradients or without. All other tensors are computed with Burn's own operations.
pub(crate) fn runs_fused<const D: usize>(x: &Tensor<D>) -> bool {
    let on_cpu = match x.device().as_dispatch() {
        DispatchDevice::Flex(_) => true,
        DispatchDevice::Autodiff(device) => matches!(**device, DispatchDevice::Flex(_)),
        // The only device, unless a GPU feature adds another.
        #[allow(unreachable_patterns)]
        _ => false,
    };
    on_cpu && x.dtype() == DType::F32
}
