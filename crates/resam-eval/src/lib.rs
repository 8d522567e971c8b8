//! Scores of prompted segmentation as the ReSAM paper (arXiv 2511.21606) reports them: IoU, F1,
//! precision and recall of each instance. They are averaged over the instances of each image and
//! then over the images, so every image counts the same.
//!
//! | item | what it is |
//! |---|---|
//! | [`evaluate`](evaluate()) | scores a model on a data set |
//! | [`Prompting`] | the prompts: points of a file, drawn points, or true boxes |
//! | [`Evaluation`] | scores, a row for each instance, and CSV |
//! | [`Accumulator`] | collects the scores of masks that were made elsewhere |
//! | [`Scores`] | IoU, F1, precision and recall of one mask |
//! | [`Summary`], [`ImageScore`], [`ClassSummary`] | means: over images, of an image, of a category |
//! | [`EvalError`], [`evaluate::EvaluateError`] | why an instance or a data set could not be scored |
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
//!
//! Each predicted mask is compared with the true mask of the instance that prompted it. Masks have
//! the size of their image in pixels, and scores are from 0 to 1. The order in which instances are
//! added does not change the result, not even in its last digit.
//!
//! # Limits
//!
//! It does not compute average precision or panoptic quality: prompted masks are already matched to
//! their instances. It draws no curves and reads no configuration.

mod accumulator;
pub mod evaluate;
mod scores;

pub use accumulator::{Accumulator, ClassSummary, EvalError, Summary};
pub use evaluate::{Evaluation, Prompting, evaluate};
pub use scores::{ImageScore, Scores};
