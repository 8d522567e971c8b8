//! From cells to tokens: see [`super::attend_from_cells`].

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, backend_extension};
use rayon::prelude::*;

use super::softmax::{gradient_of_heads, probabilities_of_heads};
use super::{CELLS_A_PIECE, Sizes, add, zeroed};
use crate::flex::{tensor, values};
use crate::pieces::values_of_pieces;
use crate::product::{Matrix, add_product};

/// Attention from cells to tokens on a backend's own tensors.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait FromCellsOps: Backend {
    /// See [`super::attend_from_cells`].
    fn fused_attend_from_cells(
        cells: FloatTensor<Self>,
        positions: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        biases: FloatTensor<Self>,
        values: FloatTensor<Self>,
        heads: usize,
    ) -> FloatTensor<Self>;
}

impl FromCellsOps for Flex {
    fn fused_attend_from_cells(
        cells: FlexTensor,
        positions: FlexTensor,
        keys: FlexTensor,
        biases: FlexTensor,
        values: FlexTensor,
        heads: usize,
    ) -> FlexTensor {
        Inputs::new([cells, positions, keys, biases, values], heads).forward()
    }
}

/// The tensors, contiguous.
#[derive(Debug, Clone)]
struct Inputs {
    cells: FlexTensor,
    positions: FlexTensor,
    keys: FlexTensor,
    biases: FlexTensor,
    values: FlexTensor,
    heads: usize,
    sizes: Sizes,
}

/// The gradients of one item's tokens from one piece of the cells.
struct OfTokens {
    keys: Vec<f32>,
    biases: Vec<f32>,
    values: Vec<f32>,
}

impl Inputs {
    fn new(tensors: [FlexTensor; 5], heads: usize) -> Self {
        let [cells, positions, keys, biases, values] = tensors.map(|tensor| tensor.to_contiguous());
        let [batch, rows, channels] = keys.layout().shape().dims();
        let [images, count, _] = cells.layout().shape().dims();
        let sizes = Sizes {
            batch,
            images,
            cells: count,
            channels,
            rows,
        };
        Self {
            cells,
            positions,
            keys,
            biases,
            values,
            heads,
            sizes,
        }
    }

    fn forward(&self) -> FlexTensor {
        let Sizes {
            batch,
            images,
            cells: count,
            channels,
            rows,
        } = self.sizes;
        let out = values_of_pieces(
            batch * count * channels,
            CELLS_A_PIECE * channels,
            <(Vec<f32>, Vec<f32>)>::default,
            |(sums, scores), index, out| {
                // A piece may begin in one item of the batch and end in another.
                let mut first = index * CELLS_A_PIECE;
                for out in split_at_items(out, first, count, channels) {
                    let (item, cell) = (first / count, first % count);
                    let length = out.len() / channels;
                    let image = if images == 1 { 0 } else { item };
                    let start = (image * count + cell) * channels;
                    let cells = &values(&self.cells)[start..][..out.len()];
                    let positions = &values(&self.positions)[cell * channels..][..out.len()];
                    add(cells, positions, sums);
                    let scores = self.probabilities(item, sums, scores);
                    out.copy_from_slice(cells);
                    add_product(
                        out,
                        Matrix::new(scores, length, rows),
                        Matrix::new(self.sizes.item(values(&self.values), item), rows, channels),
                    );
                    first += length;
                }
            },
        );
        tensor(out, [batch, count, channels])
    }

