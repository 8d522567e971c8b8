//! The gradient of attention, with the scores computed again from the queries, the keys and each
//! query's sum of exponentials, as in FlashAttention (Dao et al., arXiv 2205.14135, algorithm 4).
//!
//! Vector lanes are keys here: the largest score is not needed any more, and four of the five
//! products have their operands in the right layout already.

use multiversion::{multiversion, target::target_cfg_f};

use super::operands::{Operands, Positions, pack_columns, pack_rows};
use crate::exponential::exp_of_negative;
use crate::tile::{add_product, add_product_of_rows};
use crate::transpose::lanes_to_rows;

/// Queries whose scores are held at a time: a whole number of tiles of any height.
const QUERIES: usize = 96;

/// Vectors of keys that meet a block of queries before the next block is read: the block is read
/// from the second-level cache by all but the first of them.
const PANELS: usize = 8;

/// What the kernel reads beside the operands; a row for each of the queries.
#[derive(Clone, Copy)]
pub(crate) struct Upstream<'a> {
    /// The tokens that ask.
    pub(crate) queries: &'a [usize],
    /// The gradient of what was attended, `[queries, value_dim]`.
    pub(crate) gradient: &'a [f32],
    /// What was attended, `[queries, value_dim]`.
    pub(crate) attended: &'a [f32],
    /// The logarithm of each query's sum of exponentials.
    pub(crate) log_sum: &'a [f32],
}

/// Gradients of one head of one window.
pub(crate) struct Gradients {
    /// `[queries, head_dim]`.
    pub(crate) query: Vec<f32>,
    /// `[keys, head_dim]`.
    pub(crate) key: Vec<f32>,
    /// `[keys, value_dim]`.
    pub(crate) value: Vec<f32>,
}

/// The gradients of query, key and value that some of the queries bring.
#[allow(
    clippy::ifs_same_cond,
    reason = "the conditions differ for each target"
)]
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
pub(crate) fn attend_backward(operands: &Operands<'_>, upstream: &Upstream<'_>) -> Gradients {
    if target_cfg_f!(target_feature = "avx512f") {
        backward_with::<6, 32, true>(operands, upstream)
    } else if target_cfg_f!(any(target_feature = "fma", target_feature = "neon")) {
        backward_with::<6, 16, true>(operands, upstream)
    } else {
        backward_with::<4, 8, false>(operands, upstream)
    }
}

