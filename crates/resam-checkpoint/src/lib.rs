//! Reads `.pth` and `.safetensors` checkpoints of Segment Anything models without running or
//! trusting them.
//!
//! A PyTorch checkpoint is a pickle, and a pickle is a program: unpickling one from a stranger can
//! run anything. This crate reads the few instructions that describe tensors and refuses the rest
//! by name. Whatever the file claims (sizes, offsets, shapes, strides) is checked against the bytes
//! that are there before anything is allocated, so a damaged or hostile file is an error and never
//! a crash.
//!
//! Files are mapped, not read: opening a checkpoint of gigabytes costs milliseconds, and only the
//! tensors that are asked for come from disk.
//!
//! ```no_run
//! # fn main() -> Result<(), resam_checkpoint::CheckpointError> {
//! let checkpoint = resam_checkpoint::Checkpoint::open("sam_vit_b.pth".as_ref())?;
//! for name in checkpoint.names() {
//!     let tensor = checkpoint.get(name).expect("names() lists what get() finds");
//!     println!("{name} {} {:?}", tensor.dtype, tensor.shape);
//! }
//! let position = checkpoint.read_f32("image_encoder.pos_embed")?;
//! # Ok(())
//! # }
//! ```
//!
//! Names are always those of the published checkpoints (Meta's and MobileSAM's); a file with the
//! names of Hugging Face's `SamModel` is translated while it is opened.

mod archive;
mod checkpoint;
mod convert;
mod error;
mod keys;
#[doc(hidden)]
pub mod pickle;
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
