//! Convolution of channels-last images.
//!
//! The channels of a pixel lie side by side, so a patch of the image is a few runs of memory. The
//! patches of some result rows are copied into a small buffer, and one matrix product with the
//! weight gives their results. The activation is applied while the results are in the cache.

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

use crate::activation::Activation;
use crate::flex::{computed, contiguous, dims, values};
use crate::fused::runs_fused;
use crate::product::{Matrix, add_product};

/// The number of result pixels that a thread computes at a time, rounded up to whole rows.
const PIXELS: usize = 256;

/// The parameters of a convolution. Stride and padding are the same along both axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convolution {
    /// Distance of neighbouring results, in pixels.
    pub stride: usize,
    /// Pixels of zeros around the image; less than the width of the kernel.
    pub padding: usize,
    /// The activation applied to each result.
    pub activation: Activation,
}

/// Convolves `x`, `[batch, rows, columns, channels_in]`, with `weight`, `[kernel, kernel,
/// channels_in, channels_out]`, adds `bias`, `[channels_out]`, and applies the activation.
///
/// Returns `[batch, rows', columns', channels_out]`, with `rows' = (rows + 2 padding - kernel) /
/// stride + 1`. Equal to `torch.nn.functional.conv2d` except for the order of the axes.
pub fn conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    how: Convolution,
) -> Tensor<4> {
    if !(runs_fused(&x) && runs_fused(&weight)) {
        let options = ConvOptions::new([how.stride; 2], [how.padding; 2], [1, 1], 1);
        let (x, weight) = (x.permute([0, 3, 1, 2]), weight.permute([3, 2, 0, 1]));
        let y = burn::tensor::module::conv2d(x, weight, bias, options);
        return how.activation.plain(y.permute([0, 2, 3, 1]));
    }
    let bias = bias.unwrap_or_else(|| Tensor::zeros([weight.dims()[3]], &x.device()));
    Tensor::from_dispatch(<Dispatch as Conv2dOps>::fused_conv2d(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        how,
    ))
}

/// Convolution on a backend's own tensors.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Conv2dOps: Backend {
    /// See [`conv2d`].
    fn fused_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        how: Convolution,
    ) -> FloatTensor<Self>;
}

impl Conv2dOps for Flex {
    fn fused_conv2d(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        how: Convolution,
    ) -> FlexTensor {
        forward(x, weight, bias, how)
    }
}

impl<C: CheckpointStrategy> Conv2dOps for Autodiff<Flex, C> {
    fn fused_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        how: Convolution,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Conv2d;

        impl Backward<Flex, 3> for Conv2d {
            type State = ([NodeId; 3], Convolution);

            fn backward(
                self,
                ops: Ops<Self::State, 3>,
                gradients: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let (inputs, how) = ops.state;
                let [x, weight, bias] =
                    inputs.map(|id| checkpointer.retrieve_node_output::<FlexTensor>(id));
                let gradient = gradients.consume::<Flex>(&ops.node);
                let gradient = how.activation.backward(
                    || {
                        let linear = Convolution {
                            activation: Activation::Identity,
                            ..how
                        };
                        forward(x.clone(), weight.clone(), bias, linear)
                    },
                    gradient,
                );
                let gradient = contiguous(gradient);
                let [x_node, weight_node, bias_node] = ops.parents;
                if let Some(node) = x_node {
                    let shape = dims(&x);
                    gradients
                        .register::<Flex>(node.id, input_gradient(&gradient, &weight, shape, how));
                }
                if let Some(node) = weight_node {
                    let kernel = dims::<4>(&weight)[0];
                    gradients.register::<Flex>(node.id, weight_gradient(x, &gradient, kernel, how));
                }
                if let Some(node) = bias_node {
                    gradients.register::<Flex>(node.id, sum_of_pixels(&gradient));
                }
            }
        }

