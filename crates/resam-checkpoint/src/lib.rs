//! Reads and writes `.pth` and `.safetensors` checkpoints of Segment Anything models. It never runs
//! code from a checkpoint, and it checks every size against the file before it allocates.
//!
//! | item | what it is |
//! |---|---|
//! | [`Checkpoint`] | open a file or bytes; list, describe and read tensors |
//! | [`write_safetensors`] | write tensors and metadata as one safetensors file |
//! | [`convert`](convert()) | write a checkpoint again as `F32`, `F16` or `BF16` |
//! | [`replace`](replace()) | write a checkpoint again with some tensors replaced |
//! | [`CheckpointError`] | what is wrong with a file, and what to do about it |
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use resam_checkpoint::{Checkpoint, Dtype, TensorToWrite, convert, write_safetensors};
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("weights.safetensors");
//! # let half = folder.path().join("half.safetensors");
//!
//! let name = "image_encoder.pos_embed";
//! let positions = TensorToWrite::from_f32(name, &[1, 1, 2, 2], &[0.5, -1.0, 0.25, 2.0]);
//! write_safetensors(&path, &[positions], &BTreeMap::new())?;
//!
//! let checkpoint = Checkpoint::open(&path)?;
//! assert_eq!(checkpoint.names().collect::<Vec<_>>(), [name]);
//! assert_eq!(checkpoint.get(name).expect("it is listed").shape, [1, 1, 2, 2]);
//! assert_eq!(checkpoint.read_f32(name)?, [0.5, -1.0, 0.25, 2.0]);
//!
//! let conversion = convert(&checkpoint, Dtype::F16, &half)?;
//! assert_eq!((conversion.tensors, conversion.largest_rounding), (1, 0.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A `.pth` file holds a pickle, and a pickle is a program: unpickling a file from a stranger can
//! run any code. This crate interprets only the pickle instructions that describe tensors, and
//! refuses all others by name. It checks sizes, offsets, shapes and strides against the bytes of
//! the file. A damaged or hostile file gives an error, not a crash.
//!
//! Opening a file of several gigabytes takes milliseconds: only the tensors that are read come from
//! disk. Files are not mapped into memory, so that one which is cut while it is used is an error
//! and not the end of the process.
//!
//! Files that this crate writes have a checksum of their own, the metadata key `resam_crc32c`: the
//! CRC-32C of the whole file, with the digits of the sum as zeros. It is checked when the file is
//! opened.
//!
//! Tensor names are those of the published checkpoints of Meta and MobileSAM. The names of Hugging
//! Face's `SamModel` are translated when a file is opened.
//!
//! # Limits
//!
//! It does not read the format that PyTorch wrote before version 1.6, TorchScript archives, or
//! quantised and sparse tensors. It knows nothing of the model's
//! layers: that is `resam-sam`.

mod archive;
mod checkpoint;
mod checksum;
mod convert;
mod error;
mod keys;
#[doc(hidden)]
pub mod pickle;
mod pth_file;
mod replace;
mod safetensors_file;
mod sniff;
mod source;
mod state_dict;
mod tensor;
mod write;

pub use checkpoint::{Checkpoint, Container};
pub use convert::{Conversion, convert};
pub use error::CheckpointError;
pub use keys::KeyStyle;
pub use pickle::PickleError;
pub use replace::replace;
pub use tensor::{Dtype, TensorInfo};
pub use write::{TensorToWrite, write_safetensors};
