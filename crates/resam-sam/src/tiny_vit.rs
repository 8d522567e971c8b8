//! MobileSAM's image encoder: a TinyViT (arXiv 2207.10666) of one convolutional stage and three
//! stages of windowed attention, with SAM's neck. Follows `tiny_vit_sam.py` of MobileSAM.
//!
//! Batch norms are folded into the convolutions before them when the weights are loaded. Positions
//! do not depend on the input size, so the input may be any multiple of the stride. The published
//! forward pass reshapes to a fixed 64 x 64 grid and takes 1024 pixels only.

use burn::module::{Module, Param};
use burn::tensor::{FloatDType, Int, Tensor, TensorData};
use resam_ops::{Activation, QkvOrder, RelativePositions, SelfAttention};

use crate::activation_checkpoints::{Part, trains};
use crate::config::TinyVitConfig;
use crate::layers::{Conv2d, LayerNorm, Linear, MlpBlock, Neck, NonLinearity};
use crate::lora::{AdaptableBlock, LoraConfig, QueryValueAdapter};
use crate::names::Layout;
use crate::parameters::Parameters;

/// Epsilon of the layer norms, PyTorch's default.
const NORM_EPSILON: f64 = 1e-5;

/// Epsilon of the batch norms, PyTorch's default.
pub(crate) const BATCH_NORM_EPSILON: f64 = 1e-5;

/// How TinyViT lays out query, key and value: unlike SAM's ViT, head by head.
const ORDER: QkvOrder = QkvOrder::HeadsOfParts;

/// The TinyViT encoder.
#[derive(Module, Debug)]
pub struct TinyVit {
    patch_embed: [Conv2d; 2],
    conv_stage: ConvStage,
    /// The stages of windowed attention, from the first to the last.
    pub stages: Vec<AttentionStage>,
    neck: Neck,
    stride: usize,
}

impl TinyVit {
    /// Builds the encoder from the tensors below `image_encoder`.
    pub fn load(parameters: &Parameters<'_>, config: &TinyVitConfig, out_chans: usize) -> Self {
        let first = config.embed_dims[0];
        let patch_embed = parameters.at("patch_embed.seq");
        let stages = (1..config.embed_dims.len())
            .map(|stage| {
                AttentionStage::load(&parameters.at(format!("layers.{stage}")), config, stage)
            })
            .collect();
        let last = *config.embed_dims.last().unwrap_or(&first);
        Self {
            patch_embed: [
                conv_bn(&patch_embed.at("0"), [first / 2, 3, 3, 3], 2, 1, 1),
                conv_bn(&patch_embed.at("2"), [first, first / 2, 3, 3], 2, 1, 1),
            ],
            conv_stage: ConvStage::load(&parameters.at("layers.0"), config),
            stages,
            neck: Neck::load(&parameters.at("neck"), last, out_chans),
            stride: config.stride,
        }
    }

    /// The stride of the embedding, in pixels.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// What the encoder computes in, and its input has to be.
    pub fn dtype(&self) -> FloatDType {
        self.patch_embed[0].weight.val().dtype().into()
    }

    /// Encodes `[batch, 3, height, width]` into `[batch, out_chans, height / stride, width /
    /// stride]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self
            .stages
            .iter()
            .fold(self.stem(x), |x, stage| stage.forward(x));
        self.neck.forward(x)
    }

    /// All layers before the first attention; channels are last from here on.
    fn stem(&self, x: Tensor<4>) -> Tensor<4> {
        let [first, second] = &self.patch_embed;
        let x = first.forward_then(x.permute([0, 2, 3, 1]), Activation::Gelu);
        self.conv_stage.forward(second.forward(x))
    }

    /// All before the first attention, each block, each step between stages, the neck.
    pub(crate) fn parts(&self) -> Vec<Part<'_>> {
        let stem = trains(&self.patch_embed) || trains(&self.conv_stage);
        let mut parts = vec![Part::new(stem, |x| self.stem(x))];
        for stage in &self.stages {
            let blocks = stage.blocks.iter();
            parts.extend(blocks.map(|block| Part::new(trains(block), |x| block.forward(x))));
            if let Some(downsample) = &stage.downsample {
                parts.push(Part::new(trains(downsample), |x| downsample.forward(x)));
            }
        }
        parts.push(Part::new(trains(&self.neck), |x| self.neck.forward(x)));
        parts
    }

    /// Attaches new query and value adapters to the attention of every block from
    /// `config.start_block` on. Blocks count from 0 over the attention blocks of all stages.
    pub fn attach_lora(&mut self, config: LoraConfig) {
        let blocks = self
            .stages
            .iter_mut()
            .flat_map(|stage| stage.blocks.iter_mut());
        for block in blocks.skip(config.start_block) {
            block.attn.adapter = Some(QueryValueAdapter::beside(&block.attn.qkv, config.rank));
        }
    }
}

