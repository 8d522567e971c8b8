//! The sums over the pixels of a mask that its losses need, in one pass.
//!
//! The decoder's logits have a quarter of the input's resolution, and the losses are defined at the
//! full one. Composed of Burn's own operations, the losses keep a dozen tensors of a million values
//! an instance for the backward pass. Here each row of upsampled logits is computed, used and
//! dropped. The backward pass computes it again and adds its gradient to the low resolution at
//! once.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Tensor, TensorData, activation};
use multiversion::{multiversion, target::target_cfg_f};
use rayon::prelude::*;

use crate::exponential::exp_of_negative;
use crate::fused::runs_fused;

/// The number of sums a mask: the columns of the result of [`mask_sums`].
pub const MASK_SUMS: usize = 6;

/// Rows a thread takes at a time: a fixed number, so that no result depends on their count.
const BAND: usize = 32;

/// Pixels summed side by side.
const LANES: usize = 16;

/// Sums over the pixels of each mask, `[instances, 6]`.
///
/// `low_res` is `[instances, rows, columns]`, logits; they are upsampled bilinearly (half-pixel
/// centres, as `torch.nn.functional.interpolate` does) to the size of `labels`, `[instances,
/// height, width]`, whose values `y` are from 0 to 1. Only `low_res` gets a gradient. With `z` an
/// upsampled logit, `p = sigmoid(z)` and `m = [z >= threshold]`, the columns are the sums of
///
/// 0. `(1 - p_t)^2 bce`, where `p_t = p y + (1 - p) (1 - y)` and `bce = ln(1 + e^z) - y z`,
/// 1. `p y`,
/// 2. `p`,
/// 3. `m y`,
/// 4. `m`,
/// 5. `y`.
///
/// # Panics
/// When the numbers of instances differ, or when there are no pixels.
pub fn mask_sums(low_res: Tensor<3>, labels: Tensor<3>, threshold: f64) -> Tensor<2> {
    assert_eq!(low_res.dims()[0], labels.dims()[0], "a label for each mask");
    let sizes = [&low_res.dims()[1..], &labels.dims()[1..]].concat();
    assert!(!sizes.contains(&0), "masks have pixels");
    if !runs_fused(&low_res) || !runs_fused(&labels) {
        return composed(low_res, labels, threshold);
    }
    Tensor::from_dispatch(<Dispatch as MaskSumsOps>::fused_mask_sums(
        low_res.into_dispatch(),
        labels.into_dispatch(),
        threshold,
    ))
}

/// The same, composed of Burn's own operations.
fn composed(low_res: Tensor<3>, labels: Tensor<3>, threshold: f64) -> Tensor<2> {
    let [instances, height, width] = labels.dims();
    let options = InterpolateOptions::new(InterpolateMode::Bilinear)
        .with_align_corners(false)
        .with_output_size([height, width]);
    let z =
        interpolate(low_res.unsqueeze_dim::<4>(1), options).reshape([instances, height * width]);
    let y = labels.detach().reshape([instances, height * width]);
    let p = activation::sigmoid(z.clone());
    let q = activation::sigmoid(z.clone() * -1.0);
    let missed = p.clone() * (y.clone() * -1.0 + 1.0) + q * y.clone();
    let entropy = (z.clone().abs() * -1.0).exp().log1p() + activation::relu(z.clone())
        - z.clone() * y.clone();
    let m = z.detach().greater_equal_elem(threshold).float();
    let m = m.cast(y.dtype());
    let columns = [
        missed.clone() * missed * entropy,
        p.clone() * y.clone(),
        p,
        m.clone() * y.clone(),
        m,
        y,
    ];
    Tensor::cat(columns.map(|column| column.sum_dim(1)).to_vec(), 1)
}

/// Mask sums on a backend's own tensors.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait MaskSumsOps: Backend {
    /// As [`mask_sums`].
    fn fused_mask_sums(
        low_res: FloatTensor<Self>,
        labels: FloatTensor<Self>,
        threshold: f64,
    ) -> FloatTensor<Self>;
}