        match Conv2d
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
                    how,
                );
                prepared.finish((inputs, how), y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(forward(
                x.into_primitive(),
                weight.into_primitive(),
                bias.into_primitive(),
                how,
            )),
        }
    }
}

/// The patches of an image, and the rows of results they lead to.
struct Patches<'a> {
    image: &'a [f32],
    /// `[rows, columns, channels]` of one image.
    size: [usize; 3],
    kernel: usize,
    stride: usize,
    padding: usize,
    /// `[rows, columns]` of the result.
    answer: [usize; 2],
}

impl<'a> Patches<'a> {
    fn new(image: &'a [f32], size: [usize; 3], kernel: usize, how: Convolution) -> Self {
        let Convolution {
            stride, padding, ..
        } = how;
        let answers = |length: usize| match (length + 2 * padding).checked_sub(kernel) {
            Some(room) => room / stride + 1,
            None => 0,
        };
        Self {
            image,
            size,
            kernel,
            stride,
            padding,
            answer: [answers(size[0]), answers(size[1])],
        }
    }

    /// Values of one patch.
    fn length(&self) -> usize {
        self.kernel * self.kernel * self.size[2]
    }

    /// Rows of results that a thread takes at a time.
    fn rows_at_a_time(&self) -> usize {
        PIXELS.div_ceil(self.answer[1].max(1))
    }