/// A convolution without bias and the batch norm after it, as one convolution:
/// `w' = w g / sqrt(var + 1e-5)`, `b' = beta - mean g / sqrt(var + 1e-5)`.
fn conv_bn(
    parameters: &Parameters<'_>,
    shape: [usize; 4],
    stride: usize,
    padding: usize,
    groups: usize,
) -> Conv2d {
    let weight = parameters.at("c").values("weight", &shape);
    let norm = parameters.at("bn");
    let [gamma, beta, mean, variance] = ["weight", "bias", "running_mean", "running_var"]
        .map(|name| norm.values(name, &shape[..1]));
    let device = parameters.device();
    let (Some(mut weight), Some(gamma), Some(mut beta), Some(mean), Some(variance)) =
        (weight, gamma, beta, mean, variance)
    else {
        return Conv2d::missing(device);
    };
    let filter = shape[1] * shape[2] * shape[3];
    for channel in 0..shape[0] {
        let deviation = (f64::from(variance[channel]) + BATCH_NORM_EPSILON).sqrt();
        let scale = f64::from(gamma[channel]) / deviation;
        for value in &mut weight[channel * filter..(channel + 1) * filter] {
            *value = (f64::from(*value) * scale) as f32;
        }
        beta[channel] = (f64::from(beta[channel]) - f64::from(mean[channel]) * scale) as f32;
    }
    let sizes = [stride, padding];
    let layer = Conv2d::new(&weight, shape, Some(beta), sizes, groups > 1, device);
    let (of_weight, of_bias) = (parameters.at("c"), parameters.at("bn"));
    of_weight.record("weight", &layer.weight, Layout::ConvolutionBeforeNorm);
    if let Some(bias) = &layer.bias {
        of_bias.record("bias", bias, Layout::ShiftOfNorm);
    }
    layer
}

/// Stage 0: inverted bottlenecks, then the step to stage 1.
#[derive(Module, Debug)]
pub struct ConvStage {
    blocks: Vec<MbConv>,
    downsample: PatchMerging,
}

impl ConvStage {
    fn load(parameters: &Parameters<'_>, config: &TinyVitConfig) -> Self {
        let channels = config.embed_dims[0];
        let blocks = (0..config.depths[0])
            .map(|i| {
                MbConv::load(
                    &parameters.at(format!("blocks.{i}")),
                    channels,
                    config.mbconv_dim,
                )
            })
            .collect();
        let downsample = PatchMerging::load(&parameters.at("downsample"), config, 0);
        Self { blocks, downsample }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        self.downsample.forward(x)
    }
}

/// An inverted bottleneck: widen, filter each channel, narrow, add.
#[derive(Module, Debug)]
pub struct MbConv {
    conv1: Conv2d,
    conv2: Conv2d,
    conv3: Conv2d,
}

impl MbConv {
    fn load(parameters: &Parameters<'_>, channels: usize, hidden: usize) -> Self {
        Self {
            conv1: conv_bn(&parameters.at("conv1"), [hidden, channels, 1, 1], 1, 0, 1),
            conv2: conv_bn(&parameters.at("conv2"), [hidden, 1, 3, 3], 1, 1, hidden),
            conv3: conv_bn(&parameters.at("conv3"), [channels, hidden, 1, 1], 1, 0, 1),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let hidden = self.conv1.forward_then(x.clone(), Activation::Gelu);
        let hidden = self.conv2.forward_then(hidden, Activation::Gelu);
        resam_ops::gelu(self.conv3.forward(hidden) + x)
    }
}

/// The step between stages: other channels, and half the resolution, except (in MobileSAM) before
/// the last stage.
#[derive(Module, Debug)]
pub struct PatchMerging {
    conv1: Conv2d,
    conv2: Conv2d,
    conv3: Conv2d,
}

impl PatchMerging {
    /// The step from stage `from` to the next one.
    fn load(parameters: &Parameters<'_>, config: &TinyVitConfig, from: usize) -> Self {
        let (channels, out) = (config.embed_dims[from], config.embed_dims[from + 1]);
        let stride = if config.halves(from) { 2 } else { 1 };
        Self {
            conv1: conv_bn(&parameters.at("conv1"), [out, channels, 1, 1], 1, 0, 1),
            conv2: conv_bn(&parameters.at("conv2"), [out, 1, 3, 3], stride, 1, out),
            conv3: conv_bn(&parameters.at("conv3"), [out, out, 1, 1], 1, 0, 1),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.conv1.forward_then(x, Activation::Gelu);
        let x = self.conv2.forward_then(x, Activation::Gelu);
        self.conv3.forward(x)
    }
}

/// A stage of windowed attention, and the step to the next one.
#[derive(Module, Debug)]
pub struct AttentionStage {
    /// The blocks, first to last.
    pub blocks: Vec<TinyVitBlock>,
    downsample: Option<PatchMerging>,
}

impl AttentionStage {
    fn load(parameters: &Parameters<'_>, config: &TinyVitConfig, stage: usize) -> Self {
        let blocks = (0..config.depths[stage])
            .map(|i| TinyVitBlock::load(&parameters.at(format!("blocks.{i}")), config, stage))
            .collect();
        let goes_on = stage + 1 < config.embed_dims.len();
        let downsample =
            goes_on.then(|| PatchMerging::load(&parameters.at("downsample"), config, stage));
        Self { blocks, downsample }
    }

