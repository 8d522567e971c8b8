//! Which of a model's masks a prompt means: candidates, consistency, size prior and zoom.
//!
//! [`MaskSelection`] says how a mask is selected and gives the formula. A model is whatever
//! implements [`MaskSource`]; [`select`](fn@select) finds the mask of each prompt in one view, and
//! [`Zoom`] asks again about small objects. The crate has no tensor library: learning and answering
//! use the same code.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use resam_mask::{Bitmap, PixelBox};
//! use resam_select::{MaskPoint, MaskPoints, MaskSelection, MaskSource, ModelMask, select};
//!
//! /// A model with two masks for every prompt: of its left half, and of all that it sees.
//! struct Halves;
//!
//! fn rectangle(bounds: [f64; 4]) -> Bitmap {
//!     let bounds = PixelBox::new(bounds[0], bounds[1], bounds[2], bounds[3]);
//!     let inside = |x: u32, y: u32| bounds.contains(f64::from(x) + 0.5, f64::from(y) + 0.5);
//!     Bitmap::from_fn(8, 8, inside).expect("small")
//! }
//!
//! impl MaskSource for Halves {
//!     type Answer = ();
//!     type Error = Infallible;
//!
//!     fn all_masks(&self, prompts: &[usize]) -> Result<Vec<Vec<ModelMask<()>>>, Infallible> {
//!         let mask = |bitmap| ModelMask { bitmap, stability: 1.0, answer: () };
//!         let whole = rectangle([0.0, 0.0, 8.0, 8.0]);
//!         let masks = [whole, rectangle([0.0, 0.0, 4.0, 8.0])].map(mask);
//!         Ok(prompts.iter().map(|_| masks.to_vec()).collect())
//!     }
//!
//!     fn box_masks(&self, boxes: &[PixelBox]) -> Result<Vec<Bitmap>, Infallible> {
//!         let boxes = boxes.iter();
//!         Ok(boxes.map(|b| rectangle([b.x0, b.y0, b.x1, b.y1])).collect())
//!     }
//! }
//!
//! // A positive point on the left half, and a negative one on the right half.
//! let point = |x: u32, positive| MaskPoint {
//!     position: [f64::from(x) + 0.5, 4.5],
//!     pixel: Some([x, 4]),
//!     positive,
//! };
//! let points = MaskPoints {
//!     of_prompts: vec![vec![point(2, true), point(6, false)]],
//!     beside: Vec::new(),
//! };
//! let Ok(selected) = select(&Halves, &[0], &points, &MaskSelection::default(), None);
//! // The whole holds the negative point: the left half is meant.
//! assert_eq!(selected[0].chosen, 1);
//! assert_eq!(selected[0].candidate.area, 32);
//! ```

mod candidate;
mod choose;
mod selection;
mod size_prior;
mod source;
pub mod zoom;

pub use candidate::{Candidate, stability};
pub use choose::{choose, is_zoom_meant};
pub use selection::{MaskSelection, SelectionMode};
pub use size_prior::{Median, SizePrior, log_area, median};
pub use source::{MaskPoint, MaskPoints, MaskSource, ModelMask, PromptMasks, Selected, select};
pub use zoom::{Seen, Zoom};
