//! What can be wrong with a checkpoint.

use std::path::PathBuf;

use crate::tensor::Dtype;

/// Why a checkpoint could not be opened, read or written.
///
/// Every message names the file and the offending value; where the user can do something about it,
/// the message ends with `hint: ` and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The operating system would not open or map the file.
    #[error("cannot read `{}`: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },

    /// The path is a directory, a pipe or a device.
    #[error("`{}` is {found}, not a file\n\nhint: pass the checkpoint file itself, such as `model.safetensors`", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What is there instead, such as "a directory".
        found: &'static str,
    },

    /// The file has no bytes.
    #[error("`{}` is empty\n\nhint: the download may have failed, fetch it again", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },

    /// The first bytes are those of some other kind of file.
    #[error("`{}` is not a checkpoint, it looks like {looks_like}\n\nhint: {hint}", path.display())]
    NotACheckpoint {
        /// The file.
        path: PathBuf,
        /// What the content looks like, such as "a JPEG image".
        looks_like: String,
        /// What to do.
        hint: &'static str,
    },

    /// A safetensors header that lies, is damaged or is cut short.
    #[error("`{}` is not a valid safetensors file: {reason}\n\nhint: the file may be incomplete, fetch it again", path.display())]
    Safetensors {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },

    /// The zip container of a PyTorch file is damaged, cut short or of an unexpected make.
    #[error("`{}` is not a valid PyTorch archive: {reason}\n\nhint: the file may be incomplete, fetch it again, or save it again with `torch.save`", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },

    /// The file holds a program (TorchScript), not only weights.
    #[error("`{}` is a TorchScript archive, which holds code\n\nhint: save the weights alone with `torch.save(torch.jit.load(FILE).state_dict(), \"weights.pth\")`", path.display())]
    TorchScript {
        /// The file.
        path: PathBuf,
    },

    /// The pickle inside a PyTorch file asks for more than tensors, or is damaged.
    #[error("`{}` cannot be read safely: its pickle {error}\n\nhint: save the weights alone with `torch.save(model.state_dict(), \"weights.pth\")`", path.display())]
    Pickle {
        /// The file.
        path: PathBuf,
        /// What the pickle wants or where it is damaged.
        error: crate::pickle::PickleError,
    },

    /// A tensor does not fit the bytes that should hold it, or has an element type not read here.
    #[error("`{}` has an impossible tensor `{name}`: {reason}", path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor, as the file names it.
        name: String,
        /// What is wrong.
        reason: String,
    },

    /// Nothing in the file is a tensor under a name.
    #[error("`{}` holds no tensors, only {found}\n\nhint: pass a state dict, bare or under `model`, `state_dict`, `model_state_dict` or `module`", path.display())]
    NoTensors {
        /// The file.
        path: PathBuf,
        /// What was found at the top level.
        found: String,
    },

    /// Two tensors have the same published name.
    #[error("`{}` holds two tensors for `{name}`: `{first}` and `{second}`", path.display())]
    Conflict {
        /// The file.
        path: PathBuf,
        /// The published name.
        name: String,
        /// One name in the file.
        first: String,
        /// The other name in the file.
        second: String,
    },

    /// A tensor was asked for that is not in the file.
    #[error("`{}` has no tensor `{name}`\n\nhint: {hint}", path.display())]
    UnknownTensor {
        /// The file.
        path: PathBuf,
        /// The published name that was asked for.
        name: String,
        /// What the file may be instead, and what to do.
        hint: &'static str,
    },

    /// Numbers were asked for from a tensor of integers or booleans.
    #[error("`{}` holds `{name}` as {dtype}, not as floating point", path.display())]
    NotFloatingPoint {
        /// The file.
        path: PathBuf,
        /// The published name.
        name: String,
        /// The element type found.
        dtype: Dtype,
    },

    /// The file could not be written; nothing was left behind.
    #[error("cannot write `{}`: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
}
