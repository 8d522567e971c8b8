//! The whole model: image encoder, prompt encoder and mask decoder.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use resam_checkpoint::Checkpoint;

use crate::config::{ImageEncoderConfig, SamConfig};
use crate::encoder::ImageEncoder;
use crate::error::SamError;
use crate::image_encoder::ImageEncoderVit;
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

impl Sam {
    /// Loads a model. Its kind and sizes are detected from the checkpoint ([`SamConfig::detect`]).
    ///
    /// All parameters are frozen. The checkpoint is not needed afterwards.
    ///
    /// # Errors
    /// [`SamError::NotSam`] and [`SamError::Mismatch`], with the tensors that do not fit.
    pub fn load(checkpoint: &Checkpoint, device: &Device) -> Result<Self, SamError> {
        Self::load_with(checkpoint, &SamConfig::detect(checkpoint)?, device)
    }

    /// Loads a model of known sizes.
    ///
    /// # Errors
    /// [`SamError::Mismatch`] with the tensors that are missing, left over or of another shape.
    pub fn load_with(
        checkpoint: &Checkpoint,
        config: &SamConfig,
        device: &Device,
    ) -> Result<Self, SamError> {
        Ok(Self::load_named(checkpoint, config, device)?.0)
    }

    /// As [`load_with`](Self::load_with). Also returns the published name of each parameter, to
    /// write a model that was trained whole.
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

    /// Decodes a batch of prompts on image embeddings.
    ///
    /// `image` is `[batch or 1, channels, rows, columns]`. See [`MaskDecoder::forward`].
    pub fn decode(&self, image: Tensor<4>, prompts: &PromptBatch, multimask: bool) -> DecodedMasks {
        let (image, sparse) = self.read(image, prompts);
        self.mask_decoder.forward(&image, sparse, multimask)
    }

    /// As [`decode`](Self::decode), with the single mask and the masks for an ambiguous prompt. See
    /// [`MaskDecoder::forward_all`].
    pub fn decode_all(&self, image: Tensor<4>, prompts: &PromptBatch) -> DecodedMasks {
        let (image, sparse) = self.read(image, prompts);
        self.mask_decoder.forward_all(&image, sparse)
    }

    /// The image prepared for the decoder, and the tokens of the prompts.
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
