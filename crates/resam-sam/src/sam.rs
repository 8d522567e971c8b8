//! The whole model: image encoder, prompt encoder and mask decoder.

use burn::module::Module;
use burn::tensor::{Device, FloatDType, Tensor};
use resam_checkpoint::Checkpoint;

use crate::activation_checkpoints::Part;
use crate::config::{ImageEncoderConfig, SamConfig};
use crate::error::SamError;
use crate::image_encoder::ImageEncoderVit;
use crate::lora::{AdaptableBlock, LoraConfig};
use crate::mask_decoder::{DecodedMasks, DecoderImage, MaskDecoder};
use crate::names::PublishedNames;
use crate::parameters::Parameters;
use crate::prompt_encoder::{PromptBatch, PromptEncoder};
use crate::tiny_vit::TinyVit;

/// A Segment Anything model with its weights.
#[derive(Module, Debug)]
pub struct Sam {
    /// Image to embedding.
    pub image_encoder: ImageEncoder,
    /// Prompts to embeddings.
    pub prompt_encoder: PromptEncoder,
    /// Embeddings to masks.
    pub mask_decoder: MaskDecoder,
    image_size: usize,
}

/// One of the image encoders.
#[derive(Module, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one encoder a model, never a list of them"
)]
pub enum ImageEncoder {
    /// SAM's.
    Vit(ImageEncoderVit),
    /// MobileSAM's.
    TinyVit(TinyVit),
}

impl ImageEncoder {
    /// Encodes `[batch, 3, height, width]` into `[batch, channels, height / 16, width / 16]`, both
    /// `f32`, whatever the encoder itself computes in.
    ///
    /// What lies below the first part that trains is computed without a graph.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        // An image that nobody wants the gradient of is a constant.
        let x = if x.is_tracked() {
            x
        } else {
            x.without_autodiff()
        };
        let embedding = match self {
            Self::Vit(encoder) => encoder.forward(x.cast(encoder.dtype())),
            Self::TinyVit(encoder) => encoder.forward(x.cast(encoder.dtype())),
        };
        embedding.cast(FloatDType::F32)
    }

    /// What it computes in.
    pub(crate) fn dtype(&self) -> FloatDType {
        match self {
            Self::Vit(encoder) => encoder.dtype(),
            Self::TinyVit(encoder) => encoder.dtype(),
        }
    }

    /// Its parts, in the order that an image goes through them.
    pub(crate) fn parts(&self) -> Vec<Part<'_>> {
        match self {
            Self::Vit(encoder) => encoder.parts(),
            Self::TinyVit(encoder) => encoder.parts(),
        }
    }

    /// The stride of the embedding, in pixels.
    pub fn stride(&self) -> usize {
        match self {
            Self::Vit(encoder) => encoder.stride(),
            Self::TinyVit(encoder) => encoder.stride(),
        }
    }

    /// Its attention blocks, first to last, as far as adapters are concerned.
    pub(crate) fn adaptable_blocks(&mut self) -> Vec<AdaptableBlock<'_>> {
        match self {
            Self::Vit(encoder) => encoder
                .blocks
                .iter_mut()
                .map(|block| block.adaptable())
                .collect(),
            Self::TinyVit(encoder) => encoder
                .stages
                .iter_mut()
                .flat_map(|stage| stage.blocks.iter_mut())
                .map(|block| block.adaptable())
                .collect(),
        }
    }

    /// Puts fresh low-rank adapters on the attention blocks from `config.start_block` on.
    pub fn attach_lora(&mut self, config: LoraConfig) {
        match self {
            Self::Vit(encoder) => encoder.attach_lora(config),
            Self::TinyVit(encoder) => encoder.attach_lora(config),
        }
    }
}

impl Sam {
    /// Loads a model whose kind and sizes are told from the checkpoint itself.
    ///
    /// All parameters come frozen. Nothing of the checkpoint is held afterwards.
    ///
    /// # Errors
    /// [`SamError::NotSam`] and [`SamError::Mismatch`], naming what does not fit.
    pub fn load(checkpoint: &Checkpoint, device: &Device) -> Result<Self, SamError> {
        Self::load_with(checkpoint, &SamConfig::detect(checkpoint)?, device)
    }

    /// Loads a model of known sizes.
    ///
    /// # Errors
    /// [`SamError::Mismatch`] with every tensor that is missing, misshapen or left over.
    pub fn load_with(
        checkpoint: &Checkpoint,
        config: &SamConfig,
        device: &Device,
    ) -> Result<Self, SamError> {
        Ok(Self::load_named(checkpoint, config, device)?.0)
    }

    /// As [`load_with`](Self::load_with), and where each parameter belongs in a checkpoint: for who
    /// trains a whole model and writes it again.
    ///
    /// # Errors
    /// As [`load_with`](Self::load_with).
    pub fn load_named(
        checkpoint: &Checkpoint,
        config: &SamConfig,
        device: &Device,
    ) -> Result<(Self, PublishedNames), SamError> {
        let parameters = Parameters::new(checkpoint, device);
        let channels = config.prompt_embed_dim;
        let encoder = parameters.at("image_encoder");
        let image_encoder = match &config.image_encoder {
            ImageEncoderConfig::Vit(vit) => ImageEncoder::Vit(ImageEncoderVit::load(
                &encoder,
                vit,
                config.image_size,
                channels,
            )),
            ImageEncoderConfig::TinyVit(tiny) => {
                ImageEncoder::TinyVit(TinyVit::load(&encoder, tiny, channels))
            }
        };
        let sam = Self {
            image_encoder,
            prompt_encoder: PromptEncoder::load(&parameters.at("prompt_encoder"), config),
            mask_decoder: MaskDecoder::load(
                &parameters.at("mask_decoder"),
                channels,
                &config.decoder,
            ),
            image_size: config.image_size,
        };
        Ok((sam, parameters.finish()?))
    }

    /// The input size in pixels that the model was trained at.
    pub fn image_size(&self) -> usize {
        self.image_size
    }

    /// Answers a batch of prompts on encoded images.
    ///
    /// `image` is `[batch or 1, channels, rows, columns]`. See [`MaskDecoder::forward`].
    pub fn decode(&self, image: Tensor<4>, prompts: &PromptBatch, multimask: bool) -> DecodedMasks {
        let (image, sparse) = self.read(image, prompts);
        self.mask_decoder.forward(&image, sparse, multimask)
    }

    /// As [`decode`](Self::decode), with the single mask and those for an ambiguous prompt. See
    /// [`MaskDecoder::forward_all`].
    pub fn decode_all(&self, image: Tensor<4>, prompts: &PromptBatch) -> DecodedMasks {
        let (image, sparse) = self.read(image, prompts);
        self.mask_decoder.forward_all(&image, sparse)
    }

    /// The image as the decoder reads it, and the prompts' tokens.
    fn read(&self, image: Tensor<4>, prompts: &PromptBatch) -> (DecoderImage, Tensor<3>) {
        let [images, _, rows, columns] = image.dims();
        let stride = self.image_encoder.stride();
        let input_size = [rows * stride, columns * stride];
        let (sparse, dense) = self.prompt_encoder.forward(prompts, input_size);
        let image_pe = self.prompt_encoder.dense_positional_encoding(rows, columns);
        let shared = images == 1 && prompts.masks.is_none();
        let image = self.mask_decoder.read(image, image_pe, dense, shared);
        (image, sparse)
    }
}
