//! The contents of a report.

use std::path::Path;

use image::RgbImage;
use resam_files::write_atomically;
use resam_mask::Bitmap;

use crate::{ReportError, Table, page};

/// The contents of the page about a finished run. Empty parts are left out.
#[derive(Debug, Default, Clone)]
pub struct Report {
    /// The heading.
    pub title: String,
    /// A line below the heading: what was run on what, and when.
    pub subtitle: String,
    /// What came out.
    pub verdict: Verdict,
    /// Scores, the most important table first.
    pub tables: Vec<Table>,
    /// What was run on what, in groups.
    pub facts: Vec<FactGroup>,
    /// The command line of the run.
    pub command: String,
    /// Charts of the metrics during the run.
    pub curves: Vec<Chart>,
    /// Pictures to compare by eye, in sections.
    pub gallery: Vec<GallerySection>,
    /// Remarks, one sentence each: skipped images, skipped updates, ...
    pub notes: Vec<String>,
    /// The whole recipe or another long text, folded up: its heading and its lines.
    pub listing: Option<(String, String)>,
}

/// What came out of a run.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Verdict {
    /// The result in a sentence.
    pub sentence: String,
    /// How it is to be taken.
    pub tone: Tone,
    /// What it rests on, and what it does not say: a few sentences.
    pub grounds: Vec<String>,
}

/// How a verdict is to be taken. It is said in colour and in a sign.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// The run did what it was for.
    Good,
    /// Nothing is known, or nothing changed.
    #[default]
    Neutral,
    /// The result is worse than before.
    Bad,
}

/// Settings of a run that belong together.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct FactGroup {
    /// What they are about: data, model, run.
    pub heading: String,
    /// Names and values.
    pub facts: Vec<(String, String)>,
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
    /// chart says how many. Of a long series the running mean is drawn, and the series pale behind
    /// it, with the minima and maxima of short intervals.
    pub points: Vec<(f64, f64)>,
}

/// Pictures that were chosen for the same reason.
#[derive(Debug, Default, Clone)]
pub struct GallerySection {
    /// The heading, such as `Worst cases`.
    pub heading: String,
    /// How the pictures were chosen.
    pub intro: String,
    /// The pictures.
    pub items: Vec<GalleryItem>,
}

/// A picture with several answers about its objects, two of which are compared at a time.
#[derive(Debug, Default, Clone)]
pub struct GalleryItem {
    /// The name of the place, such as that of the image.
    pub title: String,
    /// A remark, such as the score of the image. It is the picture's text alternative too.
    pub note: String,
    /// The image, 8-bit RGB. It is scaled down to at most 1024 pixels a side.
    pub image: RgbImage,
    /// Points `[x, y]` on objects, in continuous pixels of the image.
    pub points: Vec<[f64; 2]>,
    /// What can be laid over the image. The first two are compared when the page opens.
    pub layers: Vec<Layer>,
    /// The numbers of its objects.
    pub table: Option<Table>,
}

/// Masks that are laid over an image.
#[derive(Debug, Default, Clone)]
pub struct Layer {
    /// Whose they are: pretrained, adapted, true.
    pub name: String,
    /// The masks, from the top-left corner of the image.
    pub masks: Vec<Bitmap>,
    /// The pixels of the image for each pixel of the masks, across and down; 1 of an image's own.
    pub scale: [f64; 2],
}

impl Report {
    /// The report as one HTML page that refers to no other file and loads nothing.
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
