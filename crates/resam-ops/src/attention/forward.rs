//! Attention without its score matrix: a streaming softmax (Milakov and Gimelshein, arXiv
//! 1805.02867) over blocks of keys, as in FlashAttention (Dao et al., arXiv 2205.14135).
//!
//! Vector lanes are queries. The softmax, which is over keys, then needs no operation across lanes,
//! and the probabilities are already the packed operand of the product with the values.

use multiversion::{multiversion, target::target_cfg_f};

use super::operands::{Operands, Positions, pack_columns, pack_rows};
use crate::exponential::exp_of_negative;
use crate::tile::add_product;
use crate::transpose::{lanes_to_rows, rows_to_lanes};

/// Keys whose scores are held at a time: a whole number of tiles of any height, few enough that
/// the scores of one vector of queries stay in the first-level cache.
const KEYS: usize = 240;

/// Vectors of queries that meet a block of keys before the next block is read: the block is read
/// from the second-level cache by all but the first of them.
const PANELS: usize = 8;

/// Attends from tokens `queries` of a window to all its tokens. Writes `[queries, head_dim]` to
/// `attended`, and to `log_sum` the logarithm of each query's sum of exponentials.
#[allow(
    clippy::ifs_same_cond,
    reason = "the conditions differ for each target"
)]
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
pub(crate) fn attend(
    operands: &Operands<'_>,
    queries: std::ops::Range<usize>,
    attended: &mut [f32],
    log_sum: &mut [f32],
) {
    if target_cfg_f!(target_feature = "avx512f") {
        attend_with::<6, 32, true>(operands, queries, attended, log_sum);
    } else if target_cfg_f!(any(target_feature = "fma", target_feature = "neon")) {
        attend_with::<6, 16, true>(operands, queries, attended, log_sum);
    } else {
        attend_with::<4, 8, false>(operands, queries, attended, log_sum);
    }
}

#[inline(always)]
pub(super) fn attend_with<const ROWS: usize, const LANES: usize, const FUSED: bool>(
    operands: &Operands<'_>,
    queries: std::ops::Range<usize>,
    attended: &mut [f32],
    log_sum: &mut [f32],
) {
    let Operands { key, value, .. } = operands;
    let (head_dim, value_dim) = (key.head_dim, value.head_dim);
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    pack_rows::<ROWS>(&mut keys, key.len(), head_dim, operands.scale, |token| {
        key.row(token)
    });
    pack_columns::<ROWS>(&mut values, key.len(), value_dim, 1.0, |token| {
        value.row(token)
    });
    let tables = tables::<ROWS>(operands);

    let mut scores = vec![[0f32; LANES]; KEYS.next_multiple_of(ROWS)];
    let mut panels: Vec<Panel<LANES>> = (0..queries.len().div_ceil(LANES).min(PANELS))
        .map(|_| Panel::new::<ROWS>(operands))
        .collect();
    let firsts: Vec<usize> = queries.clone().step_by(LANES).collect();
    for group in firsts.chunks(PANELS) {
        let panels = &mut panels[..group.len()];
        for (panel, &first) in panels.iter_mut().zip(group) {
            let lanes = LANES.min(queries.end - first);
            panel.begin::<ROWS, FUSED>(operands, &tables, first, lanes);
        }
        for block in (0..key.len()).step_by(KEYS) {
            let count = KEYS.min(key.len() - block);
            for panel in panels.iter_mut() {
                let keys = keys[block / ROWS * head_dim..].chunks_exact(head_dim);
                for (at, (keys, scores)) in keys
                    .zip(scores.as_chunks_mut::<ROWS>().0)
                    .take(count.div_ceil(ROWS))
                    .enumerate()
                {
                    panel.start(operands, block + at * ROWS, scores);
                    add_product::<ROWS, LANES, FUSED>(keys, &panel.query, scores);
                }
                let scores = &mut scores[..count];
                let shrink = soften::<LANES, FUSED>(scores, &mut panel.largest, &mut panel.total);
                for (tile, values) in panel
                    .sums
                    .as_chunks_mut::<ROWS>()
                    .0
                    .iter_mut()
                    .zip(values.chunks_exact(key.len()))
                {
                    for sums in tile.iter_mut() {
                        for (sum, &shrink) in sums.iter_mut().zip(&shrink) {
                            *sum *= shrink;
                        }
                    }
                    add_product::<ROWS, LANES, FUSED>(&values[block..][..count], scores, tile);
                }
            }
        }
        for panel in panels.iter() {
            let done = panel.first - queries.start;
            let rows = &mut attended[done * value_dim..][..panel.lanes * value_dim];
            // Weighted sums become weighted means.
            let inverse = panel.total.map(|total| 1.0 / total);
            lanes_to_rows(&panel.sums, &inverse, value_dim, rows);
            for lane in 0..panel.lanes {
                log_sum[done + lane] = panel.largest[lane] + panel.total[lane].ln();
            }
        }
    }
}

