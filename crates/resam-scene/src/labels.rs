//! Objects as a raster of their ids, written tile by tile.

use std::path::Path;

use resam_geo::{Compression, GeoTiffSpec, GeoTiffWriter, SampleKind};

use crate::error::SceneError;
use crate::ground::Ground;
use crate::merge::Places;
use crate::outcome::SceneObject;

/// Writes the ids of objects as a GeoTIFF of 32-bit numbers of the raster's size, 0 where there is no
/// object. Where objects overlap, the one of the best score is seen. Tiles without an object take no
/// space, and no more than one tile is in memory.
///
/// # Errors
/// When the file cannot be written. Nothing is left of it then.
pub fn write_labels(
    path: &Path,
    (width, height): (u32, u32),
    objects: &[SceneObject],
    ground: &Ground,
) -> Result<(), SceneError> {
    let spec = GeoTiffSpec {
        bands: 1,
        sample: SampleKind::U32,
        geo_transform: ground.transform,
        crs: ground.crs.clone(),
        nodata: Some(0.0),
        compression: Compression::Deflate,
        ..GeoTiffSpec::new(width, height)
    };
    let side = spec.tile;
    let mut writer = GeoTiffWriter::create(path, &spec)?;
    // The best is painted last.
    let mut order: Vec<&SceneObject> = objects.iter().collect();
    order.sort_by(|a, b| a.score.total_cmp(&b.score).then(b.id.cmp(&a.id)));
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

/// Gives the pixels of an object its id. Runs go down the columns.
fn paint(
    labels: &mut [u32],
    side: u32,
    [left, top, right, bottom]: [i64; 4],
    object: &SceneObject,
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
