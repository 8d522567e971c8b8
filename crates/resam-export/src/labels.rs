//! Objects as a raster of their ids, written tile by tile.

use std::path::Path;

use resam_geo::{Compression, GeoTiffSpec, GeoTiffWriter, SampleKind};
use resam_mask::Places;
use resam_scene::SegmentedObject;

use crate::{OutputError, Segmentation};

/// Writes the ids of objects as a GeoTIFF of 32-bit numbers of the image's size, 0 where there is
/// no object. Where objects overlap, the one of the best score is seen, of equal scores the one of
/// lower id. Tiles without an object take no space, and no more than one tile is in memory.
pub(crate) fn write(path: &Path, segmentation: &Segmentation) -> Result<(), OutputError> {
    let image = &segmentation.image;
    let (width, height) = (image.width, image.height);
    let spec = GeoTiffSpec {
        bands: 1,
        sample: SampleKind::U32,
        geo_transform: image.ground.transform,
        crs: image.ground.crs.clone(),
        nodata: Some(0.0),
        compression: Compression::Deflate,
        ..GeoTiffSpec::new(width, height)
    };
    let side = spec.tile;
    let mut writer = GeoTiffWriter::create(path, &spec)?;
    // The best is painted last.
    let mut order: Vec<&SegmentedObject> = segmentation.objects.iter().collect();
    order.sort_by(|a, b| rank(a).total_cmp(&rank(b)).then(b.id.cmp(&a.id)));
    let places = Places::new(order.iter().map(|object| object.mask.bounds()));
    let mut labels = vec![0_u32; side as usize * side as usize];
    for row in 0..height.div_ceil(side) {
        let top = i64::from(row) * i64::from(side);
        let bottom = top + i64::from(side);
        let across = places.overlapping([0, top, width.into(), bottom]);
        let mut columns: Vec<u32> = Vec::new();
        for &at in &across {
            let [x0, _, x1, _] = order[at].mask.bounds();
            let last = (x1 - 1).clamp(0, i64::from(width) - 1) as u32;
            columns.extend(x0.max(0) as u32 / side..=last / side);
        }
        columns.sort_unstable();
        columns.dedup();
        for column in columns {
            let left = i64::from(column) * i64::from(side);
            let tile = [left, top, left + i64::from(side), bottom];
            labels.fill(0);
            for at in places.overlapping(tile) {
                paint(&mut labels, side, tile, order[at]);
            }
            if labels.iter().any(|&label| label != 0) {
                let bytes: Vec<u8> = labels
                    .iter()
                    .flat_map(|label| label.to_le_bytes())
                    .collect();
                writer.write_tile(column, row, &bytes)?;
            }
        }
    }
    writer.finish()?;
    Ok(())
}

/// A score that is no number loses; minus zero is zero.
fn rank(object: &SegmentedObject) -> f32 {
    if object.score.is_nan() {
        f32::NEG_INFINITY
    } else {
        object.score + 0.0
    }
}

/// Gives the pixels of an object its id. Runs go down the columns.
fn paint(
    labels: &mut [u32],
    side: u32,
    [left, top, right, bottom]: [i64; 4],
    object: &SegmentedObject,
) {
    let runs = object
        .mask
        .runs()
        .skip_while(|run| run.x < left)
        .take_while(|run| run.x < right);
    for run in runs {
        let column = (run.x - left) as usize;
        for y in run.top.max(top)..run.bottom.min(bottom) {
            labels[(y - top) as usize * side as usize + column] = object.id;
        }
    }
}
