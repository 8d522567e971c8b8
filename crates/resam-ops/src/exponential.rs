//! The exponential that the other operations share, made of steps that compilers turn into vector
//! instructions.

/// `exp(x)` for `x <= 0`; below -87, where the smallest normal number lies, as at -87. A number
/// that is not one stays so.
#[inline(always)]
pub(crate) fn exp_of_negative(x: f32) -> f32 {
    // Adding and taking away 1.5 * 2^23 rounds to a whole number, left in the low bits between.
    const ROUNDER: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Not `max`, which would take the bound for what is not a number.
    let x = if x < -87.0 { -87.0 } else { x };
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
