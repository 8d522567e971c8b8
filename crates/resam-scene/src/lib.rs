//! Prompts over a whole scene: objects share windows, masks are placed in the raster, and a run
//! that was stopped resumes.
//!
//! ```text
//! points -> gather_points -> PointedObject
//! PointedObject -> plan -> windows -> tile -> embedding (or from the cache) -> masks -> PlacedMask
//! PlacedMask at its window's edge -> requery -> merge -> SceneResult
//! ```
//!
//! | item | what it is |
//! |---|---|
//! | [`gather_points`] | points of a file to objects, in pixels of the raster |
//! | [`segment`], [`SegmentOptions`] | the object of each prompt |
//! | [`segment_all`], [`AutoOptions`] | all objects: SAM's automatic mask generation |
//! | [`plan`](plan()), [`windows`] | the windows of a run, with memory and time |
//! | [`SceneResult`], [`SegmentedObject`] | masks, scores, failures and counts |
//! | [`Source`], [`Model`] | the raster and the model: traits to implement |
//! | [`Cache`], [`Journal`], [`Stores`] | embeddings and answers on disk; the finished windows of a stopped run |
//! | [`Region`], [`inner_point`] | an area of interest, and which objects are in it |
//! | [`Observer`], [`Progress`] | progress, and the request to stop |
//! | [`Ground`] | from pixels to coordinates, areas and lengths |
//!
//! The crate reads any [`Source`] with any [`Model`]. Of a window it keeps only the masks as runs
//! ([`PlacedMask`]), so memory depends neither on the raster's size nor on the number of windows.
//! Coordinates are continuous pixels of the raster: `(0, 0)` is its top-left corner and `(0.5,
//! 0.5)` the centre of its first pixel.
//!
//! # Example
//!
//! A raster of 100 x 80 pixels with one white square, and a model that segments white pixels:
//!
//! ```
//! use image::{Rgb, RgbImage};
//! use resam_geo::{RasterError, Tile, Window};
//! use resam_mask::Bitmap;
//! use resam_scene::{
//!     Answer, Model, ModelError, PointedObject, Prompt, PromptPoint, SegmentOptions, Source, Stores,
//!     segment,
//! };
//!
//! struct Square;
//!
//! impl Source for Square {
//!     fn width(&self) -> u32 {
//!         100
//!     }
//!
//!     fn height(&self) -> u32 {
//!         80
//!     }
//!
//!     fn read(&self, window: Window, width: u32, height: u32) -> Result<Tile, RasterError> {
//!         let image = RgbImage::from_fn(width, height, |x, y| {
//!             let (x, y) = (window.x + i64::from(x), window.y + i64::from(y));
//!             Rgb([if (40..60).contains(&x) && (30..50).contains(&y) { 255 } else { 0 }; 3])
//!         });
//!         let valid = Bitmap::from_fn(width, height, |_, _| true).map_err(std::io::Error::other)?;
//!         Ok(Tile { image, valid })
//!     }
//! }
//!
//! struct White;
//!
//! impl Model for White {
//!     type Embedding = RgbImage;
//!
//!     fn input_size(&self) -> u32 {
//!         64
//!     }
//!
//!     fn identity(&self) -> String {
//!         "white pixels".into()
//!     }
//!
//!     fn encode(&self, tile: &RgbImage) -> Result<RgbImage, ModelError> {
//!         Ok(tile.clone())
//!     }
//!
//!     fn decode(
//!         &self,
//!         tile: &RgbImage,
//!         prompts: &[Prompt],
//!         _beside: &[PromptPoint],
//!         _size_prior_px: Option<f64>,
//!     ) -> Result<Vec<Answer>, ModelError> {
//!         let white = |x, y| tile.get_pixel(x, y).0[0] == 255;
//!         let mask = Bitmap::from_fn(tile.width(), tile.height(), white)?;
//!         let answer = Answer {
//!             mask,
//!             score: 1.0,
//!             stability: 1.0,
//!             consistency: 1.0,
//!             violates_prompts: false,
//!         };
//!         Ok(vec![answer; prompts.len()])
//!     }
//!
//!     fn embedding_to_bytes(&self, tile: &RgbImage) -> Result<Vec<u8>, ModelError> {
//!         Ok(tile.as_raw().clone())
//!     }
//!
//!     fn embedding_from_bytes(
//!         &self,
//!         bytes: &[u8],
//!         (width, height): (u32, u32),
//!     ) -> Result<RgbImage, ModelError> {
//!         RgbImage::from_raw(width, height, bytes.to_vec()).ok_or_else(|| "wrong size".into())
//!     }
//!
//!     fn bytes(&self) -> u64 {
//!         0
//!     }
//! }
//!
//! let object = PointedObject::new("1", vec![PromptPoint::positive(50.0, 40.0)]);
//! let options = SegmentOptions { margin: 8, ..SegmentOptions::default() };
//! let result = segment(&Square, &[object], &options, &White, &mut Stores::default(), &mut ())?;
//! assert_eq!(result.objects[0].mask.bounds(), [40, 30, 60, 50]);
//! assert_eq!(result.objects[0].mask.area(), 400);
//! assert_eq!(result.failures, []);
//! # Ok::<(), resam_scene::SceneError>(())
//! ```
//!
//! # Limits
//!
//! The crate has no model and no tensor library, and writes no result files. Masks become polygons
//! in `resam-polygon` and files in `resam-vector`.

mod answers;
mod auto;
mod cache;
mod clock;
mod cover;
mod edge_requery;
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
mod reader;
mod region;
mod result;
mod run;
mod source;
mod zoom;

pub use auto::{AutoOptions, segment_all};
pub use cache::{Cache, CacheKey};
pub use engine::Stores;
pub use error::SceneError;
pub use ground::Ground;
pub use journal::{ENDING as JOURNAL_ENDING, Journal, OnChange, describe_journal};
pub use merge::{Overlap, resolve, unite};
pub use model::{Answer, Model, ModelError, Pace};
pub use observer::{Observer, Progress};
pub use place::fills_image;
pub use plan::{Plan, PlannedWindow};
pub use prompts::{Gathered, gather_points};
pub use region::{Region, inner_point};
pub use resam_mask::{PlacedMask, Run};
pub use resam_prompt::{PointedObject, Prompt, PromptPoint};
pub use result::{Counts, Failure, Missing, SceneResult, SegmentedObject};
pub use run::{SegmentOptions, plan, segment, windows};
pub use source::Source;
