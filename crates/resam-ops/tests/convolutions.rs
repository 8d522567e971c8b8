//! Convolutions against their plain composition in double precision.

mod reference;

use burn::tensor::Tensor;
use reference::{
    assert_agrees, assert_gradients_are_slopes, assert_same_on_any_number_of_threads, numbers,
};
use resam_ops::{Activation, Convolution, conv_transpose2x2, conv2d, depthwise_conv3x3};

type Inputs = Vec<(Vec<f64>, [usize; 4])>;
type Operation = Box<dyn Fn(&[Tensor<4>]) -> Tensor<4> + Sync>;

/// Image, weight and bias of these shapes.
fn inputs(image: [usize; 4], weight: [usize; 4]) -> Inputs {
    let tensor = |shape: [usize; 4], seed: u64| (numbers(shape.iter().product(), seed), shape);
    vec![
        tensor(image, 1),
        tensor(weight, 2),
        tensor([1, 1, 1, weight[3]], 3),
    ]
}

fn bias(inputs: &[Tensor<4>]) -> Tensor<1> {
    inputs[2].clone().flatten(0, 3)
}

/// Every operation, on one pixel, on odd sizes, on sizes that no vector divides, and on more rows
/// than a thread takes at a time.
fn cases() -> Vec<(String, Inputs, Operation)> {
    let mut cases: Vec<(String, Inputs, Operation)> = Vec::new();
    for activation in [Activation::Identity, Activation::Gelu] {
        for (image, out, kernel, stride, padding) in [
            ([1, 1, 1, 1], 1, 3, 1, 1),
            ([2, 7, 5, 3], 4, 3, 2, 1),
            ([1, 8, 6, 3], 5, 3, 2, 1),
            ([1, 20, 33, 6], 17, 3, 1, 1),
            ([1, 12, 8, 2], 9, 4, 4, 0),
            ([2, 6, 4, 1], 3, 2, 2, 0),
            ([1, 9, 4, 5], 7, 1, 1, 0),
        ] {
            let how = Convolution {
                stride,
                padding,
                activation,
            };
            cases.push((
                format!("conv2d {image:?} to {out}, kernel {kernel}, {how:?}"),
                inputs(image, [kernel, kernel, image[3], out]),
                Box::new(move |inputs| {
                    let [x, weight] = [0, 1].map(|index| inputs[index].clone());
                    conv2d(x, weight, Some(bias(inputs)), how)
                }),
            ));
        }
        for (image, stride) in [
            ([1, 1, 1, 1], 1),
            ([2, 5, 7, 3], 1),
            ([1, 8, 9, 20], 2),
            ([1, 7, 6, 17], 2),
            ([1, 2, 3, 40], 1),
        ] {
            cases.push((
                format!("depthwise {image:?}, stride {stride}, {activation:?}"),
                inputs(image, [1, 3, 3, image[3]]),
                Box::new(move |inputs| {
                    let weight = inputs[1].clone().squeeze_dim::<3>(0);
                    let x = inputs[0].clone();
                    depthwise_conv3x3(x, weight, Some(bias(inputs)), stride, activation)
                }),
            ));
        }
        for (image, out) in [([1, 1, 1, 1], 1), ([2, 3, 5, 7], 4), ([1, 6, 4, 33], 17)] {
            cases.push((
                format!("transposed {image:?} to {out}, {activation:?}"),
                inputs(image, [2, 2, image[3], out]),
                Box::new(move |inputs| {
                    let [x, weight] = [0, 1].map(|index| inputs[index].clone());
                    conv_transpose2x2(x, weight, bias(inputs), activation)
                }),
            ));
        }
    }
    cases
}

#[test]
fn convolutions_and_their_gradients_are_those_of_the_plain_composition() {
    for (what, inputs, operation) in cases() {
        assert_agrees(&what, &inputs, 3e-6, operation);
    }
}

#[test]
fn gradients_of_convolutions_are_the_slopes_of_their_answers() {
    for (_, inputs, operation) in cases() {
        assert_gradients_are_slopes(&inputs, 1e-4, operation);
    }
}

#[test]
fn convolutions_are_the_same_on_any_number_of_threads() {
    for (_, inputs, operation) in cases() {
        assert_same_on_any_number_of_threads(&inputs, operation);
    }
}

#[test]
fn images_that_are_views_of_others_are_read_in_their_own_order() {
    // The images arrive with their rows and columns exchanged, and are exchanged back uncopied.
    for (what, mut inputs, operation) in cases() {
        inputs[0].1.swap(1, 2);
        assert_agrees(&what, &inputs, 3e-6, |inputs| {
            let image = inputs[0].clone().swap_dims(1, 2);
            operation(&[image, inputs[1].clone(), inputs[2].clone()])
        });
    }
}

#[test]
fn weights_that_are_views_of_others_are_read_in_their_own_order() {
    for (what, mut inputs, operation) in cases() {
        inputs[1].1.swap(1, 2);
        assert_agrees(&what, &inputs, 3e-6, |inputs| {
            let weight = inputs[1].clone().swap_dims(1, 2);
            operation(&[inputs[0].clone(), weight, inputs[2].clone()])
        });
    }
}

#[test]
fn a_convolution_without_a_bias_adds_none() {
    let how = Convolution {
        stride: 1,
        padding: 1,
        activation: Activation::Identity,
    };
    let dense = inputs([1, 4, 5, 3], [3, 3, 3, 2]);
    assert_agrees("conv2d", &dense[..2], 3e-6, |inputs| {
        conv2d(inputs[0].clone(), inputs[1].clone(), None, how)
    });
    let depthwise = inputs([1, 4, 5, 3], [1, 3, 3, 3]);
    assert_agrees("depthwise", &depthwise[..2], 3e-6, |inputs| {
        let weight = inputs[1].clone().squeeze_dim::<3>(0);
        depthwise_conv3x3(inputs[0].clone(), weight, None, 1, Activation::Identity)
    });
}
