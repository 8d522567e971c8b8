//! The exact outlines of an object.

use geo::{LineString, Polygon};

use crate::Object;

/// A corner of pixels, in pixels of the raster.
pub(crate) type Point = [i64; 2];

/// Up to this value, coordinates and small sums of them are exact in `f64`.
const FARTHEST: i64 = 1 << 50;

/// A part of an object: its exterior ring, then the rings of its holes.
///
/// No first corner is repeated at the end. Rings have the part on their left as seen on the screen.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) rings: Vec<Vec<Point>>,
}

impl Part {
    pub(crate) fn to_polygon(&self) -> Polygon<f64> {
        let close = |ring: &Vec<Point>| -> LineString<f64> {
            let points = ring.iter().chain(ring.first());
            points.map(|&[x, y]| (x as f64, y as f64)).collect()
        };
        let mut rings = self.rings.iter().map(close);
        let exterior = rings.next().unwrap_or_else(|| LineString(Vec::new()));
        Polygon::new(exterior, rings.collect())
    }

    /// Area in square pixels, without the holes.
    pub(crate) fn area(&self) -> f64 {
        // The signs of holes are opposite to that of the exterior.
        -self
            .rings
            .iter()
            .map(|ring| doubled_area(ring))
            .sum::<i64>() as f64
            / 2.0
    }
}

/// Twice the area inside a ring, positive if it runs clockwise on the screen.
pub(crate) fn doubled_area(ring: &[Point]) -> i64 {
    let Some(&[left, top]) = ring.first() else {
        return 0;
    };
    let next = ring.iter().cycle().skip(1);
    let products = ring.iter().zip(next).map(|(from, to)| {
        let [from, to] = [from, to].map(|[x, y]| [x - left, y - top]);
        from[0] * to[1] - to[0] * from[1]
    });
    products.sum()
}

/// The parts of an object, in the order of their first pixels.
pub(crate) fn parts(object: &Object<'_>) -> Vec<Part> {
    let [left, top] = [object.x, object.y].map(|offset| offset.clamp(-FARTHEST, FARTHEST));
    let shift = |ring: resam_mask::Ring| -> Vec<Point> {
        let points = ring.into_iter();
        points
            .map(|[x, y]| [left + i64::from(x), top + i64::from(y)])
            .collect()
    };
    let outlines = resam_mask::polygons(object.mask).into_iter();
    let parts = outlines.map(|outline| Part {
        rings: std::iter::once(outline.exterior)
            .chain(outline.holes)
            .map(shift)
            .collect(),
    });
    parts.collect()
}
