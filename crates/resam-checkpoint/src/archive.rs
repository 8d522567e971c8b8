//! Reads the zip archive that `torch.save` writes: `NAME/data.pkl` describes the tensors and
//! `NAME/data/KEY` holds the elements of each storage, uncompressed.

use std::io::BufReader;
use std::ops::Range;
use std::path::Path;

use zip::{CompressionMethod, ZipArchive};

use crate::error::CheckpointError;
use crate::source::{Reader, Source};
use crate::tensor::{Layout, TensorInfo, locate};
use crate::{pickle, state_dict};

/// The tensors of a PyTorch archive under their stored names.
pub(crate) fn read(path: &Path, source: &Source) -> Result<Vec<TensorInfo>, CheckpointError> {
    let damaged = |reason| CheckpointError::Archive {
        path: path.to_owned(),
        reason,
    };
    let mut archive = Archive::open(source).map_err(damaged)?;
    if archive.holds_code() {
        return Err(CheckpointError::TorchScript {
            path: path.to_owned(),
        });
    }
    archive.check_byte_order().map_err(damaged)?;

    let program = archive.entry("data.pkl").map_err(damaged)?;
    let program = source
        .read(program)
        .map_err(|error| damaged(error.to_string()))?;
    let pickle = pickle::parse(&program).map_err(|error| CheckpointError::Pickle {
        path: path.to_owned(),
        error,
    })?;
    let views = state_dict::tensors(&pickle).map_err(|found| CheckpointError::NoTensors {
        path: path.to_owned(),
        found,
    })?;

    let mut tensors = Vec::new();
    for (name, view) in views {
        let layout = archive
            .layout(view)
            .map_err(|reason| CheckpointError::Tensor {
                path: path.to_owned(),
                name: name.to_owned(),
                reason,
            })?;
        tensors.push(TensorInfo {
            name: name.to_owned(),
            stored_name: name.to_owned(),
            dtype: view.storage.dtype,
            shape: view.shape.clone(),
            layout,
        });
    }
    Ok(tensors)
}

struct Archive<'a> {
    source: &'a Source,
    zip: ZipArchive<BufReader<Reader<'a>>>,
    /// The folder of all entries, with its slash; PyTorch names it after the file.
    folder: String,
}

impl<'a> Archive<'a> {
    fn open(source: &'a Source) -> Result<Self, String> {
        let reader = BufReader::new(Reader::new(source));
        let zip = ZipArchive::new(reader).map_err(|error| error.to_string())?;
        if zip.has_duplicate_names() {
            return Err("two entries have the same name".to_owned());
        }
        let names = zip.file_names().filter_map(Result::ok);
        let mut folders = names.filter_map(|name| {
            let folder = name.strip_suffix("data.pkl")?;
            (folder.is_empty() || folder.ends_with('/')).then(|| folder.to_owned())
        });
        let folder = folders.next().ok_or("the zip archive has no `data.pkl`")?;
        if folders.next().is_some() {
            return Err("the zip archive has more than one `data.pkl`".to_owned());
        }
        drop(folders);
        Ok(Archive {
            source,
            zip,
            folder,
        })
    }

    /// Whether the archive is TorchScript, which has the same layout.
    fn holds_code(&self) -> bool {
        self.zip.file_names().filter_map(Result::ok).any(|name| {
            name.strip_prefix(&self.folder)
                .is_some_and(|name| name == "constants.pkl" || name.starts_with("code/"))
        })
    }

    /// Refuses elements stored big endian; archives older than the entry are little endian.
    fn check_byte_order(&mut self) -> Result<(), String> {
        if self
            .zip
            .index_for_name(&format!("{}byteorder", self.folder))
            .is_none()
        {
            return Ok(());
        }
        let range = self.entry("byteorder")?;
        let order = self.source.read(range).map_err(|error| error.to_string())?;
        match &*order {
            b"little" => Ok(()),
            b"big" => Err("its byte order is `big`, only `little` is read".to_owned()),
            _ => Err("its byte order is neither `little` nor `big`".to_owned()),
        }
    }

    /// The byte range of an entry's content in the file.
    fn entry(&mut self, name: &str) -> Result<Range<usize>, String> {
        let name = format!("{}{name}", self.folder);
        let index = self.zip.index_for_name(&name);
        let index = index.ok_or_else(|| format!("the entry `{name}` is missing"))?;
        // Raw access: nothing is decompressed, so no entry is larger than its part of the file.
        let entry = self
            .zip
            .by_index_raw(index)
            .map_err(|error| error.to_string())?;
        if entry.compression() != CompressionMethod::Stored || entry.encrypted() {
            return Err(format!("the entry `{name}` is compressed or encrypted"));
        }
        let start = entry.data_start();
        let range = start.and_then(|start| {
            let start = usize::try_from(start).ok()?;
            let length = usize::try_from(entry.compressed_size()).ok()?;
            let end = start
                .checked_add(length)
                .filter(|&end| end <= self.source.len())?;
            Some(start..end)
        });
        range.ok_or_else(|| format!("the entry `{name}` reaches beyond the end of the file"))
    }

    fn layout(&mut self, view: &pickle::View<'_>) -> Result<Layout, String> {
        let storage = view.storage;
        let range = self.entry(&format!("data/{}", storage.key))?;
        if storage.elements.checked_mul(storage.dtype.size()) != Some(range.len()) {
            return Err(format!(
                "its storage `{}` claims {} elements of {} and has {} bytes",
                storage.key,
                storage.elements,
                storage.dtype,
                range.len()
            ));
        }
        locate(
            range,
            storage.dtype,
            view.offset,
            &view.shape,
            &view.strides,
        )
    }
}
