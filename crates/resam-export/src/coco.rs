//! COCO instance annotations of one image.

use std::path::Path;

use resam_data::coco::{CocoCategory, CocoImage};
use resam_data::coco_writer::{CocoDocument, CocoObject};
use resam_scene::SegmentedObject;

use resam_files::write_atomically;

use crate::{OutputError, Segmentation};

/// The one image and the one category of a file.
const ONLY_ID: u64 = 1;

/// Writes the file: an annotation for each object, its mask in the run lengths of the whole image,
/// its `score`, and as `instance` what the user calls it, or its id where nobody pointed at it.
pub(crate) fn write(path: &Path, segmentation: &Segmentation) -> Result<(), OutputError> {
    let document = document(segmentation).ok_or_else(|| OutputError::TooLargeForCoco {
        path: path.to_owned(),
        size: (segmentation.image.width, segmentation.image.height),
    })?;
    Ok(write_atomically(path, |file| {
        document.write(&mut *file)?;
        file.write_all(b"\n")
    })?)
}

/// None where run lengths cannot count the pixels.
fn document(segmentation: &Segmentation) -> Option<CocoDocument> {
    let image = &segmentation.image;
    if u64::from(image.width) * u64::from(image.height) > u64::from(u32::MAX) {
        return None;
    }
    let annotation = |object: &SegmentedObject| {
        let mask = object.mask.in_raster(image.width, image.height).ok()?;
        let names = segmentation.names(object);
        let instance = if names.is_empty() {
            object.id.to_string()
        } else {
            names.join(";")
        };
        Some(CocoObject {
            score: Some(object.score),
            instance: Some(instance),
            ..CocoObject::new(object.id.into(), ONLY_ID, ONLY_ID, &mask)
        })
    };
    let objects = segmentation.objects.iter();
    Some(CocoDocument {
        images: vec![CocoImage {
            id: ONLY_ID,
            file_name: image.file_name.clone(),
            width: image.width,
            height: image.height,
        }],
        categories: vec![CocoCategory {
            id: ONLY_ID,
            name: "object".to_owned(),
        }],
        annotations: objects.map(annotation).collect::<Option<_>>()?,
        ..CocoDocument::new("objects segmented by resam")
    })
}
