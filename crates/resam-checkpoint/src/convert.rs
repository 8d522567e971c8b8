//! Writes a checkpoint again with another element type: half of the bytes on disk, the same
//! arithmetic after loading.

use std::borrow::Cow;
use std::path::Path;

use half::{bf16, f16};

use crate::checkpoint::Checkpoint;
use crate::error::CheckpointError;
use crate::tensor::{Dtype, for_each_f64};
use crate::write::{TensorLayout, write_checkpoint};

/// The result of a conversion.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversion {
    /// Tensors written.
    pub tensors: usize,
    /// Size of the file read, in bytes.
    pub bytes_before: u64,
    /// Size of the file written, in bytes.
    pub bytes_after: u64,
    /// The largest relative rounding error of a tensor: `|rounded - exact| / |exact|` in the
    /// Euclidean norm.
    pub largest_rounding: f64,
    /// The tensor with this error; `None` when no tensor was rounded.
    pub most_rounded: Option<String>,
}

/// Writes a checkpoint as safetensors with the published names and its metadata. Floating point
/// tensors are rounded to the nearest value of type `dtype`; integers and booleans stay unchanged.
///
/// One tensor is in memory at a time. The file appears whole or not at all.
///
/// # Errors
///
/// [`CheckpointError::Write`] when `dtype` is not `F32`, `F16` or `BF16`, when a number is too
/// large for it, when `path` is the checkpoint itself, or when the file cannot be written.
pub fn convert(
    checkpoint: &Checkpoint,
    dtype: Dtype,
    path: &Path,
) -> Result<Conversion, CheckpointError> {
    let refused = |reason: String| CheckpointError::Write {
        path: path.to_owned(),
        reason,
    };
    if !matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16) {
        return Err(refused(format!("weights are not stored as {dtype}")));
    }
    if is_same_file(checkpoint.path(), path) {
        return Err(refused(
            "it is the checkpoint that is being converted\n\nhint: give the result another name"
                .to_owned(),
        ));
    }
    let stored: Vec<_> = checkpoint
        .names()
        .filter_map(|name| checkpoint.get(name))
        .collect();
    let layouts: Vec<_> = stored
        .iter()
        .map(|tensor| TensorLayout {
            name: &tensor.name,
            dtype: if tensor.dtype.is_float() {
                dtype
            } else {
                tensor.dtype
            },
            shape: &tensor.shape,
        })
        .collect();
    let (mut largest_rounding, mut most_rounded) = (0.0, None);
    let bytes = |index: usize| {
        let tensor = stored[index];
        let bytes = checkpoint.bytes(&tensor.name);
        let bytes = bytes.map_err(|error| error.to_string())?;
        if !tensor.dtype.is_float() || tensor.dtype == dtype {
            return Ok(bytes);
        }
        let mut rounded = Vec::with_capacity(tensor.elements() * dtype.size());
        let mut rounding = Rounding::default();
        for_each_f64(&bytes, tensor.dtype, |exact| {
            rounding.add(exact, push_rounded(exact, dtype, &mut rounded));
        });
        if let Some(value) = rounding.overflowed {
            return Err(format!(
                "tensor `{}` holds {value:e}, too large for {dtype}\n\nhint: bf16 takes numbers as \
                 large as f32 does",
                tensor.name
            ));
        }
        if rounding.relative() > largest_rounding {
            largest_rounding = rounding.relative();
            most_rounded = Some(tensor.name.clone());
        }
        Ok(Cow::Owned(rounded))
    };
    let bytes_after =
        write_checkpoint(path, &layouts, checkpoint.metadata(), bytes).map_err(refused)?;
    Ok(Conversion {
        tensors: stored.len(),
        bytes_before: checkpoint.file_size(),
        bytes_after,
        largest_rounding,
        most_rounded,
    })
}

/// Whether two paths are the same file; `false` if one does not exist.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    match (std::fs::canonicalize(one), std::fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// The rounding error of a tensor.
#[derive(Default)]
struct Rounding {
    /// Sum of the squared errors.
    lost: f64,
    /// Sum of the squared exact values.
    whole: f64,
    /// A finite number that became infinite.
    overflowed: Option<f64>,
}

impl Rounding {
    fn add(&mut self, exact: f64, rounded: f64) {
        if !exact.is_finite() {
            return;
        }
        if !rounded.is_finite() {
            self.overflowed = Some(exact);
        }
        self.lost += (rounded - exact).powi(2);
        self.whole += exact * exact;
    }

    fn relative(&self) -> f64 {
        if self.lost == 0.0 {
            return 0.0;
        }
        (self.lost / self.whole).sqrt()
    }
}

/// Appends a number as `dtype`, little endian, and returns its rounded value.
fn push_rounded(exact: f64, dtype: Dtype, bytes: &mut Vec<u8>) -> f64 {
    match dtype {
        Dtype::F16 => {
            let rounded = f16::from_f64(exact);
            bytes.extend(rounded.to_le_bytes());
            rounded.to_f64()
        }
        Dtype::BF16 => {
            let rounded = bf16::from_f64(exact);
            bytes.extend(rounded.to_le_bytes());
            rounded.to_f64()
        }
        _ => {
            let rounded = exact as f32;
            bytes.extend(rounded.to_le_bytes());
            rounded.into()
        }
    }
}
