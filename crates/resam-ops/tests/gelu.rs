//! GELU and its gradient against the definition in double precision.

mod reference;

use burn::tensor::{Device, Tensor, TensorData};
use reference::{
    assert_agrees, assert_gradients_are_slopes, assert_same_on_any_number_of_threads, numbers,
};
use resam_ops::gelu;

/// `x Phi(x)` from the error function of another library.
fn exact(x: f64) -> f64 {
    0.5 * x * libm::erfc(-x / std::f64::consts::SQRT_2)
}

/// Its derivative, `Phi(x) + x phi(x)`.
fn exact_gradient(x: f64) -> f64 {
    let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2) + x * density
}

fn values(tensor: &Tensor<1>) -> Vec<f32> {
    tensor.to_data().try_to_vec().expect("f32")
}

/// Close and far, both signs, of a number that no vector width divides.
fn inputs() -> Vec<f32> {
    let dense = (-70_000..=70_000).map(|i| i as f32 / 10_000.0);
    dense
        .chain([
            0.0, -0.0, 1e-30, -1e-30, 12.9, -12.9, 13.1, -13.1, 1e30, -1e30,
        ])
        .collect()
}

fn assert_close(ours: f32, theirs: f64, x: f32, tolerance: f64) {
    let error = (f64::from(ours) - theirs).abs();
    assert!(
        error <= tolerance * theirs.abs().max(1.0),
        "at {x}: {ours} where {theirs} is exact"
    );
}

#[test]
fn gelu_is_exact_to_the_rounding_of_its_numbers() {
    let x = inputs();
    let y = gelu(Tensor::<1>::from_floats(x.as_slice(), &Device::flex()));
    for (&x, y) in x.iter().zip(values(&y)) {
        assert_close(y, exact(f64::from(x)), x, 5e-7);
    }
}

#[test]
fn the_gradient_is_the_derivative() {
    let x = inputs();
    let tensor = Tensor::<1>::from_floats(x.as_slice(), &Device::flex().autodiff()).require_grad();
    // Weights tell each value's gradient from the others'.
    let weights: Vec<f32> = (0..x.len()).map(|i| 1.0 + (i % 7) as f32).collect();
    let weighted = gelu(tensor.clone())
        * Tensor::<1>::from_floats(weights.as_slice(), &Device::flex().autodiff());
    let gradients = weighted.sum().backward();
    let gradient = values(&tensor.grad(&gradients).expect("a gradient"));
    for ((&x, &weight), gradient) in x.iter().zip(&weights).zip(gradient) {
        // Far out the exact product `x phi(x)` vanishes; `x` itself overflows nothing.
        let exact = f64::from(weight) * exact_gradient(f64::from(x));
        assert_close(gradient, exact, x, 4e-6);
    }
}

#[test]
fn tensors_that_are_views_of_others_are_read_in_their_own_order() {
    let device = Device::flex();
    let x: Vec<f32> = (0..35).map(|i| i as f32 / 7.0 - 2.5).collect();
    let tensor = Tensor::<2>::from_data(TensorData::new(x.clone(), [5, 7]), &device);
    let view = tensor.clone().transpose().slice([1..6, 2..5]);
    let ours = gelu(view.clone()).to_data();
    let theirs = gelu(Tensor::<2>::from_data(view.to_data(), &device)).to_data();
    assert_eq!(ours, theirs);
    // The tensor itself is as it was.
    assert_eq!(tensor.to_data().try_to_vec::<f32>().expect("f32"), x);
}

/// One value, and more than a thread takes at a time.
fn whole_tensors() -> [(Vec<f64>, [usize; 4]); 2] {
    [[1; 4], [1, 3, 111, 301]].map(|shape| {
        let values = numbers(shape.iter().product(), 1);
        (values.iter().map(|value| 5.0 * value).collect(), shape)
    })
}

#[test]
fn gradients_of_whole_tensors_are_slopes_and_those_of_the_plain_composition() {
    for input in whole_tensors() {
        let what = format!("{:?}", input.1);
        let operation = |x: &[Tensor<4>]| gelu(x[0].clone());
        assert_agrees(&what, std::slice::from_ref(&input), 2e-6, operation);
        assert_gradients_are_slopes(&[input], 1e-4, operation);
    }
}

#[test]
fn views_have_the_gradients_of_the_plain_composition() {
    let [_, input] = whole_tensors();
    assert_agrees("transposed", &[input], 2e-6, |x| {
        gelu(x[0].clone().swap_dims(1, 3))
    });
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    for input in whole_tensors() {
        assert_same_on_any_number_of_threads(&[input], |x| gelu(x[0].clone()));
    }
}

#[test]
fn what_is_not_a_number_stays_so() {
    let x = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    let y = values(&gelu(Tensor::<1>::from_floats(x, &Device::flex())));
    assert!(y[0].is_nan());
    assert_eq!(y[1], f32::INFINITY);
}

#[test]
fn freed_memory_can_be_kept_and_given_back() {
    let kept = resam_ops::memory::keep_freed_memory();
    assert_eq!(kept, cfg!(all(target_os = "linux", target_env = "gnu")));
    // How much there is to give depends on the other tests of this process.
    let given = resam_ops::memory::give_freed_memory_back();
    assert!(kept || !given);
    // Blocks of every size are still usable afterwards.
    for size in [1, 1 << 20, 1 << 26] {
        let block = vec![1u8; size];
        assert_eq!(
            block.iter().map(|&byte| usize::from(byte)).sum::<usize>(),
            size
        );
    }
}
