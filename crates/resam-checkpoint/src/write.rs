//! Writes safetensors files, whole or not at all.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;

use safetensors::Dtype as StoredDtype;
use safetensors::tensor::TensorInfo as StoredInfo;
use serde::ser::{SerializeMap, Serializer};

use crate::error::CheckpointError;
use crate::tensor::Dtype;

/// One tensor for [`write_safetensors`].
#[derive(Debug, Clone)]
pub struct TensorToWrite<'a> {
    /// The name it will have in the file.
    pub name: String,
    /// Type of the elements.
    pub dtype: Dtype,
    /// Length of each dimension, outermost first.
    pub shape: Vec<usize>,
    /// The elements in row-major order, little endian.
    pub bytes: Cow<'a, [u8]>,
}

impl TensorToWrite<'_> {
    /// A tensor of `f32` from its elements in row-major order.
    pub fn from_f32(name: impl Into<String>, shape: &[usize], elements: &[f32]) -> Self {
        TensorToWrite {
            name: name.into(),
            dtype: Dtype::F32,
            shape: shape.to_vec(),
            bytes: elements
                .iter()
                .flat_map(|element| element.to_le_bytes())
                .collect(),
        }
    }
}

/// Writes tensors and string metadata as one safetensors file.
///
/// The file is written beside `path`, in the same folder, and renamed when it is complete, so a
/// reader sees the old file or the new one and never a part. The same content gives the same
/// bytes, in whatever order the tensors come.
///
/// # Errors
///
/// [`CheckpointError::Write`] when two tensors share a name, a name is `__metadata__`, a tensor's
/// bytes do not fit its shape, or the file cannot be written.
pub fn write_safetensors(
    path: &Path,
    tensors: &[TensorToWrite<'_>],
    metadata: &BTreeMap<String, String>,
) -> Result<(), CheckpointError> {
    write(path, tensors, metadata).map_err(|reason| CheckpointError::Write {
        path: path.to_owned(),
        reason,
    })
}

fn write(
    path: &Path,
    tensors: &[TensorToWrite<'_>],
    metadata: &BTreeMap<String, String>,
) -> Result<(), String> {
    // The order of the safetensors library: widest elements first, so that all are aligned.
    let mut tensors: Vec<_> = tensors.iter().collect();
    tensors.sort_by(|a, b| {
        b.dtype
            .size()
            .cmp(&a.dtype.size())
            .then(a.name.cmp(&b.name))
    });
    let header = header(&tensors, metadata)?;

    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut file = new_file(folder).map_err(|error| error.to_string())?;
    let mut writer = BufWriter::new(file.as_file_mut());
    let written = (|| {
        writer.write_all(&(header.len() as u64).to_le_bytes())?;
        writer.write_all(&header)?;
        for tensor in tensors {
            writer.write_all(&tensor.bytes)?;
        }
        writer.flush()?;
        writer.get_ref().sync_all()
    })();
    written.map_err(|error: std::io::Error| error.to_string())?;
    drop(writer);
    file.persist(path)
        .map_err(|error| error.error.to_string())?;
    Ok(())
}

/// A temporary file with the permissions of an ordinary new one.
fn new_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".resam-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The process's mask still applies; the default, 0600, would hide results from a group.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// The JSON header, padded so that the data begins at a multiple of 8 bytes.
///
/// Put together here because the safetensors library writes metadata in the order of a hash map,
/// which differs from run to run.
fn header(
    tensors: &[&TensorToWrite<'_>],
    metadata: &BTreeMap<String, String>,
) -> Result<Vec<u8>, String> {
    let mut entries = BTreeMap::new();
    let mut end = 0usize;
    for tensor in tensors {
        let start = end;
        let claimed = tensor
            .shape
            .iter()
            .try_fold(tensor.dtype.size(), |bytes, &length| {
                bytes.checked_mul(length)
            });
        if claimed != Some(tensor.bytes.len()) {
            return Err(format!(
                "tensor `{}` of shape {:?} and type {} has {} bytes",
                tensor.name,
                tensor.shape,
                tensor.dtype,
                tensor.bytes.len()
            ));
        }
        end += tensor.bytes.len();
        let info = StoredInfo {
            dtype: stored_dtype(tensor.dtype),
            shape: tensor.shape.clone(),
            data_offsets: (start, end),
        };
        if tensor.name == "__metadata__" || entries.insert(&tensor.name, info).is_some() {
            return Err(format!(
                "the name `{}` is reserved or used twice",
                tensor.name
            ));
        }
    }

    let mut header = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut header);
    let serialized = serializer.serialize_map(None).and_then(|mut map| {
        if !metadata.is_empty() {
            map.serialize_entry("__metadata__", metadata)?;
        }
        for (name, info) in &entries {
            map.serialize_entry(name, info)?;
        }
        map.end()
    });
    serialized.map_err(|error| error.to_string())?;
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok(header)
}

fn stored_dtype(dtype: Dtype) -> StoredDtype {
    match dtype {
        Dtype::F64 => StoredDtype::F64,
        Dtype::F32 => StoredDtype::F32,
        Dtype::F16 => StoredDtype::F16,
        Dtype::BF16 => StoredDtype::BF16,
        Dtype::I64 => StoredDtype::I64,
        Dtype::I32 => StoredDtype::I32,
        Dtype::I16 => StoredDtype::I16,
        Dtype::I8 => StoredDtype::I8,
        Dtype::U8 => StoredDtype::U8,
        Dtype::Bool => StoredDtype::BOOL,
    }
}