    /// Calls `with` on the patches of `rows` rows of results from `first` on, counted through all
    /// images: a matrix with a row for each result.
    fn of_rows<T>(&self, first: usize, rows: usize, with: impl FnOnce(Matrix<'_>) -> T) -> T {
        let [height, width, channels] = self.size;
        let [answer_rows, answer_columns] = self.answer;
        let count = rows * answer_columns;
        if (self.kernel, self.stride, self.padding) == (1, 1, 0) {
            let values = &self.image[first * width * channels..][..count * channels];
            return with(Matrix::new(values, count, channels));
        }
        let run = self.kernel * channels;
        let mut patches = vec![0.0; count * self.length()];
        for (index, patch) in patches.chunks_exact_mut(self.length()).enumerate() {
            let row = first + index / answer_columns;
            let (image, row) = (row / answer_rows, row % answer_rows);
            // In pixels of the image with its padding.
            let (top, left) = (row * self.stride, (index % answer_columns) * self.stride);
            let begin = left.max(self.padding);
            let end = (left + self.kernel).min(width + self.padding);
            for (line, patch) in (top..).zip(patch.chunks_exact_mut(run)) {
                if line < self.padding || line >= height + self.padding || begin >= end {
                    continue;
                }
                let line = (image * height + line - self.padding) * width;
                let source = (line + begin - self.padding) * channels
                    ..(line + end - self.padding) * channels;
                patch[(begin - left) * channels..(end - left) * channels]
                    .copy_from_slice(&self.image[source]);
            }
        }
        with(Matrix::new(&patches, count, self.length()))
    }
}

fn forward(x: FlexTensor, weight: FlexTensor, bias: FlexTensor, how: Convolution) -> FlexTensor {
    let (x, weight, bias) = (contiguous(x), contiguous(weight), contiguous(bias));
    let [batch, height, width, channels] = dims(&x);
    let [kernel, _, _, channels_out] = dims(&weight);
    let patches = Patches::new(values(&x), [height, width, channels], kernel, how);
    let [rows, columns] = patches.answer;
    let row_length = columns * channels_out;
    let at_a_time = patches.rows_at_a_time();
    let weight = Matrix::new(values(&weight), patches.length(), channels_out);
    let bias = values(&bias);
    computed(
        [batch, rows, columns, channels_out],
        at_a_time * row_length,
        |piece, out| {
            for pixel in out.chunks_exact_mut(channels_out) {
                pixel.copy_from_slice(bias);
            }
            patches.of_rows(piece * at_a_time, out.len() / row_length, |patches| {
                add_product(out, patches, weight);
            });
            how.activation.in_place(out);
        },
    )
}

/// The gradient of the image: the convolution of the gradient, spread out by the stride, with the
/// kernel turned round.
fn input_gradient(
    gradient: &FlexTensor,
    weight: &FlexTensor,
    [batch, height, width, channels]: [usize; 4],
    how: Convolution,
) -> FlexTensor {
    let [kernel, _, _, channels_out] = dims(weight);
    let [_, rows, columns, _] = dims(gradient);
    let spread = if how.stride == 1 {
        gradient.clone()
    } else {
        let side = |length: usize| length + 2 * how.padding + 1 - kernel;
        let (tall, wide) = (side(height), side(width));
        let source = values(gradient);
        let line = wide * channels_out;
        computed([batch, tall, wide, channels_out], line, |index, out| {
            let (image, row) = (index / tall, index % tall);
            if row % how.stride == 0 {
                let row = (image * rows + row / how.stride) * columns * channels_out;
                let source = source[row..][..columns * channels_out].chunks_exact(channels_out);
                for (pixel, source) in out.chunks_mut(how.stride * channels_out).zip(source) {
                    pixel[..channels_out].copy_from_slice(source);
                }
            }
        })
    };
    let weight = contiguous(weight.clone());
    let weight = values(&weight);
    let taps = kernel * kernel;
    let mut turned = vec![0.0; weight.len()];
    for tap in 0..taps {
        let from = &weight[(taps - 1 - tap) * channels * channels_out..];
        let to = &mut turned[tap * channels * channels_out..][..channels * channels_out];
        for (out, to) in to.chunks_exact_mut(channels).enumerate() {
            for (channel, to) in to.iter_mut().enumerate() {
                *to = from[channel * channels_out + out];
            }
        }
    }
    let turned = TensorData::new(turned, [kernel, kernel, channels_out, channels]);
    let nothing = TensorData::new(vec![0f32; channels], [channels]);
    let how = Convolution {
        stride: 1,
        padding: kernel - 1 - how.padding,
        activation: Activation::Identity,
    };
    forward(
        spread,
        FlexTensor::from_data(turned),
        FlexTensor::from_data(nothing),
        how,
    )
}

/// The gradient of the weight: the patches, transposed, times the gradient, on one thread. Weights
/// of convolutions are frozen wherever speed matters.
fn weight_gradient(
    x: FlexTensor,
    gradient: &FlexTensor,
    kernel: usize,
    how: Convolution,
) -> FlexTensor {
    let x = contiguous(x);
    let [batch, height, width, channels] = dims(&x);
    let [_, rows, columns, channels_out] = dims(gradient);
    let patches = Patches::new(values(&x), [height, width, channels], kernel, how);
    let at_a_time = patches.rows_at_a_time();
    let mut sum = vec![0.0; patches.length() * channels_out];
    let pieces = values(gradient).chunks(at_a_time * columns * channels_out);
    for (piece, gradient) in pieces.enumerate() {
        let first = piece * at_a_time;
        let gradient = Matrix::new(gradient, gradient.len() / channels_out, channels_out);
        patches.of_rows(first, at_a_time.min(batch * rows - first), |patches| {
            add_product(&mut sum, patches.transposed(), gradient);
        });
    }
    FlexTensor::from_data(TensorData::new(
        sum,
        [kernel, kernel, channels, channels_out],
    ))
}

/// The sum over all but the last axis, in double precision.
pub(crate) fn sum_of_pixels(x: &FlexTensor) -> FlexTensor {
    let x = contiguous(x.clone());
    let channels = *x.layout().shape().as_slice().last().unwrap_or(&1);
    let mut sums = vec![0f64; channels];
    for pixel in values(&x).chunks_exact(channels) {
        for (sum, &value) in sums.iter_mut().zip(pixel) {
            *sum += f64::from(value);
        }
    }
    let sums: Vec<f32> = sums.into_iter().map(|sum| sum as f32).collect();
    FlexTensor::from_data(TensorData::new(sums, [channels]))
}
