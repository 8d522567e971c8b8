//! New values, computed piece by piece on all threads.
//!
//! This file uses no tensors, so that its unsafe code can run under the address sanitizer without
//! Burn: the fuzz target `kernels` includes this file, `product.rs` and `memory.rs` unchanged.

use std::mem::MaybeUninit;

use rayon::prelude::*;

/// `total` values that come from `compute(scratch, index, piece)`, called once for each piece of
/// `length` consecutive values, the last one possibly shorter. Pieces come filled with zeros, and
/// with scratch space made by `scratch` for one piece or for several.
///
/// They are zeroed by the thread that computes them, when it does: zeroing the whole first, as a
/// new vector does, is a pass over memory on one thread.
pub(crate) fn values_of_pieces<S>(
    total: usize,
    length: usize,
    scratch: impl Fn() -> S + Sync + Send,
    compute: impl Fn(&mut S, usize, &mut [f32]) + Sync,
) -> Vec<f32> {
    let mut values: Vec<f32> = Vec::with_capacity(total);
    values.spare_capacity_mut()[..total]
        .par_chunks_mut(length.max(1))
        .enumerate()
        .for_each_init(scratch, |scratch, (index, piece)| {
            piece.fill(MaybeUninit::new(0.0));
            // SAFETY: every value of the piece was written by the line above.
            #[expect(unsafe_code, reason = "zeroing on one thread costs as much as a norm")]
            let piece = unsafe { piece.assume_init_mut() };
            compute(scratch, index, piece);
        });
    // SAFETY: the pieces cover the first `total` values, each was written, and the capacity is at
    // least `total`.
    #[expect(unsafe_code, reason = "as above")]
    unsafe {
        values.set_len(total);
    }
    values
}