#[inline(always)]
pub(super) fn backward_with<const ROWS: usize, const LANES: usize, const FUSED: bool>(
    operands: &Operands<'_>,
    upstream: &Upstream<'_>,
) -> Gradients {
    let Operands {
        query,
        key,
        value,
        scale,
        positions,
    } = *operands;
    let Upstream {
        queries,
        gradient,
        attended,
        log_sum,
    } = *upstream;
    let (head_dim, value_dim, tokens) = (key.head_dim, value.head_dim, key.len());
    let gradient_row = |index: usize| &gradient[index * value_dim..][..value_dim];

    // Each operand packed for the products it takes part in.
    let mut query_rows: Vec<[f32; ROWS]> = Vec::new();
    pack_rows(&mut query_rows, queries.len(), head_dim, 1.0, |index| {
        query.row(queries[index])
    });
    let mut query_columns: Vec<[f32; ROWS]> = Vec::new();
    pack_columns(&mut query_columns, queries.len(), head_dim, 1.0, |index| {
        query.row(queries[index])
    });
    let mut gradient_rows: Vec<[f32; ROWS]> = Vec::new();
    pack_rows(
        &mut gradient_rows,
        queries.len(),
        value_dim,
        1.0,
        gradient_row,
    );
    let mut gradient_columns: Vec<[f32; ROWS]> = Vec::new();
    pack_columns(
        &mut gradient_columns,
        queries.len(),
        value_dim,
        1.0,
        gradient_row,
    );
    // The derivative of the softmax takes each query's `gradient . attended` from all scores.
    let shift: Vec<f32> = attended
        .chunks_exact(value_dim)
        .zip(gradient.chunks_exact(value_dim))
        .map(|(attended, gradient)| attended.iter().zip(gradient).map(|(a, b)| a * b).sum())
        .collect();

    let slices = head_dim.div_ceil(LANES);
    let mut query_gradient = vec![[0f32; LANES]; slices * queries.len().next_multiple_of(ROWS)];
    let mut result = Gradients {
        query: vec![0.0; queries.len() * head_dim],
        key: vec![0.0; tokens * head_dim],
        value: vec![0.0; tokens * value_dim],
    };
    let mut relative = RelativeByQuery::new(operands, queries);

    let padded = queries.len().next_multiple_of(ROWS);
    let mut probabilities = [[0f32; LANES]; QUERIES];
    let mut slopes = [[0f32; LANES]; QUERIES];
    let mut panels: Vec<Panel<LANES>> = (0..tokens.div_ceil(LANES).min(PANELS))
        .map(|_| Panel::new::<ROWS>(head_dim, value_dim))
        .collect();
    let firsts: Vec<usize> = (0..tokens).step_by(LANES).collect();
    for group in firsts.chunks(PANELS) {
        let panels = &mut panels[..group.len()];
        for (panel, &first) in panels.iter_mut().zip(group) {
            panel.begin(operands, first, LANES.min(tokens - first));
        }
        for block in (0..queries.len()).step_by(QUERIES) {
            let count = QUERIES.min(queries.len() - block);
            for panel in panels.iter_mut() {
                for at in (block..block + count).step_by(ROWS) {
                    let rows = ROWS.min(block + count - at);
                    let mut scores = [[0f32; LANES]; ROWS];
                    relative.start(operands, queries, at, panel.first, &mut scores[..rows]);
                    let query = &query_rows[at / ROWS * head_dim..][..head_dim];
                    add_product::<ROWS, LANES, FUSED>(query, &panel.key, &mut scores);
                    let mut slope = [[0f32; LANES]; ROWS];
                    let gradient = &gradient_rows[at / ROWS * value_dim..][..value_dim];
                    add_product::<ROWS, LANES, FUSED>(gradient, &panel.value, &mut slope);
                    for row in 0..rows {
                        let (log_sum, shift) = (log_sum[at + row], shift[at + row]);
                        let (scores, slope) = (&mut scores[row], &mut slope[row]);
                        for lane in 0..LANES {
                            let probability = exp_of_negative::<FUSED>(scores[lane] - log_sum);
                            scores[lane] = probability;
                            slope[lane] = probability * (slope[lane] - shift);
                        }
                        // Lanes beyond the last key count for nothing.
                        scores[panel.lanes..].fill(0.0);
                        slope[panel.lanes..].fill(0.0);
                    }
                    probabilities[at - block..][..rows].copy_from_slice(&scores[..rows]);
                    slopes[at - block..][..rows].copy_from_slice(&slope[..rows]);
                    slope[rows..].fill([0.0; LANES]);
                    for (sums, keys) in query_gradient.chunks_exact_mut(padded).zip(&panel.slices) {
                        if let Some(sums) = sums[at..].first_chunk_mut::<ROWS>() {
                            add_product_of_rows::<ROWS, LANES, LANES, FUSED>(&slope, keys, sums);
                        }
                    }
                }
                relative.collect(operands, block, panel.first, panel.lanes, &slopes[..count]);
                let tiles = panel.value_sums.as_chunks_mut::<ROWS>().0.iter_mut();
                for (sums, gradient) in tiles.zip(gradient_columns.chunks_exact(queries.len())) {
                    let gradient = &gradient[block..][..count];
                    add_product::<ROWS, LANES, FUSED>(gradient, &probabilities[..count], sums);
                }
                let tiles = panel.key_sums.as_chunks_mut::<ROWS>().0.iter_mut();
                for (sums, query) in tiles.zip(query_columns.chunks_exact(queries.len())) {
                    let query = &query[block..][..count];
                    add_product::<ROWS, LANES, FUSED>(query, &slopes[..count], sums);
                }
            }
        }
        for panel in panels.iter() {
            let tokens = panel.first..panel.first + panel.lanes;
            let rows = &mut result.key[tokens.start * head_dim..tokens.end * head_dim];
            lanes_to_rows(&panel.key_sums, &[scale; LANES], head_dim, rows);
            let rows = &mut result.value[tokens.start * value_dim..tokens.end * value_dim];
            lanes_to_rows(&panel.value_sums, &[1.0; LANES], value_dim, rows);
        }
    }

    for (index, row) in result.query.chunks_exact_mut(head_dim).enumerate() {
        for (slice, to) in row.chunks_mut(LANES).enumerate() {
            to.copy_from_slice(&query_gradient[slice * padded + index][..to.len()]);
        }
    }
    if let Positions::Decomposed { .. } = positions {
        relative.add_to(operands, queries, &mut result.query);
    }
    result
}

