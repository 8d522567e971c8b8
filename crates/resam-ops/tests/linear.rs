//! Linear layers against their plain composition in double precision.

mod reference;

use burn::tensor::{DType, Device, Tensor};
use reference::{
    assert_agrees, assert_gradients_are_slopes, assert_same_on_any_number_of_threads, numbers,
    tensor,
};
use resam_ops::linear;

/// Rows, inner size and columns: few rows and many, sizes that no tile divides.
const SIZES: [[usize; 3]; 6] = [
    [1, 3, 2],
    [47, 16, 16],
    [48, 1, 1],
    [97, 33, 17],
    [100, 400, 50],
    [130, 5, 70],
];

fn inputs([rows, inner, columns]: [usize; 3]) -> Vec<(Vec<f64>, [usize; 4])> {
    vec![
        (numbers(rows * inner, 1), [1, 1, rows, inner]),
        (numbers(inner * columns, 2), [1, 1, inner, columns]),
        (numbers(columns, 3), [1, 1, 1, columns]),
    ]
}

fn layer(inputs: &[Tensor<4>]) -> Tensor<4> {
    let weight = inputs[1].clone().flatten::<3>(0, 1).squeeze_dim(0);
    linear(
        inputs[0].clone(),
        weight,
        Some(inputs[2].clone().flatten(0, 3)),
    )
}

#[test]
fn a_linear_layer_and_its_gradients_are_those_of_the_plain_composition() {
    for size in SIZES {
        assert_agrees(&format!("{size:?}"), &inputs(size), 2e-6, layer);
    }
}

#[test]
fn gradients_of_a_linear_layer_are_the_slopes_of_its_answer() {
    for size in SIZES {
        assert_gradients_are_slopes(&inputs(size), 1e-4, layer);
    }
}

#[test]
fn a_linear_layer_is_the_same_on_any_number_of_threads() {
    for size in SIZES {
        assert_same_on_any_number_of_threads(&inputs(size), layer);
    }
}

#[test]
fn views_of_other_tensors_are_read_in_their_own_order() {
    let inputs = vec![
        (numbers(60 * 9, 1), [1, 1, 9, 60]),
        (numbers(9 * 4, 2), [1, 1, 4, 9]),
        (numbers(4, 3), [1, 1, 1, 4]),
    ];
    assert_agrees("transposed", &inputs, 2e-6, |inputs| {
        let transposed = |index: usize| inputs[index].clone().swap_dims(2, 3);
        layer(&[transposed(0), transposed(1), inputs[2].clone()])
    });
}

#[test]
fn a_layer_without_a_bias_adds_none() {
    let device = Device::flex();
    let of = |dtype: DType| {
        let x = tensor::<2>(&numbers(64 * 7, 1), [64, 7], dtype, &device);
        let weight = tensor::<2>(&numbers(7 * 5, 2), [7, 5], dtype, &device);
        reference::values(&linear(x, weight, None))
    };
    let error = reference::relative_error(&of(DType::F32), &of(DType::F64));
    assert!(error < 2e-6, "{error:.2e}");
}
