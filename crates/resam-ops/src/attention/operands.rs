//! The operands of the attention kernels: one head of one window.

use crate::transpose::rows_to_lanes;

/// The rows of one of query, key and value, a token each, inside larger rows.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// All tokens of the map.
    pub(crate) data: &'a [f32],
    /// The row of every token that lies beyond the map.
    pub(crate) padding: &'a [f32],
    /// Where each token's row begins in `data`; `None` beyond the map.
    pub(crate) starts: &'a [Option<usize>],
    /// Where the head's values begin in a row.
    pub(crate) offset: usize,
    /// Values of the head.
    pub(crate) head_dim: usize,
}

impl<'a> Rows<'a> {
    /// The number of tokens.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The head's values of a token.
    #[inline(always)]
    pub(crate) fn row(&self, token: usize) -> &'a [f32] {
        let row = match self.starts[token] {
            Some(start) => &self.data[start..],
            None => self.padding,
        };
        &row[self.offset..][..self.head_dim]
    }
}

/// What is added to the scores for where two tokens lie.
#[derive(Clone, Copy)]
pub(crate) enum Positions<'a> {
    /// Nothing.
    Nowhere,
    /// Decomposed relative positions: `query . rows[i - k] + query . columns[j - l]`.
    Decomposed {
        /// `[2 rows - 1, head_dim]`.
        rows: &'a [f32],
        /// `[2 columns - 1, head_dim]`.
        columns: &'a [f32],
        /// `[rows, columns]` of the window.
        window: [usize; 2],
    },
    /// A bias for each pair of tokens.
    Table {
        /// `[keys, queries]`, rows of `stride` values.
        by_key: &'a [f32],
        /// `[queries, keys]`, rows of `stride` values.
        by_query: &'a [f32],
        /// The tokens, rounded up to whole vectors of any width.
        stride: usize,
    },
}

/// One head of one window.
#[derive(Clone, Copy)]
pub(crate) struct Operands<'a> {
    pub(crate) query: Rows<'a>,
    pub(crate) key: Rows<'a>,
    pub(crate) value: Rows<'a>,
    /// Factor of the products of query and key.
    pub(crate) scale: f32,
    pub(crate) positions: Positions<'a>,
}

/// Columns of `ROWS` rows, a panel after the other: entry `panel * width + i` holds value `i` of
/// the rows of `panel`, times `factor`. Rows that are not there are zero.
#[inline(always)]
pub(crate) fn pack_rows<'a, const ROWS: usize>(
    packed: &mut Vec<[f32; ROWS]>,
    count: usize,
    width: usize,
    factor: f32,
    row: impl Fn(usize) -> &'a [f32],
) {
    packed.clear();
    packed.resize(count.div_ceil(ROWS) * width, [0.0; ROWS]);
    for (panel, columns) in packed.chunks_exact_mut(width).enumerate() {
        let first = panel * ROWS;
        rows_to_lanes(
            ROWS.min(count - first),
            factor,
            |lane| row(first + lane),
            columns,
        );
    }
}

/// Slices of `WIDTH` values of every row, a panel after the other: entry `panel * count + i` holds
/// values `panel * WIDTH ..` of row `i`, times `factor`. Values that are not there are zero.
#[inline(always)]
pub(crate) fn pack_columns<'a, const WIDTH: usize>(
    packed: &mut Vec<[f32; WIDTH]>,
    count: usize,
    width: usize,
    factor: f32,
    row: impl Fn(usize) -> &'a [f32],
) {
    packed.clear();
    packed.resize(width.div_ceil(WIDTH) * count, [0.0; WIDTH]);
    for (panel, slices) in packed.chunks_exact_mut(count).enumerate() {
        for (index, slice) in slices.iter_mut().enumerate() {
            for (to, &from) in slice.iter_mut().zip(&row(index)[panel * WIDTH..]) {
                *to = from * factor;
            }
        }
    }
}
