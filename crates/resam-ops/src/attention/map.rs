//! Self-attention over a map of tokens, in windows: which tokens are in a window, and where each
//! window's results go.

use rayon::prelude::*;

use super::backward::{Gradients, Upstream, attend_backward};
use super::forward::attend;
use super::operands::{Operands, Positions, Rows};
use super::{QkvOrder, SelfAttention};
use crate::pieces::values_of_pieces;

/// Queries of one piece of work: a fixed number, so that no result depends on the number of
/// threads. The gradients of keys and values are summed over the pieces in order.
const QUERIES_A_PIECE: usize = 2048;

/// Rows of a map that a thread writes at a time.
const ROWS_A_PIECE: usize = 64;

/// A map of `batch` times `rows` times `columns` tokens and how its tokens attend.
#[derive(Debug, Clone)]
pub(crate) struct Map {
    pub(crate) batch: usize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) channels: usize,
    pub(crate) attention: SelfAttention,
}

/// The values of the positions, as the public enumeration names them.
#[derive(Clone, Copy)]
pub(crate) enum PositionValues<'a> {
    Nowhere,
    Decomposed { rows: &'a [f32], columns: &'a [f32] },
    Table(&'a [f32]),
}

/// One window, as far as its tokens are on the map.
struct Window {
    /// The row of its first token among all rows of the batch's maps.
    first_row: usize,
    first_column: usize,
    rows_inside: usize,
    columns_inside: usize,
}

impl Map {
    fn heads(&self) -> usize {
        self.attention.heads
    }

    fn head_dim(&self) -> usize {
        self.channels / self.attention.heads
    }

    fn scale(&self) -> f32 {
        (self.head_dim() as f32).powf(-0.5)
    }

    /// Tokens of a window, padding included.
    fn tokens(&self) -> usize {
        self.attention.window[0] * self.attention.window[1]
    }

    fn windows_down(&self) -> usize {
        self.rows.div_ceil(self.attention.window[0])
    }

    fn windows_across(&self) -> usize {
        self.columns.div_ceil(self.attention.window[1])
    }

    fn windows(&self) -> usize {
        self.batch * self.windows_down() * self.windows_across()
    }

    fn window(&self, index: usize) -> Window {
        let [height, width] = self.attention.window;
        let across = self.windows_across();
        let (band, column) = (index / across, index % across);
        let (image, row) = (band / self.windows_down(), band % self.windows_down());
        Window {
            first_row: image * self.rows + row * height,
            first_column: column * width,
            rows_inside: height.min(self.rows - row * height),
            columns_inside: width.min(self.columns - column * width),
        }
    }

    /// The window of a token of the map, and the token's number in it, counting all tokens and
    /// counting those on the map.
    fn place(&self, index: usize) -> (usize, usize, usize) {
        let [height, width] = self.attention.window;
        let (line, column) = (index / self.columns, index % self.columns);
        let (image, row) = (line / self.rows, line % self.rows);
        let band = image * self.windows_down() + row / height;
        let window = band * self.windows_across() + column / width;
        let inside = width.min(self.columns - column / width * width);
        let (row, column) = (row % height, column % width);
        (window, row * width + column, row * inside + column)
    }

    /// Where each token of a window has its row in a map of `stride` values a token.
    fn starts(&self, window: &Window, stride: usize) -> Vec<Option<usize>> {
        let [height, width] = self.attention.window;
        let token = |row: usize, column: usize| {
            let inside = row < window.rows_inside && column < window.columns_inside;
            let (row, column) = (window.first_row + row, window.first_column + column);
            inside.then(|| (row * self.columns + column) * stride)
        };
        (0..height)
            .flat_map(|row| (0..width).map(move |column| token(row, column)))
            .collect()
    }

    /// Where query, key and value of a head begin in a token's row.
    fn offsets(&self, head: usize) -> [usize; 3] {
        let head_dim = self.head_dim();
        [0, 1, 2].map(|part| match self.attention.order {
            QkvOrder::PartsOfHeads => part * self.channels + head * head_dim,
            QkvOrder::HeadsOfParts => (3 * head + part) * head_dim,
        })
    }

