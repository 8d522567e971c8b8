//! The records of a training run: a JSON Lines file of metrics, event files for TensorBoard, and
//! one HTML page with scores, curves and images. It knows no tensors, models or data sets: it is
//! given names, numbers and images.
//!
//! | item | what it is |
//! |---|---|
//! | [`MetricsFile`] | append one JSON object a step; resume after an interruption |
//! | [`EventFile`] | the same numbers for TensorBoard |
//! | [`Report`] | one self-contained HTML page about a finished run |
//! | [`Table`] | numbers on the page |
//! | [`GalleryItem`] | a picture with masks and points on it, two answers at a time |
//! | [`ReportError`] | what could not be read, encoded or written |
//!
//! ```
//! use resam_report::{Chart, MetricsFile, Report, Series};
//! # let folder = tempfile::tempdir()?;
//! # let metrics = folder.path().join("metrics.jsonl");
//! # let page = folder.path().join("report.html");
//!
//! let mut file = MetricsFile::create(&metrics)?;
//! file.append(&serde_json::json!({ "step": 1, "loss": 0.8 }))?;
//! file.append(&serde_json::json!({ "step": 2, "loss": 0.5 }))?;
//!
//! let records = MetricsFile::read(&metrics)?;
//! let points = records.iter().filter_map(|record| {
//!     Some((record["step"].as_f64()?, record["loss"].as_f64()?))
//! });
//! let loss = Series { name: "loss".into(), points: points.collect() };
//! let report = Report {
//!     title: "Two steps".into(),
//!     curves: vec![Chart {
//!         title: "Loss".into(),
//!         x_label: "step".into(),
//!         y_label: "loss".into(),
//!         series: vec![loss],
//!     }],
//!     ..Report::default()
//! };
//! report.write(&page)?;
//! assert!(std::fs::read_to_string(&page)?.contains("Two steps"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The page refers to no other file; its content security policy lets it load nothing and run its
//! own script alone. Without the script it can be read whole. No function panics; every error names
//! the file or the picture.
//!
//! # Limits
//!
//! It does not compute scores (`resam-eval` does) and does not start a web server.

mod axis;
mod curves;
mod error;
mod gallery;
mod html;
mod metrics;
mod numbers;
mod page;
mod report;
mod shown;
mod table;
mod tensorboard;

pub use error::ReportError;
pub use metrics::MetricsFile;
pub use report::{
    Chart, FactGroup, GalleryItem, GallerySection, Layer, Report, Series, Tone, Verdict,
};
pub use table::{Cell, Row, Table};
pub use tensorboard::EventFile;
