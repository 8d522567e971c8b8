//! The matrix product, after Goto and van de Geijn, *Anatomy of high-performance matrix
//! multiplication* (2008): panels of the right operand stay in the first-level cache, blocks of the
//! left one in the second-level cache.

use multiversion::{multiversion, target::target_cfg_f};
use rayon::prelude::*;

use crate::pieces::values_of_pieces;
use crate::tile::add_product;

/// Rows that a thread takes at a time: a whole number of tiles of any height.
const ROWS_A_PIECE: usize = 96;

/// Inner values packed at a time.
const INNER: usize = 768;

/// The right operand, `[inner, columns]`.
#[derive(Clone, Copy)]
pub(crate) struct Right<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) inner: usize,
    pub(crate) columns: usize,
    /// Whether `values` holds `[columns, inner]`.
    pub(crate) transposed: bool,
}

/// `left right + bias`: `left` is `[rows, inner]`, `bias` `[columns]` or empty, the result
/// `[rows, columns]`, all row-major.
pub(crate) fn product(left: &[f32], right: Right<'_>, bias: &[f32]) -> Vec<f32> {
    match best_tile() {
        Tile::Twelve => Product::new(right, bias).run(left, piece_of_twelve_rows),
        Tile::Six => Product::new(right, bias).run(left, piece_of_six_rows),
        Tile::Four => Product::new(right, bias).run(left, piece_of_four_rows),
    }
}

/// The rows of the tiles that fill the registers of different vector units.
enum Tile {
    Twelve,
    Six,
    Four,
}

#[allow(
    clippy::ifs_same_cond,
    reason = "the conditions differ for each target"
)]
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn best_tile() -> Tile {
    if target_cfg_f!(target_feature = "avx512f") {
        Tile::Twelve
    } else if target_cfg_f!(any(target_feature = "fma", target_feature = "neon")) {
        Tile::Six
    } else {
        Tile::Four
    }
}

// A function a shape, because what threads run is compiled for the vector unit only if it is a
// function of its own.

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn piece_of_twelve_rows(
    product: &Product<12, 32, true>,
    left: &[f32],
    out: &mut [f32],
    packed: &mut Vec<[f32; 12]>,
) {
    product.piece(left, out, packed);
}

#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn piece_of_six_rows(
    product: &Product<6, 16, true>,
    left: &[f32],
    out: &mut [f32],
    packed: &mut Vec<[f32; 6]>,
) {
    product.piece(left, out, packed);
}

fn piece_of_four_rows(
    product: &Product<4, 8, false>,
    left: &[f32],
    out: &mut [f32],
    packed: &mut Vec<[f32; 4]>,
) {
    product.piece(left, out, packed);
}

/// A right operand packed for tiles of this shape.
struct Product<const ROWS: usize, const LANES: usize, const FUSED: bool> {
    inner: usize,
    columns: usize,
    /// Panel after panel of `LANES` columns, each with a row for each inner index.
    panels: Vec<[f32; LANES]>,
    /// What each panel's sums begin with.
    bias: Vec<[f32; LANES]>,
}

impl<const ROWS: usize, const LANES: usize, const FUSED: bool> Product<ROWS, LANES, FUSED> {
    fn new(right: Right<'_>, bias: &[f32]) -> Self {
        let Right {
            values,
            inner,
            columns,
            transposed,
        } = right;
        let count = columns.div_ceil(LANES);
        let mut panels = vec![[0f32; LANES]; count * inner];
        panels
            .par_chunks_exact_mut(inner)
            .enumerate()
            .for_each(|(panel, rows)| {
                let first = panel * LANES;
                let width = LANES.min(columns - first);
                if transposed {
                    for lane in 0..width {
                        let column = &values[(first + lane) * inner..][..inner];
                        for (row, &value) in rows.iter_mut().zip(column) {
                            row[lane] = value;
                        }
                    }
                } else {
                    for (index, row) in rows.iter_mut().enumerate() {
                        row[..width].copy_from_slice(&values[index * columns + first..][..width]);
                    }
                }
            });
        let mut padded = vec![[0f32; LANES]; count];
        for (to, from) in padded.iter_mut().zip(bias.chunks(LANES)) {
            to[..from.len()].copy_from_slice(from);
        }
        Self {
            inner,
            columns,
            panels,
            bias: padded,
        }
    }

