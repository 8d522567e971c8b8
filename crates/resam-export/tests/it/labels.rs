//! Objects as a raster of their ids.

use resam_geo::{Raster, Window};
use resam_scene::SegmentedObject;

use crate::{UTM, ground, object, rectangle, segmentation};

/// The ids on an image of so many pixels, row after row.
fn labels((width, height): (u32, u32), objects: Vec<SegmentedObject>) -> Vec<f64> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tif");
    let plain = segmentation((width, height), objects);
    plain.write(&path).unwrap();
    let all = Window {
        x: 0,
        y: 0,
        width,
        height,
    };
    let raster = Raster::open(&path).unwrap();
    raster.read(all, &[1]).unwrap().values
}

#[test]
fn each_pixel_holds_the_id_of_its_object_and_the_background_zero() {
    let objects = vec![
        object(1, 0.5, &["##..", "...."]),
        object(2, 0.5, &["....", "..#."]),
    ];
    let expected = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0];
    assert_eq!(labels((4, 2), objects), expected);
}

#[test]
fn where_masks_overlap_the_better_score_wins() {
    let pair = |first, second| {
        let objects = vec![object(1, first, &["##."]), object(2, second, &[".##"])];
        labels((3, 1), objects)
    };
    assert_eq!(pair(0.9, 0.8), [1.0, 1.0, 2.0]);
    assert_eq!(pair(0.8, 0.9), [1.0, 2.0, 2.0]);
    assert_eq!(pair(0.8, 0.8), [1.0, 1.0, 2.0], "the lower id of equals");
    assert_eq!(pair(-0.0, 0.0), [1.0, 1.0, 2.0], "zero is zero");
    assert_eq!(pair(f32::NAN, 0.1), [1.0, 2.0, 2.0], "no number loses");
}

#[test]
fn labels_are_the_ids_where_the_better_object_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels.tif");
    let objects = [
        rectangle(1, [250, 240, 40, 30], 0.9),
        rectangle(2, [280, 250, 300, 10], 0.8),
        rectangle(70_000, [30_000, 39_990, 5, 10], 0.7),
    ];
    let size = (40_000, 40_000);
    let mut scene = segmentation(size, objects.to_vec());
    scene.image.ground = ground("EPSG:32636", UTM);
    scene.write(&path).unwrap();
    let raster = Raster::open(&path).unwrap();
    assert_eq!((raster.width(), raster.height()), size);
    assert_eq!(raster.geo_transform(), Some(UTM));
    assert_eq!(raster.crs().unwrap().epsg(), Some(32636));
    let read = |x: i64, y: i64, width: u32, height: u32| {
        raster
            .read(
                Window {
                    x,
                    y,
                    width,
                    height,
                },
                &[1],
            )
            .unwrap()
    };
    let samples = read(200, 200, 500, 100);
    for y in 0..100 {
        for x in 0..500 {
            let (column, row) = (200 + i64::from(x), 200 + i64::from(y));
            let holding = objects.iter().find(|object| object.mask.holds(column, row));
            let expected = holding.map_or(0, |object| object.id);
            assert_eq!(samples.get(x, y, 0), f64::from(expected), "{column}, {row}");
        }
    }
    assert_eq!(read(30_004, 39_999, 1, 1).values, [70_000.0]);
    // Only the tiles with an object take space.
    let bytes = fs_err::metadata(&path).unwrap().len();
    assert!(bytes < 600_000, "{bytes}");
}
