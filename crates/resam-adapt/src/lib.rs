//! Adapts the Segment Anything model to imagery from points alone: ReSAM (arXiv 2511.21606).
//!
//! | file | idea |
//! |---|---|
//! | [`recipe`] | every number and every switch of the method |
//! | [`example`] | what the method is given: an image and the points on it |
//! | [`views`] | a weak and a strong look at it |
//! | [`choose`] | which of the model's masks a point means |
//! | [`usual`] | the size that objects have in images of a kind |
//! | [`closer`] | a second look at what is small, at twice the scale |
//! | [`refine`] | of a coarse mask, what is certain and no other instance claims |
//! | [`requery`](mod@requery) | the box of that goes back to the model |
//! | [`reinforce`] | the soft semantic alignment of two views |
//! | [`losses`] | what a predicted mask is judged by: focal, dice, predicted quality |
//! | [`step`] | one image: labels from the weak view, a lesson on the strong one |
//! | [`kept`] | what is the same at each look at an image, made once |
//! | `lesson` | a visit of an image as far as nothing changes by it, on one device |
//! | [`trainer`] | the loop |
//! | [`checkpoint`] | the whole state of a run in one file |
//! | [`trained`] | all that trains, by name |
//! | [`answer`] | the loop at inference |
//! | [`memory`] | the peak memory of a step, said before it |
//! | [`draws`] | random numbers that belong to a purpose, not to a moment |

pub mod answer;
pub mod checkpoint;
pub mod choose;
pub mod closer;
pub mod draws;
pub mod example;
pub mod kept;
mod lesson;
pub mod losses;
pub mod memory;
pub mod recipe;
pub mod refine;
pub mod reinforce;
pub mod requery;
pub mod step;
pub mod trained;
pub mod trainer;
pub mod usual;
pub mod views;

pub use answer::{Answering, Found, requery};
pub use checkpoint::{Plan, State, StateError};
pub use example::{Example, ExampleInstance, Examples};
pub use losses::{MaskLosses, mask_losses, quality_loss};
pub use memory::{Step, StepMemory, step_memory};
pub use recipe::{Choice, Recipe};
pub use reinforce::{alignment, box_features};
pub use trainer::{Position, Trainer, Visit};
