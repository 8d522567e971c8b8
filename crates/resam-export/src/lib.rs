//! What a run hands back for a plain image.
//!
//! A [`Segmentation`] is written as one file, whose [`Format`] the extension tells: a picture to
//! look at (`.png`), COCO annotations (`.json`), polygons in pixels (`.geojson`) or a label image
//! (`.tif`). A [`RunRecord`] beside it says how it came about.
//!
//! Every file appears whole or not at all ([`resam_files::write_atomically`]), and the same input gives the same
//! bytes. Nothing here panics; every error names the file or the object.
//!
//! Pixel coordinates are continuous: (0, 0) is the top-left corner of the image, `x` grows to the
//! right and `y` downwards, and the centre of the first pixel is (0.5, 0.5).

mod coco;
mod error;
mod format;
mod geojson;
mod label;
mod overlay;
mod run_record;
mod segmentation;

pub use error::OutputError;
pub use format::{Format, write};
pub use overlay::overlay;
pub use run_record::{RUN_RECORD_NAME, RunRecord, Weights};
pub use segmentation::{Object, PromptMarks, Segmentation};