/// A vector of keys and the gradients that it collects.
struct Panel<const LANES: usize> {
    /// The first of them, and how many there are.
    first: usize,
    lanes: usize,
    /// Keys, times the scale, and values: a vector for each of the head's dimensions.
    key: Vec<[f32; LANES]>,
    value: Vec<[f32; LANES]>,
    /// The keys again, times the scale, `LANES` dimensions of each at a time.
    slices: Vec<[[f32; LANES]; LANES]>,
    /// The gradients of keys and of values.
    key_sums: Vec<[f32; LANES]>,
    value_sums: Vec<[f32; LANES]>,
}

impl<const LANES: usize> Panel<LANES> {
    #[inline(always)]
    fn new<const ROWS: usize>(head_dim: usize, value_dim: usize) -> Self {
        Self {
            first: 0,
            lanes: 0,
            key: Vec::new(),
            value: Vec::new(),
            slices: vec![[[0.0; LANES]; LANES]; head_dim.div_ceil(LANES)],
            key_sums: vec![[0.0; LANES]; head_dim.next_multiple_of(ROWS)],
            value_sums: vec![[0.0; LANES]; value_dim.next_multiple_of(ROWS)],
        }
    }

    /// Takes other keys.
    #[inline(always)]
    fn begin(&mut self, operands: &Operands<'_>, first: usize, lanes: usize) {
        let Operands {
            key, value, scale, ..
        } = *operands;
        (self.first, self.lanes) = (first, lanes);
        pack_rows::<LANES>(&mut self.key, lanes, key.head_dim, scale, |lane| {
            key.row(first + lane)
        });
        pack_rows::<LANES>(&mut self.value, lanes, value.head_dim, 1.0, |lane| {
            value.row(first + lane)
        });
        // Lanes beyond the last key are zero.
        self.slices.fill([[0.0; LANES]; LANES]);
        for lane in 0..lanes {
            let parts = key.row(first + lane).chunks(LANES);
            for (slice, part) in self.slices.iter_mut().zip(parts) {
                for (to, &from) in slice[lane].iter_mut().zip(part) {
                    *to = from * scale;
                }
            }
        }
        self.key_sums.fill([0.0; LANES]);
        self.value_sums.fill([0.0; LANES]);
    }
}

/// What decomposed positions add to each query's scores, and the gradient of that: a row for each
/// query, of a value for each row or column of keys.
struct RelativeByQuery {
    added: [Vec<f32>; 2],
    gradient: [Vec<f32>; 2],
    window: [usize; 2],
}

impl RelativeByQuery {
    #[inline(always)]
    fn new(operands: &Operands<'_>, queries: &[usize]) -> Self {
        let Positions::Decomposed {
            rows,
            columns,
            window,
        } = operands.positions
        else {
            return Self {
                added: Default::default(),
                gradient: Default::default(),
                window: [1, 1],
            };
        };
        let head_dim = operands.key.head_dim;
        let added = [(rows, 0), (columns, 1)].map(|(table, axis)| {
            let side = window[axis];
            let mut added = vec![0f32; queries.len() * side];
            for (added, &token) in added.chunks_exact_mut(side).zip(queries) {
                let query = operands.query.row(token);
                let at = place(token, window)[axis] + side - 1;
                for (other, added) in added.iter_mut().enumerate() {
                    *added = dot(query, &table[(at - other) * head_dim..][..head_dim]);
                }
            }
            added
        });
        let gradient = [0, 1].map(|axis| vec![0.0; queries.len() * window[axis]]);
        Self {
            added,
            gradient,
            window,
        }
    }

