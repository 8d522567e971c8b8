//! The sizes of a Segment Anything model, detected from the shapes of its tensors.
//!
//! A checkpoint does not say which model it is. The names and shapes of its tensors tell everything
//! except the number of heads of the mask decoder, so users need not name the model: a reduced ViT
//! loads like ViT-B, and the MobileSAM family loads like SAM.

use std::collections::BTreeMap;

use resam_checkpoint::Checkpoint;

use crate::error::SamError;

/// Mask tokens that a decoder may have; SAM has 4.
const MOST_MASK_TOKENS: usize = 64;

/// The largest input size in pixels that a checkpoint may give.
const MOST_IMAGE_SIZE: usize = 4096;

/// The sizes of a whole model.
#[derive(Debug, Clone, PartialEq)]
pub struct SamConfig {
    /// The image encoder.
    pub image_encoder: ImageEncoderConfig,
    /// Channels of the image embedding, and of every token of the decoder (256 in SAM).
    pub prompt_embed_dim: usize,
    /// The input size, in pixels, that the model was trained at (1024 in SAM).
    pub image_size: usize,
    /// Channels of the mask prompt's first layers (16 in SAM).
    pub mask_in_chans: usize,
    /// The mask decoder.
    pub decoder: DecoderConfig,
}

/// The sizes of the mask decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecoderConfig {
    /// Two-way attention blocks (2 in SAM).
    pub depth: usize,
    /// Attention heads (8 in SAM). Not detectable from shapes; see [`SamConfig::detect`].
    pub heads: usize,
    /// Hidden size of the blocks' MLP (2048 in SAM).
    pub mlp_dim: usize,
    /// Number of masks for an ambiguous prompt (3 in SAM).
    pub multimask_outputs: usize,
    /// Layers of the IoU head (3 in SAM).
    pub iou_head_depth: usize,
    /// Hidden size of the IoU head (256 in SAM).
    pub iou_head_hidden_dim: usize,
}

/// Which image encoder, and its sizes.
#[derive(Debug, Clone, PartialEq)]
pub enum ImageEncoderConfig {
    /// SAM's plain vision transformer.
    Vit(VitConfig),
    /// MobileSAM's TinyViT.
    TinyVit(TinyVitConfig),
}

/// The sizes of SAM's vision transformer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VitConfig {
    /// Side of a patch in pixels (16).
    pub patch_size: usize,
    /// Channels of a token.
    pub embed_dim: usize,
    /// Transformer blocks.
    pub depth: usize,
    /// Attention heads of a block.
    pub num_heads: usize,
    /// Hidden size of a block's MLP.
    pub mlp_dim: usize,
    /// Side, in tokens, of the windows of windowed attention (14); 0 when every block is global.
    pub window_size: usize,
    /// The blocks that attend to the whole image.
    pub global_attn_indexes: Vec<usize>,
    /// Whether query, key and value have a bias.
    pub qkv_bias: bool,
    /// Whether tokens carry absolute positions.
    pub use_abs_pos: bool,
    /// Whether attention carries decomposed relative positions.
    pub use_rel_pos: bool,
}

/// The sizes of a TinyViT. Stage 0 is convolutional, the others attend in windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TinyVitConfig {
    /// Channels of each stage.
    pub embed_dims: Vec<usize>,
    /// Blocks of each stage.
    pub depths: Vec<usize>,
    /// Attention heads of each stage (0 for stage 0).
    pub num_heads: Vec<usize>,
    /// Window side of each stage, in tokens (0 for stage 0).
    pub window_sizes: Vec<usize>,
    /// Hidden channels of stage 0's blocks.
    pub mbconv_dim: usize,
    /// Hidden size of the attention blocks' MLP over their channels.
    pub mlp_ratio: usize,
    /// Stride of the embedding in pixels: MobileSAM's 16, or 8. Not detectable from shapes; see
    /// [`SamConfig::detect`].
    pub stride: usize,
}

