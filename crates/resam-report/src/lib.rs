//! What people look at of a training run.
//!
//! While it runs, a [`MetricsFile`] takes one JSON object a step and an [`EventFile`] the same
//! numbers for TensorBoard. When it is done, a [`Report`] becomes one HTML file that holds all that
//! it shows: scores, curves, and images with masks drawn on them ([`draw_panel`]).
//!
//! This crate knows nothing of tensors, models or data sets: it is handed names, numbers and
//! images. Nothing here panics; every error names the file or the panel.

mod axis;
mod curves;
mod error;
mod gallery;
mod html;
mod metrics;
mod numbers;
mod page;
mod panel;
mod report;
mod scores;
mod shown;
mod tensorboard;

pub use error::ReportError;
pub use metrics::MetricsFile;
pub use panel::draw_panel;
pub use report::{Chart, GalleryItem, Panel, Report, ScoreRow, Series};
pub use tensorboard::EventFile;
