//! Writes a checkpoint again with some of its tensors replaced.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use crate::checkpoint::Checkpoint;
use crate::convert::is_same_file;
use crate::error::CheckpointError;
use crate::tensor::Dtype;
use crate::write::{TensorLayout, write_checkpoint};

/// Writes a checkpoint with the published names and its metadata, as PyTorch does if the name ends
/// with `.pth` or `.pt`, else as safetensors. Replaces the tensors of `replaced`. These have a
/// published name, a shape and row-major values, and are written as `f32`. All other tensors keep
/// their bytes. Returns the size of the file in bytes.
///
/// The file appears whole or not at all.
///
/// # Errors
///
/// [`CheckpointError::Write`] when `path` is the checkpoint itself, when the checkpoint has no
/// tensor of a name or one of another shape, or when the file cannot be written.
pub fn replace(
    checkpoint: &Checkpoint,
    replaced: &BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    path: &Path,
) -> Result<u64, CheckpointError> {
    let refused = |reason: String| CheckpointError::Write {
        path: path.to_owned(),
        reason,
    };
    if is_same_file(checkpoint.path(), path) {
        return Err(refused(
            "it is the checkpoint that is being changed\n\nhint: give the result another name"
                .to_owned(),
        ));
    }
    for (name, (shape, _)) in replaced {
        if checkpoint.get(name).map(|info| &info.shape) != Some(shape) {
            return Err(refused(format!(
                "the checkpoint has no tensor `{name}` of shape {shape:?}"
            )));
        }
    }
    let stored: Vec<_> = checkpoint
        .names()
        .filter_map(|name| checkpoint.get(name))
        .collect();
    let layouts: Vec<_> = stored
        .iter()
        .map(|tensor| TensorLayout {
            name: &tensor.name,
            dtype: if replaced.contains_key(&tensor.name) {
                Dtype::F32
            } else {
                tensor.dtype
            },
            shape: &tensor.shape,
        })
        .collect();
    let bytes = |index: usize| {
        let tensor = stored[index];
        match replaced.get(&tensor.name) {
            Some((_, values)) => {
                let bytes = values.iter().flat_map(|value| value.to_le_bytes());
                Ok(Cow::Owned(bytes.collect()))
            }
            None => checkpoint
                .bytes(&tensor.name)
                .map_err(|error| error.to_string()),
        }
    };
    write_checkpoint(path, &layouts, checkpoint.metadata(), bytes).map_err(refused)
}
