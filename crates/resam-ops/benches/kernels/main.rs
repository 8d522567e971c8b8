//! Every operation beside the same of Burn's own operations, at its sizes in SAM's ViT-B and in
//! MobileSAM for images of 1024 pixels: `cargo bench -p resam-ops --bench kernels -- linear`.
//!
//! Both sides are shown to give the same result, then timed forward, and forward and back to the
//! gradients that the layers before would ask for. Weights are frozen, as they are wherever speed
//! matters. Each side's inputs lie in memory as that side wants them: images with their channels
//! last or first.

mod plain;

use std::cell::Cell;
use std::time::Duration;

use burn::tensor::{Device, Distribution, Tensor, activation, module};
use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use resam_ops::{
    Activation, Convolution, QkvOrder, RelativePositions, SelfAttention, attend_from_cells,
    attend_to_cells, attention, conv_transpose2x2, conv2d, depthwise_conv3x3, gelu, layer_norm,
    linear, mask_sums, self_attention,
};

/// Normally distributed numbers of this deviation.
fn random<const D: usize>(shape: [usize; D], deviation: f64) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, deviation), &Device::flex())
}

/// A copy of a tensor that lies in memory in its own order.
fn laid_out<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    Tensor::from_data(x.into_data(), &Device::flex())
}

/// One way to compute an operation: what trains, and the operation on it.
struct Side<const I: usize, F> {
    inputs: Vec<Tensor<I>>,
    operation: F,
}

impl<const I: usize, F> Side<I, F> {
    fn forward<const O: usize>(&self) -> Tensor<O>
    where
        F: Fn(&[Tensor<I>]) -> Tensor<O>,
    {
        (self.operation)(&self.inputs)
    }

    /// The gradients of the sum of the result.
    fn there_and_back<const O: usize>(&self) -> Vec<Tensor<I>>
    where
        F: Fn(&[Tensor<I>]) -> Tensor<O>,
    {
        let inputs = self.inputs.iter().cloned();
        let inputs: Vec<Tensor<I>> = inputs.map(|x| x.autodiff().require_grad()).collect();
        let gradients = (self.operation)(&inputs).sum().backward();
        let of_inputs = inputs.iter().map(|input| input.grad(&gradients));
        of_inputs
            .map(|gradient| gradient.expect("a gradient"))
            .collect()
    }
}

/// What is timed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ways {
    /// The result alone, for layers that read pixels: nothing before them asks for a gradient.
    Forward,
    /// The result, and with it the gradients.
    Both,
}

fn compare<const I: usize, const O: usize>(
    criterion: &mut Criterion,
    name: &str,
    ways: Ways,
    fused: Side<I, impl Fn(&[Tensor<I>]) -> Tensor<O>>,
    plain: Side<I, impl Fn(&[Tensor<I>]) -> Tensor<O>>,
) {
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    // Compared when the first of the four is asked for.
    let compared = Cell::new(false);
    let compare_once = || {
        if !compared.replace(true) {
            assert_same(fused.forward(), plain.forward());
        }
    };
    group.bench_function("fused, forward", |bencher| {
        compare_once();
        bencher.iter(|| fused.forward());
    });
    group.bench_function("plain, forward", |bencher| {
        compare_once();
        bencher.iter(|| plain.forward());
    });
    if ways == Ways::Forward {
        return;
    }
    group.bench_function("fused, there and back", |bencher| {
        compare_once();
        bencher.iter(|| fused.there_and_back());
    });
    group.bench_function("plain, there and back", |bencher| {
        compare_once();
        bencher.iter(|| plain.there_and_back());
    });
}

/// The tests judge the operations more strictly; this is for the sides to be the same operation.
fn assert_same<const O: usize>(fused: Tensor<O>, plain: Tensor<O>) {
    assert_eq!(fused.dims(), plain.dims());
    let size: f32 = plain.clone().abs().sum().into_scalar();
    let difference: f32 = (fused - plain).abs().sum().into_scalar();
    assert!(difference < 1e-3 * size, "{difference} of {size}");
}

