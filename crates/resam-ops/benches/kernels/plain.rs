//! The operations as one writes them with Burn's own.

use burn::tensor::module;
use burn::tensor::ops::{
    AttentionModuleOptions, ConvOptions, ConvTransposeOptions, InterpolateMode, InterpolateOptions,
};
use burn::tensor::{Int, Tensor, TensorData, activation as burn_activation};
use resam_ops::{Activation, Convolution, QkvOrder, RelativePositions, SelfAttention};

pub(crate) fn activation<const D: usize>(x: Tensor<D>, activation: Activation) -> Tensor<D> {
    match activation {
        Activation::Identity => x,
        Activation::Gelu => burn_activation::gelu(x),
    }
}

/// Channels first, seen with the channels last.
pub(crate) fn conv2d(
    x: &Tensor<4>,
    weight: &Tensor<4>,
    bias: &Tensor<1>,
    how: Convolution,
    groups: usize,
) -> Tensor<4> {
    let options = ConvOptions::new([how.stride; 2], [how.padding; 2], [1, 1], groups);
    let y = module::conv2d(x.clone(), weight.clone(), Some(bias.clone()), options);
    activation(y, how.activation).permute([0, 2, 3, 1])
}

/// Channels first, seen with the channels last.
pub(crate) fn conv_transpose2x2(
    x: &Tensor<4>,
    weight: &Tensor<4>,
    bias: &Tensor<1>,
    then: Activation,
) -> Tensor<4> {
    let options = ConvTransposeOptions::new([2, 2], [0, 0], [0, 0], [1, 1], 1);
    let y = module::conv_transpose2d(x.clone(), weight.clone(), Some(bias.clone()), options);
    activation(y, then).permute([0, 2, 3, 1])
}

/// Windows cut from a padded map, Burn's attention with the positions as its bias, and back.
pub(crate) fn self_attention(
    qkv: Tensor<4>,
    padding: Tensor<1>,
    positions: RelativePositions,
    how: &SelfAttention,
) -> Tensor<4> {
    let [batch, rows, columns, width] = qkv.dims();
    let [height, breadth] = how.window;
    let (heads, channels, tokens) = (how.heads, width / 3, height * breadth);
    let (down, across) = (rows.div_ceil(height), columns.div_ceil(breadth));
    let windows = batch * down * across;
    let qkv = padded(qkv, padding, [down * height, across * breadth])
        .reshape([batch, down, height, across, breadth, width])
        .permute([0, 1, 3, 2, 4, 5])
        .reshape([windows, tokens, width]);
    // [3, windows, heads, tokens, head_dim]
    let head_dim = channels / heads;
    let parts = match how.order {
        QkvOrder::PartsOfHeads => qkv
            .reshape([windows, tokens, 3, heads, head_dim])
            .permute([2, 0, 3, 1, 4]),
        QkvOrder::HeadsOfParts => qkv
            .reshape([windows, tokens, heads, 3, head_dim])
            .permute([3, 0, 2, 1, 4]),
    };
    let [query, key, value] =
        [0, 1, 2].map(|part| parts.clone().narrow(0, part, 1).squeeze_dim::<4>(0));
    let bias = match positions {
        RelativePositions::Nowhere => None,
        RelativePositions::Decomposed {
            rows: by_row,
            columns: by_column,
        } => {
            let query = query
                .clone()
                .reshape([windows * heads, height, breadth, head_dim]);
            let by_row = query.clone().matmul(pairs(by_row, height));
            let by_column = query
                .swap_dims(1, 2)
                .matmul(pairs(by_column, breadth))
                .swap_dims(1, 2);
            let bias = by_row.unsqueeze_dim::<5>(4) + by_column.unsqueeze_dim::<5>(3);
            Some(bias.reshape([windows, heads, tokens, tokens]))
        }
        RelativePositions::Table(table) => Some(
            table
                .unsqueeze::<4>()
                .expand([windows, heads, tokens, tokens]),
        ),
    };
    module::attention(
        query,
        key,
        value,
        None,
        bias,
        AttentionModuleOptions::default(),
    )
    .swap_dims(1, 2)
    .reshape([batch, down, across, height, breadth, channels])
    .permute([0, 1, 3, 2, 4, 5])
    .reshape([batch, down * height, across * breadth, channels])
    .slice([0..batch, 0..rows, 0..columns, 0..channels])
}

