//! The product of small matrix tiles, from which larger products are computed.
//!
//! Operands are packed so that a step along the inner dimension reads one array of each: `ROWS`
//! values of the left one, each multiplied with `LANES` values of the right one. Both are known to
//! the compiler, so the tile stays in registers and the loop is fused multiply-adds and loads.
//! There are no intrinsics and no unsafe code.

/// `tile + left right`: `left` holds a column of `ROWS` values for each inner index, `right` a row
/// of `LANES` values. `FUSED` where the target multiplies and adds in one instruction.
#[inline(always)]
pub(crate) fn add_product<const ROWS: usize, const LANES: usize, const FUSED: bool>(
    left: &[[f32; ROWS]],
    right: &[[f32; LANES]],
    tile: &mut [[f32; LANES]; ROWS],
) {
    let mut sums = *tile;
    for (left, right) in left.iter().zip(right) {
        for (sums, &left) in sums.iter_mut().zip(left) {
            for (sum, &right) in sums.iter_mut().zip(right) {
                *sum = multiply_add::<FUSED>(left, right, *sum);
            }
        }
    }
    *tile = sums;
}

/// As [`add_product`], with the left operand's rows as they lie: each row's inner values are
/// contiguous, and there are `INNER` of them.
#[inline(always)]
pub(crate) fn add_product_of_rows<
    const ROWS: usize,
    const INNER: usize,
    const LANES: usize,
    const FUSED: bool,
>(
    left: &[[f32; INNER]; ROWS],
    right: &[[f32; LANES]; INNER],
    tile: &mut [[f32; LANES]; ROWS],
) {
    let mut sums = *tile;
    for (inner, right) in right.iter().enumerate() {
        for (sums, left) in sums.iter_mut().zip(left) {
            for (sum, &right) in sums.iter_mut().zip(right) {
                *sum = multiply_add::<FUSED>(left[inner], right, *sum);
            }
        }
    }
    *tile = sums;
}

/// `a b + c`, rounded once where the target can: elsewhere that would be a call into a library.
#[inline(always)]
pub(crate) fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}
