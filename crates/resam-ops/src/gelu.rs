//! Exact GELU, `x Phi(x)`, and its gradient.
//!
//! `Phi` is taken from formula 7.1.26 of Abramowitz and Stegun, *Handbook of Mathematical
//! Functions*, whose error in `erf` is at most 1.5e-7, about the rounding of the numbers
//! themselves. It needs one exponential and a polynomial, which compilers vectorise; `libm::erff`
//! has a branch for each value.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, activation};
use multiversion::{multiversion, target::target_cfg_f};
use rayon::prelude::*;

use crate::exponential::exp_of_negative;
use crate::flex::contiguous;
use crate::fused::runs_fused;
use crate::tile::multiply_add;

/// Values a thread takes at a time: a fixed number, so that no result depends on their count.
const PIECE: usize = 1 << 15;

/// Exact GELU (Hendrycks and Gimpel, arXiv 1606.08415) of every value: `x Phi(x)`, `Phi` the
/// cumulative normal distribution. The shape is unchanged. As `torch.nn.functional.gelu` with
/// `approximate="none"`.
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if !runs_fused(&x) {
        return activation::gelu(x);
    }
    Tensor::from_dispatch(<Dispatch as GeluOps>::fused_gelu(x.into_dispatch()))
}

/// GELU on a backend's own tensors.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait GeluOps: Backend {
    /// `x Phi(x)`.
    fn fused_gelu(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl GeluOps for Flex {
    fn fused_gelu(x: FlexTensor) -> FlexTensor {
        let mut x = contiguous(x);
        x.storage_mut::<f32>()
            .par_chunks_mut(PIECE)
            .for_each(gelu_in_place);
        x
    }
}

/// `gradient (Phi(x) + x phi(x))`.
pub(crate) fn gelu_backward(x: FlexTensor, gradient: FlexTensor) -> FlexTensor {
    let (x, mut gradient) = (contiguous(x), contiguous(gradient));
    gradient
        .storage_mut::<f32>()
        .par_chunks_mut(PIECE)
        .zip(x.storage::<f32>().par_chunks(PIECE))
        .for_each(|(gradient, x)| gelu_backward_in_place(gradient, x));
    gradient
}

impl<C: CheckpointStrategy> GeluOps for Autodiff<Flex, C> {
    fn fused_gelu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Gelu;

        impl Backward<Flex, 1> for Gelu {
            type State = NodeId;

            fn backward(
                self,
                ops: Ops<NodeId, 1>,
                gradients: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let x = checkpointer.retrieve_node_output(ops.state);
                unary::<Flex, _>(ops.parents, ops.node, gradients, |gradient| {
                    gelu_backward(x, gradient)
                });
            }
        }

        match Gelu.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let state = prepared.checkpoint(&x);
                prepared.finish(state, Flex::fused_gelu(x.primitive().clone()))
            }
            OpsKind::UnTracked(prepared) => prepared.finish(Flex::fused_gelu(x.into_primitive())),
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
pub(crate) fn gelu_in_place(values: &mut [f32]) {
    if target_cfg_f!(any(target_feature = "fma", target_feature = "neon")) {
        values.iter_mut().for_each(gelu_of::<true>);
    } else {
        values.iter_mut().for_each(gelu_of::<false>);
    }
}

#[inline(always)]
fn gelu_of<const FUSED: bool>(x: &mut f32) {
    *x *= normal_distribution::<FUSED>(*x).0;
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn gelu_backward_in_place(gradient: &mut [f32], values: &[f32]) {
    let pairs = gradient.iter_mut().zip(values);
    if target_cfg_f!(any(target_feature = "fma", target_feature = "neon")) {
        pairs.for_each(|(gradient, x)| *gradient *= slope_at::<true>(*x));
    } else {
        pairs.for_each(|(gradient, x)| *gradient *= slope_at::<false>(*x));
    }
}

/// The derivative, `Phi(x) + x phi(x)`.
#[inline(always)]
fn slope_at<const FUSED: bool>(x: f32) -> f32 {
    const INVERSE_SQRT_2_PI: f32 = 0.398_942_3;
    let (distribution, exponential) = normal_distribution::<FUSED>(x);
    distribution + x * (INVERSE_SQRT_2_PI * exponential)
}

/// `Phi(x)` and `exp(-x^2 / 2)`.
#[inline(always)]
fn normal_distribution<const FUSED: bool>(x: f32) -> (f32, f32) {
    // Beyond this the tail is below the smallest normal number; also keeps the exponential's
    // argument in range, and not-a-number passes through.
    let magnitude = if x.abs() > 13.0 { 13.0 } else { x.abs() };
    let t = 1.0 / (1.0 + 0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2 * magnitude);
    let exponential = exp_of_negative::<FUSED>(-0.5 * magnitude * magnitude);
    let mut polynomial = 1.061_405_4;
    for coefficient in [-1.453_152, 1.421_413_8, -0.284_496_72, 0.254_829_6] {
        polynomial = multiply_add::<FUSED>(polynomial, t, coefficient);
    }
    // Half the complementary error function: the tail beyond |x|.
    let tail = 0.5 * polynomial * t * exponential;
    let distribution = if x > 0.0 { 1.0 - tail } else { tail };
    (distribution, exponential)
}
