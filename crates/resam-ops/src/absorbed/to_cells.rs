//! From tokens to cells: see [`super::attend_to_cells`].

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, backend_extension};
use rayon::prelude::*;

use super::softmax::{gradient_of_columns, probabilities_of_columns, soften_columns};
use super::{Piece, Sizes, add, zeroed};
use crate::flex::{tensor, values};
use crate::product::{Matrix, add_product};

/// Attention from tokens to cells on a backend's own tensors.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait ToCellsOps: Backend {
    /// See [`super::attend_to_cells`].
    fn fused_attend_to_cells(
        queries: FloatTensor<Self>,
        cells: FloatTensor<Self>,
        positions: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

impl ToCellsOps for Flex {
    fn fused_attend_to_cells(
        queries: FlexTensor,
        cells: FlexTensor,
        positions: FlexTensor,
    ) -> FlexTensor {
        Inputs::new(queries, cells, positions).forward().0
    }
}

/// The tensors, contiguous.
#[derive(Debug, Clone)]
struct Inputs {
    queries: FlexTensor,
    cells: FlexTensor,
    positions: FlexTensor,
    sizes: Sizes,
}

/// What the queries find in one piece of the cells.
struct Found {
    /// The largest score of each row, and the sum of the exponentials of the distances to it.
    largest: Vec<f32>,
    total: Vec<f32>,
    /// The cells weighted by those exponentials, `[rows, channels]`.
    weighted: Vec<f32>,
}

impl Inputs {
    fn new(queries: FlexTensor, cells: FlexTensor, positions: FlexTensor) -> Self {
        let [queries, cells, positions] =
            [queries, cells, positions].map(|tensor| tensor.to_contiguous());
        let [batch, rows, channels] = queries.layout().shape().dims();
        let [images, count, _] = cells.layout().shape().dims();
        let sizes = Sizes {
            batch,
            images,
            cells: count,
            channels,
            rows,
        };
        Self {
            queries,
            cells,
            positions,
            sizes,
        }
    }

    /// What was attended, and `[batch, rows]` logarithms of the sums of exponentials.
    fn forward(&self) -> (FlexTensor, Vec<f32>) {
        let sizes = self.sizes;
        let found: Vec<Vec<Found>> = (0..sizes.images * sizes.pieces())
            .into_par_iter()
            .map_init(Default::default, |sums, index| {
                let piece = sizes.piece(index);
                let cells = sizes.cells_of(values(&self.cells), &piece);
                let positions = sizes.positions_of(values(&self.positions), &piece);
                add(cells, positions, sums);
                let items = piece.items.clone();
                items
                    .map(|item| self.find(item, &piece, cells, sums))
                    .collect()
            })
            .collect();

        let length = sizes.rows * sizes.channels;
        let mut attended = vec![0f32; sizes.batch * length];
        let mut log_sums = vec![0f32; sizes.batch * sizes.rows];
        attended
            .par_chunks_exact_mut(length)
            .zip(log_sums.par_chunks_exact_mut(sizes.rows))
            .enumerate()
            .for_each(|(item, (attended, log_sums))| {
                let (image, at) = if sizes.images == 1 {
                    (0, item)
                } else {
                    (item, 0)
                };
                let of_image = &found[image * sizes.pieces()..][..sizes.pieces()];
                for row in 0..sizes.rows {
                    let pieces = || of_image.iter().map(|pieces| &pieces[at]);
                    let largest = pieces().map(|piece| piece.largest[row]);
                    let most = largest.fold(f32::NEG_INFINITY, f32::max);
                    let weights = || pieces().map(|piece| (piece.largest[row] - most).exp());
                    let total: f32 = pieces()
                        .zip(weights())
                        .map(|(piece, weight)| weight * piece.total[row])
                        .sum();
                    let out = &mut attended[row * sizes.channels..][..sizes.channels];
                    for (piece, weight) in pieces().zip(weights()) {
                        let from = &piece.weighted[row * sizes.channels..];
                        for (to, from) in out.iter_mut().zip(from) {
                            *to += weight / total * from;
                        }
                    }
                    log_sums[row] = most + total.ln();
                }
            });
        let shape = [sizes.batch, sizes.rows, sizes.channels];
        (tensor(attended, shape), log_sums)
    }

    /// The scores of one item's queries in a piece, `[cells, rows]`.
    fn scores(&self, item: usize, piece: &Piece, sums: &[f32]) -> Vec<f32> {
        let Sizes { channels, rows, .. } = self.sizes;
        let queries = self.sizes.item(values(&self.queries), item);
        let mut scores = vec![0f32; piece.cells.len() * rows];
        add_product(
            &mut scores,
            Matrix::new(sums, piece.cells.len(), channels),
            Matrix::new(queries, rows, channels).transposed(),
        );
        scores
    }

    fn find(&self, item: usize, piece: &Piece, cells: &[f32], sums: &[f32]) -> Found {
        let Sizes { channels, rows, .. } = self.sizes;
        let mut scores = self.scores(item, piece, sums);
        let [mut largest, mut total] = [(); 2].map(|()| vec![0f32; rows]);
        soften_columns(&mut scores, &mut largest, &mut total);
        let mut weighted = vec![0f32; rows * channels];
        add_product(
            &mut weighted,
            Matrix::new(&scores, piece.cells.len(), rows).transposed(),
            Matrix::new(cells, piece.cells.len(), channels),
        );
        Found {
            largest,
            total,
            weighted,
        }
    }

    /// The gradients of queries and cells, from that of what was attended.
    fn backward(&self, attended: &[f32], log_sums: &[f32], gradient: &[f32]) -> [Vec<f32>; 2] {
        let sizes = self.sizes;
        let Sizes { channels, rows, .. } = sizes;
        // The probabilities of a row times their gradients add up to what was attended times its
        // own.
        let products: Vec<f32> = attended
            .chunks_exact(channels)
            .zip(gradient.chunks_exact(channels))
            .map(|(attended, gradient)| attended.iter().zip(gradient).map(|(a, b)| a * b).sum())
            .collect();
        let pieces: Vec<(Vec<f32>, Vec<Vec<f32>>)> = (0..sizes.images * sizes.pieces())
            .into_par_iter()
            .map_init(<(Vec<f32>, Vec<f32>)>::default, |(sums, scratch), index| {
                let piece = sizes.piece(index);
                let cells = sizes.cells_of(values(&self.cells), &piece);
                let positions = sizes.positions_of(values(&self.positions), &piece);
                add(cells, positions, sums);
                let count = piece.cells.len();
                let mut of_cells = vec![0f32; cells.len()];
                let of_queries = piece.items.clone().map(|item| {
                    let queries = sizes.item(values(&self.queries), item);
                    let upstream = Matrix::new(sizes.item(gradient, item), rows, channels);
                    let mut probabilities = self.scores(item, &piece, sums);
                    probabilities_of_columns(&mut probabilities, sizes.item(log_sums, item));
                    let of_scores = zeroed(scratch, count * rows);
                    let cells = Matrix::new(cells, count, channels);
                    add_product(of_scores, cells, upstream.transposed());
                    let products = sizes.item(&products, item);
                    gradient_of_columns(of_scores, &probabilities, products);

                    let probabilities = Matrix::new(&probabilities, count, rows);
                    let of_scores = Matrix::new(of_scores, count, rows);
                    add_product(&mut of_cells, probabilities, upstream);
                    let queries = Matrix::new(queries, rows, channels);
                    add_product(&mut of_cells, of_scores, queries);
                    let mut of_queries = vec![0f32; rows * channels];
                    let sums = Matrix::new(sums, count, channels);
                    add_product(&mut of_queries, of_scores.transposed(), sums);
                    of_queries
                });
                let of_queries = of_queries.collect();
                (of_cells, of_queries)
            })
            .collect();

        let mut of_queries = vec![0f32; gradient.len()];
        for (index, (_, parts)) in pieces.iter().enumerate() {
            for (item, part) in sizes.piece(index).items.zip(parts) {
                let to = &mut of_queries[item * part.len()..][..part.len()];
                for (to, from) in to.iter_mut().zip(part) {
                    *to += from;
                }
            }
        }
        let of_cells: Vec<Vec<f32>> = pieces.into_iter().map(|(of_cells, _)| of_cells).collect();
        [of_queries, of_cells.concat()]
    }
}

impl<C: CheckpointStrategy> ToCellsOps for Autodiff<Flex, C> {
    fn fused_attend_to_cells(
        queries: FloatTensor<Self>,
        cells: FloatTensor<Self>,
        positions: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct AttendToCells;

        impl Backward<Flex, 2> for AttendToCells {
            /// The inputs, what was attended, and the logarithms of the sums of exponentials.
            type State = (Inputs, FlexTensor, Vec<f32>);

            fn backward(
                self,
                ops: Ops<Self::State, 2>,
                gradients: &mut Gradients,
                _: &mut Checkpointer,
            ) {
                let (inputs, attended, log_sums) = ops.state;
                let gradient = gradients.consume::<Flex>(&ops.node).to_contiguous();
                let parts = inputs.backward(values(&attended), &log_sums, values(&gradient));
                let inputs = [inputs.queries, inputs.cells];
                for ((parent, part), input) in ops.parents.into_iter().zip(parts).zip(inputs) {
                    if let Some(node) = parent {
                        let part = tensor(part, input.layout().shape().dims::<3>());
                        gradients.register::<Flex>(node.id, part);
                    }
                }
            }
        }

        let nodes = [queries.node(), cells.node()];
        let [queries, cells, positions] =
            [queries, cells, positions].map(|tensor| tensor.into_primitive());
        let inputs = Inputs::new(queries, cells, positions);
        let (attended, log_sums) = inputs.forward();
        match AttendToCells.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                prepared.finish((inputs, attended.clone(), log_sums), attended)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(attended),
        }
    }
}
