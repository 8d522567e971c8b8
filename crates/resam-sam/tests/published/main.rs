//! The model against the published modules, and what it refuses.

mod common;
mod devices;
mod golden;
mod loading;
mod minisam;
mod other_sizes;
mod parts;
mod pre_and_postprocessing;
mod training;
