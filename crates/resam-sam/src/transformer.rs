//! The two-way transformer of the mask decoder: prompt tokens and image cells attend to each
//! other. Follows `TwoWayTransformer` of segment-anything.
//!
//! One image may have many prompts. The image then has a batch of 1 until the first block mixes the
//! prompts in, and the first block's keys and values of the image are computed once
//! ([`ImageCells`]).

use burn::module::Module;
use burn::tensor::Tensor;

use crate::config::DecoderConfig;
use crate::layers::{LayerNorm, Linear, MlpBlock, NonLinearity};
use crate::parameters::Parameters;

/// Epsilon of the layer norms, PyTorch's default.
const NORM_EPSILON: f64 = 1e-5;

/// The two-way transformer.
#[derive(Module, Debug)]
pub struct TwoWayTransformer {
    layers: Vec<TwoWayAttentionBlock>,
    final_attn_token_to_image: Attention,
    norm_final_attn: LayerNorm,
}

impl TwoWayTransformer {
    /// Builds the transformer from the tensors below `mask_decoder.transformer`.
    pub fn load(parameters: &Parameters<'_>, channels: usize, config: &DecoderConfig) -> Self {
        let layers = (0..config.depth)
            .map(|i| {
                TwoWayAttentionBlock::load(
                    &parameters.at(format!("layers.{i}")),
                    channels,
                    config,
                    i == 0,
                )
            })
            .collect();
        Self {
            layers,
            final_attn_token_to_image: Attention::load(
                &parameters.at("final_attn_token_to_image"),
                channels,
                channels / 2,
                config.heads,
            ),
            norm_final_attn: LayerNorm::load(
                &parameters.at("norm_final_attn"),
                channels,
                NORM_EPSILON,
            ),
        }
    }

    /// Its linear layers, in the order of the published names.
    pub(crate) fn linears_mut(&mut self) -> Vec<&mut Linear> {
        let mut linears = Vec::new();
        for layer in &mut self.layers {
            linears.extend(layer.self_attn.linears_mut());
            linears.extend(layer.cross_attn_token_to_image.linears_mut());
            linears.extend([&mut layer.mlp.lin1, &mut layer.mlp.lin2]);
            linears.extend(layer.cross_attn_image_to_token.linears_mut());
        }
        linears.extend(self.final_attn_token_to_image.linears_mut());
        linears
    }

    /// Prepares images that have many prompts each: `cells` is `[images, cells, channels]`,
    /// `positions` `[1, cells, channels]`.
    pub fn read(&self, cells: Tensor<3>, positions: Tensor<3>) -> ImageCells {
        let first = self.layers.first().map(|layer| {
            let attention = &layer.cross_attn_token_to_image;
            let keys = attention.k_proj.forward(cells.clone() + positions.clone());
            [keys, attention.v_proj.forward(cells.clone())]
        });
        ImageCells {
            cells,
            positions,
            first,
        }
    }

    /// `image` has a batch of 1 or that of `tokens`, `[batch, tokens, channels]`; returns the
    /// processed tokens and the processed image, `[batch, cells, channels]`.
    pub fn forward(&self, image: &ImageCells, tokens: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
        let mut queries = tokens.clone();
        let mut image = image.clone();
        for layer in &self.layers {
            (queries, image.cells) = layer.forward(queries, &image, tokens.clone());
            image.first = None;
        }
        let q = queries.clone() + tokens;
        let attended = self.final_attn_token_to_image.tokens_to_image(q, &image);
        (
            self.norm_final_attn.forward(queries + attended),
            image.cells,
        )
    }
}

/// An image prepared for the transformer.
#[derive(Debug, Clone)]
pub struct ImageCells {
    /// `[images, cells, channels]`.
    cells: Tensor<3>,
    /// `[1, cells, channels]`.
    positions: Tensor<3>,
    /// Keys and values of the first attention from tokens to image, `[images, cells, inner]`, which
    /// all prompts about an image share.
    first: Option<[Tensor<3>; 2]>,
}

impl ImageCells {
    /// Prepares images that have one prompt each, which share nothing.
    pub fn of_single_prompts(cells: Tensor<3>, positions: Tensor<3>) -> Self {
        Self {
            cells,
            positions,
            first: None,
        }
    }
}