impl MaskSumsOps for Flex {
    fn fused_mask_sums(low_res: FlexTensor, labels: FlexTensor, threshold: f64) -> FlexTensor {
        let upsampling = Upsampling::new(&low_res, &labels);
        let (low_res, labels) = (low_res.to_contiguous(), labels.to_contiguous());
        let sums: Vec<f32> = low_res
            .storage::<f32>()
            .par_chunks(upsampling.low_pixels())
            .zip(labels.storage::<f32>().par_chunks(upsampling.pixels()))
            .flat_map_iter(|(low_res, labels)| upsampling.sums(low_res, labels, threshold as f32))
            .collect();
        let instances = low_res.layout().shape()[0];
        FlexTensor::from_data(TensorData::new(sums, [instances, MASK_SUMS]))
    }
}

/// `gradient` is `[instances, 6]`; its last three columns are those of constants.
fn mask_sums_backward(
    low_res: FlexTensor,
    labels: &FlexTensor,
    gradient: &FlexTensor,
) -> FlexTensor {
    let upsampling = Upsampling::new(&low_res, labels);
    let (low_res, labels) = (low_res.to_contiguous(), labels.to_contiguous());
    let gradient = gradient.to_contiguous();
    let mut out = vec![0.0; low_res.storage::<f32>().len()];
    out.par_chunks_mut(upsampling.low_pixels())
        .zip(low_res.storage::<f32>().par_chunks(upsampling.low_pixels()))
        .zip(labels.storage::<f32>().par_chunks(upsampling.pixels()))
        .zip(gradient.storage::<f32>().par_chunks(MASK_SUMS))
        .for_each(|(((out, low_res), labels), gradient)| {
            upsampling.gradient(
                low_res,
                labels,
                [gradient[0], gradient[1], gradient[2]],
                out,
            );
        });
    FlexTensor::from_data(TensorData::new(out, low_res.layout().shape().clone()))
}

impl<C: CheckpointStrategy> MaskSumsOps for Autodiff<Flex, C> {
    fn fused_mask_sums(
        low_res: FloatTensor<Self>,
        labels: FloatTensor<Self>,
        threshold: f64,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct MaskSums;

        impl Backward<Flex, 1> for MaskSums {
            type State = (NodeId, FlexTensor);

            fn backward(
                self,
                ops: Ops<Self::State, 1>,
                gradients: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let (low_res, labels) = ops.state;
                let low_res = checkpointer.retrieve_node_output(low_res);
                unary::<Flex, _>(ops.parents, ops.node, gradients, |gradient| {
                    mask_sums_backward(low_res, &labels, &gradient)
                });
            }
        }

        let labels = labels.into_primitive();
        match MaskSums
            .prepare::<C>([low_res.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(mut prepared) => {
                let state = (prepared.checkpoint(&low_res), labels.clone());
                let low_res = low_res.primitive().clone();
                prepared.finish(state, Flex::fused_mask_sums(low_res, labels, threshold))
            }
            OpsKind::UnTracked(prepared) => {
                let low_res = low_res.into_primitive();
                prepared.finish(Flex::fused_mask_sums(low_res, labels, threshold))
            }
        }
    }
}

/// Samples along one axis: for each, two source positions and the weight of the second.
struct Axis(Vec<(usize, usize, f32)>);

impl Axis {
    fn new(length: usize, target: usize) -> Self {
        let scale = length as f32 / target as f32;
        let sample = |index: usize| {
            let position = ((index as f32 + 0.5) * scale - 0.5).max(0.0);
            let low = (position as usize).min(length - 1);
            (low, (low + 1).min(length - 1), position - low as f32)
        };
        Self((0..target).map(sample).collect())
    }

    /// The samples that draw on any of the positions `from..to`.
    fn touching(&self, from: usize, to: usize) -> std::ops::Range<usize> {
        let first = self.0.partition_point(|&(_, high, _)| high < from);
        first..self.0.partition_point(|&(low, _, _)| low < to)
    }
}

/// Bilinear upsampling of one mask, a row at a time.
struct Upsampling {
    rows: Axis,
    columns: Axis,
    low_height: usize,
    low_width: usize,
}

impl Upsampling {
    fn new(low_res: &FlexTensor, labels: &FlexTensor) -> Self {
        let (low, full) = (low_res.layout().shape(), labels.layout().shape());
        let axis = |axis: usize| Axis::new(low[axis], full[axis]);
        Self {
            rows: axis(1),
            columns: axis(2),
            low_height: low[1],
            low_width: low[2],
        }
    }