    /// What the scores of queries `at ..` with keys `first ..` begin with.
    #[inline(always)]
    fn start<const LANES: usize>(
        &self,
        operands: &Operands<'_>,
        queries: &[usize],
        at: usize,
        first: usize,
        sums: &mut [[f32; LANES]],
    ) {
        match operands.positions {
            Positions::Nowhere => {}
            Positions::Decomposed { .. } => {
                let [rows, columns] = self.window;
                for (index, sums) in sums.iter_mut().enumerate() {
                    let by_row = &self.added[0][(at + index) * rows..][..rows];
                    let by_column = &self.added[1][(at + index) * columns..][..columns];
                    for run in runs(first, LANES, self.window) {
                        let columns = &by_column[run.column..][..run.length];
                        let sums = &mut sums[run.lane..][..run.length];
                        for (sum, &column) in sums.iter_mut().zip(columns) {
                            *sum = by_row[run.row] + column;
                        }
                    }
                }
            }
            Positions::Table {
                by_query, stride, ..
            } => {
                for (index, sums) in sums.iter_mut().enumerate() {
                    let biases = &by_query[queries[at + index] * stride + first..];
                    sums.copy_from_slice(&biases[..LANES]);
                }
            }
        }
    }

    /// Collects the gradient of what was added to the scores of queries `at ..`.
    #[inline(always)]
    fn collect<const LANES: usize>(
        &mut self,
        operands: &Operands<'_>,
        at: usize,
        first: usize,
        lanes: usize,
        slopes: &[[f32; LANES]],
    ) {
        let Positions::Decomposed { .. } = operands.positions else {
            return;
        };
        let [rows, columns] = self.window;
        for (index, slopes) in slopes.iter().enumerate() {
            let by_row = &mut self.gradient[0][(at + index) * rows..][..rows];
            for run in runs(first, lanes, self.window) {
                by_row[run.row] += slopes[run.lane..][..run.length].iter().sum::<f32>();
            }
            let by_column = &mut self.gradient[1][(at + index) * columns..][..columns];
            for run in runs(first, lanes, self.window) {
                let slopes = &slopes[run.lane..][..run.length];
                for (sum, &slope) in by_column[run.column..].iter_mut().zip(slopes) {
                    *sum += slope;
                }
            }
        }
    }

    /// Adds what the positions bring to the gradient of the queries.
    #[inline(always)]
    fn add_to(&self, operands: &Operands<'_>, queries: &[usize], query: &mut [f32]) {
        let Positions::Decomposed { rows, columns, .. } = operands.positions else {
            return;
        };
        let head_dim = operands.key.head_dim;
        for (axis, table) in [rows, columns].into_iter().enumerate() {
            let side = self.window[axis];
            let gradients = self.gradient[axis].chunks_exact(side);
            for ((to, gradient), &token) in
                query.chunks_exact_mut(head_dim).zip(gradients).zip(queries)
            {
                let at = place(token, self.window)[axis] + side - 1;
                for (other, &gradient) in gradient.iter().enumerate() {
                    let entry = &table[(at - other) * head_dim..][..head_dim];
                    for (to, &value) in to.iter_mut().zip(entry) {
                        *to += gradient * value;
                    }
                }
            }
        }
    }
}

/// Keys of one vector that lie side by side in a row of the window.
struct Run {
    lane: usize,
    row: usize,
    column: usize,
    length: usize,
}

/// The runs of keys `first .. first + lanes` that are in the window.
#[inline(always)]
fn runs(first: usize, lanes: usize, [rows, columns]: [usize; 2]) -> impl Iterator<Item = Run> {
    let lanes = lanes.min(rows * columns - first);
    let mut lane = 0;
    std::iter::from_fn(move || {
        if lane == lanes {
            return None;
        }
        let (row, column) = ((first + lane) / columns, (first + lane) % columns);
        let length = (lanes - lane).min(columns - column);
        let run = Run {
            lane,
            row,
            column,
            length,
        };
        lane += length;
        Some(run)
    })
}

/// `[row, column]` of a token.
#[inline(always)]
fn place(token: usize, [_, columns]: [usize; 2]) -> [usize; 2] {
    [token / columns, token % columns]
}

/// In eight partial sums, so that it becomes vector instructions.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; 8];
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