/// One block: self-attention of the tokens, attention from tokens to image, an MLP on the tokens,
/// attention from image to tokens.
#[derive(Module, Debug)]
pub struct TwoWayAttentionBlock {
    self_attn: Attention,
    norm1: LayerNorm,
    cross_attn_token_to_image: Attention,
    norm2: LayerNorm,
    mlp: MlpBlock,
    norm3: LayerNorm,
    cross_attn_image_to_token: Attention,
    norm4: LayerNorm,
    /// Whether this is the first block, whose tokens are their own positions.
    skip_first_layer_pe: bool,
}

impl TwoWayAttentionBlock {
    fn load(
        parameters: &Parameters<'_>,
        channels: usize,
        config: &DecoderConfig,
        skip_first_layer_pe: bool,
    ) -> Self {
        let norm = |name: &str| LayerNorm::load(&parameters.at(name), channels, NORM_EPSILON);
        let attention = |name: &str, inner: usize| {
            Attention::load(&parameters.at(name), channels, inner, config.heads)
        };
        Self {
            self_attn: attention("self_attn", channels),
            norm1: norm("norm1"),
            cross_attn_token_to_image: attention("cross_attn_token_to_image", channels / 2),
            norm2: norm("norm2"),
            mlp: MlpBlock::load(
                &parameters.at("mlp"),
                ["lin1", "lin2"],
                channels,
                config.mlp_dim,
                NonLinearity::Relu,
            ),
            norm3: norm("norm3"),
            cross_attn_image_to_token: attention("cross_attn_image_to_token", channels / 2),
            norm4: norm("norm4"),
            skip_first_layer_pe,
        }
    }

    fn forward(
        &self,
        queries: Tensor<3>,
        image: &ImageCells,
        query_pe: Tensor<3>,
    ) -> (Tensor<3>, Tensor<3>) {
        let queries = if self.skip_first_layer_pe {
            self.self_attn
                .forward(queries.clone(), queries.clone(), queries)
        } else {
            let q = queries.clone() + query_pe.clone();
            queries.clone() + self.self_attn.forward(q.clone(), q, queries)
        };
        let queries = self.norm1.forward(queries);

        let q = queries.clone() + query_pe.clone();
        let attended = self.cross_attn_token_to_image.tokens_to_image(q, image);
        let queries = self.norm2.forward(queries + attended);

        let queries = self
            .norm3
            .forward(queries.clone() + self.mlp.forward(queries));

        let q = queries.clone() + query_pe;
        let cells = self
            .cross_attn_image_to_token
            .image_to_tokens(image, q, queries.clone());
        (queries, self.norm4.forward(cells))
    }
}

/// Multi-head attention whose inner size may be smaller than the embedding.
#[derive(Module, Debug)]
pub struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    out_proj: Linear,
    num_heads: usize,
}

impl Attention {
    fn load(parameters: &Parameters<'_>, channels: usize, inner: usize, num_heads: usize) -> Self {
        let projection = |name: &str| Linear::load(&parameters.at(name), channels, inner);
        Self {
            q_proj: projection("q_proj"),
            k_proj: projection("k_proj"),
            v_proj: projection("v_proj"),
            out_proj: Linear::load(&parameters.at("out_proj"), inner, channels),
            num_heads,
        }
    }

    fn linears_mut(&mut self) -> [&mut Linear; 4] {
        [
            &mut self.q_proj,
            &mut self.k_proj,
            &mut self.v_proj,
            &mut self.out_proj,
        ]
    }

    /// `q` is `[batch or 1, queries, channels]`, `k` and `v` `[batch or 1, keys, channels]`;
    /// returns `[batch, queries, channels]`.
    fn forward(&self, q: Tensor<3>, k: Tensor<3>, v: Tensor<3>) -> Tensor<3> {
        let (key, value) = (self.k_proj.forward(k), self.v_proj.forward(v));
        self.attend(self.q_proj.forward(q), key, value)
    }

    fn attend(&self, query: Tensor<3>, key: Tensor<3>, value: Tensor<3>) -> Tensor<3> {
        let attended = resam_ops::attention(query, key, value, self.num_heads);
        self.out_proj.forward(attended)
    }

