//! SAM's image encoder: a plain vision transformer (ViTDet, arXiv 2203.16527) with windowed
//! attention in most blocks, global attention in a few, decomposed relative positions, and a
//! convolutional neck. Follows `ImageEncoderViT` of segment-anything.

use burn::module::{Module, Param};
use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{FloatDType, Tensor, TensorData};
use resam_ops::{QkvOrder, RelativePositions, SelfAttention};

use crate::activation_checkpoints::{Part, trains};
use crate::config::VitConfig;
use crate::layers::{Conv2d, LayerNorm, Linear, MlpBlock, Neck, NonLinearity};
use crate::lora::{AdaptableBlock, LoraConfig, QueryValueAdapter};
use crate::parameters::Parameters;

/// How SAM lays out query, key and value.
const ORDER: QkvOrder = QkvOrder::PartsOfHeads;

/// The vision transformer.
#[derive(Module, Debug)]
pub struct ImageEncoderVit {
    patch_embed: Conv2d,
    /// `[1, rows, columns, channels]`, for the grid of the training's input size.
    pos_embed: Option<Param<Tensor<4>>>,
    /// The transformer blocks, first to last.
    pub blocks: Vec<Block>,
    neck: Neck,
    patch_size: usize,
}

impl ImageEncoderVit {
    /// Builds the encoder from the tensors below `image_encoder`. `image_size` is the input size in
    /// pixels for which its positions were trained, `out_chans` the number of channels of the
    /// embedding.
    pub fn load(
        parameters: &Parameters<'_>,
        config: &VitConfig,
        image_size: usize,
        out_chans: usize,
    ) -> Self {
        let (channels, patch) = (config.embed_dim, config.patch_size);
        let grid = image_size / patch;
        let blocks = (0..config.depth)
            .map(|i| {
                let global = config.window_size == 0 || config.global_attn_indexes.contains(&i);
                let window = if global { 0 } else { config.window_size };
                Block::load(&parameters.at(format!("blocks.{i}")), config, window, grid)
            })
            .collect();
        Self {
            patch_embed: Conv2d::load(
                &parameters.at("patch_embed.proj"),
                [channels, 3, patch, patch],
                patch,
                0,
                true,
            ),
            pos_embed: config
                .use_abs_pos
                .then(|| parameters.tensor("pos_embed", [1, grid, grid, channels])),
            blocks,
            neck: Neck::load(&parameters.at("neck"), channels, out_chans),
            patch_size: patch,
        }
    }

    /// The stride of the embedding, in pixels.
    pub fn stride(&self) -> usize {
        self.patch_size
    }

    /// What the encoder computes in, and its input has to be.
    pub fn dtype(&self) -> FloatDType {
        self.patch_embed.weight.val().dtype().into()
    }

    /// Encodes `[batch, 3, height, width]` into `[batch, out_chans, height / 16, width / 16]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.forward_observed(x, |_, _| {})
    }

    /// As [`forward`](Self::forward). Calls `observe` with the output of each block, `[batch, rows,
    /// columns, channels]`.
    pub fn forward_observed(
        &self,
        x: Tensor<4>,
        mut observe: impl FnMut(usize, &Tensor<4>),
    ) -> Tensor<4> {
        let mut x = self.embed(x);
        for (index, block) in self.blocks.iter().enumerate() {
            x = block.forward(x);
            observe(index, &x);
        }
        self.neck.forward(x)
    }

    /// Patches with their positions, `[batch, rows, columns, channels]`.
    fn embed(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.patch_embed.forward(x.permute([0, 2, 3, 1]));
        let [_, rows, columns, _] = x.dims();
        match &self.pos_embed {
            Some(pos_embed) => x + resampled_positions(pos_embed.val(), rows, columns),
            None => x,
        }
    }

    /// The patches, each block, the neck.
    pub(crate) fn parts(&self) -> Vec<Part<'_>> {
        let embeds = trains(&self.patch_embed) || trains(&self.pos_embed);
        let mut parts = vec![Part::new(embeds, |x| self.embed(x))];
        parts.extend(
            self.blocks
                .iter()
                .map(|block| Part::new(trains(block), |x| block.forward(x))),
        );
        parts.push(Part::new(trains(&self.neck), |x| self.neck.forward(x)));
        parts
    }

    /// Attaches new query and value adapters to every block from `config.start_block` on.
    pub fn attach_lora(&mut self, config: LoraConfig) {
        for block in self.blocks.iter_mut().skip(config.start_block) {
            block.attn.adapter = Some(QueryValueAdapter::beside(&block.attn.qkv, config.rank));
        }
    }
}

/// One transformer block: attention and MLP, each behind a norm and with a residual.
#[derive(Module, Debug)]
pub struct Block {
    norm1: LayerNorm,
    /// The attention.
    pub attn: Attention,
    norm2: LayerNorm,
    mlp: MlpBlock,
    /// Side of the attention windows in tokens; 0 for global attention.
    window_size: usize,
}

impl Block {
    fn load(parameters: &Parameters<'_>, config: &VitConfig, window: usize, grid: usize) -> Self {
        let channels = config.embed_dim;
        let side = if window == 0 { grid } else { window };
        Self {
            norm1: LayerNorm::load(&parameters.at("norm1"), channels, 1e-6),
            attn: Attention::load(&parameters.at("attn"), config, side),
            norm2: LayerNorm::load(&parameters.at("norm2"), channels, 1e-6),
            mlp: MlpBlock::load(
                &parameters.at("mlp"),
                ["lin1", "lin2"],
                channels,
                config.mlp_dim,
                NonLinearity::Gelu,
            ),
            window_size: window,
        }
    }