fn gelus(criterion: &mut Criterion) {
    let inputs = vec![random([4096, 3072], 1.0)];
    compare(
        criterion,
        "gelu, 4096 x 3072",
        Ways::Both,
        Side {
            inputs: inputs.clone(),
            operation: |x: &[Tensor<2>]| gelu(x[0].clone()),
        },
        Side {
            inputs,
            operation: |x: &[Tensor<2>]| activation::gelu(x[0].clone()),
        },
    );
}

fn linears(criterion: &mut Criterion) {
    for (rows, inner, columns) in [(4096, 768, 3072), (65536, 64, 256)] {
        let inputs = vec![random([rows, inner], 1.0)];
        let (weight, bias) = (random([inner, columns], 0.1), random([columns], 1.0));
        compare(
            criterion,
            &format!("linear, {rows} x {inner} to {columns}"),
            Ways::Both,
            Side {
                inputs: inputs.clone(),
                operation: |x: &[Tensor<2>]| {
                    linear(x[0].clone(), weight.clone(), Some(bias.clone()))
                },
            },
            Side {
                inputs,
                operation: |x: &[Tensor<2>]| {
                    module::linear(x[0].clone(), weight.clone(), Some(bias.clone()))
                },
            },
        );
    }
}

fn layer_norms(criterion: &mut Criterion) {
    let cases = [
        ([4096, 768], Activation::Identity, ""),
        ([16384, 64], Activation::Gelu, ", GELU"),
    ];
    for (shape, activation, then) in cases {
        let inputs = vec![random(shape, 1.0)];
        let [rows, channels] = shape;
        let (weight, bias) = (random([channels], 1.0), random([channels], 1.0));
        compare(
            criterion,
            &format!("layer_norm, {rows} x {channels}{then}"),
            Ways::Both,
            Side {
                inputs: inputs.clone(),
                operation: |x: &[Tensor<2>]| {
                    let (weight, bias) = (weight.clone(), bias.clone());
                    layer_norm(x[0].clone(), weight, bias, 1e-6, activation)
                },
            },
            Side {
                inputs,
                operation: |x: &[Tensor<2>]| {
                    let bias = Some(bias.clone());
                    let y = module::layer_norm(x[0].clone(), weight.clone(), bias, 1e-6);
                    plain::activation(y, activation)
                },
            },
        );
    }
}

/// An image, `[1, side, side, channels]`, as the fused operation and as Burn's wants it.
fn image(side: usize, channels: usize) -> [Vec<Tensor<4>>; 2] {
    let image = random([1, side, side, channels], 1.0);
    [
        vec![image.clone()],
        vec![laid_out(image.permute([0, 3, 1, 2]))],
    ]
}

fn conv2ds(criterion: &mut Criterion) {
    let (identity, gelu) = (Activation::Identity, Activation::Gelu);
    // TinyViT's first layer, ViT's patches, the neck of both.
    for (ways, side, channels, out, kernel, stride, padding, activation) in [
        (Ways::Forward, 1024, 3, 32, 3, 2, 1, gelu),
        (Ways::Forward, 1024, 3, 768, 16, 16, 0, identity),
        (Ways::Both, 64, 256, 256, 3, 1, 1, identity),
    ] {
        let then = if activation == gelu { ", GELU" } else { "" };
        let [last, first] = image(side, channels);
        let weight = random([kernel, kernel, channels, out], 0.1);
        let by_channel = laid_out(weight.clone().permute([3, 2, 0, 1]));
        let bias = random([out], 1.0);
        let how = Convolution {
            stride,
            padding,
            activation,
        };
        compare(
            criterion,
            &format!("conv2d, {side} x {side} x {channels} to {out}, {kernel} x {kernel}{then}"),
            ways,
            Side {
                inputs: last,
                operation: |x: &[Tensor<4>]| {
                    conv2d(x[0].clone(), weight.clone(), Some(bias.clone()), how)
                },
            },
            Side {
                inputs: first,
                operation: |x: &[Tensor<4>]| plain::conv2d(&x[0], &by_channel, &bias, how, 1),
            },
        );
    }
}

