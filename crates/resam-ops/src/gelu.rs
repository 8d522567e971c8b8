//! Exact GELU, `x Phi(x)`, and its gradient.
//!
//! `Phi` is taken from formula 7.1.26 of Abramowitz and Stegun, *Handbook of Mathematical
//! Functions*, whose error in `erf` is at most 1.5e-7, about the rounding of the numbers themselves.
//! It is made of one exponential and a polynomial, which compilers turn into vector instructions,
//! where `libm::erff` is a branch a value.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Dispatch, ops::ActivationOps};
use burn::tensor::{DType, Tensor};
use multiversion::multiversion;
use rayon::prelude::*;

use crate::ops::SamOps;

/// Values a thread takes at a time: a fixed number, so that no result depends on their count.
const PIECE: usize = 1 << 15;

/// Exact GELU of every value: `x Phi(x)`, `Phi` the normal distribution.
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as SamOps>::sam_gelu(x.into_dispatch()))
}

pub(crate) fn gelu_flex(x: FloatTensor<Flex>) -> FloatTensor<Flex> {
    if x.dtype() != DType::F32 {
        return <Flex as ActivationOps<Flex>>::gelu(x);
    }
    let mut x = x.to_contiguous();
    x.storage_mut::<f32>()
        .par_chunks_mut(PIECE)
        .for_each(gelu_in_place);
    x
}

pub(crate) fn gelu_backward_flex(
    x: FloatTensor<Flex>,
    gradient: FloatTensor<Flex>,
) -> FloatTensor<Flex> {
    if x.dtype() != DType::F32 || gradient.dtype() != DType::F32 {
        return <Flex as ActivationOps<Flex>>::gelu_backward(x, gradient);
    }
    let x = x.to_contiguous();
    let mut gradient = gradient.to_contiguous();
    gradient
        .storage_mut::<f32>()
        .par_chunks_mut(PIECE)
        .zip(x.storage::<f32>().par_chunks(PIECE))
        .for_each(|(gradient, x)| gelu_backward_in_place(gradient, x));
    gradient
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn gelu_in_place(values: &mut [f32]) {
    for x in values {
        *x *= normal_distribution(*x).0;
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn gelu_backward_in_place(gradient: &mut [f32], values: &[f32]) {
    const INVERSE_SQRT_2_PI: f32 = 0.398_942_3;
    for (gradient, &x) in gradient.iter_mut().zip(values) {
        let (distribution, exponential) = normal_distribution(x);
        *gradient *= distribution + x * (INVERSE_SQRT_2_PI * exponential);
    }
}

/// `Phi(x)` and `exp(-x^2 / 2)`.
#[inline(always)]
fn normal_distribution(x: f32) -> (f32, f32) {
    // Beyond this the tail is below the smallest normal number; also keeps the exponential's
    // argument in range, and not-a-number passes through.
    let magnitude = x.abs().min(13.0);
    let t = 1.0 / (1.0 + 0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2 * magnitude);
    let exponential = exp_of_negative(-0.5 * magnitude * magnitude);
    let polynomial = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_8) * t - 0.284_496_72) * t
        + 0.254_829_6)
        * t;
    // Half the complementary error function: the tail beyond |x|.
    let tail = 0.5 * polynomial * exponential;
    let distribution = if x > 0.0 { 1.0 - tail } else { tail };
    (distribution, exponential)
}

/// `exp(x)` for `-87 <= x <= 0`: two to a whole power, times a polynomial on the rest.
#[inline(always)]
fn exp_of_negative(x: f32) -> f32 {
    // Adding and taking away 1.5 * 2^23 rounds to a whole number, left in the low bits between.
    const ROUNDER: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let shifted = x * std::f32::consts::LOG2_E + ROUNDER;
    let whole = shifted - ROUNDER;
    let rest = (x - whole * LN_2_HIGH) - whole * LN_2_LOW;
    // The Taylor series up to the seventh power: an error below 2^-27 for |rest| <= ln(2) / 2.
    let series = 1.0
        + rest
            * (1.0
                + rest
                    * (0.5
                        + rest
                            * (1.0 / 6.0
                                + rest
                                    * (1.0 / 24.0
                                        + rest
                                            * (1.0 / 120.0
                                                + rest * (1.0 / 720.0 + rest / 5040.0))))));
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    series * power
}
