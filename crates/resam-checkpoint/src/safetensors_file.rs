//! Reads the header of a safetensors file: 8 bytes with the length of the header, the header as
//! JSON, then the data.

use std::collections::BTreeMap;

use safetensors::Dtype as StoredDtype;
use safetensors::tensor::Metadata;

use crate::checksum;
use crate::source::Source;
use crate::tensor::{Dtype, Layout, TensorInfo};

/// Longest header read, the limit of the safetensors library; SAM's largest is under 100 kB.
pub(crate) const LONGEST_HEADER: u64 = 100_000_000;

/// What a header says.
pub(crate) struct Header {
    pub(crate) tensors: Vec<TensorInfo>,
    pub(crate) metadata: BTreeMap<String, String>,
    /// The checksum that the file has of itself; it is the right one.
    pub(crate) checksum: Option<String>,
}

/// Tensors and metadata, or what is wrong with the header.
///
/// The library's own `Metadata` checks that the tensors follow each other from 0 without gap or
/// overlap and that each fits its shape. That the last ends where the file ends is checked here:
/// the library adds the two unchecked, and a header of sizes near 2^61 wraps around.
pub(crate) fn read(source: &Source) -> Result<Header, String> {
    let words = |error: std::io::Error| error.to_string();
    let first = source.read(0..source.len().min(8)).map_err(words)?;
    let length = first.first_chunk().ok_or("it is shorter than 8 bytes")?;
    let length = u64::from_le_bytes(*length);
    if length > LONGEST_HEADER {
        return Err(format!("its header claims {length} bytes"));
    }
    let rest = source.len() - 8;
    if length > rest as u64 {
        return Err(format!(
            "its header claims {length} bytes and only {rest} follow"
        ));
    }
    let data_start = 8 + length as usize;
    let text = source.read(8..data_start).map_err(words)?;
    let header: Metadata = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    let data = source.len() - data_start;
    if header.data_len() != data {
        return Err(format!(
            "its tensors need {} bytes and {data} are there",
            header.data_len(),
        ));
    }

    let mut tensors = Vec::new();
    for (name, info) in header.tensors() {
        let dtype = dtype(info.dtype)
            .ok_or_else(|| format!("tensor `{name}` is of the unsupported type {}", info.dtype))?;
        let (start, end) = info.data_offsets;
        tensors.push(TensorInfo {
            name: name.clone(),
            stored_name: name,
            dtype,
            shape: info.shape.clone(),
            layout: Layout::Contiguous(data_start + start..data_start + end),
        });
    }
    let metadata = header.metadata().iter().flatten();
    let mut metadata: BTreeMap<String, String> = metadata
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let stored = metadata.remove(checksum::KEY);
    if let Some(stored) = &stored {
        checksum::check(source, &text, stored)?;
    }
    Ok(Header {
        tensors,
        metadata,
        checksum: stored,
    })
}

fn dtype(stored: StoredDtype) -> Option<Dtype> {
    Some(match stored {
        StoredDtype::F64 => Dtype::F64,
        StoredDtype::F32 => Dtype::F32,
        StoredDtype::F16 => Dtype::F16,
        StoredDtype::BF16 => Dtype::BF16,
        StoredDtype::I64 => Dtype::I64,
        StoredDtype::I32 => Dtype::I32,
        StoredDtype::I16 => Dtype::I16,
        StoredDtype::I8 => Dtype::I8,
        StoredDtype::U8 => Dtype::U8,
        StoredDtype::BOOL => Dtype::Bool,
        _ => return None,
    })
}
