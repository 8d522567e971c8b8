//! Attention between a few prompt tokens and the many cells of an image, in both directions. The
//! projections of the cells are absorbed into the tokens.
//!
//! The two-way transformer projects every cell to keys and values, which only a few tokens read. A
//! score `(q W_q + b_q) (x W_k + b_k)^T` equals `((q W_q + b_q) W_k^T) x^T` plus a number that is
//! the same for all cells, and a softmax over the cells does not depend on that number. A weighted
//! sum of `x W_v + b_v` equals the projection of the weighted sum of `x`. So only the tokens are
//! projected, and the cells are used unchanged. This is less work where `heads * tokens` is less
//! than the channels of the projections. (In language models: the absorbed weights of latent
//! attention, DeepSeek-V2, arXiv 2405.04434.)
//!
//! | operation | in the two-way transformer |
//! |---|---|
//! | [`attend_to_cells`] | tokens to image |
//! | [`attend_from_cells`] | image to tokens |
//!
//! Tokens have one row for each head. The rows of the first token come first, then those of the
//! second, and so on.

mod from_cells;
mod softmax;
mod to_cells;

use burn::backend::Dispatch;
use burn::tensor::{Tensor, activation};

use crate::fused::runs_fused;
use from_cells::FromCellsOps;
use to_cells::ToCellsOps;

/// Cells of one piece of work: a fixed number, so that no result depends on the number of threads.
const CELLS_A_PIECE: usize = 256;

/// `softmax(queries (cells + positions)^T) cells`, the softmax over the cells.
///
/// `queries` is `[batch, rows, channels]`, `cells` `[batch or 1, cells, channels]`, `positions`
/// `[1, cells, channels]`; the result is `[batch, rows, channels]`. Queries and cells get
/// gradients, positions do not.
pub fn attend_to_cells(queries: Tensor<3>, cells: Tensor<3>, positions: Tensor<3>) -> Tensor<3> {
    if !runs_fused(&cells) {
        let keys = cells.clone() + positions.detach();
        let scores = queries.matmul(keys.swap_dims(1, 2));
        return activation::softmax(scores, 2).matmul(cells);
    }
    Tensor::from_dispatch(<Dispatch as ToCellsOps>::fused_attend_to_cells(
        queries.into_dispatch(),
        cells.into_dispatch(),
        positions.into_dispatch(),
    ))
}

/// `cells + softmax((cells + positions) keys^T + biases) values`, the softmax over the tokens of
/// each head, its results summed over the heads.
///
/// `cells` is `[batch or 1, cells, channels]`, `positions` `[1, cells, channels]`, `keys` and
/// `values` `[batch, tokens * heads, channels]`, `biases` `[batch, 1, tokens * heads]`; the result
/// is `[batch, cells, channels]`. All operands except the positions get gradients.
///
/// # Panics
/// When the number of token rows is not a multiple of `heads`.
pub fn attend_from_cells(
    cells: Tensor<3>,
    positions: Tensor<3>,
    keys: Tensor<3>,
    biases: Tensor<3>,
    values: Tensor<3>,
    heads: usize,
) -> Tensor<3> {
    let [batch, rows, _] = keys.dims();
    assert!(
        heads > 0 && rows.is_multiple_of(heads),
        "{rows} rows of tokens for {heads} heads"
    );
    if !runs_fused(&cells) {
        let scores = (cells.clone() + positions.detach()).matmul(keys.swap_dims(1, 2)) + biases;
        let [_, count, _] = scores.dims();
        let by_head = scores.reshape([batch, count, rows / heads, heads]);
        let weights = activation::softmax(by_head, 2).reshape([batch, count, rows]);
        return cells + weights.matmul(values);
    }
    Tensor::from_dispatch(<Dispatch as FromCellsOps>::fused_attend_from_cells(
        cells.into_dispatch(),
        positions.into_dispatch(),
        keys.into_dispatch(),
        biases.into_dispatch(),
        values.into_dispatch(),
        heads,
    ))
}

/// The sizes of one attention.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    batch: usize,
    /// 1 if all items of the batch share an image.
    images: usize,
    cells: usize,
    channels: usize,
    /// Rows of tokens.
    rows: usize,
}

/// Some cells of one image, and the items of the batch that read them.
struct Piece {
    image: usize,
    cells: std::ops::Range<usize>,
    items: std::ops::Range<usize>,
}

impl Sizes {
    fn pieces(&self) -> usize {
        self.cells.div_ceil(CELLS_A_PIECE)
    }

    /// Piece `index` of `images * pieces()`.
    fn piece(&self, index: usize) -> Piece {
        let (image, at) = (index / self.pieces(), index % self.pieces());
        let first = at * CELLS_A_PIECE;
        Piece {
            image,
            cells: first..(first + CELLS_A_PIECE).min(self.cells),
            items: if self.images == 1 {
                0..self.batch
            } else {
                image..image + 1
            },
        }
    }

    fn cells_of<'a>(&self, cells: &'a [f32], piece: &Piece) -> &'a [f32] {
        let start = (piece.image * self.cells + piece.cells.start) * self.channels;
        &cells[start..][..piece.cells.len() * self.channels]
    }

    fn positions_of<'a>(&self, positions: &'a [f32], piece: &Piece) -> &'a [f32] {
        let start = piece.cells.start * self.channels;
        &positions[start..][..piece.cells.len() * self.channels]
    }

    /// The rows of one item of the batch.
    fn item<'a>(&self, values: &'a [f32], item: usize) -> &'a [f32] {
        let length = values.len() / self.batch;
        &values[item * length..][..length]
    }
}

/// `cells + positions`, into `sums`.
fn add(cells: &[f32], positions: &[f32], sums: &mut Vec<f32>) {
    sums.clear();
    sums.extend(
        cells
            .iter()
            .zip(positions)
            .map(|(cell, position)| cell + position),
    );
}

/// `count` zeros.
fn zeroed(values: &mut Vec<f32>, count: usize) -> &mut [f32] {
    values.clear();
    values.resize(count, 0.0);
    values
}