    fn operands<'a>(
        &self,
        qkv: &'a [f32],
        padding: &'a [f32],
        starts: &'a [Option<usize>],
        head: usize,
        positions: &'a HeadPositions<'a>,
    ) -> Operands<'a> {
        let rows = self.offsets(head).map(|offset| Rows {
            data: qkv,
            padding,
            starts,
            offset,
            head_dim: self.head_dim(),
        });
        Operands {
            query: rows[0],
            key: rows[1],
            value: rows[2],
            scale: self.scale(),
            positions: positions.of_head(head),
        }
    }

    /// Attends. `qkv` is `[batch, rows, columns, 3 channels]`, `padding` `[3 channels]`. Returns
    /// `[batch, rows, columns, channels]` and `[windows, heads, tokens]` logarithms of the sums of
    /// exponentials.
    pub(crate) fn forward(
        &self,
        qkv: &[f32],
        padding: &[f32],
        positions: PositionValues<'_>,
    ) -> (Vec<f32>, Vec<f32>) {
        let (heads, head_dim, tokens) = (self.heads(), self.head_dim(), self.tokens());
        let positions = HeadPositions::new(positions, tokens, self.attention.window);
        let units = self.windows() * heads;
        let mut by_head = vec![0f32; units * tokens * head_dim];
        let mut log_sum = vec![0f32; units * tokens];
        let mut pieces = Vec::new();
        let attended = by_head.chunks_exact_mut(tokens * head_dim);
        for (unit, (attended, log_sum)) in
            attended.zip(log_sum.chunks_exact_mut(tokens)).enumerate()
        {
            let attended = attended.chunks_mut(QUERIES_A_PIECE * head_dim);
            let log_sum = log_sum.chunks_mut(QUERIES_A_PIECE);
            for (chunk, (attended, log_sum)) in attended.zip(log_sum).enumerate() {
                pieces.push((unit, chunk * QUERIES_A_PIECE, attended, log_sum));
            }
        }
        pieces
            .into_par_iter()
            .for_each(|(unit, first, attended, log_sum)| {
                let window = self.window(unit / heads);
                let starts = self.starts(&window, 3 * self.channels);
                let operands = self.operands(qkv, padding, &starts, unit % heads, &positions);
                attend(&operands, first..first + log_sum.len(), attended, log_sum);
            });

        let total = self.batch * self.rows * self.columns * self.channels;
        let length = ROWS_A_PIECE * self.channels;
        let out = values_of_pieces(
            total,
            length,
            || (),
            |(), piece, rows| {
                for (row, to) in rows.chunks_exact_mut(self.channels).enumerate() {
                    let (window, token, _) = self.place(piece * ROWS_A_PIECE + row);
                    for (head, to) in to.chunks_exact_mut(head_dim).enumerate() {
                        let at = (window * heads + head) * tokens + token;
                        to.copy_from_slice(&by_head[at * head_dim..][..head_dim]);
                    }
                }
            },
        );
        (out, log_sum)
    }

    /// The gradients of `qkv` and of `padding`, from that of what was attended.
    pub(crate) fn backward(
        &self,
        qkv: &[f32],
        padding: &[f32],
        positions: PositionValues<'_>,
        attended: &[f32],
        log_sum: &[f32],
        gradient: &[f32],
    ) -> (Vec<f32>, Vec<f32>) {
        let (heads, head_dim, tokens) = (self.heads(), self.head_dim(), self.tokens());
        let positions = HeadPositions::new(positions, tokens, self.attention.window);
        let chunks = tokens.div_ceil(QUERIES_A_PIECE);
        let units = self.windows() * heads;
        let gradients: Vec<Gradients> = (0..units * chunks)
            .into_par_iter()
            .map(|piece| {
                let (unit, chunk) = (piece / chunks, piece % chunks);
                let (window, head) = (self.window(unit / heads), unit % heads);
                let starts = self.starts(&window, 3 * self.channels);
                let operands = self.operands(qkv, padding, &starts, head, &positions);
                let inside = (0..tokens).filter(|&token| starts[token].is_some());
                let queries: Vec<usize> = inside
                    .skip(chunk * QUERIES_A_PIECE)
                    .take(QUERIES_A_PIECE)
                    .collect();
                let of_head = |map: &[f32]| -> Vec<f32> {
                    let rows = queries.iter().flat_map(|&token| {
                        let start = starts[token].unwrap_or_default() / 3;
                        &map[start + head * head_dim..][..head_dim]
                    });
                    rows.copied().collect()
                };
                let log_sum: Vec<f32> = queries
                    .iter()
                    .map(|&token| log_sum[unit * tokens + token])
                    .collect();
                let upstream = Upstream {
                    queries: &queries,
                    gradient: &of_head(gradient),
                    attended: &of_head(attended),
                    log_sum: &log_sum,
                };
                attend_backward(&operands, &upstream)
            })
            .collect();

        let length = ROWS_A_PIECE * 3 * self.channels;
        let of_qkv = values_of_pieces(
            qkv.len(),
            length,
            || (),
            |(), piece, rows| {
                for (row, to) in rows.chunks_exact_mut(3 * self.channels).enumerate() {
                    let (window, token, inside) = self.place(piece * ROWS_A_PIECE + row);
                    for head in 0..heads {
                        let pieces = &gradients[(window * heads + head) * chunks..][..chunks];
                        let [query, key, value] = self.offsets(head);
                        let own = &pieces[inside / QUERIES_A_PIECE].query;
                        let at = inside % QUERIES_A_PIECE * head_dim;
                        to[query..][..head_dim].copy_from_slice(&own[at..][..head_dim]);
                        for part in pieces {
                            let at = token * head_dim;
                            add(&mut to[key..][..head_dim], &part.key[at..]);
                            add(&mut to[value..][..head_dim], &part.value[at..]);
                        }
                    }
                }
            },
        );
        let mut of_padding = vec![0f32; padding.len()];
        for unit in 0..units {
            let starts = self.starts(&self.window(unit / heads), 1);
            let [_, key, value] = self.offsets(unit % heads);
            let beyond = (0..tokens).filter(|&token| starts[token].is_none());
            for at in beyond.map(|token| token * head_dim) {
                for part in &gradients[unit * chunks..][..chunks] {
                    add(&mut of_padding[key..][..head_dim], &part.key[at..]);
                    add(&mut of_padding[value..][..head_dim], &part.value[at..]);
                }
            }
        }
        (of_qkv, of_padding)
    }
}

