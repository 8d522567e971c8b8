//! A run of adaptation: what lies between the method (`resam-adapt`), the data (`resam-data`) and the
//! command line.

mod clock;
pub mod demo;
pub mod error;
pub mod folder;
pub mod gallery;
pub mod measure;
pub mod pace;
pub mod picture;
pub mod run;
pub mod scene_model;
pub mod scene_points;
pub mod scene_source;
pub mod settings;
pub mod source;

pub use error::RunError;
pub use folder::Folder;
pub use measure::{Measure, measure};
pub use run::{Observer, Outcome, Progress, Settings, adapt};
pub use scene_points::ScenePoints;
pub use scene_source::{PointedScenes, Unused};
pub use source::{PointedImages, Points};
