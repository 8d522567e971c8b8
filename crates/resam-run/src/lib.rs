//! A run of adaptation: what lies between the method (`resam-adapt`), the data (`resam-data`) and the
//! command line.

mod clock;
pub mod demo;
pub mod error;
pub mod folder;
pub mod gallery;
pub mod measure;
pub mod pace;
pub mod run;
pub mod scene_model;
pub mod scene_pictures;
pub mod settings;
pub mod source;

pub use error::RunError;
pub use folder::Folder;
pub use measure::{Measure, measure};
pub use run::{Observer, Outcome, Progress, Settings, adapt};
pub use source::{PointedImages, Points};
