//! The Segment Anything model (SAM) and MobileSAM in Rust: image encoders, prompt encoder, mask
//! decoder, pre- and post-processing, and low-rank adapters (LoRA). Weights are the published ones,
//! and the results follow the published PyTorch modules.
//!
//! | item | what it is |
//! |---|---|
//! | [`Sam`] | the model; `Sam::load` reads its sizes from the checkpoint |
//! | [`Predictor`] | encode an image once, answer many prompts |
//! | [`Prompt`] | points, a box or a mask: what is asked about one object |
//! | [`Prediction`] | a mask as logits, and its predicted IoU |
//! | [`Adapter`] | a LoRA adapter: attach it, save it, load it, merge it into the weights |
//! | [`ComputeDevice`] | the CPU or a GPU |
//! | [`Precision`] | the number format of the image encoder |
//! | [`SamError`] | a checkpoint, an image, a prompt or a device that cannot be used |
//!
//! ```
//! use resam_checkpoint::Checkpoint;
//! use resam_sam::preprocess::RgbView;
//! use resam_sam::{ComputeDevice, Predictor, Prompt, PromptPoint, Sam};
//! # let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden");
//! # let weights = golden.join("sam_7/model.safetensors");
//!
//! let device = ComputeDevice::cpu().device;
//! let sam = Sam::load(&Checkpoint::open(&weights)?, &device)?;
//! let predictor = Predictor::new(sam, &device, None)?;
//!
//! let (width, height) = (100, 60);
//! let rgb = vec![127; 3 * width * height];
//! let image = predictor.encode(RgbView::new(width, height, &rgb)?);
//!
//! let point = PromptPoint { x: 40.0, y: 30.0, positive: true };
//! let prompt = Prompt { points: vec![point], ..Prompt::default() };
//! let answers = predictor.predict_best(&image, &[prompt], true)?;
//! let on_object = |logit: &f32| *logit > 0.0;
//! let mask: Vec<bool> = answers[0].logits().iter().map(on_object).collect();
//! assert_eq!(mask.len(), width * height);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Each file is one part of the model's figure in the SAM paper (arXiv 2304.02643), with the name
//! of the published module:
//!
//! | module | part |
//! |---|---|
//! | [`encoder`] | one of the two image encoders |
//! | [`image_encoder`] | the ViT of SAM (B, L, H or a reduced one) |
//! | [`tiny_vit`] | the TinyViT of MobileSAM |
//! | [`prompt_encoder`] | points, boxes and masks to embeddings |
//! | [`transformer`] | the two-way transformer of the decoder |
//! | [`mask_decoder`] | masks and their predicted IoU |
//! | [`sam`] | the three parts together, and how they are loaded |
//! | [`preprocess`], [`postprocess`] | image to network input, logits to masks |
//! | [`predictor`] | encode once, prompt often |
//! | [`lora`], [`adapter`] | low-rank adapters, and their files |
//! | [`names`] | the published name of each parameter |
//! | [`published`], [`random`] | sizes of the published models, and checkpoints of random weights |
//! | [`device`], [`precision`], [`speed`] | device, number format, and speed of a device |
//! | [`activation_checkpoints`] | training an encoder with the memory of one block |
//!
//! Tensors are `[batch, channel, height, width]` unless the documentation says otherwise. All
//! operations are differentiable Burn operations, so training runs through the same code.
//! Parameters are loaded frozen; a trainer switches on the parameters that it trains by their
//! names.
//!
//! # Limits
//!
//! It does not decode image files, read points, choose among the masks of an ambiguous prompt
//! beyond the highest predicted IoU, or train: other crates of this workspace do. Text prompts and
//! SAM 2 are not supported.

pub mod activation_checkpoints;
pub mod adapter;
pub mod config;
pub mod device;
pub mod encoder;
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
pub mod published;
pub mod random;
pub mod resample;
pub mod sam;
pub mod speed;
pub mod tiny_vit;
pub mod transformer;

pub use adapter::{Adapter, AdapterPlan, EncoderLayers, StoredInput};
pub use burn::tensor::{Device, Tensor, TensorData};
pub use config::{ImageEncoderConfig, SamConfig, TinyVitConfig, VitConfig};
pub use device::ComputeDevice;
pub use encoder::ImageEncoder;
pub use error::SamError;
pub use lora::{LoraConfig, LowRank};
pub use names::PublishedNames;
pub use precision::Precision;
pub use predictor::{EncodedImage, Prediction, Predictor};
pub use published::Published;
pub use random::random_checkpoint;
pub use resam_prompt::{Prompt, PromptPoint};
pub use sam::Sam;

/// The version of the tensor library beneath, as the workspace pins it.
pub const BURN_VERSION: &str = "0.22.1";
