//! A spatial index of boxes.

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// Half-open boxes `[x0, y0, x1, y1]` of pixels in a raster with a number each, to find what
/// overlaps.
#[derive(Debug, Default)]
pub struct Places(RTree<GeomWithData<Rectangle<[i64; 2]>, usize>>);

impl Places {
    /// The boxes in an order, numbered from 0.
    pub fn new(boxes: impl IntoIterator<Item = [i64; 4]>) -> Self {
        let boxes = boxes
            .into_iter()
            .enumerate()
            .map(|(at, bounds)| placed(bounds, at));
        Self(RTree::bulk_load(boxes.collect()))
    }

    /// Adds a box under a number.
    pub fn insert(&mut self, bounds: [i64; 4], at: usize) {
        self.0.insert(placed(bounds, at));
    }

    /// The numbers of the boxes that have a pixel of this one, growing.
    pub fn overlapping(&self, bounds: [i64; 4]) -> Vec<usize> {
        let [lower, upper] = corners(bounds);
        let found = self
            .0
            .locate_in_envelope_intersecting(&AABB::from_corners(lower, upper));
        let mut found: Vec<usize> = found.map(|place| place.data).collect();
        found.sort_unstable();
        found
    }
}

fn placed(bounds: [i64; 4], at: usize) -> GeomWithData<Rectangle<[i64; 2]>, usize> {
    let [lower, upper] = corners(bounds);
    GeomWithData::new(Rectangle::from_corners(lower, upper), at)
}

/// The first and the last pixel: a tree's boxes hold their corners.
fn corners([x0, y0, x1, y1]: [i64; 4]) -> [[i64; 2]; 2] {
    [[x0, y0], [x1 - 1, y1 - 1]]
}
