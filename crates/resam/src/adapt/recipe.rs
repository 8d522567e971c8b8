//! Recipes: every number and switch of the method, and as files.

pub use resam_adapt::recipe::*;
pub use resam_train::recipe_file::{read_over, reference_page, to_toml};