/// A map made larger at the bottom and right by pixels of one value.
fn padded(map: Tensor<4>, pixel: Tensor<1>, [height, breadth]: [usize; 2]) -> Tensor<4> {
    let [batch, rows, columns, width] = map.dims();
    let pixels = |shape: [usize; 4]| pixel.clone().reshape([1, 1, 1, width]).expand(shape);
    if (rows, columns) == (height, breadth) {
        return map;
    }
    let right = pixels([batch, rows, breadth - columns, width]);
    let map = Tensor::cat(vec![map, right], 2);
    let below = pixels([batch, height - rows, breadth, width]);
    Tensor::cat(vec![map, below], 1)
}

/// The entries of a table of relative positions for each pair of `side` positions, as a matrix for
/// each query position: `[1, side, head_dim, side]`.
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

/// One image for all queries.
pub(crate) fn attention(
    query: &Tensor<3>,
    key: &Tensor<3>,
    value: &Tensor<3>,
    heads: usize,
) -> Tensor<3> {
    let [batch, tokens, channels] = query.dims();
    let by_head = |x: &Tensor<3>| {
        let [images, tokens, channels] = x.dims();
        let head_dim = channels / heads;
        x.clone()
            .reshape([images, tokens, heads, head_dim])
            .swap_dims(1, 2)
            .expand([batch, heads, tokens, head_dim])
    };
    let (query, key, value) = (by_head(query), by_head(key), by_head(value));
    module::attention(
        query,
        key,
        value,
        None,
        None,
        AttentionModuleOptions::default(),
    )
    .swap_dims(1, 2)
    .reshape([batch, tokens, channels])
}

pub(crate) fn attend_to_cells(
    queries: &Tensor<3>,
    cells: &Tensor<3>,
    positions: &Tensor<3>,
) -> Tensor<3> {
    let keys = cells.clone() + positions.clone();
    let scores = queries.clone().matmul(keys.swap_dims(1, 2));
    burn_activation::softmax(scores, 2).matmul(cells.clone())
}

pub(crate) fn attend_from_cells(
    cells: &Tensor<3>,
    positions: &Tensor<3>,
    keys: &Tensor<3>,
    biases: &Tensor<3>,
    values: &Tensor<3>,
    heads: usize,
) -> Tensor<3> {
    let queries = cells.clone() + positions.clone();
    let scores = queries.matmul(keys.clone().swap_dims(1, 2)) + biases.clone();
    let [batch, count, rows] = scores.dims();
    let by_head = scores.reshape([batch, count, rows / heads, heads]);
    let weights = burn_activation::softmax(by_head, 2).reshape([batch, count, rows]);
    cells.clone() + weights.matmul(values.clone())
}

pub(crate) fn mask_sums(low_res: &Tensor<3>, labels: &Tensor<3>, threshold: f64) -> Tensor<2> {
    let [masks, height, width] = labels.dims();
    let options = InterpolateOptions::new(InterpolateMode::Bilinear)
        .with_align_corners(false)
        .with_output_size([height, width]);
    let z = module::interpolate(low_res.clone().unsqueeze_dim::<4>(1), options);
    let z = z.reshape([masks, height * width]);
    let y = labels.clone().reshape([masks, height * width]);
    let p = burn_activation::sigmoid(z.clone());
    let missed = p.clone() * (y.clone() * -1.0 + 1.0) + (p.clone() * -1.0 + 1.0) * y.clone();
    let entropy = (z.clone().abs() * -1.0).exp().log1p() + burn_activation::relu(z.clone())
        - z.clone() * y.clone();
    let m = z.detach().greater_equal_elem(threshold).float();
    let columns = [
        missed.clone() * missed * entropy,
        p.clone() * y.clone(),
        p,
        m.clone() * y.clone(),
        m,
        y,
    ];
    Tensor::cat(columns.map(|column| column.sum_dim(1)).to_vec(), 1)
}
