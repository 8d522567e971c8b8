//! Adapts the Segment Anything model to imagery from points alone: ReSAM (arXiv 2511.21606).
//!
//! | file | idea |
//! |---|---|
//! | [`losses`] | what a predicted mask is judged by: focal, dice, predicted quality |
//! | [`memory`] | the peak memory of a step, said before it |
//! | [`reinforce`] | the soft semantic alignment of two views |

pub mod losses;
pub mod memory;
pub mod reinforce;

pub use losses::{MaskLosses, mask_losses};
pub use memory::{Step, StepMemory, step_memory};
pub use reinforce::{alignment, box_features};
