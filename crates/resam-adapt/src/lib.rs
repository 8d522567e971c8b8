//! Adapts the Segment Anything model to imagery from points alone: ReSAM (arXiv 2511.21606).
//!
//! | file | idea |
//! |---|---|
//! | [`losses`] | what a predicted mask is judged by: focal, dice, predicted quality |
//! | [`reinforce`] | the soft semantic alignment of two views |

pub mod losses;
pub mod reinforce;

pub use losses::{MaskLosses, mask_losses};
pub use reinforce::{alignment, box_features};