fn depthwise_convs(criterion: &mut Criterion) {
    // The first stage's blocks of TinyViT, and between attention and MLP of its third.
    for (side, channels, activation, then) in [
        (256, 256, Activation::Gelu, ", GELU"),
        (64, 160, Activation::Identity, ""),
    ] {
        let [last, first] = image(side, channels);
        let weight = random([3, 3, channels], 0.3);
        let by_channel = laid_out(weight.clone().permute([2, 0, 1]).unsqueeze_dim::<4>(1));
        let bias = random([channels], 1.0);
        let how = Convolution {
            stride: 1,
            padding: 1,
            activation,
        };
        compare(
            criterion,
            &format!("depthwise_conv3x3, {side} x {side} x {channels}{then}"),
            Ways::Both,
            Side {
                inputs: last,
                operation: |x: &[Tensor<4>]| {
                    let bias = Some(bias.clone());
                    depthwise_conv3x3(x[0].clone(), weight.clone(), bias, 1, activation)
                },
            },
            Side {
                inputs: first,
                operation: |x: &[Tensor<4>]| {
                    plain::conv2d(&x[0], &by_channel, &bias, how, channels)
                },
            },
        );
    }
}

fn conv_transposes(criterion: &mut Criterion) {
    // The mask decoder's two, for one prompt.
    for (side, channels, out, activation, then) in [
        (64, 256, 64, Activation::Identity, ""),
        (128, 64, 32, Activation::Gelu, ", GELU"),
    ] {
        let [last, first] = image(side, channels);
        let weight = random([2, 2, channels, out], 0.1);
        let by_channel = laid_out(weight.clone().permute([2, 3, 0, 1]));
        let bias = random([out], 1.0);
        compare(
            criterion,
            &format!("conv_transpose2x2, {side} x {side} x {channels} to {out}{then}"),
            Ways::Both,
            Side {
                inputs: last,
                operation: |x: &[Tensor<4>]| {
                    conv_transpose2x2(x[0].clone(), weight.clone(), bias.clone(), activation)
                },
            },
            Side {
                inputs: first,
                operation: |x: &[Tensor<4>]| {
                    plain::conv_transpose2x2(&x[0], &by_channel, &bias, activation)
                },
            },
        );
    }
}

fn self_attentions(criterion: &mut Criterion) {
    let decomposed = |side: usize| RelativePositions::Decomposed {
        rows: random([2 * side - 1, 64], 0.2),
        columns: random([2 * side - 1, 64], 0.2),
    };
    let table = RelativePositions::Table(random([5, 196, 196], 1.0));
    use QkvOrder::{HeadsOfParts, PartsOfHeads};
    // Two of the twelve heads of a global block: they are alike, and all of the plain ones at once
    // take minutes and gigabytes.
    for (name, heads, head_dim, order, side, positions) in [
        (
            "ViT-B, global, 2 heads",
            2,
            64,
            PartsOfHeads,
            64,
            decomposed(64),
        ),
        ("ViT-B, windows", 12, 64, PartsOfHeads, 14, decomposed(14)),
        ("TinyViT, third stage", 5, 32, HeadsOfParts, 14, table),
    ] {
        let inputs = vec![random([1, 64, 64, 3 * heads * head_dim], 1.0)];
        let padding = random([3 * heads * head_dim], 1.0);
        let how = SelfAttention {
            heads,
            order,
            window: [side; 2],
        };
        compare(
            criterion,
            &format!("self_attention, {name}"),
            Ways::Both,
            Side {
                inputs: inputs.clone(),
                operation: |x: &[Tensor<4>]| {
                    self_attention(x[0].clone(), padding.clone(), positions.clone(), &how)
                },
            },
            Side {
                inputs,
                operation: |x: &[Tensor<4>]| {
                    plain::self_attention(x[0].clone(), padding.clone(), positions.clone(), &how)
                },
            },
        );
    }
}

