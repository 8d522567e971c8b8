//! Layer norm over the last dimension, and its gradient.
//!
//! Each row is read from memory once. Its mean, its variance about that mean and its result are
//! computed while the row is in the cache.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, TensorData};
use multiversion::multiversion;
use rayon::prelude::*;

use crate::activation::Activation;
use crate::conv2d::sum_of_pixels;
use crate::flex::{computed, contiguous, values};
use crate::fused::runs_fused;
use crate::half_precision::widened;

/// Values that a thread takes at a time, at least; whole rows.
const PIECE: usize = 1 << 14;

/// Partial sums that the lanes of a vector unit hold.
const LANES: usize = 16;

/// Normalises the last dimension of `x`, scales by `weight` and shifts by `bias`, both
/// `[channels]`, and applies the activation: `(x - mean) / sqrt(variance + epsilon) weight + bias`.
///
/// `x` is `[..., channels]`; the result has the same shape. Equal to
/// `torch.nn.functional.layer_norm` over one dimension (Ba et al., arXiv 1607.06450). In half
/// precision the sums are computed in single precision.
pub fn layer_norm<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
    activation: Activation,
) -> Tensor<D> {
    if !(runs_fused(&x) && runs_fused(&weight)) {
        let dtype = x.dtype();
        let [weight, bias] = [weight, bias].map(widened);
        let y = burn::tensor::module::layer_norm(widened(x), weight, Some(bias), epsilon);
        return activation.plain(y.cast(dtype));
    }
    Tensor::from_dispatch(<Dispatch as LayerNormOps>::fused_layer_norm(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        epsilon as f32,
        activation,
    ))
}

/// Layer norm on a backend's own tensors.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait LayerNormOps: Backend {
    /// See [`layer_norm`].
    fn fused_layer_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f32,
        activation: Activation,
    ) -> FloatTensor<Self>;
}

impl LayerNormOps for Flex {
    fn fused_layer_norm(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        epsilon: f32,
        activation: Activation,
    ) -> FlexTensor {
        forward(x, weight, bias, epsilon, activation)
    }
}

impl<C: CheckpointStrategy> LayerNormOps for Autodiff<Flex, C> {
    fn fused_layer_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f32,
        activation: Activation,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct LayerNorm;

        impl Backward<Flex, 3> for LayerNorm {
            type State = ([NodeId; 3], f32, Activation);

            fn backward(
                self,
                ops: Ops<Self::State, 3>,
                gradients: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let (inputs, epsilon, activation) = ops.state;
                let [x, weight, bias] =
                    inputs.map(|id| checkpointer.retrieve_node_output::<FlexTensor>(id));
                let gradient = gradients.consume::<Flex>(&ops.node);
                let before = || {
                    forward(
                        x.clone(),
                        weight.clone(),
                        bias,
                        epsilon,
                        Activation::Identity,
                    )
                };
                let gradient = contiguous(activation.backward(before, gradient));
                let [x_node, weight_node, bias_node] = ops.parents;
                if let Some(node) = weight_node {
                    let gradient = weight_gradient(x.clone(), &gradient, epsilon);
                    gradients.register::<Flex>(node.id, gradient);
                }
                if let Some(node) = bias_node {
                    gradients.register::<Flex>(node.id, sum_of_pixels(&gradient));
                }
                if let Some(node) = x_node {
                    let gradient = input_gradient(x, weight, gradient, epsilon);
                    gradients.register::<Flex>(node.id, gradient);
                }
            }
        }