/// `to += from`, as far as `to` goes.
fn add(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

/// The positions of each head, tables laid out for the kernels.
struct HeadPositions<'a> {
    values: PositionValues<'a>,
    window: [usize; 2],
    tokens: usize,
    stride: usize,
    /// `[heads, tokens, stride]`, rows by query and rows by key.
    by_query: Vec<f32>,
    by_key: Vec<f32>,
}

impl<'a> HeadPositions<'a> {
    fn new(values: PositionValues<'a>, tokens: usize, window: [usize; 2]) -> Self {
        /// At least the lanes of any kernel, so that a vector never leaves its row.
        const WIDEST: usize = 32;
        let stride = tokens.next_multiple_of(WIDEST);
        let (mut by_query, mut by_key) = (Vec::new(), Vec::new());
        if let PositionValues::Table(table) = values {
            let rows = table.len() / tokens;
            by_query = vec![0f32; rows * stride];
            by_key = vec![0f32; rows * stride];
            for (row, biases) in table.chunks_exact(tokens).enumerate() {
                by_query[row * stride..][..tokens].copy_from_slice(biases);
                let (head, query) = (row / tokens, row % tokens);
                for (key, &bias) in biases.iter().enumerate() {
                    by_key[(head * tokens + key) * stride + query] = bias;
                }
            }
        }
        Self {
            values,
            window,
            tokens,
            stride,
            by_query,
            by_key,
        }
    }

    fn of_head(&'a self, head: usize) -> Positions<'a> {
        match self.values {
            PositionValues::Nowhere => Positions::Nowhere,
            PositionValues::Decomposed { rows, columns } => Positions::Decomposed {
                rows,
                columns,
                window: self.window,
            },
            PositionValues::Table(_) => {
                let size = self.tokens * self.stride;
                Positions::Table {
                    by_key: &self.by_key[head * size..][..size],
                    by_query: &self.by_query[head * size..][..size],
                    stride: self.stride,
                }
            }
        }
    }
}
