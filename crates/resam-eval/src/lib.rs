//! The published scores of point-prompted segmentation.
//!
//! ReSAM is scored one instance at a time: each predicted mask is compared with the true mask of
//! the instance that prompted it. The scores are averaged over the instances of each image and
//! then over the images, so an image counts the same however many instances it has.
//!
//! ```
//! use resam_eval::Accumulator;
//! use resam_mask::Bitmap;
//!
//! let truth = Bitmap::from_fn(4, 4, |x, _| x < 2)?;
//! let predicted = Bitmap::from_fn(4, 4, |x, _| x < 1)?;
//! let mut scores = Accumulator::new();
//! scores.add("harbour.png", "ship", 1, &predicted, &truth)?;
//! let summary = scores.summary().expect("one instance was added");
//! assert_eq!((summary.iou, summary.precision, summary.recall), (0.5, 1.0, 0.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accumulator;
pub mod evaluate;
mod scores;

pub use accumulator::{Accumulator, ClassSummary, EvalError, Summary};
pub use evaluate::{Evaluation, Prompting, evaluate};
pub use scores::{ImageScore, Scores};
