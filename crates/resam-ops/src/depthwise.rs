//! Depthwise 3x3 convolution of channels-last images.
//!
//! The channels of a pixel lie side by side and do not mix, so the nine products of a pixel are
//! nine vector products, at the borders too.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, TensorData};
use multiversion::multiversion;

use crate::activation::Activation;
use crate::conv2d::sum_of_pixels;
use crate::flex::{computed, contiguous, dims, values};
use crate::fused::runs_fused;

/// Filters each channel of `x`, `[batch, rows, columns, channels]`, with its own 3x3 kernel of
/// `weight`, `[3, 3, channels]`, adds `bias`, `[channels]`, and applies the activation. The image
/// is padded with one pixel of zeros. Results are `stride` pixels apart.
///
/// Returns `[batch, rows', columns', channels]`, with `rows' = (rows - 1) / stride + 1`. Equal to
/// `torch.nn.functional.conv2d` with `groups = channels`, except for the order of the axes.
pub fn depthwise_conv3x3(
    x: Tensor<4>,
    weight: Tensor<3>,
    bias: Option<Tensor<1>>,
    stride: usize,
    activation: Activation,
) -> Tensor<4> {
    let channels = weight.dims()[2];
    if !(runs_fused(&x) && runs_fused(&weight)) {
        let options = ConvOptions::new([stride; 2], [1, 1], [1, 1], channels);
        let weight = weight.permute([2, 0, 1]).unsqueeze_dim::<4>(1);
        let y = burn::tensor::module::conv2d(x.permute([0, 3, 1, 2]), weight, bias, options);
        return activation.plain(y.permute([0, 2, 3, 1]));
    }
    let bias = bias.unwrap_or_else(|| Tensor::zeros([channels], &x.device()));
    Tensor::from_dispatch(<Dispatch as DepthwiseOps>::fused_depthwise_conv3x3(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        stride,
        activation,
    ))
}

/// Depthwise convolution on a backend's own tensors.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait DepthwiseOps: Backend {
    /// See [`depthwise_conv3x3`].
    fn fused_depthwise_conv3x3(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        stride: usize,
        activation: Activation,
    ) -> FloatTensor<Self>;
}

impl DepthwiseOps for Flex {
    fn fused_depthwise_conv3x3(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        stride: usize,
        activation: Activation,
    ) -> FlexTensor {
        forward(x, weight, bias, stride, activation)
    }
}

impl<C: CheckpointStrategy> DepthwiseOps for Autodiff<Flex, C> {
    fn fused_depthwise_conv3x3(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        stride: usize,
        activation: Activation,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Depthwise;

        impl Backward<Flex, 3> for Depthwise {
            type State = ([NodeId; 3], usize, Activation);

            fn backward(
                self,
                ops: Ops<Self::State, 3>,
                gradients: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let (inputs, stride, activation) = ops.state;
                let [x, weight, bias] =
                    inputs.map(|id| checkpointer.retrieve_node_output::<FlexTensor>(id));
                let gradient = gradients.consume::<Flex>(&ops.node);
                let before = || {
                    forward(
                        x.clone(),
                        weight.clone(),
                        bias,
                        stride,
                        Activation::Identity,
                    )
                };
                let gradient = contiguous(activation.backward(before, gradient));
                let [x_node, weight_node, bias_node] = ops.parents;
                if let Some(node) = x_node {
                    let shape = dims(&x);
                    gradients.register::<Flex>(
                        node.id,
                        input_gradient(&gradient, weight, shape, stride),
                    );
                }
                if let Some(node) = weight_node {
                    gradients.register::<Flex>(node.id, weight_gradient(x, &gradient, stride));
                }
                if let Some(node) = bias_node {
                    gradients.register::<Flex>(node.id, sum_of_pixels(&gradient));
                }
            }
        }

        match Depthwise
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
                    stride,
                    activation,
                );
                prepared.finish((inputs, stride, activation), y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(forward(
                x.into_primitive(),
                weight.into_primitive(),
                bias.into_primitive(),
                stride,
                activation,
            )),
        }
    }
}

