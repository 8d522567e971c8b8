//! Label images: zero on the background, any other value on objects. Each connected component is an
//! object.

use std::path::Path;
use std::sync::Arc;

use resam_image::{ImageError, read_rgb};
use resam_mask::{Bitmap, Connectivity, Rle, components};

use crate::dataset::{ImageRecord, Instance, check_same_size};
use crate::error::DataError;
use crate::segmentation::Segmentation;

/// A label image with more components than this is noise, or no label image.
const MAX_OBJECTS: usize = 20_000;

/// Ids are the image's id times this, plus the component's number from 1.
const IDS_OF_AN_IMAGE: u64 = 1_000_000;

/// The objects of a label image, in the order of their first pixels. Pixels that touch at a corner
/// are connected.
pub(crate) fn instances(label: &Path, image: &ImageRecord) -> Result<Vec<Instance>, DataError> {
    let decoded = read_rgb(label)?.rgb;
    check_same_size(label, decoded.dimensions(), image)?;
    let refused = |detail: String| ImageError::Broken {
        path: label.to_owned(),
        format: "label image",
        detail,
    };
    let (width, height) = decoded.dimensions();
    let on_object = |x, y| decoded.get_pixel(x, y).0 != [0; 3];
    let mask =
        Bitmap::from_fn(width, height, on_object).map_err(|error| refused(error.to_string()))?;
    let found = components(&mask, Connectivity::Eight);
    if found.len() > MAX_OBJECTS {
        let count = found.len();
        return Err(refused(format!("{count} separate objects, over {MAX_OBJECTS}")).into());
    }
    let category: Arc<str> = Arc::from("object");
    Ok((1..)
        .zip(found)
        .map(|(number, component)| Instance {
            id: image
                .id
                .saturating_mul(IDS_OF_AN_IMAGE)
                .saturating_add(number),
            image_id: image.id,
            category_id: 1,
            category: category.clone(),
            crowd: false,
            width,
            height,
            segmentation: Arc::new(Segmentation::Runs(Rle::encode(&component.to_bitmap()))),
        })
        .collect())
}
