//! Objects of an area.

use crate::{UTM, ground, rectangle, segmentation};

#[test]
fn areas_are_square_metres_on_the_map_and_pixels_elsewhere() {
    // 0.09 square metres a pixel: 0.9, 9 and 90.
    let objects = [[0, 0, 5, 2], [0, 10, 10, 10], [0, 30, 100, 10]];
    let objects = || {
        let numbered = (1..).zip(objects);
        numbered
            .map(|(id, bounds)| rectangle(id, bounds, 0.5))
            .collect()
    };
    let left = |on_map: bool, min, max| {
        let mut result = segmentation((200, 100), objects());
        if on_map {
            result.image.ground = ground("EPSG:32636", UTM);
        }
        let removed = result.with_areas_between(min, max).unwrap();
        let ids: Vec<u32> = result.objects.iter().map(|object| object.id).collect();
        assert_eq!(removed + ids.len(), 3);
        ids
    };
    assert_eq!(left(true, None, None), [1, 2, 3]);
    assert_eq!(left(true, Some(5.0), None), [2, 3]);
    assert_eq!(left(true, Some(5.0), Some(50.0)), [2]);
    assert_eq!(left(false, Some(50.0), None), [2, 3]);
    assert_eq!(left(false, None, Some(10.0)), [1]);
}
