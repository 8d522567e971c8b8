//! Attention from one sequence to another, a batch of either or of both.

use rayon::prelude::*;

use super::backward::{Gradients, Upstream, attend_backward};
use super::forward::attend;
use super::operands::{Operands, Positions, Rows};
use crate::pieces::values_of_pieces;

/// Queries of one piece of work: a fixed number, so that no result depends on the number of
/// threads. The gradients of keys and values are summed over the pieces in order.
const QUERIES_A_PIECE: usize = 2048;

/// Rows that a thread writes at a time.
const ROWS_A_PIECE: usize = 64;

/// Sizes of one operand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sequence {
    pub(crate) batch: usize,
    pub(crate) tokens: usize,
    pub(crate) channels: usize,
}

/// Sizes of all three.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cross {
    pub(crate) query: Sequence,
    pub(crate) key: Sequence,
    pub(crate) value: Sequence,
    pub(crate) heads: usize,
}

/// Values of all three, each `[batch or 1, tokens, channels]`.
#[derive(Clone, Copy)]
pub(crate) struct CrossValues<'a> {
    pub(crate) query: &'a [f32],
    pub(crate) key: &'a [f32],
    pub(crate) value: &'a [f32],
}

impl Sequence {
    fn starts(&self, item: usize) -> Vec<Option<usize>> {
        let first = if self.batch == 1 { 0 } else { item } * self.tokens;
        (first..first + self.tokens)
            .map(|token| Some(token * self.channels))
            .collect()
    }

    fn rows<'a>(
        &self,
        data: &'a [f32],
        starts: &'a [Option<usize>],
        head: usize,
        heads: usize,
    ) -> Rows<'a> {
        let head_dim = self.channels / heads;
        Rows {
            data,
            padding: &[],
            starts,
            offset: head * head_dim,
            head_dim,
        }
    }
}

impl Cross {
    /// The batch of the result.
    pub(crate) fn batch(&self) -> usize {
        self.query.batch.max(self.key.batch).max(self.value.batch)
    }

    fn scale(&self) -> f32 {
        ((self.key.channels / self.heads) as f32).powf(-0.5)
    }