impl SamConfig {
    /// Detects the sizes from a checkpoint's tensor names and shapes.
    ///
    /// Three sizes cannot be seen in shapes and come from the safetensors metadata. The key
    /// `decoder_heads` is the number of the decoder's heads, by default SAM's 8. The key
    /// `image_size` is the input size of an encoder without absolute positions, by default SAM's
    /// 1024. The key `encoder_stride` is the stride of a TinyViT, by default MobileSAM's 16.
    /// [`metadata`](Self::metadata) gives these entries.
    ///
    /// # Errors
    /// [`SamError::NotSam`] when the tensors are not those of a Segment Anything model.
    pub fn detect(checkpoint: &Checkpoint) -> Result<Self, SamError> {
        let shapes = Shapes(checkpoint);
        let image_encoder = if checkpoint
            .get("image_encoder.patch_embed.proj.weight")
            .is_some()
        {
            ImageEncoderConfig::Vit(VitConfig::detect(&shapes)?)
        } else if checkpoint
            .get("image_encoder.patch_embed.seq.0.c.weight")
            .is_some()
        {
            ImageEncoderConfig::TinyVit(TinyVitConfig::detect(&shapes)?)
        } else {
            return Err(shapes.not_sam(
                "it has neither `image_encoder.patch_embed.proj.weight` (SAM) nor \
                 `image_encoder.patch_embed.seq.0.c.weight` (MobileSAM)",
            ));
        };
        let image_size = match &image_encoder {
            ImageEncoderConfig::Vit(vit) if vit.use_abs_pos => {
                let [_, height, width, _] = shapes.dims("image_encoder.pos_embed")?;
                if height != width {
                    return Err(shapes.not_sam("`image_encoder.pos_embed` is not square"));
                }
                height * vit.patch_size
            }
            _ => shapes.told_image_size()?.unwrap_or(1024),
        };
        let [prompt_embed_dim] = shapes.dims("image_encoder.neck.3.weight")?;
        let [mask_in_chans, ..] = shapes.dims::<4>("prompt_encoder.mask_downscaling.3.weight")?;
        let decoder = DecoderConfig::detect(&shapes, prompt_embed_dim)?;
        Ok(Self {
            image_encoder,
            prompt_embed_dim,
            image_size,
            mask_in_chans,
            decoder,
        })
    }

    /// The sizes that cannot be seen in shapes, as entries of a checkpoint's metadata.
    pub fn metadata(&self) -> BTreeMap<String, String> {
        let mut told = vec![
            ("decoder_heads", self.decoder.heads),
            ("image_size", self.image_size),
        ];
        if let ImageEncoderConfig::TinyVit(tiny) = &self.image_encoder {
            told.push(("encoder_stride", tiny.stride));
        }
        told.into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_string()))
            .collect()
    }

    /// A short name for people: `SAM ViT-B`, `MobileSAM (TinyViT-5M)`, `SAM ViT, 48 channels, ...`.
    pub fn describe(&self) -> String {
        match &self.image_encoder {
            ImageEncoderConfig::Vit(vit) => match (vit.embed_dim, vit.depth) {
                (768, 12) => "SAM ViT-B".into(),
                (1024, 24) => "SAM ViT-L".into(),
                (1280, 32) => "SAM ViT-H".into(),
                (channels, blocks) => {
                    format!("SAM, a ViT of {blocks} blocks and {channels} channels")
                }
            },
            ImageEncoderConfig::TinyVit(tiny) => match tiny.embed_dims.as_slice() {
                [64, 128, 160, 320] => "MobileSAM (TinyViT-5M)".into(),
                [64, 128, 256, 448] => "MobileSAM (TinyViT-11M)".into(),
                [96, 192, 384, 576] => "MobileSAM (TinyViT-21M)".into(),
                channels => format!("MobileSAM, a TinyViT of {channels:?} channels"),
            },
        }
    }
}

