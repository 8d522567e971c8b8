//! The same attention composed of Burn's own operations, for every device and precision.

use burn::tensor::{Int, Tensor, TensorData};

use super::{QkvOrder, RelativePositions, SelfAttention};
use crate::half_precision::softmax;

/// See [`super::self_attention`].
pub(super) fn self_attention(
    qkv: Tensor<4>,
    padding: Tensor<1>,
    positions: RelativePositions,
    attention: &SelfAttention,
) -> Tensor<4> {
    let [batch, rows, columns, width] = qkv.dims();
    let [height, breadth] = attention.window;
    let (heads, channels) = (attention.heads, width / 3);
    let (head_dim, tokens) = (channels / heads, height * breadth);
    let (down, across) = (rows.div_ceil(height), columns.div_ceil(breadth));

    let mut qkv = qkv;
    if columns < across * breadth {
        let beyond = [batch, rows, across * breadth - columns, width];
        let beyond = padding.clone().reshape([1, 1, 1, width]).expand(beyond);
        qkv = Tensor::cat(vec![qkv, beyond], 2);
    }
    if rows < down * height {
        let beyond = [batch, down * height - rows, across * breadth, width];
        let beyond = padding.reshape([1, 1, 1, width]).expand(beyond);
        qkv = Tensor::cat(vec![qkv, beyond], 1);
    }
    let windows = batch * down * across;
    let qkv = qkv
        .reshape([batch, down, height, across, breadth, width])
        .permute([0, 1, 3, 2, 4, 5])
        .reshape([windows, tokens, width]);
    // [3, windows, heads, tokens, head_dim]
    let parts = match attention.order {
        QkvOrder::PartsOfHeads => qkv
            .reshape([windows, tokens, 3, heads, head_dim])
            .permute([2, 0, 3, 1, 4]),
        QkvOrder::HeadsOfParts => qkv
            .reshape([windows, tokens, heads, 3, head_dim])
            .permute([3, 0, 2, 1, 4]),
    };
    let [query, key, value] =
        [0, 1, 2].map(|part| parts.clone().narrow(0, part, 1).squeeze_dim::<4>(0));
    let scale = (head_dim as f64).powf(-0.5);
    let mut scores = (query.clone() * scale).matmul(key.swap_dims(2, 3));
    match positions {
        RelativePositions::Nowhere => {}
        RelativePositions::Decomposed {
            rows: by_row,
            columns: by_column,
        } => {
            let query = query.reshape([windows * heads, height, breadth, head_dim]);
            let by_row = query.clone().matmul(pairs(by_row, height));
            let by_column = query
                .swap_dims(1, 2)
                .matmul(pairs(by_column, breadth))
                .swap_dims(1, 2);
            scores = (scores.reshape([windows * heads, height, breadth, height, breadth])
                + by_row.unsqueeze_dim::<5>(4)
                + by_column.unsqueeze_dim::<5>(3))
            .reshape([windows, heads, tokens, tokens]);
        }
        RelativePositions::Table(table) => scores = scores + table.unsqueeze::<4>(),
    }
    softmax(scores, 3)
        .matmul(value)
        .swap_dims(1, 2)
        .reshape([batch, down, across, height, breadth, channels])
        .permute([0, 1, 3, 2, 4, 5])
        .reshape([batch, down * height, across * breadth, channels])
        .slice([0..batch, 0..rows, 0..columns, 0..channels])
}

/// The entries of a table of relative positions for each pair of `side` positions, as a matrix for
/// each query position: `[1, side, head_dim, side]`, entry `(0, i, .., k)` being row
/// `i - k + side - 1`.
fn pairs(table: Tensor<2>, side: usize) -> Tensor<4> {
    let [_, head_dim] = table.dims();
    let offsets: Vec<i64> = (0..side)
        .flat_map(|i| (0..side).map(move |k| (i + side - 1 - k) as i64))
        .collect();
    let device = table.device();
    let offsets = Tensor::<1, Int>::from_data(TensorData::new(offsets, [side * side]), &device);
    table
        .select(0, offsets)
        .reshape([side, side, head_dim])
        .swap_dims(1, 2)
        .unsqueeze::<4>()
}

/// See [`super::attention`].
pub(super) fn attention(
    query: Tensor<3>,
    key: Tensor<3>,
    value: Tensor<3>,
    heads: usize,
) -> Tensor<3> {
    let by_head = |x: Tensor<3>| {
        let [batch, tokens, channels] = x.dims();
        x.reshape([batch, tokens, heads, channels / heads])
            .swap_dims(1, 2)
    };
    let (query, key, value) = (by_head(query), by_head(key), by_head(value));
    let scale = (query.dims()[3] as f64).powf(-0.5);
    let scores = (query * scale).matmul(key.swap_dims(2, 3));
    let attended = softmax(scores, 3).matmul(value);
    let [batch, heads, tokens, head_dim] = attended.dims();
    attended
        .swap_dims(1, 2)
        .reshape([batch, tokens, heads * head_dim])
}
