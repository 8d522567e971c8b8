//! An opened checkpoint.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::CheckpointError;
use crate::keys::{KeyStyle, published_name};
use crate::safetensors_file::Header;
use crate::sniff::{self, Kind};
use crate::source::Source;
use crate::tensor::{TensorInfo, to_f32};
use crate::{archive, safetensors_file};

/// The prefixes that wrappers put before every name: `DataParallel` and `torch.compile`.
const WRAPPER_PREFIXES: [&str; 2] = ["module.", "_orig_mod."];

/// The file format of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// A PyTorch `.pth` or `.pt`: a zip archive with a pickle.
    Pickle,
    /// A `.safetensors` file.
    Safetensors,
}

/// An open checkpoint. Every tensor was checked to lie within the file.
///
/// Tensors are read from the file when they are asked for. A file that becomes shorter meanwhile
/// gives an error then.
pub struct Checkpoint {
    path: PathBuf,
    source: Source,
    container: Container,
    key_style: KeyStyle,
    tensors: BTreeMap<String, TensorInfo>,
    metadata: BTreeMap<String, String>,
    checksum: Option<String>,
}

impl Checkpoint {
    /// Opens a `.pth`, `.pt` or `.safetensors` file. The format is detected from the content, not
    /// from the name.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`] when there is no such file, when it is not a checkpoint, when it is
    /// damaged or truncated, or when its pickle needs to run code.
    pub fn open(path: &Path) -> Result<Checkpoint, CheckpointError> {
        Checkpoint::read(path, Source::open(path)?)
    }

    /// Opens a checkpoint in memory. Errors call it `name`.
    ///
    /// # Errors
    ///
    /// As [`Checkpoint::open`].
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Checkpoint, CheckpointError> {
        let path = Path::new(name);
        if bytes.is_empty() {
            return Err(CheckpointError::Empty {
                path: path.to_owned(),
            });
        }
        Checkpoint::read(path, Source::Memory(bytes))
    }

    fn read(path: &Path, source: Source) -> Result<Checkpoint, CheckpointError> {
        let path = path.to_owned();
        let failed = |error| CheckpointError::Read {
            path: path.clone(),
            error,
        };
        let start = source.len().min(sniff::BYTES);
        let kind = sniff::kind(&source.read(0..start).map_err(failed)?);
        let (container, header) = match kind {
            Kind::Zip => {
                let header = Header {
                    tensors: archive::read(&path, &source)?,
                    metadata: BTreeMap::new(),
                    checksum: None,
                };
                (Container::Pickle, header)
            }
            Kind::Safetensors => match safetensors_file::read(&source) {
                Ok(header) => (Container::Safetensors, header),
                Err(reason) => return Err(CheckpointError::Safetensors { path, reason }),
            },
            Kind::Foreign { looks_like, hint } => {
                return Err(CheckpointError::NotACheckpoint {
                    path,
                    looks_like,
                    hint,
                });
            }
        };
        let Header {
            tensors: stored,
            metadata,
            checksum,
        } = header;
        if stored.is_empty() {
            return Err(CheckpointError::NoTensors {
                path,
                found: "an empty header".to_owned(),
            });
        }
        let (key_style, tensors) = publish(&path, &source, stored)?;
        Ok(Checkpoint {
            path,
            source,
            container,
            key_style,
            tensors,
            metadata,
            checksum,
        })
    }

    /// The path of the file, or the name given to [`Checkpoint::from_bytes`].
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file format.
    pub fn container(&self) -> Container {
        self.container
    }

    /// The naming scheme of the file. The methods of this type use published names in any case.
    pub fn key_style(&self) -> KeyStyle {
        self.key_style
    }

    /// The published names of all tensors, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Type and shape of a tensor, by its published name; `None` if the file does not have it.
    pub fn get(&self, name: &str) -> Option<&TensorInfo> {
        self.tensors.get(name)
    }

    /// The `__metadata__` of a safetensors file; empty for a PyTorch file.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// The checksum that the file has of itself, eight hexadecimal digits; all have one that this
    /// crate writes. A file with a wrong one is not opened.
    pub fn checksum(&self) -> Option<&str> {
        self.checksum.as_deref()
    }

    /// The elements of a floating point tensor in row-major order, converted to `f32`; `f64` is
    /// rounded to the nearest.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::UnknownTensor`], [`CheckpointError::NotFloatingPoint`] for integers and
    /// booleans, or [`CheckpointError::Read`].
    pub fn read_f32(&self, name: &str) -> Result<Vec<f32>, CheckpointError> {
        let tensor = self.find(name)?;
        let bytes = tensor
            .bytes(&self.source)
            .map_err(|error| self.refused(error))?;
        to_f32(&bytes, tensor.dtype).ok_or_else(|| CheckpointError::NotFloatingPoint {
            path: self.path.clone(),
            name: name.to_owned(),
            dtype: tensor.dtype,
        })
    }