    /// `[batch, rows, columns, channels]` in, the next stage's input out.
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        match &self.downsample {
            Some(downsample) => downsample.forward(x),
            None => x,
        }
    }
}

/// Windowed attention, a depthwise convolution between, and an MLP.
#[derive(Module, Debug)]
pub struct TinyVitBlock {
    /// The attention.
    pub attn: WindowAttention,
    local_conv: Conv2d,
    norm: LayerNorm,
    mlp: MlpBlock,
}

impl TinyVitBlock {
    fn load(parameters: &Parameters<'_>, config: &TinyVitConfig, stage: usize) -> Self {
        let channels = config.embed_dims[stage];
        let mlp = parameters.at("mlp");
        Self {
            attn: WindowAttention::load(
                &parameters.at("attn"),
                channels,
                config.num_heads[stage],
                config.window_sizes[stage],
            ),
            local_conv: conv_bn(
                &parameters.at("local_conv"),
                [channels, 1, 3, 3],
                1,
                1,
                channels,
            ),
            norm: LayerNorm::load(&mlp.at("norm"), channels, NORM_EPSILON),
            mlp: MlpBlock::load(
                &mlp,
                ["fc1", "fc2"],
                channels,
                channels * config.mlp_ratio,
                NonLinearity::Gelu,
            ),
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
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = x.clone() + self.attn.forward(x);
        let x = self.local_conv.forward(x);
        x.clone() + self.mlp.forward(self.norm.forward(x))
    }
}

/// Self-attention inside a window, with a learned bias for each pair of absolute offsets.
#[derive(Module, Debug)]
pub struct WindowAttention {
    norm: LayerNorm,
    qkv: Linear,
    proj: Linear,
    /// `[heads, side * side]`: the bias of two tokens `dy` rows and `dx` columns apart is entry
    /// `|dy| side + |dx|`.
    attention_biases: Param<Tensor<2>>,
    /// The low-rank adapters of query and value, if the block has them.
    pub adapter: Option<QueryValueAdapter>,
    num_heads: usize,
    side: usize,
}

impl WindowAttention {
    fn load(parameters: &Parameters<'_>, channels: usize, num_heads: usize, side: usize) -> Self {
        Self {
            norm: LayerNorm::load(&parameters.at("norm"), channels, NORM_EPSILON),
            qkv: Linear::load(&parameters.at("qkv"), channels, 3 * channels),
            proj: Linear::load(&parameters.at("proj"), channels, channels),
            attention_biases: parameters.tensor("attention_biases", [num_heads, side * side]),
            adapter: None,
            num_heads,
            side,
        }
    }

    /// `[batch, rows, columns, channels]` to the same shape; tokens attend inside windows.
    ///
    /// The published code pads the map with zeros to whole windows before the norm. So for tokens
    /// beyond the map, query, key and value are the result of norm and layer for a row of zeros.
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, _, channels] = x.dims();
        let zeros = Tensor::<2>::zeros([1, channels], &x.device()).cast(x.dtype());
        let padding = self.qkv(self.norm.forward(zeros)).squeeze_dim(0);
        let qkv = self.qkv(self.norm.forward(x));
        let positions = RelativePositions::Table(self.bias());
        let attention = SelfAttention {
            heads: self.num_heads,
            order: ORDER,
            window: [self.side; 2],
        };
        let attended = resam_ops::self_attention(qkv, padding, positions, &attention);
        self.proj.forward(attended)
    }

    fn qkv<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let qkv = self.qkv.forward(x.clone());
        match &self.adapter {
            Some(adapter) => qkv + adapter.forward(x, self.num_heads, ORDER),
            None => qkv,
        }
    }

    /// The bias of every pair of tokens, `[heads, tokens, tokens]`.
    fn bias(&self) -> Tensor<3> {
        let (side, tokens) = (self.side, self.side * self.side);
        let offset = |from: usize, to: usize| {
            (from / side).abs_diff(to / side) * side + (from % side).abs_diff(to % side)
        };
        let offsets: Vec<i64> = (0..tokens)
            .flat_map(|from| (0..tokens).map(move |to| offset(from, to) as i64))
            .collect();
        let biases = self.attention_biases.val();
        let offsets = Tensor::<1, Int>::from_data(
            TensorData::new(offsets, [tokens * tokens]),
            &biases.device(),
        );
        biases
            .select(1, offsets)
            .reshape([self.num_heads, tokens, tokens])
    }
}
