//! A data set on disk: a folder of images, COCO annotations, or a part of a published benchmark.

use std::path::PathBuf;

use resam_data::Dataset;
use resam_data::layouts::{self, Scene as Subset, Split};
use resam_geo::PictureOptions;

use crate::error::Result;

/// Where a data set lies.
#[derive(Debug, Clone, Default)]
pub struct DatasetOptions {
    /// The folder of the images, or of a whole benchmark when `part` names one.
    pub images: PathBuf,
    /// COCO instance annotations of the images. Default: none.
    pub coco: Option<PathBuf>,
    /// A part of a published benchmark, in place of `coco`. Default: none.
    pub part: Option<BenchmarkPart>,
    /// Refuse annotations of which a record would be left out. Default: `false`.
    pub strict: bool,
    /// What the caller knows better than the image files.
    pub seen_as: PictureOptions,
}

/// A part of WHU buildings, HRSID or NWPU VHR-10.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BenchmarkPart {
    /// Which split; none is the one annotation file that belongs to no split.
    pub split: Option<Split>,
    /// Of HRSID only images of this kind.
    pub subset: Option<Subset>,
}

impl DatasetOptions {
    /// Whether it has true masks.
    pub fn has_masks(&self) -> bool {
        self.coco.is_some() || self.part.is_some()
    }

    /// Opens it: names and annotations are read, images are not.
    ///
    /// # Errors
    /// When a folder or a file is not there or is malformed.
    pub fn open(&self) -> Result<Dataset> {
        let dataset = match (&self.part, &self.coco) {
            (Some(part), _) => layouts::open(&self.images, part.split, part.subset)?,
            (None, Some(coco)) => Dataset::coco_with(&self.images, coco, self.strict)?,
            (None, None) => Dataset::folder(&self.images)?,
        };
        Ok(dataset.seen_with(self.seen_as.clone())?)
    }
}
