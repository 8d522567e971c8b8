//! Layer norm against its plain composition in double precision.

mod reference;

use burn::tensor::Tensor;
use reference::{
    assert_agrees, assert_gradients_are_slopes, assert_same_on_any_number_of_threads, numbers,
};
use resam_ops::{Activation, layer_norm};

type Inputs = Vec<(Vec<f64>, [usize; 4])>;

/// Rows of these lengths: shorter than a vector, no multiple of one, and long. (Two values have
/// nearly the same norm whatever they are: their gradient is lost in rounding.)
fn cases() -> Vec<(Inputs, Activation)> {
    let mut cases = Vec::new();
    for shape in [
        [1, 1, 1, 3],
        [2, 3, 5, 7],
        [1, 1, 3, 33],
        [1, 9, 8, 256],
        [1, 2, 2, 771],
    ] {
        for activation in [Activation::Identity, Activation::Gelu] {
            let channels = [1, 1, 1, shape[3]];
            let inputs = vec![
                (numbers(shape.iter().product(), 1), shape),
                (numbers(shape[3], 2), channels),
                (numbers(shape[3], 3), channels),
            ];
            cases.push((inputs, activation));
        }
    }
    cases
}

fn norm(inputs: &[Tensor<4>], activation: Activation) -> Tensor<4> {
    let [weight, bias] = [1, 2].map(|index| inputs[index].clone().flatten::<1>(0, 3));
    layer_norm(inputs[0].clone(), weight, bias, 1e-5, activation)
}

#[test]
fn layer_norm_and_its_gradients_are_those_of_the_plain_composition() {
    for (inputs, activation) in cases() {
        let what = format!("{:?} {activation:?}", inputs[0].1);
        assert_agrees(&what, &inputs, 1e-5, |inputs| norm(inputs, activation));
    }
}

#[test]
fn gradients_of_layer_norm_are_the_slopes_of_its_answer() {
    for (inputs, activation) in cases() {
        assert_gradients_are_slopes(&inputs, 2e-4, |inputs| norm(inputs, activation));
    }
}

#[test]
fn layer_norm_is_the_same_on_any_number_of_threads() {
    for (inputs, activation) in cases() {
        assert_same_on_any_number_of_threads(&inputs, |inputs| norm(inputs, activation));
    }
}

#[test]
fn a_mean_far_from_zero_costs_no_precision_beyond_that_of_the_input() {
    let (mut inputs, activation) = cases()[6].clone();
    // Rounded to what single precision holds, as both precisions must see one input.
    let shifted = inputs[0]
        .0
        .iter()
        .map(|value| f64::from((value + 100.0) as f32));
    inputs[0].0 = shifted.collect();
    assert_agrees("shifted", &inputs, 1e-4, |inputs| norm(inputs, activation));
}

#[test]
fn rows_of_a_view_are_read_in_their_own_order() {
    let inputs = vec![
        (numbers(6 * 5 * 9, 1), [1, 9, 6, 5]),
        (numbers(9, 2), [1, 1, 1, 9]),
        (numbers(9, 3), [1, 1, 1, 9]),
    ];
    assert_agrees("channels first", &inputs, 1e-5, |inputs| {
        let view = inputs[0].clone().permute([0, 2, 3, 1]);
        let inputs = [view, inputs[1].clone(), inputs[2].clone()];
        norm(&inputs, Activation::Identity)
    });
}
