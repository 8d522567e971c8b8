//! The records of a training run: a JSON Lines file of metrics, event files for TensorBoard, and
//! one HTML page with scores, curves and images. It knows no tensors, models or data sets: it is
//! given names, numbers and images.
//!
//! | item | what it is |
//! |---|---|
//! | [`MetricsFile`] | append one JSON object a step; resume after an interruption |
//! | [`EventFile`] | the same numbers for TensorBoard |
//! | [`Report`] | one self-contained HTML page about a finished run |
//! | [`draw_panel`] | an image with masks and points drawn on it, for the page |
//! | [`ReportError`] | what could not be read, encoded or written |
//!
//! ```
//! use resam_report::{Chart, MetricsFile, Report, ScoreRow, Series};
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
//!     scores: vec![ScoreRow {
//!         measure: "IoU".into(),
//!         before: Some(0.58),
//!         after: Some(0.69),
//!         higher_is_better: true,
//!         digits: 2,
//!     }],
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
//! The page refers to no other file and runs no script. No function panics; every error names the
//! file or the panel.
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