    /// Where adapters may go.
    pub(crate) fn adaptable(&mut self) -> AdaptableBlock<'_> {
        let Self { attn, mlp, .. } = self;
        AdaptableBlock {
            heads: attn.num_heads,
            order: ORDER,
            query_value: &mut attn.adapter,
            linears: [&mut attn.qkv, &mut attn.proj, &mut mlp.lin1, &mut mlp.lin2],
        }
    }

    /// `[batch, rows, columns, channels]` to the same shape.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, rows, columns, _] = x.dims();
        let window = match self.window_size {
            0 => [rows, columns],
            side => [side, side],
        };
        let attended = self.attn.forward(self.norm1.forward(x.clone()), window);
        let x = x + attended;
        x.clone() + self.mlp.forward(self.norm2.forward(x))
    }
}

/// Multi-head self-attention with decomposed relative positions.
#[derive(Module, Debug)]
pub struct Attention {
    qkv: Linear,
    proj: Linear,
    /// `[2 rows - 1, head_dim]`.
    rel_pos_h: Option<Param<Tensor<2>>>,
    /// `[2 columns - 1, head_dim]`.
    rel_pos_w: Option<Param<Tensor<2>>>,
    /// The low-rank adapters of query and value, if the block has them.
    pub adapter: Option<QueryValueAdapter>,
    num_heads: usize,
}

impl Attention {
    fn load(parameters: &Parameters<'_>, config: &VitConfig, side: usize) -> Self {
        let channels = config.embed_dim;
        let table = [2 * side - 1, channels / config.num_heads];
        let qkv = parameters.at("qkv");
        let relative = |name: &str| config.use_rel_pos.then(|| parameters.tensor(name, table));
        Self {
            qkv: Linear::load_with(&qkv, channels, 3 * channels, config.qkv_bias),
            proj: Linear::load(&parameters.at("proj"), channels, channels),
            rel_pos_h: relative("rel_pos_h"),
            rel_pos_w: relative("rel_pos_w"),
            adapter: None,
            num_heads: config.num_heads,
        }
    }

    /// `[batch, rows, columns, channels]` to the same shape; tokens attend inside windows of
    /// `[height, width]` tokens.
    ///
    /// The published code pads the map with zeros to whole windows before this layer. So for tokens
    /// beyond the map, query, key and value are the layer's bias.
    pub fn forward(&self, x: Tensor<4>, window: [usize; 2]) -> Tensor<4> {
        let mut qkv = self.qkv.forward(x.clone());
        if let Some(adapter) = &self.adapter {
            qkv = qkv + adapter.forward(x, self.num_heads, ORDER);
        }
        let padding = match &self.qkv.bias {
            Some(bias) => bias.val(),
            None => Tensor::<1>::zeros([qkv.dims()[3]], &qkv.device()).cast(qkv.dtype()),
        };
        let positions = match (&self.rel_pos_h, &self.rel_pos_w) {
            (Some(rel_pos_h), Some(rel_pos_w)) => RelativePositions::Decomposed {
                rows: resampled_linearly(rel_pos_h.val(), 2 * window[0] - 1),
                columns: resampled_linearly(rel_pos_w.val(), 2 * window[1] - 1),
            },
            _ => RelativePositions::Nowhere,
        };
        let attention = SelfAttention {
            heads: self.num_heads,
            order: ORDER,
            window,
        };
        let attended = resam_ops::self_attention(qkv, padding, positions, &attention);
        self.proj.forward(attended)
    }
}

/// `[length, channels]` to `[target, channels]`: `torch.nn.functional.interpolate`, mode linear,
/// half-pixel centres, as `get_rel_pos` of segment-anything resamples a table of relative
/// positions.
fn resampled_linearly(table: Tensor<2>, target: usize) -> Tensor<2> {
    let [length, _] = table.dims();
    if target == length {
        return table;
    }
    // As a product with a [target, length] matrix of two weights a row: differentiable anywhere.
    let mut weights = vec![0f32; target * length];
    for (row, weights) in weights.chunks_exact_mut(length).enumerate() {
        let (low, high, fraction) = linear_source(row, length, target);
        weights[low] += 1.0 - fraction;
        weights[high] += fraction;
    }
    let device = table.device();
    let weights = Tensor::<2>::from_data(TensorData::new(weights, [target, length]), &device);
    weights.cast(table.dtype()).matmul(table)
}

/// Where output sample `index` of `target` lies among `length` input samples: the samples below
/// and above it, and the weight of the one above.
pub(crate) fn linear_source(index: usize, length: usize, target: usize) -> (usize, usize, f32) {
    let scale = length as f32 / target as f32;
    let position = ((index as f32 + 0.5) * scale - 0.5).max(0.0);
    let low = (position as usize).min(length - 1);
    (low, (low + 1).min(length - 1), position - low as f32)
}

/// Absolute positions for another grid than the trained one: bicubic, half-pixel centres, as
/// `get_abs_pos` of detectron2's ViTDet, the code that SAM's encoder comes from.
fn resampled_positions(pos_embed: Tensor<4>, rows: usize, columns: usize) -> Tensor<4> {
    let [_, trained_rows, trained_columns, _] = pos_embed.dims();
    if (trained_rows, trained_columns) == (rows, columns) {
        return pos_embed;
    }
    let options = InterpolateOptions::new(InterpolateMode::Bicubic)
        .with_align_corners(false)
        .with_output_size([rows, columns]);
    interpolate(pos_embed.permute([0, 3, 1, 2]), options).permute([0, 2, 3, 1])
}
