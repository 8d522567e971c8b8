//! Label images: zero on the background, any other value on objects. Each connected component is an
//! object.

use std::path::Path;
use std::sync::Arc;

use resam_geo::{Colour, Raster, RasterError, Window};
use resam_image::ImageError;
use resam_mask::{Bitmap, Connectivity, Rle, components};

use crate::dataset::{ImageRecord, Instance, check_same_size, of_raster};
use crate::error::DataError;
use crate::segmentation::Segmentation;

/// A label image with more components than this is noise, or no label image.
const MAX_OBJECTS: usize = 20_000;

/// Ids are the image's id times this, plus the component's number from 1.
const IDS_OF_AN_IMAGE: u64 = 1_000_000;

/// The objects of a label image, in the order of their first pixels. Pixels that touch at a corner
/// are connected.
pub(crate) fn instances(label: &Path, image: &ImageRecord) -> Result<Vec<Instance>, DataError> {
    let raster = Raster::open(label).map_err(of_raster)?;
    let (width, height) = (raster.width(), raster.height());
    check_same_size(label, (width, height), image)?;
    let refused = |detail: String| ImageError::Broken {
        path: label.to_owned(),
        format: "label image",
        detail,
    };
    let on_objects = on_objects(&raster).map_err(of_raster)?;
    let on_object = |x, y| on_objects[y as usize * width as usize + x as usize];
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

/// Which pixels are not zero in any band, opacity aside, row after row. Values are those that are
/// stored: of 16 bits as well as of 8.
fn on_objects(raster: &Raster) -> Result<Vec<bool>, RasterError> {
    /// Rows are read so many pixels at a time.
    const MOST_PIXELS: u32 = 1 << 22;
    let (width, height) = (raster.width(), raster.height());
    let bands = raster.info().bands.iter();
    let bands = bands.filter(|band| band.colour != Colour::Alpha);
    let bands: Vec<usize> = bands.map(|band| band.number).take(3).collect();
    let rows = (MOST_PIXELS / width).max(1);
    let mut found = Vec::new();
    for y in (0..height).step_by(rows as usize) {
        let window = Window {
            x: 0,
            y: y.into(),
            width,
            height: rows.min(height - y),
        };
        let samples = raster.read(window, &bands)?;
        let pixels = samples.values.chunks_exact(bands.len().max(1));
        found.extend(pixels.map(|pixel| pixel.iter().any(|&value| value != 0.0)));
    }
    Ok(found)
}
