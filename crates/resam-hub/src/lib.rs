//! Downloads pretrained Segment Anything weights by name, resumes interrupted downloads, and checks
//! length and SHA-256. Each model is kept once, in one folder for all programs.
//!
//! | item | what it is |
//! |---|---|
//! | [`catalogue`](catalogue()) | the models that can be downloaded |
//! | [`entry`] | a model of the catalogue by name, alias or file name |
//! | [`pull`](pull()) | download a model of the catalogue, or check the file that is there |
//! | [`pull_entry`] | the same for a model that is not in the catalogue |
//! | [`resolve`](resolve()) | a path or a model name to a file |
//! | [`find`] | the file of a downloaded model |
//! | [`pulled`] | all downloaded models, complete or not |
//! | [`home`](home()) | the folder of all files: `RESAM_HOME` or the cache folder of the platform |
//! | [`PullError`] | why a model could not be downloaded |
//!
//! ```
//! use resam_hub::{Entry, PullOptions, pull_entry};
//! # let folder = tempfile::tempdir()?;
//! # let (home, disk) = (folder.path().join("home"), folder.path().join("disk.pth"));
//! # std::fs::write(&disk, "the weights")?;
//!
//! let model = Entry {
//!     name: "example",
//!     aliases: &[],
//!     file_name: "example.pth",
//!     size: 11,
//!     sha256: "f38329d231164082b94f28edf29bff349b44403e09fc4057d65b31051f4ae6b5",
//!     licence: "Apache-2.0",
//!     good_for: "a test",
//!     image_milliseconds: None,
//!     page: "https://example.org",
//!     address: "https://example.org/example.pth",
//! };
//! let options = PullOptions {
//!     from: Some(disk.display().to_string()),
//!     ..PullOptions::at(&home)
//! };
//! let path = pull_entry(&model, &options, &mut |done, total| {
//!     println!("{done} of {total} bytes");
//! })?;
//! assert_eq!(std::fs::read(path)?, b"the weights");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The catalogue pins the length and the SHA-256 of each file. So the bytes may come from the
//! publisher, from a mirror or from a local file: other bytes are refused and removed. A file gets
//! the model's name only after all its bytes have been checked.
//!
//! # Limits
//!
//! It does not search the network for models, and it does not read the weights: `resam-checkpoint`
//! does.

mod catalogue;
mod client;
mod download;
mod error;
mod home;
mod lock;
mod part;
mod proxy;
mod pull;
mod resolve;
mod size;

pub use catalogue::{Entry, MEASURED_ON, catalogue, entry};
pub use error::PullError;
pub use home::{HOME_VARIABLE, NoHome, Pulled, find, folder, home, pulled};
pub use pull::{PullOptions, pull, pull_entry};
pub use resolve::{ResolveError, resolve};
pub use size::size_text;
