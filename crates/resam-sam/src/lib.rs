//! The Segment Anything model (SAM), in Rust: image encoders, prompt encoder, mask decoder,
//! pre- and post-processing, low-rank adapters, and a predictor that encodes an image once and
//! answers many prompts.
//!
//! Each file is one part of the paper's figure, named as the published modules name it:
//!
//! | file | part |
//! |---|---|
//! | [`image_encoder`] | the ViT of SAM (B, L, H or any reduced one) |
//! | [`tiny_vit`] | the TinyViT of MobileSAM |
//! | [`prompt_encoder`] | points, boxes and masks to embeddings |
//! | [`transformer`] | the two-way transformer of the decoder |
//! | [`mask_decoder`] | masks and their predicted qualities |
//! | [`sam`] | the three together, and how they are loaded |
//! | [`preprocess`], [`postprocess`] | image to network input, logits to masks |
//! | [`predictor`] | encode once, ask often |
//! | [`lora`] | low-rank adapters on the attention of the image encoder |
//! | [`names`] | where each parameter belongs in a checkpoint |
//! | [`device`], [`precision`], [`speed`] | where it runs, in which numbers, and how fast that is |
//! | [`activation_checkpoints`] | training an encoder with the memory of one block |
//!
//! Tensors are `[batch, channel, height, width]` unless a comment says otherwise. Everything is
//! made of differentiable Burn operations, so that adaptation trains through the same code.
//! Parameters are loaded frozen; what trains is switched on by name.

pub mod activation_checkpoints;
pub mod adapter;
pub mod config;
pub mod device;
pub mod error;
pub mod image_encoder;
pub mod layers;
pub mod lora;
pub mod mask_decoder;
pub mod names;
pub mod parameters;
pub mod postprocess;
pub mod precision;
pub mod predictor;
pub mod preprocess;
pub mod prompt_encoder;
pub mod resample;
pub mod sam;
pub mod speed;
pub mod tiny_vit;
pub mod transformer;

pub use adapter::{Adapter, AdapterPlan, EncoderLayers};
pub use burn::tensor::{Device, Tensor, TensorData};
pub use config::{ImageEncoderConfig, SamConfig, TinyVitConfig, VitConfig};
pub use device::ComputeDevice;
pub use error::SamError;
pub use lora::{LoraConfig, LowRank};
pub use names::PublishedNames;
pub use precision::Precision;
pub use predictor::{EncodedImage, Prediction, Predictor, Prompt, PromptPoint};
pub use sam::Sam;

/// The version of the tensor library beneath, as the workspace pins it.
pub const BURN_VERSION: &str = "0.22.1";
