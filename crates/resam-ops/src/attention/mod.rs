//! Attention that never forms its matrix of scores, forward and backward.
//!
//! [`self_attention`] is that of both image encoders: global or in windows, with decomposed
//! relative positions or a table of biases. [`attention`] is that of the mask decoder.
//!
//! Memory is that of query, key, value and answer. The plain composition holds `tokens^2` scores a
//! head: 805 MB for one global block of ViT-B at 1024 px.

mod backward;
mod cross;
mod forward;
mod fused;
mod map;
mod operands;
mod plain;

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::fused::runs_fused;
use fused::{AttentionOps, PositionKind};
use map::Map;

/// How query, key and value lie in a token's row of three times the channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QkvOrder {
    /// All heads' queries, all heads' keys, all heads' values: SAM's ViT.
    PartsOfHeads,
    /// Query, key and value of the first head, then those of the second: TinyViT.
    HeadsOfParts,
}

/// What is added to the scores for where query and key lie in their window.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one an attention, never a list of them"
)]
pub enum RelativePositions {
    /// Nothing.
    Nowhere,
    /// `query . rows[i - k + height - 1] + query . columns[j - l + width - 1]` for a query in row
    /// `i` and column `j` and a key in row `k` and column `l` of the window: SAM's decomposed
    /// relative positions, from MViTv2 (arXiv 2112.01526).
    Decomposed {
        /// `[2 height - 1, head_dim]`.
        rows: Tensor<2>,
        /// `[2 width - 1, head_dim]`.
        columns: Tensor<2>,
    },
    /// A bias for each head, query and key: `[heads, height * width, height * width]`.
    Table(Tensor<3>),
}

/// Which tokens attend to which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfAttention {
    /// Heads, each with an equal share of the channels.
    pub heads: usize,
    /// How a token's row is laid out.
    pub order: QkvOrder,
    /// Height and width of the windows that tokens attend in, in tokens. The map is padded at the
    /// bottom and right to whole windows.
    pub window: [usize; 2],
}

/// `softmax(query key^T / sqrt(head_dim) + positions) value` inside each window of a map.
///
/// `qkv` is `[batch, rows, columns, 3 channels]`; the answer is `[batch, rows, columns, channels]`,
/// heads side by side. Tokens beyond the map take part as keys and values, as published: each has
/// the row `padding`, `[3 channels]`. The window's work on them is the only one there is: they are
/// never copied together with the map.
///
/// Gradients reach `qkv` and `padding`; those of positions that train, or that are made of what does,
/// come from the plain
/// composition.
pub fn self_attention(
    qkv: Tensor<4>,
    padding: Tensor<1>,
    positions: RelativePositions,
    attention: &SelfAttention,
) -> Tensor<4> {
    let trains = match &positions {
        RelativePositions::Nowhere => false,
        RelativePositions::Decomposed { rows, columns } => {
            rows.is_tracked() || columns.is_tracked()
        }
        RelativePositions::Table(table) => table.is_tracked(),
    };
    if trains || !runs_fused(&qkv) {
        return plain::self_attention(qkv, padding, positions, attention);
    }
    let [batch, rows, columns, width] = qkv.dims();
    let map = Map {
        batch,
        rows,
        columns,
        channels: width / 3,
        attention: attention.clone(),
    };
    let (qkv, padding) = (qkv.into_dispatch(), padding.into_dispatch());
    // Where there are fewer tensors, one that is there stands for those that are not read.
    let (first, second, kind) = match positions {
        RelativePositions::Nowhere => (padding.clone(), padding.clone(), PositionKind::Nowhere),
        RelativePositions::Decomposed { rows, columns } => {
            let (rows, columns) = (rows.into_dispatch(), columns.into_dispatch());
            (rows, columns, PositionKind::Decomposed)
        }
        RelativePositions::Table(table) => {
            let table = table.into_dispatch();
            (table.clone(), table, PositionKind::Table)
        }
    };
    let attended =
        <Dispatch as AttentionOps>::fused_self_attention(qkv, padding, first, second, kind, map);
    Tensor::from_dispatch(attended)
}

/// `softmax(query key^T / sqrt(head_dim)) value`, the channels shared out among `heads`.
///
/// `query` is `[batch or 1, queries, channels]`, `key` `[batch or 1, keys, channels]`, `value`
/// `[batch or 1, keys, value channels]`; the answer is `[batch, queries, value channels]`.
pub fn attention(query: Tensor<3>, key: Tensor<3>, value: Tensor<3>, heads: usize) -> Tensor<3> {
    if !runs_fused(&query) {
        return plain::attention(query, key, value, heads);
    }
    Tensor::from_dispatch(<Dispatch as AttentionOps>::fused_attention(
        query.into_dispatch(),
        key.into_dispatch(),
        value.into_dispatch(),
        heads,
    ))
}