    /// What the operating system says while the file is read.
    fn refused(&self, error: std::io::Error) -> CheckpointError {
        CheckpointError::Read {
            path: self.path.clone(),
            error,
        }
    }

    /// A tensor's elements in row-major order as little-endian bytes.
    ///
    /// The slice has no particular alignment.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::UnknownTensor`] or [`CheckpointError::Read`].
    pub fn bytes(&self, name: &str) -> Result<Cow<'_, [u8]>, CheckpointError> {
        let bytes = self.find(name)?.bytes(&self.source);
        bytes.map_err(|error| self.refused(error))
    }

    /// The number of floating point elements of all tensors, including buffers such as batch norm
    /// statistics.
    pub fn parameters(&self) -> u64 {
        let parameters = self
            .tensors
            .values()
            .filter(|tensor| tensor.dtype.is_float());
        // Many views of one storage could add up to any number.
        parameters.fold(0, |sum, tensor| {
            sum.saturating_add(tensor.elements() as u64)
        })
    }

    /// Whether the file is a LoRA adapter of Hugging Face's PEFT, which is not a model itself.
    ///
    /// The names of an adapter are given as they are stored.
    pub fn is_adapter(&self) -> bool {
        self.names()
            .any(|name| name.contains(".lora_A.") || name.contains(".lora_B."))
    }

    /// Size of the whole file in bytes.
    pub fn file_size(&self) -> u64 {
        self.source.len() as u64
    }

    /// The SHA-256 of the whole file in lower-case hexadecimal. Reads the whole file.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Read`].
    pub fn sha256(&self) -> Result<String, CheckpointError> {
        let mut hasher = Sha256::new();
        for piece in self.source.pieces() {
            hasher.update(piece.map_err(|error| self.refused(error))?);
        }
        let digest = hasher.finalize();
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn find(&self, name: &str) -> Result<&TensorInfo, CheckpointError> {
        self.tensors
            .get(name)
            .ok_or_else(|| CheckpointError::UnknownTensor {
                path: self.path.clone(),
                name: name.to_owned(),
                hint: if self.is_adapter() {
                    "this is a LoRA adapter, pass the model's own weights too"
                } else {
                    "is it a checkpoint of another model?"
                },
            })
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Checkpoint")
            .field("path", &self.path)
            .field("container", &self.container)
            .field("key_style", &self.key_style)
            .field("tensors", &self.tensors.len())
            .finish_non_exhaustive()
    }
}

/// Gives tensors their published names.
fn publish(
    path: &Path,
    source: &Source,
    mut stored: Vec<TensorInfo>,
) -> Result<(KeyStyle, BTreeMap<String, TensorInfo>), CheckpointError> {
    for prefix in WRAPPER_PREFIXES {
        if stored.iter().all(|tensor| tensor.name.starts_with(prefix)) {
            stored
                .iter_mut()
                .for_each(|tensor| drop(tensor.name.drain(..prefix.len())));
        }
    }
    let key_style = KeyStyle::of(stored.iter().map(|tensor| tensor.name.as_str()));
    if key_style == KeyStyle::HuggingFace {
        let names: BTreeSet<_> = stored.iter().map(|tensor| tensor.name.clone()).collect();
        for tensor in &mut stored {
            tensor.name = published_name(&tensor.name, &names);
        }
    }

    let mut tensors: BTreeMap<String, TensorInfo> = BTreeMap::new();
    for tensor in stored {
        if let Some(first) = tensors.get(&tensor.name) {
            // Hugging Face's two copies of the position matrix are one tensor.
            let same = is_same(first, &tensor, source).map_err(|error| CheckpointError::Read {
                path: path.to_owned(),
                error,
            })?;
            if !same {
                return Err(CheckpointError::Conflict {
                    path: path.to_owned(),
                    name: tensor.name.clone(),
                    first: first.stored_name.clone(),
                    second: tensor.stored_name,
                });
            }
            continue;
        }
        tensors.insert(tensor.name.clone(), tensor);
    }
    Ok((key_style, tensors))
}

fn is_same(first: &TensorInfo, second: &TensorInfo, source: &Source) -> std::io::Result<bool> {
    Ok(first.dtype == second.dtype
        && first.shape == second.shape
        && first.bytes(source)? == second.bytes(source)?)
}
