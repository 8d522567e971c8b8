//! What a report is made of.

use std::path::Path;

use image::RgbImage;
use resam_export::write_atomically;

use crate::{ReportError, page};

/// All that the page of a finished run shows. Parts that are empty are left out.
#[derive(Debug, Default, Clone)]
pub struct Report {
    /// The heading.
    pub title: String,
    /// One paragraph that says what was done and what came out.
    pub summary: String,
    /// What the run was made with, as names and values: weights, images, steps, seed, ...
    pub facts: Vec<(String, String)>,
    /// Scores before and after the run.
    pub scores: Vec<ScoreRow>,
    /// Charts of what was measured on the way.
    pub curves: Vec<Chart>,
    /// Images to compare by eye.
    pub gallery: Vec<GalleryItem>,
    /// What a reader must know beside this: skipped images, skipped steps, ...
    pub notes: Vec<String>,
}

/// A score before and after a run.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// The name of the score, with its unit if it has one.
    pub measure: String,
    /// The score before the run; a dash stands for none and for a number that is not finite.
    pub before: Option<f64>,
    /// The score after the run, as `before`.
    pub after: Option<f64>,
    /// Whether a greater number is a better one.
    pub higher_is_better: bool,
    /// The number of decimals to show.
    pub digits: usize,
}

/// Some series over the same axes.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Chart {
    /// What the chart shows.
    pub title: String,
    /// What counts along the horizontal axis, with its unit.
    pub x_label: String,
    /// What counts along the vertical axis, with its unit.
    pub y_label: String,
    /// The series, each in a colour of its own.
    pub series: Vec<Series>,
}

/// One line of a chart.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Series {
    /// The name in the legend.
    pub name: String,
    /// Points `(x, y)` in the order that the line goes through them. Those that are not finite are
    /// left out, and the chart says how many; of a long series, the lows and highs of short
    /// stretches are drawn.
    pub points: Vec<(f64, f64)>,
}

/// Some panels side by side that show the same place.
#[derive(Debug, Default, Clone)]
pub struct GalleryItem {
    /// The name of the place, such as that of the image.
    pub title: String,
    /// What to say of it, such as its score.
    pub note: String,
    /// The panels, from left to right.
    pub panels: Vec<Panel>,
}

/// One image of a gallery.
#[derive(Debug, Default, Clone)]
pub struct Panel {
    /// What the image shows.
    pub caption: String,
    /// The image, RGB of 8 bits; it is scaled down to at most 480 pixels a side.
    pub image: RgbImage,
}

impl Report {
    /// The report as one HTML page that refers to nothing outside of itself and runs no script.
    ///
    /// # Errors
    /// If an image cannot be encoded.
    pub fn to_html(&self) -> Result<String, ReportError> {
        page::page(self)
    }

    /// Writes the page, whole or not at all; a file that was there before is replaced.
    ///
    /// # Errors
    /// If an image cannot be encoded or the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), ReportError> {
        let html = self.to_html()?;
        write_atomically(path.as_ref(), |file| file.write_all(html.as_bytes()))?;
        Ok(())
    }
}
