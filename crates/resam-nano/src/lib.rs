//! The nano model: a Segment Anything model of 1.2 million parameters that is compiled into the
//! program, so that everything can be tried without a download. The crate also holds the code that
//! trained it from scratch on synthetic images.
//!
//! | item | what it is |
//! |---|---|
//! | [`checkpoint`] | the built-in weights, in half precision |
//! | [`sizes`](sizes()) | the sizes of the model: a TinyViT encoder at 256 px and a small decoder |
//! | [`train`] | train a model of these sizes and write its weights |
//! | [`judge`](judge()) | mean IoU on validation images, by kind of prompt |
//! | [`NOTICE`] | what has to be said wherever the model is used |
//!
//! ```
//! use resam_sam::preprocess::RgbView;
//! use resam_sam::{ComputeDevice, Predictor, Prompt, PromptPoint, Sam};
//!
//! let device = ComputeDevice::cpu().device;
//! let sam = Sam::load(&resam_nano::checkpoint()?, &device)?;
//! let predictor = Predictor::new(sam, &device, None)?;
//!
//! let scene = resam_synth::photograph(7, 256)?;
//! let image = predictor.encode(RgbView::new(256, 256, scene.image.as_raw())?);
//! let point = PromptPoint { x: 128.0, y: 128.0, positive: true };
//! let prompt = Prompt { points: vec![point], ..Prompt::default() };
//! let answers = predictor.predict_best(&image, &[prompt], false)?;
//! assert_eq!(answers[0].logits().len(), 256 * 256);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | [`source`] | training and validation images: seeded, without end |
//! | [`clicks`] | simulated points, boxes and corrections |
//! | [`sample`] | one training sample: losses and gradients of a prompt and of its correction |
//! | [`mod@training`] | the training loop: AdamW, learning-rate schedule, writing the weights |
//! | [`mod@judge`] | IoU on validation images |
//!
//! # Limits
//!
//! The model has seen synthetic photographs only, never an overhead image and never a real one. It
//! is a demonstration and not a model for work: [`NOTICE`] says so wherever it is used.

pub mod clicks;
mod draws;
pub mod judge;
pub mod sample;
pub mod sizes;
pub mod source;
pub mod training;

use resam_checkpoint::{Checkpoint, CheckpointError};

pub use judge::{Scores, judge};
pub use sizes::sizes;
pub use training::{Now, Progress, Training, TrainingError, train};

/// The name of the model wherever weights are named.
pub const NAME: &str = "nano";

/// The checkpoint, in half precision.
const BYTES: &[u8] = include_bytes!("../nano.safetensors");

/// The key of a checkpoint's metadata whose value has to be shown wherever the checkpoint is used.
pub const NOTICE_KEY: &str = "notice";

/// The notice that has to be shown wherever the model is used.
pub const NOTICE: &str = "nano is a demonstration model of 1.2 million parameters, trained on made \
                          pictures: for work, get real weights (`resam weights list`)";

/// The weights of the built-in model, in half precision. No file is read.
///
/// # Errors
/// None with the built-in bytes.
pub fn checkpoint() -> Result<Checkpoint, CheckpointError> {
    Checkpoint::from_bytes(NAME, BYTES.to_vec())
}