    /// The probabilities of one item's tokens for some cells, `[cells, rows]`.
    fn probabilities<'a>(&self, item: usize, sums: &[f32], scores: &'a mut Vec<f32>) -> &'a [f32] {
        let Sizes { channels, rows, .. } = self.sizes;
        let count = sums.len() / channels;
        let scores = zeroed(scores, count * rows);
        add_product(
            scores,
            Matrix::new(sums, count, channels),
            Matrix::new(self.sizes.item(values(&self.keys), item), rows, channels).transposed(),
        );
        let biases = self.sizes.item(values(&self.biases), item);
        probabilities_of_heads(scores, biases, self.heads);
        scores
    }

    /// The gradients of cells, keys, biases and values, from that of the result.
    fn backward(&self, gradient: &[f32]) -> [Vec<f32>; 4] {
        let sizes = self.sizes;
        let Sizes {
            batch,
            cells: all,
            channels,
            rows,
            ..
        } = sizes;
        type Scratch = (Vec<f32>, Vec<f32>, Vec<f32>);
        let pieces: Vec<(Vec<f32>, Vec<OfTokens>)> = (0..sizes.images * sizes.pieces())
            .into_par_iter()
            .map_init(Scratch::default, |(sums, scores, scratch), index| {
                let piece = sizes.piece(index);
                let count = piece.cells.len();
                let cells = sizes.cells_of(values(&self.cells), &piece);
                let positions = sizes.positions_of(values(&self.positions), &piece);
                add(cells, positions, sums);
                let mut of_cells = vec![0f32; cells.len()];
                let of_tokens = piece.items.clone().map(|item| {
                    let start = (item * all + piece.cells.start) * channels;
                    let gradient = &gradient[start..][..count * channels];
                    for (to, from) in of_cells.iter_mut().zip(gradient) {
                        *to += from;
                    }
                    let gradient = Matrix::new(gradient, count, channels);
                    let of_item = |tokens| Matrix::new(sizes.item(tokens, item), rows, channels);
                    let probabilities = self.probabilities(item, sums, scores);
                    let of_scores = zeroed(scratch, count * rows);
                    let tokens = of_item(values(&self.values));
                    add_product(of_scores, gradient, tokens.transposed());
                    gradient_of_heads(of_scores, probabilities, rows, self.heads);

                    let mut biases = vec![0f32; rows];
                    for row in of_scores.chunks_exact(rows) {
                        for (to, from) in biases.iter_mut().zip(row) {
                            *to += from;
                        }
                    }
                    let probabilities = Matrix::new(probabilities, count, rows);
                    let of_scores = Matrix::new(of_scores, count, rows);
                    add_product(&mut of_cells, of_scores, of_item(values(&self.keys)));
                    let [mut keys, mut of_values] = [(); 2].map(|()| vec![0f32; rows * channels]);
                    let sums = Matrix::new(sums, count, channels);
                    add_product(&mut keys, of_scores.transposed(), sums);
                    add_product(&mut of_values, probabilities.transposed(), gradient);
                    OfTokens {
                        keys,
                        biases,
                        values: of_values,
                    }
                });
                let of_tokens = of_tokens.collect();
                (of_cells, of_tokens)
            })
            .collect();

        let collect = |length: usize, part: fn(&OfTokens) -> &[f32]| {
            let mut sums = vec![0f32; batch * length];
            for (index, (_, parts)) in pieces.iter().enumerate() {
                for (item, tokens) in sizes.piece(index).items.zip(parts) {
                    let to = &mut sums[item * length..][..length];
                    for (to, from) in to.iter_mut().zip(part(tokens)) {
                        *to += from;
                    }
                }
            }
            sums
        };
        let keys = collect(rows * channels, |tokens| &tokens.keys);
        let biases = collect(rows, |tokens| &tokens.biases);
        let of_values = collect(rows * channels, |tokens| &tokens.values);
        let of_cells: Vec<Vec<f32>> = pieces.into_iter().map(|(of_cells, _)| of_cells).collect();
        [of_cells.concat(), keys, biases, of_values]
    }
}

/// Cuts the rows of a piece, the first of which is row `first` of the batch, where items begin.
fn split_at_items(
    mut out: &mut [f32],
    first: usize,
    cells: usize,
    channels: usize,
) -> impl Iterator<Item = &mut [f32]> {
    let mut left = cells - first % cells;
    std::iter::from_fn(move || {
        let rest = std::mem::take(&mut out);
        if rest.is_empty() {
            return None;
        }
        let length = (left * channels).min(rest.len());
        let (rows, rest) = rest.split_at_mut(length);
        out = rest;
        left = cells;
        Some(rows)
    })
}

impl<C: CheckpointStrategy> FromCellsOps for Autodiff<Flex, C> {
    fn fused_attend_from_cells(
        cells: FloatTensor<Self>,
        positions: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        biases: FloatTensor<Self>,
        values: FloatTensor<Self>,
        heads: usize,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct AttendFromCells;

        impl Backward<Flex, 4> for AttendFromCells {
            type State = Inputs;

            fn backward(
                self,
                ops: Ops<Self::State, 4>,
                gradients: &mut Gradients,
                _: &mut Checkpointer,
            ) {
                let inputs = ops.state;
                let gradient = gradients.consume::<Flex>(&ops.node).to_contiguous();
                let parts = inputs.backward(crate::flex::values(&gradient));
                let inputs = [inputs.cells, inputs.keys, inputs.biases, inputs.values];
                for ((parent, part), input) in ops.parents.into_iter().zip(parts).zip(inputs) {
                    if let Some(node) = parent {
                        let part = tensor(part, input.layout().shape().dims::<3>());
                        gradients.register::<Flex>(node.id, part);
                    }
                }
            }
        }

        let nodes = [cells.node(), keys.node(), biases.node(), values.node()];
        let tensors =
            [cells, positions, keys, biases, values].map(|tensor| tensor.into_primitive());
        let inputs = Inputs::new(tensors, heads);
        let out = inputs.forward();
        match AttendFromCells
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => prepared.finish(inputs, out),
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }
}
