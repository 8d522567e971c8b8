//! Attention with absorbed projections against its plain composition in double precision.

mod reference;

use burn::tensor::Tensor;
use reference::{
    assert_agrees, assert_gradients_are_slopes, assert_same_on_any_number_of_threads, numbers,
};
use resam_ops::{attend_from_cells, attend_to_cells};

/// Batch, images, cells, channels, tokens and heads.
type Case = [usize; 6];

/// One token and one cell; pieces that end inside an item; an image that all share; the heads of
/// published models and other numbers.
const CASES: [Case; 6] = [
    [1, 1, 1, 1, 1, 1],
    [1, 1, 300, 16, 7, 8],
    [3, 3, 130, 6, 2, 3],
    [3, 1, 257, 5, 4, 8],
    [2, 2, 256, 24, 9, 8],
    [2, 1, 31, 7, 3, 2],
];

fn inputs([batch, images, cells, channels, tokens, heads]: Case) -> Vec<(Vec<f64>, [usize; 4])> {
    let rows = tokens * heads;
    [
        [images, cells, channels, 1],
        [batch, rows, channels, 1],
        [batch, 1, rows, 1],
        [batch, rows, channels, 1],
    ]
    .iter()
    .zip(1..)
    .map(|(&shape, seed)| (numbers(shape.iter().product(), seed), shape))
    .collect()
}

fn positions(cells: &Tensor<3>) -> Tensor<3> {
    let [_, count, channels] = cells.dims();
    let values = numbers(count * channels, 7);
    reference::tensor(
        &values,
        [1, count, channels],
        cells.dtype(),
        &cells.device(),
    )
}

fn to_cells(inputs: &[Tensor<4>]) -> Tensor<4> {
    let [cells, queries] = [0, 1].map(|at| inputs[at].clone().squeeze_dim::<3>(3));
    let positions = positions(&cells);
    attend_to_cells(queries, cells, positions).unsqueeze_dim(3)
}

fn from_cells(inputs: &[Tensor<4>], heads: usize) -> Tensor<4> {
    let [cells, keys, biases, values] =
        [0, 1, 2, 3].map(|at| inputs[at].clone().squeeze_dim::<3>(3));
    let positions = positions(&cells);
    attend_from_cells(cells, positions, keys, biases, values, heads).unsqueeze_dim(3)
}

#[test]
fn both_ways_and_their_gradients_are_those_of_the_plain_composition() {
    for case in CASES {
        let inputs = inputs(case);
        assert_agrees(&format!("to cells, {case:?}"), &inputs[..2], 5e-6, to_cells);
        assert_agrees(&format!("from cells, {case:?}"), &inputs, 5e-6, |inputs| {
            from_cells(inputs, case[5])
        });
    }
}

#[test]
fn their_gradients_are_the_slopes_of_their_answers() {
    for case in CASES {
        let inputs = inputs(case);
        assert_gradients_are_slopes(&inputs[..2], 1e-4, to_cells);
        assert_gradients_are_slopes(&inputs, 1e-4, |inputs| from_cells(inputs, case[5]));
    }
}

#[test]
fn they_are_the_same_on_any_number_of_threads() {
    for case in CASES {
        let inputs = inputs(case);
        assert_same_on_any_number_of_threads(&inputs[..2], to_cells);
        assert_same_on_any_number_of_threads(&inputs, |inputs| from_cells(inputs, case[5]));
    }
}

/// Tensors that are views of others: rows in another order in memory.
#[test]
fn inputs_may_lie_in_any_order() {
    let case = CASES[4];
    let turned: Vec<_> = inputs(case)
        .into_iter()
        .map(|(values, [batch, rows, channels, one])| (values, [batch, channels, rows, one]))
        .collect();
    let back = |inputs: &[Tensor<4>]| -> Vec<Tensor<4>> {
        inputs
            .iter()
            .map(|input| input.clone().swap_dims(1, 2))
            .collect()
    };
    assert_agrees("to cells", &turned[..2], 5e-6, |inputs| {
        to_cells(&back(inputs))
    });
    assert_agrees("from cells", &turned, 5e-6, |inputs| {
        from_cells(&back(inputs), case[5])
    });
}
