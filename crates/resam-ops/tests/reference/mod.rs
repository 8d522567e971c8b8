//! Inputs and comparisons that the tests of all operations share.
//!
//! An operation is checked against the same operation in double precision: no fused implementation
//! takes that, so it is the plain composition of Burn's own operations.
#![allow(dead_code, reason = "each test uses its own share of these")]

use burn::tensor::{DType, Device, Tensor, TensorData};

/// Values in -1..1 that repeat nowhere and look like noise, by the low bits of a product.
pub(crate) fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
    (0..count)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            // Rounded to what single precision holds, so that both precisions see one input.
            f64::from(((state >> 40) as f32) / (1 << 23) as f32 - 1.0)
        })
        .collect()
}

/// A tensor of these values in single or double precision.
pub(crate) fn tensor<const D: usize>(
    values: &[f64],
    shape: [usize; D],
    dtype: DType,
    device: &Device,
) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), (device, dtype))
}

/// The values of a tensor, row-major.
pub(crate) fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor
        .to_data()
        .convert::<f64>()
        .try_to_vec()
        .expect("values in double precision")
}

/// What an operation results, and the gradient of each input for `sum(weights * result)`.
pub(crate) struct Outcome {
    pub(crate) answer: Vec<f64>,
    pub(crate) gradients: Vec<Vec<f64>>,
}

/// Runs `operation` on inputs of these values and shapes, four dimensions each.
pub(crate) fn outcome(
    inputs: &[(Vec<f64>, [usize; 4])],
    dtype: DType,
    operation: impl Fn(&[Tensor<4>]) -> Tensor<4>,
) -> Outcome {
    let device = Device::flex().autodiff();
    let tensors: Vec<Tensor<4>> = inputs
        .iter()
        .map(|(values, shape)| tensor(values, *shape, dtype, &device).require_grad())
        .collect();
    let answer = operation(&tensors);
    let weights = numbers(answer.dims().iter().product(), 99);
    let weights = tensor(&weights, answer.dims(), dtype, &device);
    let gradients = (answer.clone() * weights).sum().backward();
    // An input that takes no part has no gradient at all in the plain composition.
    let of_input = |tensor: &Tensor<4>| match tensor.grad(&gradients) {
        Some(gradient) => values(&gradient),
        None => vec![0.0; tensor.dims().iter().product()],
    };
    Outcome {
        answer: values(&answer),
        gradients: tensors.iter().map(of_input).collect(),
    }
}

/// `|a - b| / |b|` in the Euclidean norm; for a `b` of nothing but zeros, `|a|`.
pub(crate) fn relative_error(ours: &[f64], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len(), "numbers of values differ");
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let difference = norm(&mut ours.iter().zip(theirs).map(|(a, b)| a - b));
    let size = norm(&mut theirs.iter().copied());
    if size == 0.0 {
        difference
    } else {
        difference / size
    }
}

/// Asserts that single and double precision agree, result and gradients.
pub(crate) fn assert_agrees(
    what: &str,
    inputs: &[(Vec<f64>, [usize; 4])],
    tolerance: f64,
    operation: impl Fn(&[Tensor<4>]) -> Tensor<4>,
) {
    let ours = outcome(inputs, DType::F32, &operation);
    let theirs = outcome(inputs, DType::F64, &operation);
    let error = relative_error(&ours.answer, &theirs.answer);
    assert!(error < tolerance, "{what}: answer off by {error:.2e}");
    let pairs = ours.gradients.iter().zip(&theirs.gradients);
    for (index, (ours, theirs)) in pairs.enumerate() {
        let error = relative_error(ours, theirs);
        assert!(
            error < tolerance,
            "{what}: gradient {index} off by {error:.2e}"
        );
    }
}

/// Asserts that the gradients in single precision are the slopes of the result in double
/// precision, by central differences in one direction an input.
pub(crate) fn assert_gradients_are_slopes(
    inputs: &[(Vec<f64>, [usize; 4])],
    tolerance: f64,
    operation: impl Fn(&[Tensor<4>]) -> Tensor<4>,
) {
    const STEP: f64 = 1e-5;
    let ours = outcome(inputs, DType::F32, &operation);
    for (index, gradient) in ours.gradients.iter().enumerate() {
        let direction = numbers(gradient.len(), 1000 + index as u64);
        let moved = |sign: f64| -> f64 {
            let mut inputs = inputs.to_vec();
            for (value, direction) in inputs[index].0.iter_mut().zip(&direction) {
                *value += sign * STEP * direction;
            }
            let answer = outcome(&inputs, DType::F64, &operation).answer;
            let weights = numbers(answer.len(), 99);
            answer.iter().zip(weights).map(|(a, b)| a * b).sum()
        };
        let slope = (moved(1.0) - moved(-1.0)) / (2.0 * STEP);
        let ours: f64 = gradient.iter().zip(&direction).map(|(a, b)| a * b).sum();
        let error = (ours - slope).abs() / slope.abs().max(1.0);
        assert!(
            error < tolerance,
            "input {index}: {ours} where the slope is {slope}"
        );
    }
}

/// Asserts that one and several threads give the same bits, result and gradients.
pub(crate) fn assert_same_on_any_number_of_threads(
    inputs: &[(Vec<f64>, [usize; 4])],
    operation: impl Fn(&[Tensor<4>]) -> Tensor<4> + Sync,
) {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool")
            .install(|| outcome(inputs, DType::F32, &operation))
    };
    let alone = on(1);
    for threads in [2, 5] {
        let together = on(threads);
        assert!(alone.answer == together.answer, "{threads} threads");
        assert!(alone.gradients == together.gradients, "{threads} threads");
    }
}
