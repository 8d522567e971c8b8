//! Files and folders that appear whole or not at all.
//!
//! Whatever resam leaves behind is written under a temporary name in the folder where it belongs,
//! and is given its name when it is whole.
//!
//! - [`write_atomically`]: a file whose content a function writes.
//! - [`check_apart`]: whether an output is an input, or another output, by whatever path.
//! - [`check_writable`]: whether a file could be written, asked before long work.
//! - [`UnfinishedFolder`]: a folder that is filled and then given its name.
//! - [`Unfinished`]: the open file under a temporary name, for who seeks in it or writes it piece
//!   by piece. Its errors are those of the operating system, without a path.
//! - [`remove_strays`]: what runs that were killed left under such names.
//! - [`remove_abandoned`]: the same where others may write at the time.
//! - [`lock_holder`]: which process holds a lock.
//! - [`disk`]: files that are written in place, and everything else that changes the disk.
//! - [`FolderLock`]: one run at a time in a folder.
//! - [`open_regular`], [`read_bounded`]: inputs, which are regular files of a bounded size.
//!
//! The errors of all others name the file that was asked for: see [`FileError`].
//!
//! ```
//! use std::io::Write;
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("objects.json");
//!
//! resam_files::check_writable(&path)?;
//! resam_files::write_atomically(&path, |file| file.write_all(b"[]"))?;
//! assert_eq!(std::fs::read(&path)?, b"[]");
//!
//! let refused = resam_files::write_atomically(&path, |_| Err(std::io::Error::other("no more")));
//! assert!(refused.unwrap_err().to_string().contains("objects.json: cannot be written: no more"));
//! assert_eq!(std::fs::read(&path)?, b"[]", "what was there before stays");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apart;
mod atomic;
pub mod disk;
mod error;
#[cfg(feature = "fault-injection")]
pub mod faults;
mod folder;
mod holder;
mod input;
mod lock;
mod strays;
mod unfinished;

pub use apart::check_apart;
pub use atomic::{check_writable, write_atomically};
pub use error::FileError;
pub use folder::UnfinishedFolder;
pub use holder::lock_holder;
pub use input::{check_regular, open_regular, read_bounded};
pub use lock::{FolderLock, LockError};
pub use strays::{remove_abandoned, remove_strays};
pub use unfinished::{Unfinished, is_unfinished};
