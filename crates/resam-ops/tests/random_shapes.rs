//! Every operation on shapes that nobody chose, against its plain composition in double precision.
//!
//! The other tests name the shapes that are known to matter; these are seeded draws.

mod reference;

use burn::tensor::{DType, Tensor};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use reference::{assert_agrees, numbers, tensor};
use resam_ops::{
    Activation, Convolution, QkvOrder, RelativePositions, SelfAttention, attend_from_cells,
    attend_to_cells, attention, conv_transpose2x2, conv2d, depthwise_conv3x3, gelu, layer_norm,
    linear, mask_sums, self_attention,
};

/// Shapes that each operation is tried on.
const DRAWS: u64 = 12;

struct Draw(ChaCha8Rng);

impl Draw {
    /// A number from `least` to `most`.
    fn size(&mut self, least: usize, most: usize) -> usize {
        least + self.0.next_u32() as usize % (most - least + 1)
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.size(0, choices.len() - 1)]
    }

    fn activation(&mut self) -> Activation {
        self.one_of(&[Activation::Identity, Activation::Gelu])
    }
}

fn draws() -> impl Iterator<Item = Draw> {
    (0..DRAWS).map(|seed| Draw(ChaCha8Rng::seed_from_u64(seed)))
}

/// Inputs of these shapes.
fn inputs<const N: usize>(shapes: [[usize; 4]; N]) -> Vec<(Vec<f64>, [usize; 4])> {
    let values = |shape: &[usize; 4], seed: u64| numbers(shape.iter().product(), seed);
    let seeds = 1..;
    let shapes = shapes.iter().zip(seeds);
    shapes
        .map(|(shape, seed)| (values(shape, seed), *shape))
        .collect()
}

fn flat(x: &Tensor<4>) -> Tensor<1> {
    x.clone().flatten(0, 3)
}

#[test]
fn gelu_of_any_shape() {
    for mut draw in draws() {
        let shape = [(); 4].map(|()| draw.size(1, 20));
        assert_agrees(&format!("{shape:?}"), &inputs([shape]), 2e-6, |x| {
            gelu(x[0].clone())
        });
    }
}

#[test]
fn linear_of_any_shape() {
    for mut draw in draws() {
        let [a, b, rows] = [draw.size(1, 3), draw.size(1, 3), draw.size(1, 70)];
        let [inner, columns] = [(); 2].map(|()| draw.size(1, 90));
        let shapes = [
            [a, b, rows, inner],
            [1, 1, inner, columns],
            [1, 1, 1, columns],
        ];
        assert_agrees(&format!("{shapes:?}"), &inputs(shapes), 2e-6, |x| {
            let weight = x[1].clone().reshape([inner, columns]);
            linear(x[0].clone(), weight, Some(flat(&x[2])))
        });
    }
}

#[test]
fn layer_norm_of_any_shape() {
    for mut draw in draws() {
        // Few values have nearly the same norm whatever they are, and their gradient is rounding.
        let channels = draw.size(5, 200);
        let shape = [draw.size(1, 3), draw.size(1, 9), draw.size(1, 9), channels];
        let activation = draw.activation();
        let shapes = [shape, [1, 1, 1, channels], [1, 1, 1, channels]];
        let what = format!("{shape:?}, {activation:?}");
        assert_agrees(&what, &inputs(shapes), 1e-5, |x| {
            layer_norm(x[0].clone(), flat(&x[1]), flat(&x[2]), 1e-5, activation)
        });
    }
}

#[test]
fn conv2d_of_any_shape() {
    for mut draw in draws() {
        let kernel = draw.size(1, 4);
        let how = Convolution {
            stride: draw.size(1, 4),
            padding: draw.size(0, kernel - 1),
            activation: draw.activation(),
        };
        let least = kernel.saturating_sub(2 * how.padding).max(1);
        let [rows, columns] = [(); 2].map(|()| draw.size(least, 24));
        let [channels, out] = [(); 2].map(|()| draw.size(1, 20));
        let image = [draw.size(1, 2), rows, columns, channels];
        let shapes = [image, [kernel, kernel, channels, out], [1, 1, 1, out]];
        assert_agrees(
            &format!("{shapes:?}, {how:?}"),
            &inputs(shapes),
            3e-6,
            |x| conv2d(x[0].clone(), x[1].clone(), Some(flat(&x[2])), how),
        );
    }
}

#[test]
fn depthwise_conv3x3_of_any_shape() {
    for mut draw in draws() {
        let [rows, columns] = [(); 2].map(|()| draw.size(1, 24));
        let (channels, stride) = (draw.size(1, 40), draw.size(1, 3));
        let activation = draw.activation();
        let image = [draw.size(1, 2), rows, columns, channels];
        let shapes = [image, [1, 3, 3, channels], [1, 1, 1, channels]];
        let what = format!("{image:?}, stride {stride}, {activation:?}");
        assert_agrees(&what, &inputs(shapes), 3e-6, |x| {
            let weight = x[1].clone().squeeze_dim::<3>(0);
            depthwise_conv3x3(x[0].clone(), weight, Some(flat(&x[2])), stride, activation)
        });
    }
}

