//! Transposes rows into vector lanes and back, in square blocks.
//!
//! A loop over single values compiles to gathers and scatters, which take longer than the attention
//! itself. A block of a size known at compile time compiles to register shuffles.

use std::array::from_fn;

/// Values of a row in a block.
const VALUES: usize = 8;

#[inline(always)]
fn transposed<const N: usize, const M: usize>(block: [[f32; M]; N]) -> [[f32; N]; M] {
    from_fn(|i| from_fn(|j| block[j][i]))
}

/// `lanes[i][k] = factor rows(k)[i]` for `count` rows; of the lanes beyond them those that share a
/// block with one become zero, the others stay as they are.
#[inline(always)]
pub(crate) fn rows_to_lanes<'a, const LANES: usize>(
    count: usize,
    factor: f32,
    row: impl Fn(usize) -> &'a [f32],
    lanes: &mut [[f32; LANES]],
) {
    // As many rows a block as go into the lanes without a rest.
    if LANES.is_multiple_of(8) {
        blocks_to_lanes::<LANES, 8>(count, factor, row, lanes);
    } else if LANES.is_multiple_of(6) {
        blocks_to_lanes::<LANES, 6>(count, factor, row, lanes);
    } else {
        blocks_to_lanes::<LANES, 4>(count, factor, row, lanes);
    }
}

#[inline(always)]
fn blocks_to_lanes<'a, const LANES: usize, const ROWS: usize>(
    count: usize,
    factor: f32,
    row: impl Fn(usize) -> &'a [f32],
    lanes: &mut [[f32; LANES]],
) {
    let blocks = lanes.len() / VALUES * VALUES;
    let (blocked, rest) = lanes.split_at_mut(blocks);
    for first in (0..count.min(LANES)).step_by(ROWS) {
        // Rows that are not there are read as the last one and written as zeros.
        let rows: [&[f32]; ROWS] = from_fn(|k| row((first + k).min(count - 1)));
        let factors: [f32; ROWS] = from_fn(|k| if first + k < count { factor } else { 0.0 });
        for (at, lanes) in blocked.as_chunks_mut::<VALUES>().0.iter_mut().enumerate() {
            let block = rows.map(|row| -> [f32; VALUES] {
                let values = row[at * VALUES..].first_chunk::<VALUES>();
                *values.unwrap_or(&[0.0; VALUES])
            });
            for (lanes, column) in lanes.iter_mut().zip(transposed(block)) {
                if let Some(to) = lanes[first..].first_chunk_mut::<ROWS>() {
                    *to = from_fn(|k| column[k] * factors[k]);
                }
            }
        }
    }
    for k in 0..count {
        for (lanes, &value) in rest.iter_mut().zip(&row(k)[blocks..]) {
            lanes[k] = factor * value;
        }
    }
}

/// `rows[k][i] = factors[k] lanes[i][k]` for as many rows, one after the other, of `width` values
/// as there are in `rows`.
#[inline(always)]
pub(crate) fn lanes_to_rows<const LANES: usize>(
    lanes: &[[f32; LANES]],
    factors: &[f32; LANES],
    width: usize,
    rows: &mut [f32],
) {
    let blocks = if LANES.is_multiple_of(VALUES) {
        width / VALUES * VALUES
    } else {
        0
    };
    if blocks > 0 {
        for (group, rows) in rows.chunks_mut(VALUES * width).enumerate() {
            let first = group * VALUES;
            for (at, lanes) in lanes[..blocks].as_chunks::<VALUES>().0.iter().enumerate() {
                let block = lanes.each_ref().map(|lanes| -> [f32; VALUES] {
                    let values = lanes[first..].first_chunk::<VALUES>();
                    *values.unwrap_or(&[0.0; VALUES])
                });
                let block = transposed(block);
                for (k, row) in rows.chunks_exact_mut(width).enumerate() {
                    if let Some(to) = row[at * VALUES..].first_chunk_mut::<VALUES>() {
                        *to = block[k].map(|value| value * factors[first + k]);
                    }
                }
            }
        }
    }
    for (k, row) in rows.chunks_exact_mut(width.max(1)).enumerate() {
        for (to, lanes) in row[blocks..].iter_mut().zip(&lanes[blocks..]) {
            *to = factors[k] * lanes[k];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Value `i` of row `k`.
    fn value(k: usize, i: usize) -> f32 {
        (100 * k + i) as f32
    }

    fn there_and_back<const LANES: usize>() {
        for width in [1, 7, 8, 16, 19] {
            let data: Vec<Vec<f32>> = (0..LANES)
                .map(|k| (0..width).map(|i| value(k, i)).collect())
                .collect();
            for count in 1..=LANES {
                let mut lanes = vec![[0f32; LANES]; width];
                rows_to_lanes(count, 2.0, |k| &data[k], &mut lanes);
                for (i, lanes) in lanes.iter().enumerate() {
                    for (k, &found) in lanes.iter().enumerate() {
                        let expected = if k < count { 2.0 * value(k, i) } else { 0.0 };
                        assert_eq!(found, expected, "{LANES} lanes, row {k} of {count}, {i}");
                    }
                }
                let mut rows = vec![0f32; count * width];
                lanes_to_rows(&lanes, &[0.5; LANES], width, &mut rows);
                assert_eq!(rows, data[..count].concat(), "{LANES} lanes, {count} rows");
            }
        }
    }

    #[test]
    fn rows_become_lanes_and_lanes_rows_again_in_whole_blocks_and_in_parts() {
        there_and_back::<4>();
        there_and_back::<6>();
        there_and_back::<8>();
        there_and_back::<12>();
        there_and_back::<16>();
        there_and_back::<32>();
    }
}
