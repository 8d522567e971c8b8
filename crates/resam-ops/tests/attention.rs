//! Attention against its plain composition in double precision.

mod reference;

use burn::tensor::{DType, Device, Tensor};
use reference::{
    assert_agrees, assert_gradients_are_slopes, assert_same_on_any_number_of_threads, numbers,
    tensor,
};
use resam_ops::{QkvOrder, RelativePositions, SelfAttention, attention, self_attention};

#[derive(Debug, Clone, Copy)]
enum Kind {
    Nowhere,
    Decomposed,
    Table,
}

/// A map, its windows and its heads.
#[derive(Debug, Clone, Copy)]
struct Case {
    batch: usize,
    map: [usize; 2],
    window: [usize; 2],
    heads: usize,
    head_dim: usize,
    order: QkvOrder,
    kind: Kind,
}

impl Case {
    fn inputs(&self) -> Vec<(Vec<f64>, [usize; 4])> {
        let width = 3 * self.heads * self.head_dim;
        let shape = [self.batch, self.map[0], self.map[1], width];
        // Larger than one, so that the softmax has something to choose.
        let qkv = numbers(shape.iter().product(), 1);
        let qkv = qkv.iter().map(|value| 2.0 * value).collect();
        vec![(qkv, shape), (numbers(width, 2), [1, 1, 1, width])]
    }

    fn run(&self, inputs: &[Tensor<4>]) -> Tensor<4> {
        let [qkv, padding] = inputs else {
            panic!("two inputs")
        };
        let (device, dtype) = (qkv.device(), qkv.dtype());
        let [height, width] = self.window;
        let table = |entries: usize, seed: u64| {
            let values = numbers(entries * self.head_dim, seed);
            tensor::<2>(&values, [entries, self.head_dim], dtype, &device)
        };
        let positions = match self.kind {
            Kind::Nowhere => RelativePositions::Nowhere,
            Kind::Decomposed => RelativePositions::Decomposed {
                rows: table(2 * height - 1, 3),
                columns: table(2 * width - 1, 4),
            },
            Kind::Table => {
                let shape = [self.heads, height * width, height * width];
                let values = numbers(shape.iter().product(), 5);
                RelativePositions::Table(tensor(&values, shape, dtype, &device))
            }
        };
        let attention = SelfAttention {
            heads: self.heads,
            order: self.order,
            window: self.window,
        };
        let padding: Tensor<1> = padding.clone().flatten(0, 3);
        self_attention(qkv.clone(), padding, positions, &attention)
    }
}

fn cases() -> Vec<Case> {
    let case = |batch, map, window, heads, head_dim, order, kind| Case {
        batch,
        map,
        window,
        heads,
        head_dim,
        order,
        kind,
    };
    use QkvOrder::{HeadsOfParts, PartsOfHeads};
    vec![
        // One token, global and alone in its window.
        case(1, [1, 1], [1, 1], 1, 1, PartsOfHeads, Kind::Nowhere),
        case(1, [1, 1], [3, 2], 2, 5, PartsOfHeads, Kind::Decomposed),
        // Global, more keys than a block of scores holds, not square.
        case(1, [17, 16], [17, 16], 2, 8, PartsOfHeads, Kind::Decomposed),
        // SAM's windows with padding at the bottom and right, two images.
        case(2, [9, 11], [4, 4], 3, 16, PartsOfHeads, Kind::Decomposed),
        case(1, [14, 14], [14, 14], 2, 64, PartsOfHeads, Kind::Decomposed),
        case(1, [20, 15], [14, 14], 1, 80, PartsOfHeads, Kind::Decomposed),
        // TinyViT's windows, with padding and without.
        case(1, [7, 14], [7, 7], 2, 32, HeadsOfParts, Kind::Table),
        case(2, [8, 9], [7, 7], 3, 6, HeadsOfParts, Kind::Table),
        case(1, [5, 3], [5, 3], 2, 7, HeadsOfParts, Kind::Nowhere),
    ]
}

#[test]
fn self_attention_and_its_gradients_are_those_of_the_plain_composition() {
    for case in cases() {
        assert_agrees(&format!("{case:?}"), &case.inputs(), 5e-6, |inputs| {
            case.run(inputs)
        });
    }
}

#[test]
fn gradients_of_self_attention_are_the_slopes_of_its_answer() {
    for case in cases() {
        assert_gradients_are_slopes(&case.inputs(), 1e-4, |inputs| case.run(inputs));
    }
}