    /// Calls `work` with the operands of one head of one item of the batch.
    fn with_operands<T>(
        &self,
        values: CrossValues<'_>,
        unit: usize,
        work: impl FnOnce(&Operands<'_>) -> T,
    ) -> T {
        let (item, head) = (unit / self.heads, unit % self.heads);
        let [queries, keys, of_values] =
            [self.query, self.key, self.value].map(|sequence| sequence.starts(item));
        work(&Operands {
            query: self.query.rows(values.query, &queries, head, self.heads),
            key: self.key.rows(values.key, &keys, head, self.heads),
            value: self.value.rows(values.value, &of_values, head, self.heads),
            scale: self.scale(),
            positions: Positions::Nowhere,
        })
    }

    /// `[batch, queries, value channels]`, and `[batch, heads, queries]` logarithms of the sums of
    /// exponentials.
    pub(crate) fn forward(&self, values: CrossValues<'_>) -> (Vec<f32>, Vec<f32>) {
        let (units, queries) = (self.batch() * self.heads, self.query.tokens);
        let value_dim = self.value.channels / self.heads;
        let mut by_head = vec![0f32; units * queries * value_dim];
        let mut log_sum = vec![0f32; units * queries];
        let mut pieces = Vec::new();
        let attended = by_head.chunks_exact_mut(queries * value_dim);
        for (unit, (attended, log_sum)) in
            attended.zip(log_sum.chunks_exact_mut(queries)).enumerate()
        {
            let attended = attended.chunks_mut(QUERIES_A_PIECE * value_dim);
            let log_sum = log_sum.chunks_mut(QUERIES_A_PIECE);
            for (chunk, (attended, log_sum)) in attended.zip(log_sum).enumerate() {
                pieces.push((unit, chunk * QUERIES_A_PIECE, attended, log_sum));
            }
        }
        pieces
            .into_par_iter()
            .for_each(|(unit, first, attended, log_sum)| {
                self.with_operands(values, unit, |operands| {
                    attend(operands, first..first + log_sum.len(), attended, log_sum);
                });
            });

        let (channels, total) = (self.value.channels, by_head.len());
        let length = ROWS_A_PIECE * channels;
        let out = values_of_pieces(
            total,
            length,
            || (),
            |(), piece, rows| {
                for (row, to) in rows.chunks_exact_mut(channels).enumerate() {
                    let row = piece * ROWS_A_PIECE + row;
                    let (item, query) = (row / queries, row % queries);
                    for (head, to) in to.chunks_exact_mut(value_dim).enumerate() {
                        let at = (item * self.heads + head) * queries + query;
                        to.copy_from_slice(&by_head[at * value_dim..][..value_dim]);
                    }
                }
            },
        );
        (out, log_sum)
    }

    /// The gradients of query, key and value, from that of what was attended.
    pub(crate) fn backward(
        &self,
        values: CrossValues<'_>,
        attended: &[f32],
        log_sum: &[f32],
        gradient: &[f32],
    ) -> [Vec<f32>; 3] {
        let (units, queries) = (self.batch() * self.heads, self.query.tokens);
        let (channels, value_dim) = (self.value.channels, self.value.channels / self.heads);
        let chunks = queries.div_ceil(QUERIES_A_PIECE);
        let gradients: Vec<Gradients> = (0..units * chunks)
            .into_par_iter()
            .map(|piece| {
                let (unit, chunk) = (piece / chunks, piece % chunks);
                let (item, head) = (unit / self.heads, unit % self.heads);
                let asked = chunk * QUERIES_A_PIECE..((chunk + 1) * QUERIES_A_PIECE).min(queries);
                let of_head = |map: &[f32]| -> Vec<f32> {
                    let rows = asked.clone().flat_map(|query| {
                        let start = (item * queries + query) * channels;
                        &map[start + head * value_dim..][..value_dim]
                    });
                    rows.copied().collect()
                };
                let log_sum = &log_sum[unit * queries..][asked.clone()];
                let (gradient, attended) = (of_head(gradient), of_head(attended));
                let asked: Vec<usize> = asked.clone().collect();
                self.with_operands(values, unit, |operands| {
                    let upstream = Upstream {
                        queries: &asked,
                        gradient: &gradient,
                        attended: &attended,
                        log_sum,
                    };
                    attend_backward(operands, &upstream)
                })
            })
            .collect();

        // An operand that the whole batch shares collects from all of it, in order.
        let collect = |sequence: Sequence, part: fn(&Gradients) -> &[f32], by_chunk: bool| {
            let head_dim = sequence.channels / self.heads;
            let mut sums = vec![0f32; sequence.batch * sequence.tokens * sequence.channels];
            sums.par_chunks_mut(sequence.channels)
                .enumerate()
                .for_each(|(row, to)| {
                    let (own, token) = (row / sequence.tokens, row % sequence.tokens);
                    let items = if sequence.batch == 1 {
                        0..self.batch()
                    } else {
                        own..own + 1
                    };
                    for item in items {
                        for (head, to) in to.chunks_exact_mut(head_dim).enumerate() {
                            let pieces = &gradients[(item * self.heads + head) * chunks..];
                            let (pieces, token) = if by_chunk {
                                let chunk = token / QUERIES_A_PIECE;
                                (&pieces[chunk..=chunk], token % QUERIES_A_PIECE)
                            } else {
                                (&pieces[..chunks], token)
                            };
                            for piece in pieces {
                                let from = &part(piece)[token * head_dim..][..head_dim];
                                for (to, from) in to.iter_mut().zip(from) {
                                    *to += from;
                                }
                            }
                        }
                    }
                });
            sums
        };
        [
            collect(self.query, |gradients| &gradients.query, true),
            collect(self.key, |gradients| &gradients.key, false),
            collect(self.value, |gradients| &gradients.value, false),
        ]
    }
}
