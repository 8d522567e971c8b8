//! The error type of this crate.

use std::path::PathBuf;

/// An error of the model: a checkpoint that does not fit, or an input it cannot take.
#[derive(Debug, thiserror::Error)]
pub enum SamError {
    /// The file is not a readable checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] resam_checkpoint::CheckpointError),

    /// The file is a checkpoint, but not one of a Segment Anything model.
    #[error(
        "`{}` is not a Segment Anything checkpoint: {reason}\n\nhint: resam takes SAM ViT-B, L, H \
         and MobileSAM; `resam weights inspect` lists what a file holds",
        path.display()
    )]
    NotSam {
        /// The checkpoint.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },

    /// Tensors are missing or left over, or have another shape than the model's.
    #[error("`{}` does not fit the model:\n  {}", path.display(), problems.join("\n  "))]
    Mismatch {
        /// The checkpoint.
        path: PathBuf,
        /// One line a tensor.
        problems: Vec<String>,
    },

    /// An adapter that was made for another model.
    #[error(
        "the adapter does not fit the weights: {reason}\n\nhint: an adapter belongs to the weights it \
         was trained on; `resam info ADAPTER` says which"
    )]
    Adapter {
        /// What does not fit.
        reason: String,
    },

    /// A file of an adapter that cannot be read, written or understood.
    #[error("`{}`: {reason}", path.display())]
    AdapterFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// The network cannot run at this input size.
    #[error(
        "input size {size} is not a multiple of {multiple} from {multiple} to {most}\n\nhint: 1024 \
         is what SAM was trained at; 512 and 768 are faster"
    )]
    InputSize {
        /// The requested size, in pixels.
        size: usize,
        /// The stride of the image embedding; the size has to be a multiple of it.
        multiple: usize,
        /// The largest allowed size, in pixels.
        most: usize,
    },

    /// An image without pixels, or with a number of bytes that does not match its size.
    #[error("an image of {width} x {height} pixels with {bytes} bytes is not RGB, 8 bits a band")]
    Image {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// The number of bytes given.
        bytes: usize,
    },

    /// A prompt without points, box and mask, or with a value that is not finite.
    #[error("prompt {index}: {reason}")]
    Prompt {
        /// The prompt's position in the list given.
        index: usize,
        /// What is wrong with it.
        reason: String,
    },

    /// A device that does not exist or does not work.
    #[error("there is no device `{name}`: {reason}\n\nhint: {hint}")]
    Device {
        /// The requested name.
        name: String,
        /// The reason.
        reason: String,
        /// What to do.
        hint: String,
    },

    /// A precision that a device does not compute in.
    #[error(
        "`{device}` does not compute in {precision}: it has {found}\n\nhint: the precision `f32` \
         runs everywhere; `auto` takes half precision where the device has it"
    )]
    Precision {
        /// The requested name.
        precision: &'static str,
        /// The name of the device.
        device: String,
        /// What the device has.
        found: String,
    },

    /// The device gave up on its work: not enough memory, or a fault of its driver.
    #[error(
        "the device failed: {0}\n\nhint: the device `cpu` runs everywhere; a smaller input size \
         needs less memory"
    )]
    Failed(String),
}