#[test]
fn positions_made_of_what_trains_hand_its_gradient_on() {
    // As TinyViT does: the table is picked from the parameter, and is no parameter itself.
    let case = Case {
        kind: Kind::Table,
        ..cases()[6]
    };
    let tokens = case.window[0] * case.window[1];
    let shape = [1, case.heads, tokens, tokens];
    let mut inputs = case.inputs();
    inputs.push((numbers(shape.iter().product(), 6), shape));
    assert_gradients_are_slopes(&inputs, 1e-4, |inputs| {
        let [qkv, padding, biases] = inputs else {
            panic!("three inputs")
        };
        let table = (biases.clone() * 1.5).squeeze_dim::<3>(0);
        let attention = SelfAttention {
            heads: case.heads,
            order: case.order,
            window: case.window,
        };
        let padding: Tensor<1> = padding.clone().flatten(0, 3);
        self_attention(
            qkv.clone(),
            padding,
            RelativePositions::Table(table),
            &attention,
        )
    });
}

#[test]
fn self_attention_is_the_same_on_any_number_of_threads() {
    for case in cases() {
        assert_same_on_any_number_of_threads(&case.inputs(), |inputs| case.run(inputs));
    }
}

#[test]
fn a_map_that_is_a_view_of_another_is_read_in_its_own_order() {
    let case = cases()[3];
    let (values, [batch, rows, columns, width]) = case.inputs()[0].clone();
    let padding = (numbers(width, 2), [1, 1, 1, width]);
    // The map arrives with rows and columns exchanged, and is exchanged back without a copy.
    let inputs = [(values, [batch, columns, rows, width]), padding];
    assert_agrees("transposed", &inputs, 5e-6, |inputs| {
        case.run(&[inputs[0].clone().swap_dims(1, 2), inputs[1].clone()])
    });
}

#[test]
fn scores_far_apart_neither_overflow_nor_vanish() {
    let case = cases()[2];
    let mut inputs = case.inputs();
    inputs[0].0.iter_mut().for_each(|value| *value *= 30.0);
    assert_agrees("large scores", &inputs, 2e-4, |inputs| case.run(inputs));
}

#[test]
fn what_is_not_a_number_stays_visible() {
    let case = cases()[0];
    let mut inputs = case.inputs();
    inputs[0].0[0] = f64::NAN;
    let device = Device::flex();
    let tensors: Vec<Tensor<4>> = inputs
        .iter()
        .map(|(values, shape)| tensor(values, *shape, DType::F32, &device))
        .collect();
    let answer = reference::values(&case.run(&tensors));
    assert!(answer.iter().any(|value| value.is_nan()), "{answer:?}");
}

/// `[batch, tokens]` of query and of key, heads, channels a head, and of a value's head.
type Sequences = ([usize; 2], [usize; 2], usize, usize);

fn sequences() -> [Sequences; 6] {
    [
        ([1, 1], [1, 1], 1, 1),
        // The decoder's: few tokens to an image and back, the image shared by the batch or not.
        ([3, 7], [1, 300], 2, 16),
        ([3, 7], [3, 65], 2, 16),
        ([1, 100], [3, 7], 2, 16),
        ([2, 70], [2, 9], 8, 4),
        ([2, 5], [2, 5], 3, 33),
    ]
}

fn sequence_inputs((query, key, heads, head_dim): Sequences) -> Vec<(Vec<f64>, [usize; 4])> {
    let input = |[batch, tokens]: [usize; 2], seed: u64| {
        let shape = [1, batch, tokens, heads * head_dim];
        (numbers(shape.iter().product(), seed), shape)
    };
    vec![input(query, 1), input(key, 2), input(key, 3)]
}

fn attend(inputs: &[Tensor<4>], heads: usize) -> Tensor<4> {
    let [query, key, value] = [0, 1, 2].map(|part| inputs[part].clone().squeeze_dim::<3>(0));
    attention(query, key, value, heads).unsqueeze()
}

#[test]
fn attention_and_its_gradients_are_those_of_the_plain_composition() {
    for case in sequences() {
        let inputs = sequence_inputs(case);
        assert_agrees(&format!("{case:?}"), &inputs, 5e-6, |inputs| {
            attend(inputs, case.2)
        });
    }
}

#[test]
fn gradients_of_attention_are_the_slopes_of_its_answer() {
    for case in sequences() {
        assert_gradients_are_slopes(&sequence_inputs(case), 1e-4, |inputs| {
            attend(inputs, case.2)
        });
    }
}

#[test]
fn attention_is_the_same_on_any_number_of_threads() {
    for case in sequences() {
        assert_same_on_any_number_of_threads(&sequence_inputs(case), |inputs| {
            attend(inputs, case.2)
        });
    }
}

#[test]
fn sequences_that_are_views_of_others_are_read_in_their_own_order() {
    let case = sequences()[4];
    // Tokens and channels arrive exchanged, and are exchanged back without a copy.
    let turned: Vec<_> = sequence_inputs(case)
        .into_iter()
        .map(|(values, [one, batch, tokens, channels])| (values, [one, batch, channels, tokens]))
        .collect();
    assert_agrees("transposed", &turned, 5e-6, |inputs| {
        let back = [0, 1, 2].map(|part| inputs[part].clone().swap_dims(2, 3));
        attend(&back, case.2)
    });
}
