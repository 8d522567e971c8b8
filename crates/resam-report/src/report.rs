//! The contents of a report.

use std::path::Path;

use image::RgbImage;
use resam_files::write_atomically;

use crate::{ReportError, page};

/// The contents of the page about a finished run. Empty parts are left out.
#[derive(Debug, Default, Clone)]
pub struct Report {
    /// The heading.
    pub title: String,
    /// One paragraph about the run and its result.
    pub summary: String,
    /// The settings of the run as names and values: weights, images, iterations, seed, ...
    pub facts: Vec<(String, String)>,
    /// Scores before and after the run.
    pub scores: Vec<ScoreRow>,
    /// Charts of the metrics during the run.
    pub curves: Vec<Chart>,
    /// Images to compare by eye.
    pub gallery: Vec<GalleryItem>,
    /// Remarks, one sentence each: skipped images, skipped updates, ...
    pub notes: Vec<String>,
}

/// A score before and after a run.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// The name of the score, with its unit if it has one.
    pub measure: String,
    /// The score before the run. `None` and numbers that are not finite are shown as a dash.
    pub before: Option<f64>,
    /// The score after the run, as `before`.
    pub after: Option<f64>,
    /// Whether a larger number is better.
    pub higher_is_better: bool,
    /// The number of decimals to show.
    pub digits: usize,
}

/// A chart: one or more series with common axes.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Chart {
    /// What the chart shows.
    pub title: String,
    /// The label of the horizontal axis, with its unit.
    pub x_label: String,
    /// The label of the vertical axis, with its unit.
    pub y_label: String,
    /// The series, each in a colour of its own.
    pub series: Vec<Series>,
}

/// One line of a chart.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Series {
    /// The name in the legend.
    pub name: String,
    /// Points `(x, y)` in the order of the line. Points that are not finite are left out, and the
    /// chart says how many. A long series is drawn with the minima and maxima of short intervals.
    pub points: Vec<(f64, f64)>,
}

/// Panels side by side that show the same place.
#[derive(Debug, Default, Clone)]
pub struct GalleryItem {
    /// The name of the place, such as that of the image.
    pub title: String,
    /// A remark, such as the score of the image.
    pub note: String,
    /// The panels, from left to right.
    pub panels: Vec<Panel>,
}

/// One image of a gallery.
#[derive(Debug, Default, Clone)]
pub struct Panel {
    /// What the image shows.
    pub caption: String,
    /// The image, 8-bit RGB. It is scaled down to at most 480 pixels a side.
    pub image: RgbImage,
}

impl Report {
    /// The report as one HTML page without scripts and without references to other files.
    ///
    /// # Errors
    /// [`ReportError`] if an image cannot be encoded.
    pub fn to_html(&self) -> Result<String, ReportError> {
        page::page(self)
    }

    /// Writes the page, whole or not at all; an existing file is replaced.
    ///
    /// # Errors
    /// [`ReportError`] if an image cannot be encoded or the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), ReportError> {
        let html = self.to_html()?;
        write_atomically(path.as_ref(), |file| file.write_all(html.as_bytes()))?;
        Ok(())
    }
}
