//! The two softmaxes on scores `[cells, rows of tokens]`, row-major, and their gradients.

use multiversion::{multiversion, target::target_cfg_f};

use crate::exponential::exp_of_negative;

/// The heads of every published model; other numbers take the longer way.
const USUAL_HEADS: usize = 8;

/// Turns scores into exponentials of their distance to the largest of their column; adds to
/// `totals` the sum of each column, and writes the largest to `largest`.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
pub(super) fn soften_columns(scores: &mut [f32], largest: &mut [f32], totals: &mut [f32]) {
    if target_cfg_f!(any(target_feature = "fma", target_feature = "neon")) {
        soften_columns_with::<true>(scores, largest, totals);
    } else {
        soften_columns_with::<false>(scores, largest, totals);
    }
}

#[inline(always)]
fn soften_columns_with<const FUSED: bool>(
    scores: &mut [f32],
    largest: &mut [f32],
    totals: &mut [f32],
) {
    largest.fill(f32::NEG_INFINITY);
    for row in scores.chunks_exact(largest.len()) {
        for (most, &score) in largest.iter_mut().zip(row) {
            *most = if score > *most { score } else { *most };
        }
    }
    for row in scores.chunks_exact_mut(largest.len()) {
        for ((score, &most), total) in row.iter_mut().zip(&*largest).zip(totals.iter_mut()) {
            *score = exp_of_negative::<FUSED>(*score - most);
            *total += *score;
        }
    }
}

/// Turns scores into probabilities, from the logarithm of each column's sum of exponentials.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
pub(super) fn probabilities_of_columns(scores: &mut [f32], log_sums: &[f32]) {
    if target_cfg_f!(any(target_feature = "fma", target_feature = "neon")) {
        probabilities_with::<true>(scores, log_sums);
    } else {
        probabilities_with::<false>(scores, log_sums);
    }
}

#[inline(always)]
fn probabilities_with<const FUSED: bool>(scores: &mut [f32], log_sums: &[f32]) {
    for row in scores.chunks_exact_mut(log_sums.len()) {
        for (score, &log_sum) in row.iter_mut().zip(log_sums) {
            *score = exp_of_negative::<FUSED>(*score - log_sum);
        }
    }
}

/// Turns the gradient of probabilities into that of scores; `products` has each column's sum of
/// probability times gradient.
pub(super) fn gradient_of_columns(gradient: &mut [f32], probabilities: &[f32], products: &[f32]) {
    let rows = gradient.chunks_exact_mut(products.len());
    for (gradient, probabilities) in rows.zip(probabilities.chunks_exact(products.len())) {
        for ((gradient, &probability), &product) in
            gradient.iter_mut().zip(probabilities).zip(products)
        {
            *gradient = probability * (*gradient - product);
        }
    }
}

/// Adds `biases` to each row of scores and turns those of each head into probabilities: a row holds
/// token after token, a score for each head.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
pub(super) fn probabilities_of_heads(scores: &mut [f32], biases: &[f32], heads: usize) {
    if target_cfg_f!(any(target_feature = "fma", target_feature = "neon")) {
        probabilities_of_heads_with::<true>(scores, biases, heads);
    } else {
        probabilities_of_heads_with::<false>(scores, biases, heads);
    }
}

#[inline(always)]
fn probabilities_of_heads_with<const FUSED: bool>(
    scores: &mut [f32],
    biases: &[f32],
    heads: usize,
) {
    for row in scores.chunks_exact_mut(biases.len()) {
        for (score, bias) in row.iter_mut().zip(biases) {
            *score += bias;
        }
        if heads == USUAL_HEADS {
            // Vector lanes run over the heads.
            let (tokens, _) = row.as_chunks_mut::<USUAL_HEADS>();
            let mut most = [f32::NEG_INFINITY; USUAL_HEADS];
            for scores in tokens.iter() {
                for head in 0..USUAL_HEADS {
                    most[head] = if scores[head] > most[head] {
                        scores[head]
                    } else {
                        most[head]
                    };
                }
            }
            let mut total = [0f32; USUAL_HEADS];
            for scores in tokens.iter_mut() {
                for head in 0..USUAL_HEADS {
                    scores[head] = exp_of_negative::<FUSED>(scores[head] - most[head]);
                    total[head] += scores[head];
                }
            }
            let share = total.map(|total| 1.0 / total);
            for scores in tokens.iter_mut() {
                for head in 0..USUAL_HEADS {
                    scores[head] *= share[head];
                }
            }
            continue;
        }
        for head in 0..heads {
            let of_head = || (head..biases.len()).step_by(heads);
            let most = of_head()
                .map(|at| row[at])
                .fold(f32::NEG_INFINITY, f32::max);
            let mut total = 0.0;
            for at in of_head() {
                row[at] = exp_of_negative::<FUSED>(row[at] - most);
                total += row[at];
            }
            for at in of_head() {
                row[at] /= total;
            }
        }
    }
}

/// Turns the gradient of each head's probabilities, rows of `width`, into that of its scores.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
pub(super) fn gradient_of_heads(
    gradient: &mut [f32],
    probabilities: &[f32],
    width: usize,
    heads: usize,
) {
    let rows = gradient.chunks_exact_mut(width);
    for (gradient, probabilities) in rows.zip(probabilities.chunks_exact(width)) {
        if heads == USUAL_HEADS {
            let (gradient, _) = gradient.as_chunks_mut::<USUAL_HEADS>();
            let (probabilities, _) = probabilities.as_chunks::<USUAL_HEADS>();
            let mut product = [0f32; USUAL_HEADS];
            for (gradient, probability) in gradient.iter().zip(probabilities) {
                for head in 0..USUAL_HEADS {
                    product[head] += gradient[head] * probability[head];
                }
            }
            for (gradient, probability) in gradient.iter_mut().zip(probabilities) {
                for head in 0..USUAL_HEADS {
                    gradient[head] = probability[head] * (gradient[head] - product[head]);
                }
            }
            continue;
        }
        for head in 0..heads {
            let of_head = || (head..width).step_by(heads);
            let product: f32 = of_head().map(|at| gradient[at] * probabilities[at]).sum();
            for at in of_head() {
                gradient[at] = probabilities[at] * (gradient[at] - product);
            }
        }
    }
}
