//! The two-way transformer of the mask decoder: prompt tokens and image cells attend to each
//! other. Follows `TwoWayTransformer` of segment-anything.
//!
//! The image side may have a batch of 1 beside a batch of many prompts. It then stays 1 until the
//! first block has mixed the prompts in, so what depends on the image alone is computed once.

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

    /// `image` is `[batch or 1, cells, channels]`, `image_pe` `[1, cells, channels]`, `tokens`
    /// `[batch, tokens, channels]`; returns the processed tokens and the processed image.
    pub fn forward(
        &self,
        image: Tensor<3>,
        image_pe: Tensor<3>,
        tokens: Tensor<3>,
    ) -> (Tensor<3>, Tensor<3>) {
        let mut queries = tokens.clone();
        let mut keys = image;
        for layer in &self.layers {
            (queries, keys) = layer.forward(queries, keys, tokens.clone(), image_pe.clone());
        }
        let q = queries.clone() + tokens;
        let k = keys.clone() + image_pe;
        let attended = self.final_attn_token_to_image.forward(q, k, keys.clone());
        (self.norm_final_attn.forward(queries + attended), keys)
    }
}

/// Tokens to themselves, tokens to image, an MLP on the tokens, image to tokens.
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
    /// The first block's tokens are their own positions.
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
        keys: Tensor<3>,
        query_pe: Tensor<3>,
        key_pe: Tensor<3>,
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
        let k = keys.clone() + key_pe.clone();
        let attended = self
            .cross_attn_token_to_image
            .forward(q, k.clone(), keys.clone());
        let queries = self.norm2.forward(queries + attended);

        let queries = self
            .norm3
            .forward(queries.clone() + self.mlp.forward(queries));

        let q = queries.clone() + query_pe;
        let attended = self
            .cross_attn_image_to_token
            .forward(k, q, queries.clone());
        let keys = self.norm4.forward(keys + attended);
        (queries, keys)
    }
}

/// Multi-head attention whose inner size may be smaller than the embedding's.
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

    /// `q` is `[batch or 1, queries, channels]`, `k` and `v` `[batch or 1, keys, channels]`;
    /// returns `[batch, queries, channels]`.
    fn forward(&self, q: Tensor<3>, k: Tensor<3>, v: Tensor<3>) -> Tensor<3> {
        let query = self.q_proj.forward(q);
        let (key, value) = (self.k_proj.forward(k), self.v_proj.forward(v));
        let attended = resam_ops::attention(query, key, value, self.num_heads);
        self.out_proj.forward(attended)
    }
}
