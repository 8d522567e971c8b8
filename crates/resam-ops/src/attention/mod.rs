//! Attention without its matrix of scores, forward and backward, as in FlashAttention (Dao et al.,
//! arXiv 2205.14135).
//!
//! [`self_attention`] serves both image encoders: over the whole map or in windows, with decomposed
//! relative positions or a table of biases. [`attention`] serves the mask decoder.
//!
//! Memory is that of query, key, value and result. Composed of Burn's own operations, attention
//! holds `tokens^2` scores a head: 805 MB for one global block of ViT-B at 1024 px.

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

/// The layout of query, key and value in a token's row of `3 channels` values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QkvOrder {
    /// The queries of all heads, then the keys of all heads, then the values of all heads: SAM's
    /// ViT.
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
    /// No positions.
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
    /// The number of heads; each has `channels / heads` channels.
    pub heads: usize,
    /// The layout of a token's row.
    pub order: QkvOrder,
    /// `[height, width]` of a window in tokens; a token attends to the tokens of its window. The
    /// map is padded at the bottom and right to whole windows.
    pub window: [usize; 2],
}

/// `softmax(query key^T / sqrt(head_dim) + positions) value` inside each window of a map.
///
/// `qkv` is `[batch, rows, columns, 3 channels]`; the result is `[batch, rows, columns, channels]`,
/// head after head (Vaswani et al., arXiv 1706.03762). Tokens of a window beyond the map are keys
/// and values too, as in the published code: each has the row `padding`, `[3 channels]`. They are
/// not copied into a padded map.
///
/// `qkv` and `padding` get gradients. If the positions need gradients too, the operation is
/// composed of Burn's own operations instead.
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

/// `softmax(query key^T / sqrt(head_dim)) value` for each of `heads` heads, each with an equal
/// share of the channels (Vaswani et al., arXiv 1706.03762).
///
/// `query` is `[batch or 1, queries, channels]`, `key` `[batch or 1, keys, channels]`, `value`
/// `[batch or 1, keys, value channels]`; the result is `[batch, queries, value channels]`. All
/// three get gradients.
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