impl VitConfig {
    fn detect(shapes: &Shapes<'_>) -> Result<Self, SamError> {
        let [embed_dim, _, patch_size, _] = shapes.dims("image_encoder.patch_embed.proj.weight")?;
        let depth = shapes.count(|i| format!("image_encoder.blocks.{i}.attn.qkv.weight"));
        if depth == 0 {
            return Err(shapes.not_sam("the image encoder has no block"));
        }
        let [mlp_dim, _] = shapes.dims("image_encoder.blocks.0.mlp.lin1.weight")?;
        let use_rel_pos = shapes.has("image_encoder.blocks.0.attn.rel_pos_h");
        let (num_heads, window_size, global_attn_indexes) = if use_rel_pos {
            // A table of relative positions has 2 n - 1 rows for n tokens a side: the blocks with
            // the longest one attend to the whole image, the others in windows.
            let mut sides = Vec::with_capacity(depth);
            let mut head_dim = 1;
            for i in 0..depth {
                let name = format!("image_encoder.blocks.{i}.attn.rel_pos_h");
                let [rows, channels] = shapes.dims(&name)?;
                sides.push(rows.div_ceil(2));
                head_dim = channels.max(1);
            }
            let whole = sides.iter().copied().max().unwrap_or(0);
            let window = sides.iter().copied().min().unwrap_or(0);
            let global = (0..depth).filter(|&i| sides[i] == whole).collect();
            (
                embed_dim / head_dim,
                if window == whole { 0 } else { window },
                global,
            )
        } else {
            // SAM's ViTs all have heads of 64 channels.
            ((embed_dim / 64).max(1), 0, (0..depth).collect())
        };
        if num_heads == 0 || !embed_dim.is_multiple_of(num_heads) || patch_size == 0 {
            return Err(shapes.not_sam("the image encoder's attention heads do not divide it"));
        }
        Ok(Self {
            patch_size,
            embed_dim,
            depth,
            num_heads,
            mlp_dim,
            window_size,
            global_attn_indexes,
            qkv_bias: shapes.has("image_encoder.blocks.0.attn.qkv.bias"),
            use_abs_pos: shapes.has("image_encoder.pos_embed"),
            use_rel_pos,
        })
    }
}

impl TinyVitConfig {
    /// Whether the step from stage `from` to the next one halves the resolution. The patches have a
    /// stride of 4; each step doubles it until the stride of the embedding is reached.
    pub fn halves(&self, from: usize) -> bool {
        4 << (from + 1) <= self.stride
    }

    fn detect(shapes: &Shapes<'_>) -> Result<Self, SamError> {
        let stages = shapes
            .count(|i| format!("image_encoder.layers.{i}.blocks.0.mlp.fc1.weight"))
            .max(
                shapes.count_from(1, |i| {
                    format!("image_encoder.layers.{i}.blocks.0.mlp.fc1.weight")
                }) + 1,
            );
        if stages != 4 {
            return Err(shapes.not_sam(&format!("a TinyViT of {stages} stages, not 4")));
        }
        let [mbconv_dim, first_dim, ..] =
            shapes.dims::<4>("image_encoder.layers.0.blocks.0.conv1.c.weight")?;
        let mut config = Self {
            embed_dims: vec![first_dim],
            depths: vec![
                shapes.count(|i| format!("image_encoder.layers.0.blocks.{i}.conv1.c.weight")),
            ],
            num_heads: vec![0],
            window_sizes: vec![0],
            mbconv_dim,
            mlp_ratio: 4,
            stride: shapes.told_stride()?.unwrap_or(16),
        };
        for stage in 1..stages {
            let block = format!("image_encoder.layers.{stage}.blocks");
            let [hidden, channels] = shapes.dims(&format!("{block}.0.mlp.fc1.weight"))?;
            // One bias for each pair of absolute offsets: window side squared.
            let [heads, offsets] = shapes.dims(&format!("{block}.0.attn.attention_biases"))?;
            let window = offsets.isqrt();
            if channels == 0
                || heads == 0
                || window == 0
                || window * window != offsets
                || !channels.is_multiple_of(heads)
            {
                return Err(shapes.not_sam(&format!("stage {stage} has a strange bias table")));
            }
            config.embed_dims.push(channels);
            config
                .depths
                .push(shapes.count(|i| format!("{block}.{i}.attn.qkv.weight")));
            config.num_heads.push(heads);
            config.window_sizes.push(window);
            config.mlp_ratio = hidden / channels;
        }
        Ok(config)
    }
}

