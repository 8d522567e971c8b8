//! The sums of a mask and their gradient against the same in double precision.

use burn::tensor::{DType, Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use resam_ops::{MASK_SUMS, mask_sums};

const THRESHOLD: f64 = 0.5;

/// Logits `[instances, rows, columns]` and labels `[instances, height, width]`.
struct Masks {
    logits: Vec<f32>,
    low: [usize; 3],
    labels: Vec<f32>,
    full: [usize; 3],
}

impl Masks {
    /// Logits between -12 and 12, labels mostly 0 or 1 and sometimes between.
    fn random(seed: u64, low: [usize; 3], full: [usize; 2]) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut unit = || f64::from(random.next_u32()) / f64::from(u32::MAX);
        let full = [low[0], full[0], full[1]];
        let logits = (0..low.iter().product()).map(|_| (unit() * 24.0 - 12.0) as f32);
        let logits: Vec<f32> = logits.collect();
        let labels = (0..full.iter().product())
            .map(|_| ((unit() * 1.2 - 0.1).clamp(0.0, 1.0) * 4.0).round() as f32 / 4.0)
            .collect();
        Self {
            logits,
            low,
            labels,
            full,
        }
    }

    fn logits(&self, device: &Device) -> Tensor<3> {
        Tensor::from_data(TensorData::new(self.logits.clone(), self.low), device)
    }

    fn labels(&self, device: &Device) -> Tensor<3> {
        Tensor::from_data(TensorData::new(self.labels.clone(), self.full), device)
    }

    /// The definition, a pixel at a time.
    fn sums(&self) -> Vec<f64> {
        self.sums_of(
            &self
                .logits
                .iter()
                .map(|&z| f64::from(z))
                .collect::<Vec<_>>(),
        )
    }

    fn sums_of(&self, logits: &[f64]) -> Vec<f64> {
        let [instances, rows, columns] = self.low;
        let [_, height, width] = self.full;
        let source = |index: usize, length: usize, target: usize| {
            let position = (index as f64 + 0.5) * length as f64 / target as f64 - 0.5;
            let position = position.max(0.0);
            let low = (position.floor() as usize).min(length - 1);
            (low, (low + 1).min(length - 1), position - low as f64)
        };
        let mut all = Vec::new();
        for instance in 0..instances {
            let mut sums = [0.0; MASK_SUMS];
            let at = |row: usize, column: usize| logits[(instance * rows + row) * columns + column];
            for i in 0..height {
                for j in 0..width {
                    let (top, bottom, down) = source(i, rows, height);
                    let (left, right, across) = source(j, columns, width);
                    let z = (at(top, left) * (1.0 - across) + at(top, right) * across)
                        * (1.0 - down)
                        + (at(bottom, left) * (1.0 - across) + at(bottom, right) * across) * down;
                    let y = f64::from(self.labels[(instance * height + i) * width + j]);
                    let p = 1.0 / (1.0 + (-z).exp());
                    let p_t = p * y + (1.0 - p) * (1.0 - y);
                    let entropy = -(y * p.ln() + (1.0 - y) * (1.0 - p).ln());
                    let m = f64::from(u8::from(z >= THRESHOLD));
                    let values = [(1.0 - p_t).powi(2) * entropy, p * y, p, m * y, m, y];
                    for (sum, value) in sums.iter_mut().zip(values) {
                        *sum += value;
                    }
                }
            }
            all.extend(sums);
        }
        all
    }
}

/// Low and full sizes: odd ones, one pixel, a single row, the model's own factor of 4.
fn shapes() -> [([usize; 3], [usize; 2]); 6] {
    [
        ([1, 1, 1], [1, 1]),
        ([2, 1, 5], [3, 17]),
        ([3, 7, 9], [31, 33]),
        ([2, 40, 24], [160, 96]),
        ([1, 9, 70], [9, 70]),
        ([2, 33, 5], [65, 11]),
    ]
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    let data = tensor.cast(DType::F64).to_data();
    data.try_to_vec().expect("f64 values")
}

fn assert_close(ours: &[f64], exact: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), exact.len());
    let scale = exact
        .iter()
        .fold(1e-6_f64, |most, value| most.max(value.abs()));
    for (at, (ours, exact)) in ours.iter().zip(exact).enumerate() {
        assert!(
            (ours - exact).abs() <= tolerance * scale,
            "value {at}: {ours} where {exact} is exact, of values up to {scale}"
        );
    }
}

/// A weight for each sum, so that each is told from the others.
fn weighted(sums: Tensor<2>) -> Tensor<1> {
    let weights: Vec<f32> = (0..sums.dims()[0] * MASK_SUMS)
        .map(|i| 0.5 + (i % 5) as f32)
        .collect();
    let data = TensorData::new(weights, sums.dims());
    let weights = Tensor::<2>::from_data(data, &sums.device()).cast(sums.dtype());
    (sums * weights).sum()
}

