//! The nano model: a Segment Anything model of MobileSAM's kind at a small size, trained from scratch
//! by this crate on made photographs, and part of the program.
//!
//! It shows the whole loop without a download. It never saw an overhead image, nor any real one, and is
//! no model for work: [`NOTICE`] says so wherever it is used.
//!
//! | file | what it does |
//! |---|---|
//! | [`source`] | pictures to learn from: seeded, endless |
//! | [`clicks`] | points and boxes as a person would give them, and corrections |
//! | [`lesson`] | one picture, asked twice: losses and gradients |
//! | [`mod@training`] | lessons become updates |
//! | [`mod@judge`] | IoU on pictures that nothing learns from |

pub mod clicks;
mod draws;
pub mod judge;
pub mod lesson;
pub mod sizes;
pub mod source;
pub mod training;

use resam_checkpoint::{Checkpoint, CheckpointError};

pub use judge::{Scores, judge};
pub use sizes::sizes;
pub use training::{Now, Progress, Training, TrainingError, train};

/// What the model is called where weights are named.
pub const NAME: &str = "nano";

/// The checkpoint, in half precision.
const BYTES: &[u8] = include_bytes!("../nano.safetensors");

/// The key under which a checkpoint's metadata holds what has to be said of it.
pub const NOTICE_KEY: &str = "notice";

/// What has to be said wherever the model is used.
pub const NOTICE: &str = "nano is a demonstration model of 1.2 million parameters, trained on made \
                          pictures: for work, get real weights (`resam weights list`)";

/// The model that is part of the program.
///
/// # Errors
/// None with the bytes that the program comes with.
pub fn checkpoint() -> Result<Checkpoint, CheckpointError> {
    Checkpoint::from_bytes(NAME, BYTES.to_vec())
}