    fn pixels(&self) -> usize {
        self.rows.0.len() * self.columns.0.len()
    }

    fn low_pixels(&self) -> usize {
        self.low_height * self.low_width
    }

    /// Row `index` of the upsampled mask, by way of `low_row`, a buffer of the low width.
    fn row(&self, low_res: &[f32], index: usize, low_row: &mut [f32], row: &mut [f32]) {
        let (low, high, fraction) = self.rows.0[index];
        let source = |row: usize| &low_res[row * self.low_width..][..self.low_width];
        for ((value, &low), &high) in low_row.iter_mut().zip(source(low)).zip(source(high)) {
            *value = low * (1.0 - fraction) + high * fraction;
        }
        for (value, &(low, high, fraction)) in row.iter_mut().zip(&self.columns.0) {
            *value = low_row[low] * (1.0 - fraction) + low_row[high] * fraction;
        }
    }

    fn sums(&self, low_res: &[f32], labels: &[f32], threshold: f32) -> [f32; MASK_SUMS] {
        let width = self.columns.0.len();
        let bands: Vec<[f64; MASK_SUMS]> = labels
            .par_chunks(BAND * width)
            .enumerate()
            .map(|(band, labels)| {
                let (mut low_row, mut row) = (vec![0.0; self.low_width], vec![0.0; width]);
                let mut sums = [0.0; MASK_SUMS];
                for (index, labels) in labels.chunks_exact(width).enumerate() {
                    self.row(low_res, band * BAND + index, &mut low_row, &mut row);
                    add_row(&row, labels, threshold, &mut sums);
                }
                sums
            })
            .collect();
        std::array::from_fn(|sum| bands.iter().map(|band| band[sum]).sum::<f64>() as f32)
    }

    /// The gradient of the low resolution, given those of the first three sums.
    fn gradient(&self, low_res: &[f32], labels: &[f32], gradient: [f32; 3], out: &mut [f32]) {
        let width = self.columns.0.len();
        out.par_chunks_mut(BAND * self.low_width)
            .enumerate()
            .for_each(|(band, out)| {
                let first = band * BAND;
                let last = first + out.len() / self.low_width;
                let (mut low_row, mut row) = (vec![0.0; self.low_width], vec![0.0; width]);
                for index in self.rows.touching(first, last) {
                    self.row(low_res, index, &mut low_row, &mut row);
                    row_gradient(&mut row, &labels[index * width..][..width], gradient);
                    // Back along the row, then to the two rows that it came from.
                    low_row.fill(0.0);
                    for (&value, &(low, high, fraction)) in row.iter().zip(&self.columns.0) {
                        low_row[low] += value * (1.0 - fraction);
                        low_row[high] += value * fraction;
                    }
                    let (low, high, fraction) = self.rows.0[index];
                    for (row, weight) in [(low, 1.0 - fraction), (high, fraction)] {
                        if (first..last).contains(&row) {
                            let out = &mut out[(row - first) * self.low_width..][..self.low_width];
                            for (out, value) in out.iter_mut().zip(&low_row) {
                                *out += value * weight;
                            }
                        }
                    }
                }
            });
    }
}

/// Adds a row's sums.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_row(logits: &[f32], labels: &[f32], threshold: f32, sums: &mut [f64; MASK_SUMS]) {
    if target_cfg_f!(any(target_feature = "fma", target_feature = "neon")) {
        add_row_with::<true>(logits, labels, threshold, sums);
    } else {
        add_row_with::<false>(logits, labels, threshold, sums);
    }
}

