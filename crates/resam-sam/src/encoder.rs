//! The image encoder of a model: SAM's ViT or MobileSAM's TinyViT.

use burn::module::Module;
use burn::tensor::{FloatDType, Tensor};

use crate::activation_checkpoints::Part;
use crate::image_encoder::ImageEncoderVit;
use crate::lora::{AdaptableBlock, LoraConfig};
use crate::tiny_vit::TinyVit;

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
    /// Encodes `[batch, 3, height, width]` into `[batch, channels, height / stride, width /
    /// stride]`. Both are `f32`, whatever the precision of the encoder.
    ///
    /// Parts before the first one that trains are computed without a graph.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        // An image that needs no gradient is a constant.
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

    /// Attaches new low-rank adapters to the attention blocks from `config.start_block` on.
    pub fn attach_lora(&mut self, config: LoraConfig) {
        match self {
            Self::Vit(encoder) => encoder.attach_lora(config),
            Self::TinyVit(encoder) => encoder.attach_lora(config),
        }
    }
}