    fn run(
        &self,
        left: &[f32],
        piece: impl Fn(&Self, &[f32], &mut [f32], &mut Vec<[f32; ROWS]>) + Sync,
    ) -> Vec<f32> {
        let rows = left.len().checked_div(self.inner).unwrap_or_default();
        let (total, length) = (rows * self.columns, ROWS_A_PIECE * self.columns);
        values_of_pieces(total, length, Vec::new, |packed, index, out| {
            let first = index * ROWS_A_PIECE;
            let last = first + out.len() / self.columns;
            piece(
                self,
                &left[first * self.inner..last * self.inner],
                out,
                packed,
            );
        })
    }

    /// A few rows of the result.
    #[inline(always)]
    fn piece(&self, left: &[f32], out: &mut [f32], packed: &mut Vec<[f32; ROWS]>) {
        let rows = left.len() / self.inner;
        for first in (0..self.inner).step_by(INNER) {
            let inner = INNER.min(self.inner - first);
            packed.clear();
            packed.resize(rows.div_ceil(ROWS) * inner, [0.0; ROWS]);
            for (tile, columns) in packed.chunks_exact_mut(inner).enumerate() {
                for row in 0..ROWS.min(rows - tile * ROWS) {
                    let values = &left[(tile * ROWS + row) * self.inner + first..][..inner];
                    for (column, &value) in columns.iter_mut().zip(values) {
                        column[row] = value;
                    }
                }
            }
            for (panel, bias) in self.bias.iter().enumerate() {
                let right = &self.panels[panel * self.inner + first..][..inner];
                let width = LANES.min(self.columns - panel * LANES);
                for (tile, left) in packed.chunks_exact(inner).enumerate() {
                    let place = |row: usize| (tile * ROWS + row) * self.columns + panel * LANES;
                    let height = ROWS.min(rows - tile * ROWS);
                    let mut sums = [[0f32; LANES]; ROWS];
                    if first == 0 {
                        sums = [*bias; ROWS];
                    } else {
                        for (row, sums) in sums.iter_mut().enumerate().take(height) {
                            sums[..width].copy_from_slice(&out[place(row)..][..width]);
                        }
                    }
                    add_product::<ROWS, LANES, FUSED>(left, right, &mut sums);
                    for (row, sums) in sums.iter().enumerate().take(height) {
                        out[place(row)..][..width].copy_from_slice(&sums[..width]);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, step: usize) -> Vec<f32> {
        (0..count)
            .map(|i| (i * step % 1009) as f32 / 1009.0 - 0.5)
            .collect()
    }

    fn exact(left: &[f32], right: Right<'_>, bias: &[f32]) -> Vec<f64> {
        let rows = left.len() / right.inner;
        let entry = |row: usize, column: usize| -> f64 {
            let products = (0..right.inner).map(|index| {
                let at = if right.transposed {
                    column * right.inner + index
                } else {
                    index * right.columns + column
                };
                f64::from(left[row * right.inner + index]) * f64::from(right.values[at])
            });
            products.sum::<f64>() + bias.get(column).map_or(0.0, |&bias| f64::from(bias))
        };
        (0..rows)
            .flat_map(|row| (0..right.columns).map(move |column| (row, column)))
            .map(|(row, column)| entry(row, column))
            .collect()
    }

    /// Every shape of tile, whatever this machine's vectors are.
    #[test]
    fn tiles_of_all_shapes_give_the_product() {
        for (rows, inner, columns) in [(1, 1, 1), (7, 5, 3), (100, 400, 33), (97, 770, 50)] {
            let (left, values) = (numbers(rows * inner, 7919), numbers(inner * columns, 101));
            for (transposed, bias) in [(false, vec![]), (true, numbers(columns, 31))] {
                let right = Right {
                    values: &values,
                    inner,
                    columns,
                    transposed,
                };
                let wanted = exact(&left, right, &bias);
                let outs = [
                    Product::new(right, &bias).run(&left, piece_of_twelve_rows),
                    Product::new(right, &bias).run(&left, piece_of_six_rows),
                    Product::new(right, &bias).run(&left, piece_of_four_rows),
                    product(&left, right, &bias),
                ];
                for out in outs {
                    for (ours, theirs) in out.iter().zip(&wanted) {
                        assert!((f64::from(*ours) - theirs).abs() < 2e-5, "{ours} {theirs}");
                    }
                }
            }
        }
    }
}
