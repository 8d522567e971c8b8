//! Where the fused operations run.

use burn::backend::DispatchDevice;
use burn::tensor::{DType, Tensor};

/// Whether a tensor is one that the fused operations take: single precision on the CPU backend,
/// with gradients or without. Anything else gets ordinary operations.
pub(crate) fn runs_fused<const D: usize>(x: &Tensor<D>) -> bool {
    let on_cpu = match x.device().as_dispatch() {
        DispatchDevice::Flex(_) => true,
        DispatchDevice::Autodiff(device) => matches!(**device, DispatchDevice::Flex(_)),
        // The only device there is, unless a GPU's feature adds another.
        #[allow(unreachable_patterns)]
        _ => false,
    };
    on_cpu && x.dtype() == DType::F32
}
