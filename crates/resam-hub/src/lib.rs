//! Pretrained weights by name: fetched from their publishers, resumed, checked, kept.
//!
//! A model in the [`catalogue`] has a pinned length and SHA-256, so it does not matter where its
//! bytes come from: the publisher's address, a mirror, or a file from a colleague's disk. Whatever
//! differs is refused and removed, and nothing has the model's name until all of it is checked.
//!
//! Models are kept in one folder, [`home`]: `RESAM_HOME`, or else the cache folder of the platform.
//! From there [`resolve`] finds them again, so that a name can stand wherever a file can.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = resam_hub::PullOptions::at(resam_hub::home()?);
//! let path = resam_hub::pull("mobile-sam", &options, &mut |done, total| {
//!     println!("{done} of {total} bytes");
//! })?;
//! assert_eq!(resam_hub::find("mobile-sam", &options.home), Some(path));
//! # Ok(())
//! # }
//! ```

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
