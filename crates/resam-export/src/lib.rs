//! The result of a segmentation, and the formats that it is written in.
//!
//! A [`Segmentation`] is the one result for a plain image and a scene: the objects, what was asked,
//! what could not be done. It is written as one file, whose [`Format`] the ending tells: polygons
//! with attributes (`.gpkg`, `.geojson`, `.fgb`), COCO annotations (`.json`), a label image
//! (`.tif`) or a picture to look at (`.png`). [`Segmentation::to_json`] is for programs, and a
//! [`RunRecord`] beside the output says how it came about.
//!
//! ```
//! use resam_export::{Cleaning, ImageReference, Segmentation};
//! use resam_mask::Bitmap;
//! use resam_scene::{Counts, PlacedMask, PointedObject, PromptPoint, SegmentedObject};
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("objects.geojson");
//!
//! let roof = PointedObject {
//!     id: "roof".into(),
//!     points: vec![PromptPoint { x: 21.5, y: 11.5, positive: true }],
//!     ..PointedObject::default()
//! };
//! let mask = Bitmap::from_fn(4, 3, |_, _| true)?;
//! let object = SegmentedObject {
//!     id: 1,
//!     prompts: vec![0],
//!     mask: PlacedMask::new(&mask, 20, 10).ok_or("an empty mask")?,
//!     score: 0.9,
//!     stability_score: 0.95,
//!     scale: 1.0,
//!     truncated: false,
//! };
//! let segmentation = Segmentation {
//!     image: ImageReference::plain("harbour.jpg".as_ref(), 100, 80),
//!     model: "nano".into(),
//!     prompts: vec![roof],
//!     objects: vec![object],
//!     failures: Vec::new(),
//!     counts: Counts::default(),
//!     cleaning: Cleaning::default(),
//! };
//! segmentation.write(&path)?;
//!
//! let json = segmentation.to_json();
//! assert_eq!(json["objects"][0]["prompts"][0], "roof");
//! assert_eq!(json["objects"][0]["bbox"], serde_json::json!([20, 10, 4, 3]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every file appears whole or not at all ([`resam_files::write_atomically`]), and the same input
//! gives the same bytes. Nothing here panics; every error names the file or the object.
//!
//! Pixel coordinates are continuous: (0, 0) is the top-left corner of the image, `x` grows to the
//! right and `y` downwards, and the centre of the first pixel is (0.5, 0.5).

mod clean;
mod coco;
mod error;
mod format;
mod json;
mod labels;
mod layer;
mod overlay;
mod run_record;
mod segmentation;

pub use clean::{CleanOptions, Cleaning, RemovalReason, RemovedObject};
pub use error::OutputError;
pub use format::Format;
pub use layer::layer;
pub use overlay::{ColourBy, DrawnObject, OverlayOptions, PromptMarks, draw};
pub use run_record::{RUN_RECORD_NAME, RunRecord, Weights, record_path, recorded_command};
pub use segmentation::{ImageReference, Segmentation, WriteOptions, Written};