fn forward(
    x: FlexTensor,
    weight: FlexTensor,
    bias: FlexTensor,
    stride: usize,
    activation: Activation,
) -> FlexTensor {
    let (x, weight, bias) = (contiguous(x), contiguous(weight), contiguous(bias));
    let [batch, height, width, channels] = dims(&x);
    let (rows, columns) = (height.div_ceil(stride), width.div_ceil(stride));
    let (x, weight, bias) = (values(&x), values(&weight), values(&bias));
    let zeros = vec![0.0; channels];
    let line = width * channels;
    computed(
        [batch, rows, columns, channels],
        columns * channels,
        |index, out| {
            let (image, row) = (index / rows, index % rows);
            let lines = [0, 1, 2].map(|tap| {
                let row = (row * stride + tap).checked_sub(1)?;
                (row < height).then(|| &x[(image * height + row) * line..][..line])
            });
            row_of_answers(out, lines, &zeros, weight, bias, stride);
            activation.in_place(out);
        },
    )
}

/// One row of results from the three lines of the image around it, where they exist.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn row_of_answers(
    out: &mut [f32],
    lines: [Option<&[f32]>; 3],
    zeros: &[f32],
    weight: &[f32],
    bias: &[f32],
    stride: usize,
) {
    let channels = bias.len();
    let [w0, w1, w2, w3, w4, w5, w6, w7, w8] =
        std::array::from_fn(|tap| &weight[tap * channels..][..channels]);
    for (column, out) in out.chunks_exact_mut(channels).enumerate() {
        let [x0, x1, x2, x3, x4, x5, x6, x7, x8] = std::array::from_fn(|tap| {
            let pixel = (column * stride + tap % 3).wrapping_sub(1);
            let source = lines[tap / 3].and_then(|line| {
                let at = pixel.checked_mul(channels)?;
                line.get(at..at.checked_add(channels)?)
            });
            &source.unwrap_or(zeros)[..channels]
        });
        for i in 0..channels {
            let top = w0[i] * x0[i] + w1[i] * x1[i] + w2[i] * x2[i];
            let middle = w3[i] * x3[i] + w4[i] * x4[i] + w5[i] * x5[i];
            let bottom = w6[i] * x6[i] + w7[i] * x7[i] + w8[i] * x8[i];
            out[i] = bias[i] + (top + middle + bottom);
        }
    }
}

/// The gradient of the image: the gradient, spread out by the stride, filtered with the kernels
/// turned round.
fn input_gradient(
    gradient: &FlexTensor,
    weight: FlexTensor,
    [batch, height, width, channels]: [usize; 4],
    stride: usize,
) -> FlexTensor {
    let spread = if stride == 1 {
        gradient.clone()
    } else {
        let [_, rows, columns, _] = dims::<4>(gradient);
        let source = values(gradient);
        computed(
            [batch, height, width, channels],
            width * channels,
            |index, out| {
                let (image, row) = (index / height, index % height);
                if row % stride == 0 {
                    let row = (image * rows + row / stride) * columns * channels;
                    let source = source[row..][..columns * channels].chunks_exact(channels);
                    for (pixel, source) in out.chunks_mut(stride * channels).zip(source) {
                        pixel[..channels].copy_from_slice(source);
                    }
                }
            },
        )
    };
    let weight = contiguous(weight);
    let turned: Vec<f32> = values(&weight)
        .rchunks_exact(channels)
        .flatten()
        .copied()
        .collect();
    let turned = FlexTensor::from_data(TensorData::new(turned, [3, 3, channels]));
    let nothing = FlexTensor::from_data(TensorData::new(vec![0f32; channels], [channels]));
    forward(spread, turned, nothing, 1, Activation::Identity)
}

/// The gradient of the weight, in double precision on one thread: depthwise kernels are frozen
/// wherever speed matters.
fn weight_gradient(x: FlexTensor, gradient: &FlexTensor, stride: usize) -> FlexTensor {
    let x = contiguous(x);
    let [_, height, width, channels] = dims(&x);
    let [_, rows, columns, _] = dims::<4>(gradient);
    let x = values(&x);
    let mut sums = vec![0f64; 9 * channels];
    for (index, gradient) in values(gradient).chunks_exact(channels).enumerate() {
        let (row, column) = (index / columns, index % columns);
        let (image, row) = (row / rows, row % rows);
        for (tap, sums) in sums.chunks_exact_mut(channels).enumerate() {
            let (y, x_) = (row * stride + tap / 3, column * stride + tap % 3);
            if y == 0 || y > height || x_ == 0 || x_ > width {
                continue;
            }
            let pixel = ((image * height + y - 1) * width + x_ - 1) * channels;
            for ((sum, &x), &gradient) in sums.iter_mut().zip(&x[pixel..]).zip(gradient) {
                *sum += f64::from(x) * f64::from(gradient);
            }
        }
    }
    let sums: Vec<f32> = sums.into_iter().map(|sum| sum as f32).collect();
    FlexTensor::from_data(TensorData::new(sums, [3, 3, channels]))
}
