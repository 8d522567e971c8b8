//! Writes COCO instance files.
//!
//! Masks are compressed run lengths, byte for byte those of `pycocotools`.

use std::io::{self, Write};

use resam_mask::{PixelBox, Rle};
use serde::Serialize;

use crate::coco::{CocoCategory, CocoImage};

/// A COCO instance file to be written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CocoDocument {
    /// Description and version.
    pub info: CocoInfo,
    /// The images.
    pub images: Vec<CocoImage>,
    /// The categories.
    pub categories: Vec<CocoCategory>,
    /// The objects.
    pub annotations: Vec<CocoObject>,
}

/// The member `info` of a COCO file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CocoInfo {
    /// What the file holds.
    pub description: String,
    /// The version of the program.
    pub version: &'static str,
}

/// One entry of `annotations`. `score` and `instance` are not in COCO's annotations; without a
/// value they are left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CocoObject {
    /// The annotation's id.
    pub id: u64,
    /// The image it lies on.
    pub image_id: u64,
    /// Its category.
    pub category_id: u64,
    /// Its mask as run lengths.
    pub segmentation: CocoRuns,
    /// Number of its pixels.
    pub area: u64,
    /// `[x, y, width, height]` of the smallest box; zeros for an empty mask.
    pub bbox: [f64; 4],
    /// 1 for a crowd, 0 for one object.
    pub iscrowd: u8,
    /// The IoU that a model predicts for the mask, as in COCO results; null if it is not finite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// The user's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

/// A mask in COCO's compressed run lengths, as `pycocotools.mask.encode` gives them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CocoRuns {
    /// `[height, width]` of the image in pixels.
    pub size: [u32; 2],
    /// The compressed text.
    pub counts: String,
}

impl CocoDocument {
    /// A file without images, categories and objects.
    pub fn new(description: impl Into<String>) -> Self {
        Self {
            info: CocoInfo {
                description: description.into(),
                version: env!("CARGO_PKG_VERSION"),
            },
            images: Vec::new(),
            categories: Vec::new(),
            annotations: Vec::new(),
        }
    }

    /// Writes the file as one line of JSON.
    ///
    /// # Errors
    /// If `out` fails.
    pub fn write(&self, out: impl Write) -> io::Result<()> {
        serde_json::to_writer(out, self).map_err(io::Error::from)
    }
}

impl CocoObject {
    /// An annotation of one object, not a crowd. `mask` has the size of the image.
    pub fn new(id: u64, image_id: u64, category_id: u64, mask: &Rle) -> Self {
        let bounds = mask.bounding_box();
        Self {
            id,
            image_id,
            category_id,
            segmentation: CocoRuns {
                size: [mask.height(), mask.width()],
                counts: mask.to_compressed_string(),
            },
            area: mask.area(),
            bbox: bounds.map_or([0.0; 4], |bounds: PixelBox| bounds.to_coco()),
            iscrowd: 0,
            score: None,
            instance: None,
        }
    }
}