        match LayerNorm
            .prepare::<C>([x.node(), weight.node(), bias.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(mut prepared) => {
                let inputs = [&x, &weight, &bias].map(|input| prepared.checkpoint(input));
                let y = forward(
                    x.into_primitive(),
                    weight.into_primitive(),
                    bias.into_primitive(),
                    epsilon,
                    activation,
                );
                prepared.finish((inputs, epsilon, activation), y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(forward(
                x.into_primitive(),
                weight.into_primitive(),
                bias.into_primitive(),
                epsilon,
                activation,
            )),
        }
    }
}

fn forward(
    x: FlexTensor,
    weight: FlexTensor,
    bias: FlexTensor,
    epsilon: f32,
    activation: Activation,
) -> FlexTensor {
    let (x, weight, bias) = (contiguous(x), contiguous(weight), contiguous(bias));
    let (weight, bias) = (values(&weight), values(&bias));
    let piece = PIECE.div_ceil(weight.len()) * weight.len();
    let shape = x.layout().shape().clone();
    let x = values(&x);
    let y = computed([x.len()], piece, |index, out| {
        let x = &x[index * piece..][..out.len()];
        normalise(out, x, weight, bias, epsilon);
        activation.in_place(out);
    });
    y.reshape(shape)
}

/// The gradient of `x`, in place of that of the result. With `g` the gradient times the weight and
/// `n` the normalised row: `(g - mean(g) - n mean(g n)) / sqrt(variance + epsilon)`.
fn input_gradient(
    x: FlexTensor,
    weight: FlexTensor,
    mut gradient: FlexTensor,
    epsilon: f32,
) -> FlexTensor {
    let (x, weight) = (contiguous(x), contiguous(weight));
    let weight = values(&weight);
    let piece = PIECE.div_ceil(weight.len()) * weight.len();
    gradient
        .storage_mut::<f32>()
        .par_chunks_mut(piece)
        .zip(values(&x).par_chunks(piece))
        .for_each(|(gradient, x)| normalise_backward(gradient, x, weight, epsilon));
    gradient
}

/// The gradient of the weight, in double precision on one thread: norms are frozen wherever speed
/// matters.
fn weight_gradient(x: FlexTensor, gradient: &FlexTensor, epsilon: f32) -> FlexTensor {
    let x = contiguous(x);
    let channels = *x.layout().shape().as_slice().last().unwrap_or(&1);
    let mut sums = vec![0f64; channels];
    let rows = values(&x).chunks_exact(channels);
    for (x, gradient) in rows.zip(values(gradient).chunks_exact(channels)) {
        let (mean, scale) = mean_and_scale(x, epsilon);
        for ((sum, &x), &gradient) in sums.iter_mut().zip(x).zip(gradient) {
            *sum += f64::from(gradient) * f64::from((x - mean) * scale);
        }
    }
    let sums: Vec<f32> = sums.into_iter().map(|sum| sum as f32).collect();
    FlexTensor::from_data(TensorData::new(sums, [channels]))
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn normalise(out: &mut [f32], x: &[f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    let channels = weight.len();
    for (out, x) in out.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
        let (mean, scale) = mean_and_scale(x, epsilon);
        for (((out, &x), &weight), &bias) in out.iter_mut().zip(x).zip(weight).zip(bias) {
            *out = (x - mean) * scale * weight + bias;
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn normalise_backward(gradient: &mut [f32], x: &[f32], weight: &[f32], epsilon: f32) {
    let channels = weight.len();
    let share = 1.0 / channels as f32;
    let rows = gradient.chunks_exact_mut(channels);
    for (gradient, x) in rows.zip(x.chunks_exact(channels)) {
        let (mean, scale) = mean_and_scale(x, epsilon);
        for (gradient, &weight) in gradient.iter_mut().zip(weight) {
            *gradient *= weight;
        }
        let of_gradient = sum_of(gradient, gradient, |gradient, _| gradient) * share;
        let of_product = sum_of(gradient, x, |gradient, x| gradient * ((x - mean) * scale)) * share;
        for (gradient, &x) in gradient.iter_mut().zip(x) {
            *gradient = scale * (*gradient - of_gradient - (x - mean) * scale * of_product);
        }
    }
}

/// The mean of a row, and `1 / sqrt(variance + epsilon)`.
#[inline(always)]
fn mean_and_scale(x: &[f32], epsilon: f32) -> (f32, f32) {
    let share = 1.0 / x.len() as f32;
    let mean = sum_of(x, x, |x, _| x) * share;
    let variance = sum_of(x, x, |x, _| (x - mean) * (x - mean)) * share;
    (mean, 1.0 / (variance + epsilon).sqrt())
}

/// The sum of `term` over two rows, in as many partial sums as vector units hold: faster than one
/// after the other, and its rounding error grows with a sixteenth of the length.
#[inline(always)]
fn sum_of(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0f32; LANES];
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            lanes[lane] += term(a[lane], b[lane]);
        }
    }
    for (lane, (&a, &b)) in lanes.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *lane += term(a, b);
    }
    lanes.iter().sum()
}