    /// Attention from tokens `q` to the cells of the image, with positions added to the keys:
    /// `[batch, tokens, channels]`.
    fn tokens_to_image(&self, q: Tensor<3>, image: &ImageCells) -> Tensor<3> {
        let ImageCells {
            cells,
            positions,
            first,
        } = image;
        if let Some([key, value]) = first {
            return self.attend(self.q_proj.forward(q), key.clone(), value.clone());
        }
        let [batch, tokens, channels] = q.dims();
        if !self.absorbs(tokens) {
            return self.forward(q, cells.clone() + positions.clone(), cells.clone());
        }
        // The bias of the keys adds the same to all scores of a query, which softmax does not see.
        let query = self.by_head(self.q_proj.forward(q)) * self.scale();
        let queries = query.matmul(self.columns_by_head(&self.k_proj).swap_dims(1, 2));
        let attended = resam_ops::attend_to_cells(
            Self::rows_of_tokens(queries, batch),
            cells.clone(),
            positions.clone(),
        );
        let attended = attended
            .reshape([batch * tokens, self.num_heads, channels])
            .swap_dims(0, 1)
            .matmul(self.columns_by_head(&self.v_proj));
        let [_, _, head_dim] = attended.dims();
        let value = attended
            .swap_dims(0, 1)
            .reshape([batch, tokens, self.num_heads * head_dim]);
        let value = match &self.v_proj.bias {
            Some(bias) => value + bias.val().unsqueeze::<3>(),
            None => value,
        };
        self.out_proj.forward(value)
    }

    /// Attention from the cells of the image to tokens with keys `k` and values `v`, added to the
    /// cells: `[batch, cells, channels]`.
    fn image_to_tokens(&self, image: &ImageCells, k: Tensor<3>, v: Tensor<3>) -> Tensor<3> {
        let ImageCells {
            cells, positions, ..
        } = image;
        let [batch, tokens, _] = k.dims();
        if !self.absorbs(tokens) {
            let attended = self.forward(cells.clone() + positions.clone(), k, v);
            return cells.clone() + attended;
        }
        let heads = self.num_heads;
        let key = self.by_head(self.k_proj.forward(k)) * self.scale();
        let [_, _, head_dim] = key.dims();
        let biases = match &self.q_proj.bias {
            Some(bias) => {
                let bias = bias.val().reshape([heads, head_dim, 1]);
                Self::rows_of_tokens(key.clone().matmul(bias), batch)
            }
            None => Tensor::zeros([batch, tokens * heads, 1], &key.device()),
        };
        let keys = key.matmul(self.columns_by_head(&self.q_proj).swap_dims(1, 2));
        // The rows of the output's weight that take a head's values.
        let out = self.out_proj.whole_weight();
        let [_, channels] = out.dims();
        let out = out.reshape([heads, head_dim, channels]);
        let values = self.by_head(self.v_proj.forward(v)).matmul(out);
        // A head's probabilities add up to one, so its values may carry its share of the bias.
        let values = match &self.out_proj.bias {
            Some(bias) => values + bias.val().unsqueeze::<3>() / heads as f64,
            None => values,
        };
        resam_ops::attend_from_cells(
            cells.clone(),
            positions.clone(),
            Self::rows_of_tokens(keys, batch),
            biases.swap_dims(1, 2),
            Self::rows_of_tokens(values, batch),
            heads,
        )
    }

    /// Whether it is less work to project the tokens once more than to project the cells.
    fn absorbs(&self, tokens: usize) -> bool {
        let [_, inner] = self.k_proj.weight.dims();
        self.num_heads * tokens <= inner
    }

    fn scale(&self) -> f64 {
        let [_, inner] = self.k_proj.weight.dims();
        ((inner / self.num_heads) as f64).powf(-0.5)
    }

    /// `[batch, tokens, inner]` to `[heads, batch * tokens, head_dim]`.
    fn by_head(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, tokens, inner] = x.dims();
        x.reshape([batch * tokens, self.num_heads, inner / self.num_heads])
            .swap_dims(0, 1)
    }

    /// `[heads, batch * tokens, channels]` to `[batch, tokens * heads, channels]`.
    fn rows_of_tokens(x: Tensor<3>, batch: usize) -> Tensor<3> {
        let [heads, rows, channels] = x.dims();
        x.swap_dims(0, 1)
            .reshape([batch, rows / batch * heads, channels])
    }

    /// The columns of a projection's weight that make each head: `[heads, channels, head_dim]`.
    fn columns_by_head(&self, projection: &Linear) -> Tensor<3> {
        let weight = projection.whole_weight();
        let [channels, inner] = weight.dims();
        weight
            .reshape([channels, self.num_heads, inner / self.num_heads])
            .swap_dims(0, 1)
    }
}
