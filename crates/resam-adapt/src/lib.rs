//! Adapts the Segment Anything model to imagery from points alone: ReSAM (arXiv 2511.21606).
//!
//! | file | idea |
//! |---|---|
//! | [`recipe`] | every number and every switch of the method |
//! | [`example`] | what the method is given: an image and the points on it |
//! | [`views`] | a weak and a strong view of it |
//! | [`labels`] | pseudo-labels from the points of an image |
//! | [`size_prior`] | the size that objects have in images of a kind, and how consistent their labels are |
//! | [`zoom`] | labels of small objects, at twice the scale |
//! | [`refine`] | of a coarse mask, what the model is certain of and no other instance claims |
//! | [`requery`] | the box of that goes back to the model |
//! | [`reinforce`] | the soft semantic alignment of two views |
//! | [`losses`] | the losses of a mask: focal, dice, predicted IoU |
//! | [`step`] | what is learnt from the labels of one image |
//! | [`feature_cache`] | what is the same at each iteration on a view, computed once |
//! | `worker` | an iteration as far as the model does not change by it, on one device |
//! | [`trainer`] | the loop |
//! | [`progress`] | where a run is, and all that it goes on from |
//! | [`checkpoint`] | the whole state of a run in one file |
//! | [`trained`] | all that trains, by name |
//! | [`answer`](mod@answer) | the loop at inference |
//! | [`memory`] | the peak memory of a step, said before it |
//! | [`draws`] | random numbers that belong to a purpose, not to a moment |
//!
//! Which of the model's masks a point means is decided by [`resam_select`], while learning and
//! while answering.

pub mod answer;
pub mod checkpoint;
pub mod draws;
pub mod error;
pub mod example;
pub mod feature_cache;
pub mod labels;
pub mod losses;
pub mod memory;
pub mod progress;
mod read;
pub mod recipe;
pub mod refine;
pub mod reinforce;
pub mod requery;
pub mod size_prior;
pub mod step;
pub mod trained;
pub mod trainer;
pub mod views;
mod worker;
pub mod zoom;

pub use answer::{Question, SelectedPrediction, answer};
pub use checkpoint::StateError;
pub use error::IterationError;
pub use example::{Example, ExampleInstance, Examples};
pub use labels::{EncodedView, LabelContext, PseudoLabels};
pub use losses::{MaskLosses, iou_loss, mask_losses};
pub use memory::{Step, StepMemory, step_memory};
pub use progress::{Iteration, Position, State, TrainingPlan};
pub use recipe::Recipe;
pub use reinforce::{alignment, box_features};
pub use trainer::{Trainer, TrainerOptions};