/// The mask decoder's attentions, for as many prompts as it decodes at a time, of 7 tokens each.
fn decoder_attentions(criterion: &mut Criterion) {
    const PROMPTS: usize = 16;
    const HEADS: usize = 8;
    // From tokens to the image that all prompts share, in the first block.
    let inputs = vec![
        random([PROMPTS, 7, 128], 1.0),
        random([1, 4096, 128], 1.0),
        random([1, 4096, 128], 1.0),
    ];
    compare(
        criterion,
        "attention",
        Ways::Both,
        Side {
            inputs: inputs.clone(),
            operation: |x: &[Tensor<3>]| attention(x[0].clone(), x[1].clone(), x[2].clone(), HEADS),
        },
        Side {
            inputs,
            operation: |x: &[Tensor<3>]| plain::attention(&x[0], &x[1], &x[2], HEADS),
        },
    );
    // Both ways in the second block, where each prompt has an image of its own.
    let positions = random([1, 4096, 256], 1.0);
    let cells = random([PROMPTS, 4096, 256], 1.0);
    let rows = || random([PROMPTS, 7 * HEADS, 256], 0.1);
    let inputs = vec![rows(), cells.clone()];
    compare(
        criterion,
        "attend_to_cells",
        Ways::Both,
        Side {
            inputs: inputs.clone(),
            operation: |x: &[Tensor<3>]| {
                attend_to_cells(x[0].clone(), x[1].clone(), positions.clone())
            },
        },
        Side {
            inputs,
            operation: |x: &[Tensor<3>]| plain::attend_to_cells(&x[0], &x[1], &positions),
        },
    );
    let biases = random([PROMPTS, 1, 7 * HEADS], 1.0);
    let inputs = vec![cells, rows(), rows(), biases];
    compare(
        criterion,
        "attend_from_cells",
        Ways::Both,
        Side {
            inputs: inputs.clone(),
            operation: |x: &[Tensor<3>]| {
                let [cells, keys, values, biases] = [0, 1, 2, 3].map(|at| x[at].clone());
                attend_from_cells(cells, positions.clone(), keys, biases, values, HEADS)
            },
        },
        Side {
            inputs,
            operation: |x: &[Tensor<3>]| {
                plain::attend_from_cells(&x[0], &positions, &x[1], &x[3], &x[2], HEADS)
            },
        },
    );
}

fn sums_of_masks(criterion: &mut Criterion) {
    let inputs = vec![random([10, 256, 256], 4.0)];
    let labels = random([10, 1024, 1024], 1.0).greater_elem(0.0).float();
    compare(
        criterion,
        "mask_sums, 10 masks",
        Ways::Both,
        Side {
            inputs: inputs.clone(),
            operation: |x: &[Tensor<3>]| mask_sums(x[0].clone(), labels.clone(), 0.0),
        },
        Side {
            inputs,
            operation: |x: &[Tensor<3>]| plain::mask_sums(&x[0], &labels, 0.0),
        },
    );
}

fn kernels(criterion: &mut Criterion) {
    // As the command line does: memory is part of the time.
    resam_ops::memory::keep_freed_memory();
    Device::flex().seed(0);
    gelus(criterion);
    linears(criterion);
    layer_norms(criterion);
    conv2ds(criterion);
    depthwise_convs(criterion);
    conv_transposes(criterion);
    self_attentions(criterion);
    decoder_attentions(criterion);
    sums_of_masks(criterion);
}

criterion_group!(benches, kernels);
criterion_main!(benches);
