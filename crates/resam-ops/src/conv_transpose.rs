//! Transposed 2x2 convolution of channels-last images, which doubles their resolution.
//!
//! With kernel and stride 2 every pixel becomes four result pixels, and each of these depends on
//! one pixel only. The two upper ones of all pixels of a row are one row of the result, which one
//! matrix product computes in place. The two lower ones are the next row.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::ops::ConvTransposeOptions;
use burn::tensor::{Tensor, TensorData};

use crate::activation::Activation;
use crate::conv2d::sum_of_pixels;
use crate::flex::{computed, contiguous, dims, values};
use crate::fused::runs_fused;
use crate::product::{Matrix, add_product};

/// Doubles the resolution of `x`, `[batch, rows, columns, channels_in]`, with `weight`, `[2, 2,
/// channels_in, channels_out]`, adds `bias`, `[channels_out]`, and applies the activation.
///
/// Returns `[batch, 2 rows, 2 columns, channels_out]`. Equal to
/// `torch.nn.functional.conv_transpose2d` with kernel and stride 2, except for the order of the
/// axes.
pub fn conv_transpose2x2(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Tensor<1>,
    activation: Activation,
) -> Tensor<4> {
    if !(runs_fused(&x) && runs_fused(&weight)) {
        let options = ConvTransposeOptions::new([2, 2], [0, 0], [0, 0], [1, 1], 1);
        let (x, weight) = (x.permute([0, 3, 1, 2]), weight.permute([2, 3, 0, 1]));
        let y = burn::tensor::module::conv_transpose2d(x, weight, Some(bias), options);
        return activation.plain(y.permute([0, 2, 3, 1]));
    }
    Tensor::from_dispatch(<Dispatch as ConvTransposeOps>::fused_conv_transpose2x2(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        activation,
    ))
}

/// Transposed convolution on a backend's own tensors.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait ConvTransposeOps: Backend {
    /// See [`conv_transpose2x2`].
    fn fused_conv_transpose2x2(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self>;
}

impl ConvTransposeOps for Flex {
    fn fused_conv_transpose2x2(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        activation: Activation,
    ) -> FlexTensor {
        forward(x, weight, bias, activation)
    }
}

impl<C: CheckpointStrategy> ConvTransposeOps for Autodiff<Flex, C> {
    fn fused_conv_transpose2x2(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct ConvTranspose;

        impl Backward<Flex, 3> for ConvTranspose {
            type State = ([NodeId; 3], Activation);

            fn backward(
                self,
                ops: Ops<Self::State, 3>,
                gradients: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let (inputs, activation) = ops.state;
                let [x, weight, bias] =
                    inputs.map(|id| checkpointer.retrieve_node_output::<FlexTensor>(id));
                let gradient = gradients.consume::<Flex>(&ops.node);
                let before = || forward(x.clone(), weight.clone(), bias, Activation::Identity);
                let gradient = contiguous(activation.backward(before, gradient));
                let [x_node, weight_node, bias_node] = ops.parents;
                if let Some(node) = x_node {
                    gradients.register::<Flex>(node.id, input_gradient(&gradient, weight));
                }
                if let Some(node) = weight_node {
                    gradients.register::<Flex>(node.id, weight_gradient(x, &gradient));
                }
                if let Some(node) = bias_node {
                    gradients.register::<Flex>(node.id, sum_of_pixels(&gradient));
                }
            }
        }

        match ConvTranspose
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
                    activation,
                );
                prepared.finish((inputs, activation), y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(forward(
                x.into_primitive(),
                weight.into_primitive(),
                bias.into_primitive(),
                activation,
            )),
        }
    }
}

/// The weights of the upper and of the lower pair of pixels, `[channels_in, 2 channels_out]` each.
fn pairs(weight: &FlexTensor) -> [Vec<f32>; 2] {
    let [_, _, channels, channels_out] = dims(weight);
    let weight = values(weight);
    [0, 1].map(|row| {
        let mut pair = Vec::with_capacity(2 * channels * channels_out);
        for channel in 0..channels {
            for column in 0..2 {
                let from = ((2 * row + column) * channels + channel) * channels_out;
                pair.extend_from_slice(&weight[from..from + channels_out]);
            }
        }
        pair
    })
}

fn forward(
    x: FlexTensor,
    weight: FlexTensor,
    bias: FlexTensor,
    activation: Activation,
) -> FlexTensor {
    let (x, weight, bias) = (contiguous(x), contiguous(weight), contiguous(bias));
    let [batch, rows, columns, channels] = dims(&x);
    let [_, _, _, channels_out] = dims(&weight);
    let pairs = pairs(&weight);
    let (x, bias) = (values(&x), values(&bias));
    let line = 2 * columns * channels_out;
    computed(
        [batch, 2 * rows, 2 * columns, channels_out],
        2 * line,
        |row, out| {
            let source = &x[row * columns * channels..][..columns * channels];
            let source = Matrix::new(source, columns, channels);
            for (out, pair) in out.chunks_exact_mut(line.max(1)).zip(&pairs) {
                for pixel in out.chunks_exact_mut(channels_out) {
                    pixel.copy_from_slice(bias);
                }
                add_product(out, source, Matrix::new(pair, channels, 2 * channels_out));
            }
            activation.in_place(out);
        },
    )
}

fn input_gradient(gradient: &FlexTensor, weight: FlexTensor) -> FlexTensor {
    let weight = contiguous(weight);
    let [batch, rows, columns, _] = dims(gradient);
    let [_, _, channels, channels_out] = dims(&weight);
    let (rows, columns) = (rows / 2, columns / 2);
    let pairs = pairs(&weight);
    let line = 2 * columns * channels_out;
    let gradient = values(gradient);
    computed(
        [batch, rows, columns, channels],
        columns * channels,
        |row, out| {
            let lines = gradient[2 * row * line..][..2 * line].chunks_exact(line);
            for (source, pair) in lines.zip(&pairs) {
                let pair = Matrix::new(pair, channels, 2 * channels_out).transposed();
                add_product(out, Matrix::new(source, columns, 2 * channels_out), pair);
            }
        },
    )
}

/// The gradient of the weight, on one thread: these weights are frozen wherever speed matters.
fn weight_gradient(x: FlexTensor, gradient: &FlexTensor) -> FlexTensor {
    let x = contiguous(x);
    let [_, _, columns, channels] = dims(&x);
    let [_, _, _, channels_out] = dims::<4>(gradient);
    let line = 2 * columns * channels_out;
    let mut sums = [0, 1].map(|_| vec![0.0; 2 * channels * channels_out]);
    let sources = values(&x).chunks_exact(columns * channels);
    for (source, lines) in sources.zip(values(gradient).chunks_exact(2 * line)) {
        let source = Matrix::new(source, columns, channels).transposed();
        for (sum, line) in sums.iter_mut().zip(lines.chunks_exact(line)) {
            add_product(sum, source, Matrix::new(line, columns, 2 * channels_out));
        }
    }
    // Back from a pair for each channel to a matrix for each pixel of four.
    let mut weight = vec![0.0; 4 * channels * channels_out];
    for (row, sum) in sums.iter().enumerate() {
        for (index, values) in sum.chunks_exact(channels_out).enumerate() {
            let (channel, column) = (index / 2, index % 2);
            let to = ((2 * row + column) * channels + channel) * channels_out;
            weight[to..to + channels_out].copy_from_slice(values);
        }
    }
    FlexTensor::from_data(TensorData::new(weight, [2, 2, channels, channels_out]))
}
