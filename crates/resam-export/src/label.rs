//! Label images.

use std::io::{self, Cursor, Write};

use tiff::encoder::colortype::{Gray16, Gray32};
use tiff::encoder::{Compression, DeflateLevel, TiffEncoder};
use tiff::{TiffError, TiffResult};

use crate::{Object, Segmentation};

/// Writes a grey TIFF, Deflate-compressed: the object's id at each pixel, 0 on the background.
///
/// Samples have 16 bits, or 32 if an id is over 65535. Where masks overlap, the object of higher
/// quality wins, of equal quality the one of lower id; a quality that is not a number loses.
pub(crate) fn write(file: &mut dyn Write, segmentation: &Segmentation) -> io::Result<()> {
    let encoded = encode(segmentation).map_err(|error| match error {
        TiffError::IoError(error) => error,
        other => io::Error::other(other),
    })?;
    file.write_all(&encoded)
}

fn encode(segmentation: &Segmentation) -> TiffResult<Vec<u8>> {
    let (width, height) = segmentation.image.dimensions();
    let labels = labels(segmentation);
    // The encoder goes back to fill in offsets, which the file being written does not allow.
    let mut encoded = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut encoded)?
        .with_compression(Compression::Deflate(DeflateLevel::Balanced));
    let narrow: Result<Vec<u16>, _> = labels.iter().map(|&id| u16::try_from(id)).collect();
    match narrow {
        Ok(narrow) => encoder.write_image::<Gray16>(width, height, &narrow)?,
        Err(_) => encoder.write_image::<Gray32>(width, height, &labels)?,
    }
    Ok(encoded.into_inner())
}

/// The id at each pixel, row after row.
fn labels(segmentation: &Segmentation) -> Vec<u32> {
    let (width, height) = segmentation.image.dimensions();
    let mut labels = vec![0; width as usize * height as usize];
    let mut objects: Vec<&Object> = segmentation.objects.iter().collect();
    // Painted from the last to win to the first. The sort is stable.
    objects.reverse();
    objects.sort_by(|left, right| rank(left).total_cmp(&rank(right)));
    for object in objects {
        for (x, y) in object.mask.pixels() {
            labels[y as usize * width as usize + x as usize] = object.id;
        }
    }
    labels
}

fn rank(object: &Object) -> f32 {
    if object.quality.is_nan() {
        f32::NEG_INFINITY
    } else {
        // Makes minus zero equal to zero.
        object.quality + 0.0
    }
}