#[inline(always)]
fn add_row_with<const FUSED: bool>(
    logits: &[f32],
    labels: &[f32],
    threshold: f32,
    sums: &mut [f64; MASK_SUMS],
) {
    let mut lanes = [[0f32; LANES]; MASK_SUMS];
    let (logits, last_logits) = logits.as_chunks::<LANES>();
    let (labels, last_labels) = labels.as_chunks::<LANES>();
    for (logits, labels) in logits.iter().zip(labels) {
        add_pixels::<FUSED>(logits, labels, threshold, &mut lanes);
    }
    if !last_logits.is_empty() {
        // A pixel that is surely outside, and should be, adds less than any rounding.
        let (mut logits, mut labels) = ([f32::MIN; LANES], [0.0; LANES]);
        logits[..last_logits.len()].copy_from_slice(last_logits);
        labels[..last_labels.len()].copy_from_slice(last_labels);
        add_pixels::<FUSED>(&logits, &labels, threshold, &mut lanes);
    }
    for (sum, lanes) in sums.iter_mut().zip(lanes) {
        *sum += lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>();
    }
}

#[inline(always)]
fn add_pixels<const FUSED: bool>(
    logits: &[f32; LANES],
    labels: &[f32; LANES],
    threshold: f32,
    lanes: &mut [[f32; LANES]; MASK_SUMS],
) {
    for lane in 0..LANES {
        let (z, y) = (logits[lane], labels[lane]);
        let Pixel {
            p, missed, entropy, ..
        } = Pixel::new::<FUSED>(z, y);
        let m = if z >= threshold { 1.0 } else { 0.0 };
        let values = [missed * missed * entropy, p * y, p, m * y, m, y];
        for (lanes, value) in lanes.iter_mut().zip(values) {
            lanes[lane] += value;
        }
    }
}

/// Logits to the gradient of each, in place, given those of the first three sums.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn row_gradient(logits: &mut [f32], labels: &[f32], gradient: [f32; 3]) {
    if target_cfg_f!(any(target_feature = "fma", target_feature = "neon")) {
        row_gradient_with::<true>(logits, labels, gradient);
    } else {
        row_gradient_with::<false>(logits, labels, gradient);
    }
}

#[inline(always)]
fn row_gradient_with<const FUSED: bool>(
    logits: &mut [f32],
    labels: &[f32],
    [focal, overlap, size]: [f32; 3],
) {
    for (z, &y) in logits.iter_mut().zip(labels) {
        let Pixel {
            p,
            q,
            missed,
            entropy,
        } = Pixel::new::<FUSED>(*z, y);
        let slope = p * q;
        let of_focal = missed * (2.0 * slope * (1.0 - 2.0 * y) * entropy + missed * (p - y));
        *z = focal * of_focal + (overlap * y + size) * slope;
    }
}

/// One pixel's logit against its label.
struct Pixel {
    /// `sigmoid(z)`.
    p: f32,
    /// `1 - p`.
    q: f32,
    /// `1 - p_t`.
    missed: f32,
    /// `ln(1 + e^z) - y z`.
    entropy: f32,
}

impl Pixel {
    /// Everything from `e^-|z|`, so that nothing overflows or cancels; not-a-number stays so.
    #[inline(always)]
    fn new<const FUSED: bool>(z: f32, y: f32) -> Self {
        let small = exp_of_negative::<FUSED>(-z.abs());
        let inverse = 1.0 / (1.0 + small);
        let positive = z >= 0.0;
        let p = if positive { inverse } else { small * inverse };
        let q = if positive { small * inverse } else { inverse };
        let above = if z < 0.0 { 0.0 } else { z };
        Self {
            p,
            q,
            missed: p * (1.0 - y) + q * y,
            entropy: ln_1p(small) + (above - y * z),
        }
    }
}

/// `ln(1 + x)` for `0 <= x <= 1`: twice the inverse hyperbolic tangent of `x / (2 + x)`, whose
/// series up to the thirteenth power has an error below 2^-26 there.
#[inline(always)]
fn ln_1p(x: f32) -> f32 {
    let s = x / (2.0 + x);
    let square = s * s;
    let series = 1.0
        + square
            * (1.0 / 3.0
                + square
                    * (1.0 / 5.0
                        + square
                            * (1.0 / 7.0
                                + square * (1.0 / 9.0 + square * (1.0 / 11.0 + square / 13.0)))));
    2.0 * s * series
}
