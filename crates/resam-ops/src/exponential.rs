//! The exponential function of the other operations, written so that compilers vectorise it.

use crate::tile::multiply_add;

/// `exp(x)` for `x <= 0`; below -87, where the smallest normal number lies, as at -87. A number
/// that is not one stays so. Off by at most one unit in the last place or so.
///
/// A power of two times a polynomial of the remainder, as `expf` of Moshier's Cephes library.
#[inline(always)]
pub(crate) fn exp_of_negative<const FUSED: bool>(x: f32) -> f32 {
    // Adding and taking away 1.5 * 2^23 rounds to a whole number, left in the low bits between.
    const ROUNDER: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Not `max`, which would take the bound for what is not a number.
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = multiply_add::<FUSED>(x, std::f32::consts::LOG2_E, ROUNDER);
    let whole = shifted - ROUNDER;
    let rest = multiply_add::<FUSED>(whole, -LN_2_HIGH, x);
    let rest = multiply_add::<FUSED>(whole, -LN_2_LOW, rest);
    let mut series = 1.987_569_1e-4;
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5] {
        series = multiply_add::<FUSED>(series, rest, coefficient);
    }
    let series = multiply_add::<FUSED>(series, rest * rest, rest) + 1.0;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    series * power
}

#[cfg(test)]
mod tests {
    use super::exp_of_negative;

    #[test]
    fn it_is_the_exponential_to_a_few_units_in_the_last_place() {
        for step in 0..870_000 {
            let x = -(step as f32) * 1e-4;
            let exact = f64::from(x).exp();
            for ours in [exp_of_negative::<true>(x), exp_of_negative::<false>(x)] {
                let error = (f64::from(ours) - exact).abs() / exact;
                assert!(error < 3e-7, "at {x}: {ours} where {exact} is exact");
            }
        }
        assert_eq!(exp_of_negative::<false>(0.0), 1.0);
        assert!(exp_of_negative::<false>(f32::NAN).is_nan());
        assert!(exp_of_negative::<false>(f32::NEG_INFINITY) < 2e-38);
    }
}
