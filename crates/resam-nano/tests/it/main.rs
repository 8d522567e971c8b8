//! The built-in model, and what it was trained with.

mod model;
mod names;
mod pictures;