impl DecoderConfig {
    fn detect(shapes: &Shapes<'_>, embed_dim: usize) -> Result<Self, SamError> {
        let layer = "mask_decoder.transformer.layers";
        let [mlp_dim, _] = shapes.dims(&format!("{layer}.0.mlp.lin1.weight"))?;
        let [mask_tokens, _] = shapes.dims("mask_decoder.mask_tokens.weight")?;
        // Each token comes with a network of its own, so a lying shape would make many.
        if mask_tokens > MOST_MASK_TOKENS {
            return Err(shapes.not_sam(&format!("its decoder has {mask_tokens} mask tokens")));
        }
        let head = "mask_decoder.iou_prediction_head.layers";
        let [iou_head_hidden_dim, _] = shapes.dims(&format!("{head}.0.weight"))?;
        let [attention_dim, _] = shapes.dims(&format!(
            "{layer}.0.cross_attn_token_to_image.q_proj.weight"
        ))?;
        let heads = match shapes.0.metadata().get("decoder_heads") {
            Some(text) => text.parse().unwrap_or(0),
            None => 8,
        };
        if heads == 0 || !attention_dim.is_multiple_of(heads) || !embed_dim.is_multiple_of(heads) {
            return Err(shapes.not_sam(&format!(
                "its decoder of {attention_dim} channels cannot have {heads} attention heads"
            )));
        }
        Ok(Self {
            depth: shapes.count(|i| format!("{layer}.{i}.mlp.lin1.weight")),
            heads,
            mlp_dim,
            multimask_outputs: mask_tokens.saturating_sub(1),
            iou_head_depth: shapes.count(|i| format!("{head}.{i}.weight")),
            iou_head_hidden_dim,
        })
    }
}

/// Looks up shapes, with errors that say what was looked for.
struct Shapes<'a>(&'a Checkpoint);

impl Shapes<'_> {
    fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some()
    }

    fn dims<const D: usize>(&self, name: &str) -> Result<[usize; D], SamError> {
        let info = self
            .0
            .get(name)
            .ok_or_else(|| self.not_sam(&format!("it has no `{name}`")))?;
        let dims: [usize; D] = info.shape.as_slice().try_into().map_err(|_| {
            self.not_sam(&format!(
                "`{name}` has shape {:?}, not {D} dimensions",
                info.shape
            ))
        })?;
        if dims.contains(&0) {
            return Err(self.not_sam(&format!("`{name}` is empty, its shape is {dims:?}")));
        }
        Ok(dims)
    }

    /// The input size in the file's metadata.
    fn told_image_size(&self) -> Result<Option<usize>, SamError> {
        let Some(text) = self.0.metadata().get("image_size") else {
            return Ok(None);
        };
        match text.parse() {
            Ok(size) if (16..=MOST_IMAGE_SIZE).contains(&size) && size % 16 == 0 => Ok(Some(size)),
            _ => Err(self.not_sam(&format!(
                "its metadata says `image_size = {text}`, not a multiple of 16 from 16 to \
                 {MOST_IMAGE_SIZE}"
            ))),
        }
    }

    /// The stride of the embedding in the file's metadata.
    fn told_stride(&self) -> Result<Option<usize>, SamError> {
        let Some(text) = self.0.metadata().get("encoder_stride") else {
            return Ok(None);
        };
        match text.as_str() {
            "8" => Ok(Some(8)),
            "16" => Ok(Some(16)),
            _ => Err(self.not_sam(&format!(
                "its metadata says `encoder_stride = {text}`, neither 8 nor 16"
            ))),
        }
    }

    /// How many of `name(0)`, `name(1)`, ... there are in a row.
    fn count(&self, name: impl Fn(usize) -> String) -> usize {
        self.count_from(0, name)
    }

    fn count_from(&self, first: usize, name: impl Fn(usize) -> String) -> usize {
        (first..).take_while(|&i| self.has(&name(i))).count()
    }

    fn not_sam(&self, reason: &str) -> SamError {
        SamError::NotSam {
            path: self.0.path().to_path_buf(),
            reason: reason.into(),
        }
    }
}
