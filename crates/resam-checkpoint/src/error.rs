//! The error type of this crate.

use std::path::PathBuf;

use crate::tensor::Dtype;

/// Why a checkpoint could not be opened, read or written.
///
/// Every message names the file and the invalid value. If the user can do something, the message
/// ends with `hint: ` and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file could not be opened or read.
    #[error("cannot read `{}`: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        error: std::io::Error,
    },

    /// The path is a directory, a pipe or a device.
    #[error("`{}` is {found}, not a file\n\nhint: pass the checkpoint file itself, such as `model.safetensors`", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What the path is, such as "a directory".
        found: &'static str,
    },

    /// The file has no bytes.
    #[error("`{}` is empty\n\nhint: the download may have failed, fetch it again", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },

    /// The file is of another kind.
    #[error("`{}` is not a checkpoint, it looks like {looks_like}\n\nhint: {hint}", path.display())]
    NotACheckpoint {
        /// The file.
        path: PathBuf,
        /// What the content looks like, such as "a JPEG image".
        looks_like: String,
        /// What to do.
        hint: &'static str,
    },

    /// The safetensors header is damaged, truncated or inconsistent.
    #[error("`{}` is not a valid safetensors file: {reason}\n\nhint: the file may be incomplete, fetch it again", path.display())]
    Safetensors {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },

    /// The zip archive of a PyTorch file is damaged, truncated or of an unexpected form.
    #[error("`{}` is not a valid PyTorch archive: {reason}\n\nhint: the file may be incomplete, fetch it again, or save it again with `torch.save`", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },

    /// The file is a TorchScript archive, which holds code.
    #[error("`{}` is a TorchScript archive, which holds code\n\nhint: save the weights alone with `torch.save(torch.jit.load(FILE).state_dict(), \"weights.pth\")`", path.display())]
    TorchScript {
        /// The file.
        path: PathBuf,
    },

    /// The pickle in a PyTorch file needs more than tensors, or is damaged.
    #[error("`{}` cannot be read safely: its pickle {error}\n\nhint: save the weights alone with `torch.save(model.state_dict(), \"weights.pth\")`", path.display())]
    Pickle {
        /// The file.
        path: PathBuf,
        /// What the pickle needs, or where it is damaged.
        error: crate::pickle::PickleError,
    },

    /// A tensor does not fit its bytes, or has an unsupported element type.
    #[error("`{}` has an impossible tensor `{name}`: {reason}", path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor, as the file names it.
        name: String,
        /// What is wrong.
        reason: String,
    },

    /// The file holds no named tensors.
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

    /// The file does not have the requested tensor.
    #[error("`{}` has no tensor `{name}`\n\nhint: {hint}", path.display())]
    UnknownTensor {
        /// The file.
        path: PathBuf,
        /// The requested published name.
        name: String,
        /// What the file may be, and what to do.
        hint: &'static str,
    },

    /// The requested tensor holds integers or booleans, not floating point numbers.
    #[error("`{}` holds `{name}` as {dtype}, not as floating point", path.display())]
    NotFloatingPoint {
        /// The file.
        path: PathBuf,
        /// The published name.
        name: String,
        /// The element type of the tensor.
        dtype: Dtype,
    },

    /// The file could not be written; no partial file remains.
    #[error("cannot write `{}`: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
}
