//! What this crate promises, as statements.

mod attributes;
mod point_file;
mod shared_rules;
