//! A whole scene: windows that share encodings, masks made one across windows, and a run that
//! resumes.
//!
//! ```text
//! points -> gather_points -> PointedObject
//! PointedObject -> plan -> windows -> tile -> embedding (or from the cache) -> answers -> PlacedMask
//! PlacedMask at its window's edge -> asked again -> merge -> SceneResult
//! ```
//!
//! [`segment`] finds the object that each prompt points at, [`segment_all`] whatever there is. Both
//! work on any [`Source`] of pixels with any [`Model`], and both keep nothing of a window but its
//! masks as runs ([`PlacedMask`]), so that memory depends neither on the raster's size nor on how
//! many windows there are. Coordinates are continuous pixels of the raster: `(0, 0)` is its
//! top-left corner, `(0.5, 0.5)` the centre of its first pixel.

mod again;
mod auto;
mod cache;
mod cover;
mod engine;
mod error;
mod ground;
mod journal;
mod merge;
mod model;
mod observer;
mod place;
mod plan;
mod prompts;
mod result;
mod run;
mod source;
mod zoom;

pub use auto::{AutoOptions, segment_all};
pub use cache::{Cache, CacheKey};
pub use engine::Stores;
pub use error::SceneError;
pub use ground::Ground;
pub use journal::{Journal, OnChange};
pub use merge::Overlap;
pub use model::{Answer, Model, ModelError, Pace};
pub use observer::{Observer, Progress};
pub use plan::{Plan, PlannedWindow};
pub use prompts::{Gathered, gather_points};
pub use resam_mask::{PlacedMask, Run};
pub use resam_prompt::{PointedObject, Prompt, PromptPoint};
pub use result::{Counts, Failure, Missing, SceneResult, SegmentedObject};
pub use run::{SegmentOptions, plan, segment, windows};
pub use source::Source;
