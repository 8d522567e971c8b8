//! Writes safetensors files, whole or not at all.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufWriter, IntoInnerError, Seek, SeekFrom, Write};
use std::path::Path;

use resam_files::Unfinished;
use safetensors::Dtype as StoredDtype;
use safetensors::tensor::TensorInfo as StoredInfo;
use serde::ser::{SerializeMap, Serializer};

use crate::checksum;
use crate::error::CheckpointError;
use crate::pth_file;
use crate::tensor::Dtype;

/// One tensor for [`write_safetensors`].
#[derive(Debug, Clone)]
pub struct TensorToWrite<'a> {
    /// The name in the file.
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
/// The file is written under a temporary name in the same folder and renamed when it is complete,
/// so a reader never sees a part of it. The same content gives the same bytes, whatever the order
/// of the tensors. The format is that of <https://github.com/huggingface/safetensors>.
///
/// # Errors
///
/// [`CheckpointError::Write`] when two tensors have the same name, when a name is `__metadata__`,
/// when the bytes of a tensor do not fit its shape, or when the file cannot be written.
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
    let layouts = tensors.iter().map(|tensor| TensorLayout {
        name: &tensor.name,
        dtype: tensor.dtype,
        shape: &tensor.shape,
    });
    let bytes = |index: usize| Ok(Cow::Borrowed(&*tensors[index].bytes));
    write_streamed(path, &layouts.collect::<Vec<_>>(), metadata, bytes).map(drop)
}

/// The header entry of a tensor.
pub(crate) struct TensorLayout<'a> {
    pub(crate) name: &'a str,
    pub(crate) dtype: Dtype,
    pub(crate) shape: &'a [usize],
}

impl TensorLayout<'_> {
    /// Whether these are as many bytes as it has.
    pub(crate) fn check(&self, bytes: &[u8]) -> Result<(), String> {
        if self.size() == Some(bytes.len()) {
            return Ok(());
        }
        Err(format!(
            "tensor `{}` of shape {:?} and type {} has {} bytes",
            self.name,
            self.shape,
            self.dtype,
            bytes.len()
        ))
    }

    /// The number of bytes; `None` on overflow.
    fn size(&self) -> Option<usize> {
        let lengths = self.shape.iter();
        lengths
            .copied()
            .try_fold(self.dtype.size(), usize::checked_mul)
    }
}

/// Writes a checkpoint: as PyTorch does if the name ends with `.pth` or `.pt`, else as safetensors.
/// Its tensors are made one at a time: `bytes(i)` is called once for each of `tensors[i]`. Returns
/// the size of the file in bytes.
///
/// A PyTorch file has no place for metadata. Those that say what the model is are not dropped: such
/// a checkpoint is refused.
pub(crate) fn write_checkpoint<'a>(
    path: &Path,
    tensors: &[TensorLayout<'_>],
    metadata: &BTreeMap<String, String>,
    bytes: impl FnMut(usize) -> Result<Cow<'a, [u8]>, String>,
) -> Result<u64, String> {
    if !pth_file::is_asked_for(path) {
        return write_streamed(path, tensors, metadata, bytes);
    }
    let told = metadata.keys().filter(|key| *key != "format");
    let told: Vec<String> = told.map(|key| format!("`{key}`")).collect();
    if !told.is_empty() {
        return Err(format!(
            "a PyTorch file has no place for the metadata of this checkpoint ({}), without which it is \
             another model\n\nhint: give the result a name that ends with `.safetensors`",
            told.join(", ")
        ));
    }
    pth_file::write_streamed(path, tensors, bytes)
}

/// Writes a file whose tensors are made one at a time: `bytes(i)` is called once for each of
/// `tensors[i]`, in the order of the file. Returns the size of the file in bytes.
pub(crate) fn write_streamed<'a>(
    path: &Path,
    tensors: &[TensorLayout<'_>],
    metadata: &BTreeMap<String, String>,
    mut bytes: impl FnMut(usize) -> Result<Cow<'a, [u8]>, String>,
) -> Result<u64, String> {
    // The order of the safetensors library: widest elements first, so that all are aligned.
    let mut order: Vec<usize> = (0..tensors.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&tensors[a], &tensors[b]);
        b.dtype.size().cmp(&a.dtype.size()).then(a.name.cmp(b.name))
    });
    let ordered: Vec<_> = order.iter().map(|&index| &tensors[index]).collect();
    let mut metadata = metadata.clone();
    metadata.insert(checksum::KEY.to_owned(), checksum::ZEROS.to_owned());
    let header = header(&ordered, &metadata)?;
    // Written by the line before.
    let place = checksum::place(&header).ok_or("it has no checksum")?;

    let words = |error: std::io::Error| error.to_string();
    let file = Unfinished::beside(path).map_err(words)?;
    let mut writer = BufWriter::with_capacity(1 << 20, file);
    let mut size = 8 + header.len() as u64;
    let length = (header.len() as u64).to_le_bytes();
    let mut sum = crc32c::crc32c_append(crc32c::crc32c(&length), &header);
    writer
        .write_all(&length)
        .and_then(|()| writer.write_all(&header))
        .map_err(words)?;
    for index in order {
        let (tensor, bytes) = (&tensors[index], bytes(index)?);
        tensor.check(&bytes)?;
        writer.write_all(&bytes).map_err(words)?;
        sum = crc32c::crc32c_append(sum, &bytes);
        size += bytes.len() as u64;
    }
    writer
        .seek(SeekFrom::Start(8 + place.start as u64))
        .and_then(|_| writer.write_all(checksum::digits(sum).as_bytes()))
        .map_err(words)?;
    writer
        .into_inner()
        .map_err(IntoInnerError::into_error)
        .and_then(Unfinished::finish)
        .map_err(words)?;
    Ok(size)
}

/// The JSON header, padded so that the data begins at a multiple of 8 bytes.
///
/// It is written here because the safetensors library writes metadata in the order of a hash map,
/// which differs from run to run.
fn header(
    tensors: &[&TensorLayout<'_>],
    metadata: &BTreeMap<String, String>,
) -> Result<Vec<u8>, String> {
    let mut entries = BTreeMap::new();
    let mut end = 0usize;
    for tensor in tensors {
        let start = end;
        let size = tensor.size().and_then(|size| start.checked_add(size));
        end = size.ok_or_else(|| {
            format!(
                "tensor `{}` of shape {:?} is too large",
                tensor.name, tensor.shape
            )
        })?;
        let info = StoredInfo {
            dtype: stored_dtype(tensor.dtype),
            shape: tensor.shape.to_vec(),
            data_offsets: (start, end),
        };
        if tensor.name == "__metadata__" || entries.insert(tensor.name, info).is_some() {
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
