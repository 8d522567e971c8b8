//! Segment overhead imagery from points, and adapt Segment Anything to it.
//!
//! This is the engine: whatever the command line `resam` does is a call of this crate.
//!
//! | call | what it does |
//! |---|---|
//! | [`Model::load`] | loads weights and an adapter |
//! | [`Scene::open`], [`points::read`] | an image or a scene, and the points on it |
//! | [`Model::segment`] | the object of each point, on an image and on a scene alike |
//! | [`Model::segment_everything`] | whatever there is, without points |
//! | [`adapt()`] | an adapter from points alone |
//! | [`Model::evaluate`] | IoU, F1, precision and recall on a data set with true masks |
//! | [`SegmentJob`] | from files to files, with a journal: what the command line runs |
//!
//! Long work takes an [`Observer`], which is told of progress and can ask for a stop. There is one
//! [`Error`], whose [`kind`](Error::kind) gives the exit code. Nothing here prints.
//!
//! Coordinates are continuous pixels: `(0, 0)` is the top-left corner of an image, `(0.5, 0.5)` the
//! centre of its first pixel. Points on the map are in any CRS.
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! # let data = resam::demo::prepare(folder, 0)?;
//! # let (scene_file, points_file) = (data.scene.image, data.scene.points);
//! let model = resam::Model::load("nano", None)?; // a name, a path, or the built-in "nano"
//! let scene = resam::Scene::open(scene_file)?;
//! let points = resam::points::read(points_file)?;
//! let options = resam::SegmentOptions::default();
//! let found = model.segment(&scene, &points, &options, &mut resam::Silent)?;
//! found.write(folder.join("objects.gpkg"))?;
//! assert_eq!(found.objects.len() + found.failures.len(), found.prompts.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod adapt;
mod dataset;
pub mod demo;
mod describe;
pub mod disk_usage;
mod error;
pub mod evaluate;
pub mod expect;
mod file_kind;
mod input;
pub mod machine;
mod model;
pub mod nano;
mod observer;
pub mod outputs;
mod pace;
mod placement;
pub mod points;
pub mod record;
mod scene;
mod scene_model;
pub mod segment;
pub mod stopwatch;
pub mod workload;

pub use adapt::{AdaptOptions, Budget, TrainingSource, adapt};
pub use dataset::{BenchmarkPart, DatasetOptions};
pub use describe::Description;
pub use error::{Error, ErrorKind, InputError, Result};
pub use evaluate::{EvaluateOptions, PromptSource};
pub use file_kind::FileKind;
pub use input::InputSettings;
pub use model::{
    BUILT_IN, Model, ModelOptions, SelectionOptions, WEIGHTS_ENDINGS, built_in_sha256,
    check_weights_output, open_weights, open_weights_for_work,
};
pub use observer::{Observer, Progress, Silent};
pub use placement::{Ambiguous, Coordinates, WithoutPlace};
pub use points::{Points, PointsOptions};
pub use resam_adapt::Recipe;
pub use resam_crs::Crs;
pub use resam_data::layouts::{Scene as Subset, Split};
pub use resam_eval::Evaluation;
pub use resam_export::{
    CleanOptions, Cleaning, ColourBy, Format, OverlayOptions, Segmentation, WriteOptions,
};
pub use resam_files as files;
pub use resam_geo::{Exif, Nodata, PictureOptions, Stretch};
pub use resam_mask::Parts;
pub use resam_prompt::{Notice, Notices, PointedObject, Prompt, PromptPoint, Weight};
pub use resam_sam::Precision;
pub use resam_scene::Overlap;
pub use resam_select::{MaskSelection, SelectionMode};
pub use resam_train::{Start, TrainingResult};
pub use scene::Scene;
pub use segment::{AutomaticOptions, CacheOptions, OutputOptions, SegmentJob, SegmentOptions};