#[test]
fn the_sums_are_those_of_the_definition() {
    for (seed, (low, full)) in shapes().into_iter().enumerate() {
        let masks = Masks::random(seed as u64, low, full);
        let device = Device::flex();
        let fused = mask_sums(masks.logits(&device), masks.labels(&device), THRESHOLD);
        assert_close(&values(fused), &masks.sums(), 2e-6);
    }
}

#[test]
fn other_precisions_give_the_same_sums_and_gradients() {
    let device = Device::flex().autodiff();
    for (seed, (low, full)) in shapes().into_iter().enumerate() {
        let masks = Masks::random(seed as u64, low, full);
        let gradient = |dtype: DType| {
            let logits = masks.logits(&device).cast(dtype).require_grad();
            let sums = mask_sums(logits.clone(), masks.labels(&device).cast(dtype), THRESHOLD);
            let gradients = weighted(sums.clone()).backward();
            let gradient = logits.grad(&gradients).expect("a gradient");
            (values(sums.inner()), values(gradient))
        };
        let (fused, plain) = (gradient(DType::F32), gradient(DType::F64));
        assert_close(&plain.0, &masks.sums(), 1e-10);
        assert_close(&fused.0, &plain.0, 2e-6);
        assert_close(&fused.1, &plain.1, 2e-5);
    }
}

#[test]
fn the_gradient_is_the_slope() {
    let device = Device::flex().autodiff();
    let masks = Masks::random(7, [2, 4, 3], [13, 11]);
    let logits = masks.logits(&device).require_grad();
    let labels = masks.labels(&device);
    let gradients = weighted(mask_sums(logits.clone(), labels, THRESHOLD)).backward();
    let ours = values(logits.grad(&gradients).expect("a gradient"));
    let weight = |i: usize| 0.5 + (i % 5) as f64;
    // What jumps at the threshold has no slope.
    let smooth = |sums: Vec<f64>| -> f64 {
        let smooth = sums.iter().enumerate().filter(|(i, _)| i % MASK_SUMS < 3);
        smooth.map(|(i, sum)| weight(i) * sum).sum()
    };
    let exact: Vec<f64> = (0..masks.logits.len())
        .map(|at| {
            let shifted = |step: f64| {
                let mut logits: Vec<f64> = masks.logits.iter().map(|&z| f64::from(z)).collect();
                logits[at] += step;
                smooth(masks.sums_of(&logits))
            };
            (shifted(1e-5) - shifted(-1e-5)) / 2e-5
        })
        .collect();
    assert_close(&ours, &exact, 1e-5);
}

#[test]
fn views_are_read_in_their_own_order() {
    let device = Device::flex().autodiff();
    let masks = Masks::random(3, [4, 6, 10], [24, 40]);
    // Rows and columns exchanged, and the first mask left out.
    let view = |x: Tensor<3>| x.swap_dims(1, 2).slice(1..4);
    let copy = |x: Tensor<3>| Tensor::<3>::from_data(x.to_data(), &device);
    let gradient = |logits: Tensor<3>, labels: Tensor<3>| {
        let logits = logits.require_grad();
        let gradients = weighted(mask_sums(logits.clone(), labels, THRESHOLD)).backward();
        logits.grad(&gradients).expect("a gradient").to_data()
    };
    let (logits, labels) = (view(masks.logits(&device)), view(masks.labels(&device)));
    assert_eq!(
        gradient(logits.clone(), labels.clone()),
        gradient(copy(logits), copy(labels))
    );
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let masks = Masks::random(5, [2, 70, 50], [280, 200]);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool").install(|| {
            let device = Device::flex().autodiff();
            let logits = masks.logits(&device).require_grad();
            let sums = mask_sums(logits.clone(), masks.labels(&device), THRESHOLD);
            let gradients = weighted(sums.clone()).backward();
            let gradient = logits.grad(&gradients).expect("a gradient");
            (sums.inner().to_data(), gradient.to_data())
        })
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn far_logits_stay_finite_and_what_is_not_a_number_stays_so() {
    let device = Device::flex();
    let focal = |z: f32, y: f32| {
        let pixel = |value: f32| Tensor::<3>::full([1, 1, 1], value, &device);
        values(mask_sums(pixel(z), pixel(y), THRESHOLD))[0]
    };
    assert_eq!(focal(1e30, 1.0), 0.0);
    assert_eq!(focal(-1e30, 0.0), 0.0);
    assert_close(&[focal(1e6, 0.0)], &[1e6], 1e-6);
    assert_close(&[focal(-1e6, 1.0)], &[1e6], 1e-6);
    assert!(focal(f32::NAN, 1.0).is_nan());
}