/// Turns scores into exponentials of their distance to the largest so far, adds them to `total`,
/// and returns the factor by which what was summed before shrinks.
#[inline(always)]
fn soften<const LANES: usize, const FUSED: bool>(
    scores: &mut [[f32; LANES]],
    largest: &mut [f32; LANES],
    total: &mut [f32; LANES],
) -> [f32; LANES] {
    // Arrays of their own and plain indices: what compilers turn into vector instructions.
    let mut most = *largest;
    for scores in scores.iter() {
        for lane in 0..LANES {
            most[lane] = if scores[lane] > most[lane] {
                scores[lane]
            } else {
                most[lane]
            };
        }
    }
    let mut shrink = [0f32; LANES];
    let mut sums = *total;
    for lane in 0..LANES {
        shrink[lane] = exp_of_negative::<FUSED>(largest[lane] - most[lane]);
        sums[lane] *= shrink[lane];
    }
    for scores in scores.iter_mut() {
        for lane in 0..LANES {
            scores[lane] = exp_of_negative::<FUSED>(scores[lane] - most[lane]);
            sums[lane] += scores[lane];
        }
    }
    (*largest, *total) = (most, sums);
    shrink
}

/// The tables of decomposed positions, of rows and of columns, packed.
#[inline(always)]
fn tables<const ROWS: usize>(operands: &Operands<'_>) -> [Vec<[f32; ROWS]>; 2] {
    let mut tables = [Vec::new(), Vec::new()];
    if let Positions::Decomposed {
        rows,
        columns,
        window,
    } = operands.positions
    {
        let head_dim = operands.key.head_dim;
        for ((packed, table), side) in tables.iter_mut().zip([rows, columns]).zip(window) {
            pack_rows::<ROWS>(packed, 2 * side - 1, head_dim, 1.0, |entry| {
                &table[entry * head_dim..][..head_dim]
            });
        }
    }
    tables
}

/// A vector of queries and what is known of them so far.
struct Panel<const LANES: usize> {
    /// The first of them, and how many there are.
    first: usize,
    lanes: usize,
    /// Their values, a vector for each of the head's dimensions.
    query: Vec<[f32; LANES]>,
    /// What decomposed positions add to the scores of each row, and of each column, of keys.
    by_row: Vec<[f32; LANES]>,
    by_column: Vec<[f32; LANES]>,
    /// The queries' products with all entries of a table of positions.
    products: Vec<[f32; LANES]>,
    /// The largest score, the sum of exponentials, and the sum of values weighted by them.
    largest: [f32; LANES],
    total: [f32; LANES],
    sums: Vec<[f32; LANES]>,
}

impl<const LANES: usize> Panel<LANES> {
    #[inline(always)]
    fn new<const ROWS: usize>(operands: &Operands<'_>) -> Self {
        let window = match operands.positions {
            Positions::Decomposed { window, .. } => window,
            _ => [0, 0],
        };
        Self {
            first: 0,
            lanes: 0,
            query: vec![[0.0; LANES]; operands.query.head_dim],
            by_row: vec![[0.0; LANES]; window[0]],
            by_column: vec![[0.0; LANES]; window[1]],
            products: Vec::new(),
            largest: [0.0; LANES],
            total: [0.0; LANES],
            sums: vec![[0.0; LANES]; operands.value.head_dim.next_multiple_of(ROWS)],
        }
    }

    /// Takes other queries.
    #[inline(always)]
    fn begin<const ROWS: usize, const FUSED: bool>(
        &mut self,
        operands: &Operands<'_>,
        tables: &[Vec<[f32; ROWS]>; 2],
        first: usize,
        lanes: usize,
    ) {
        (self.first, self.lanes) = (first, lanes);
        let query = |lane: usize| operands.query.row(first + lane);
        rows_to_lanes(lanes, 1.0, query, &mut self.query);
        self.largest = [f32::NEG_INFINITY; LANES];
        self.total = [0.0; LANES];
        self.sums.fill([0.0; LANES]);
        let Positions::Decomposed { window, .. } = operands.positions else {
            return;
        };
        let place = |token: usize| [token / window[1], token % window[1]];
        for (axis, sums) in [&mut self.by_row, &mut self.by_column]
            .into_iter()
            .enumerate()
        {
            self.products.clear();
            for table in tables[axis].chunks_exact(self.query.len()) {
                let mut tile = [[0f32; LANES]; ROWS];
                add_product::<ROWS, LANES, FUSED>(table, &self.query, &mut tile);
                self.products.extend_from_slice(&tile);
            }
            for lane in 0..lanes {
                let at = place(first + lane)[axis] + window[axis] - 1;
                for (other, sum) in sums.iter_mut().enumerate() {
                    sum[lane] = self.products[at - other][lane];
                }
            }
        }
    }

    /// What the scores of keys `first_key ..` begin with.
    #[inline(always)]
    fn start<const ROWS: usize>(
        &self,
        operands: &Operands<'_>,
        first_key: usize,
        scores: &mut [[f32; LANES]; ROWS],
    ) {
        match operands.positions {
            Positions::Nowhere => *scores = [[0.0; LANES]; ROWS],
            Positions::Decomposed { window, .. } => {
                let (mut row, mut column) = (first_key / window[1], first_key % window[1]);
                for scores in scores.iter_mut() {
                    // Beyond the last key the scores are not read.
                    let Some(by_row) = self.by_row.get(row) else {
                        return;
                    };
                    let by_column = &self.by_column[column];
                    for lane in 0..LANES {
                        scores[lane] = by_row[lane] + by_column[lane];
                    }
                    column += 1;
                    if column == window[1] {
                        (row, column) = (row + 1, 0);
                    }
                }
            }
            Positions::Table { by_key, stride, .. } => {
                let keys = by_key[first_key * stride..].chunks_exact(stride);
                for (scores, biases) in scores.iter_mut().zip(keys) {
                    scores.copy_from_slice(&biases[self.first..][..LANES]);
                }
            }
        }
    }
}