#[test]
fn conv_transpose2x2_of_any_shape() {
    for mut draw in draws() {
        let [rows, columns] = [(); 2].map(|()| draw.size(1, 14));
        let [channels, out] = [(); 2].map(|()| draw.size(1, 40));
        let activation = draw.activation();
        let image = [draw.size(1, 2), rows, columns, channels];
        let shapes = [image, [2, 2, channels, out], [1, 1, 1, out]];
        assert_agrees(&format!("{shapes:?}"), &inputs(shapes), 3e-6, |x| {
            conv_transpose2x2(x[0].clone(), x[1].clone(), flat(&x[2]), activation)
        });
    }
}

#[test]
fn self_attention_of_any_shape() {
    for mut draw in draws() {
        let [rows, columns] = [(); 2].map(|()| draw.size(1, 12));
        let (heads, head_dim) = (draw.size(1, 3), draw.size(1, 40));
        let how = SelfAttention {
            heads,
            order: draw.one_of(&[QkvOrder::PartsOfHeads, QkvOrder::HeadsOfParts]),
            window: [(); 2].map(|()| draw.size(1, 9)),
        };
        let [height, breadth] = how.window;
        let kind = draw.size(0, 2);
        let width = 3 * heads * head_dim;
        let shapes = [[draw.size(1, 2), rows, columns, width], [1, 1, 1, width]];
        let what = format!("{shapes:?}, {how:?}, {kind}");
        assert_agrees(&what, &inputs(shapes), 5e-6, |x| {
            let (device, dtype) = (x[0].device(), x[0].dtype());
            let table = |entries: usize| -> Tensor<2> {
                let values = numbers(entries * head_dim, 5);
                tensor(&values, [entries, head_dim], dtype, &device)
            };
            let positions = match kind {
                0 => RelativePositions::Nowhere,
                1 => RelativePositions::Decomposed {
                    rows: table(2 * height - 1),
                    columns: table(2 * breadth - 1),
                },
                _ => {
                    let shape = [heads, height * breadth, height * breadth];
                    let values = numbers(shape.iter().product(), 5);
                    RelativePositions::Table(tensor(&values, shape, dtype, &device))
                }
            };
            self_attention(x[0].clone(), flat(&x[1]), positions, &how)
        });
    }
}

#[test]
fn attention_of_any_shape() {
    for mut draw in draws() {
        let (heads, head_dim) = (draw.size(1, 4), draw.size(1, 20));
        let batch = draw.size(1, 3);
        let [of_query, of_key] = [(); 2].map(|()| draw.one_of(&[1, batch]));
        let [queries, keys] = [(); 2].map(|()| draw.size(1, 90));
        let channels = heads * head_dim;
        let key = [1, of_key, keys, channels];
        let shapes = [[1, of_query, queries, channels], key, key];
        assert_agrees(&format!("{shapes:?}"), &inputs(shapes), 5e-6, |x| {
            let [query, key, value] = [0, 1, 2].map(|at| x[at].clone().squeeze_dim::<3>(0));
            attention(query, key, value, heads).unsqueeze()
        });
    }
}

#[test]
fn absorbed_attention_of_any_shape() {
    for mut draw in draws() {
        let (heads, channels) = (draw.size(1, 8), draw.size(1, 40));
        let (tokens, cells) = (draw.size(1, 9), draw.size(1, 400));
        let batch = draw.size(1, 3);
        let (images, rows) = (draw.one_of(&[1, batch]), tokens * heads);
        let shapes = [
            [1, images, cells, channels],
            [1, batch, rows, channels],
            [1, batch, rows, channels],
            [1, batch, 1, rows],
        ];
        let what = format!("{shapes:?}, {heads} heads");
        let parts = |x: &[Tensor<4>]| -> (Vec<Tensor<3>>, Tensor<3>) {
            let values = numbers(cells * channels, 9);
            let positions = tensor(&values, [1, cells, channels], x[0].dtype(), &x[0].device());
            let parts = x.iter().map(|x| x.clone().squeeze_dim::<3>(0));
            (parts.collect(), positions)
        };
        let inputs = inputs(shapes);
        assert_agrees(&format!("to cells, {what}"), &inputs[..2], 1e-5, |x| {
            let (x, positions) = parts(x);
            attend_to_cells(x[1].clone(), x[0].clone(), positions).unsqueeze()
        });
        assert_agrees(&format!("from cells, {what}"), &inputs, 1e-5, |x| {
            let (x, positions) = parts(x);
            let [cells, keys, values, biases] = [0, 1, 2, 3].map(|at| x[at].clone());
            attend_from_cells(cells, positions, keys, biases, values, heads).unsqueeze()
        });
    }
}

#[test]
fn mask_sums_of_any_shape() {
    for mut draw in draws() {
        let masks = draw.size(1, 3);
        let [rows, columns] = [(); 2].map(|()| draw.size(1, 20));
        let [height, width] = [(); 2].map(|()| draw.size(1, 80));
        let shape = [1, masks, rows, columns];
        let what = format!("{shape:?} to {height} x {width}");
        assert_agrees(&what, &inputs([shape]), 1e-5, |x| {
            let labels = numbers(masks * height * width, 5);
            let labels: Vec<f64> = labels.iter().map(|&y| f64::from(y > 0.3)).collect();
            let (dtype, device): (DType, _) = (x[0].dtype(), x[0].device());
            let labels = tensor(&labels, [masks, height, width], dtype, &device);
            let logits = x[0].clone().squeeze_dim::<3>(0) * 8.0;
            mask_sums(logits, labels, 0.3).unsqueeze()
        });
    }
}
