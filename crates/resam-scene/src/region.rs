//! The area of interest: polygons in pixels of the raster.

use resam_mask::PlacedMask;
use serde::Serialize;

/// An area of interest, in continuous pixels of the raster.
///
/// A point is in it when it is in any of its polygons, holes left out. In automatic mask generation
/// an object is in it when its inner point is: see [`inner_point`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Region {
    /// Polygons: the outer ring of each, then its holes, closed or not.
    pub polygons: Vec<Vec<Vec<[f64; 2]>>>,
}

impl Region {
    /// Whether a point lies in it.
    pub fn holds(&self, x: f64, y: f64) -> bool {
        let inside = |rings: &Vec<Vec<[f64; 2]>>| {
            let crossings = rings.iter().flat_map(|ring| edges(ring));
            let crossings = crossings.filter(|&([ax, ay], [bx, by])| {
                (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
            });
            crossings.count() % 2 == 1
        };
        self.polygons.iter().any(inside)
    }

    /// Whether any of it lies in a box `[x0, y0, x1, y1]`.
    pub fn touches(&self, bounds: [f64; 4]) -> bool {
        let [x0, y0, x1, y1] = bounds;
        let corners = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
        let crosses = |a: [f64; 2], b: [f64; 2]| clipped(a, b, bounds);
        let rings = self.polygons.iter().flatten();
        corners.iter().any(|&[x, y]| self.holds(x, y))
            || rings
                .flat_map(|ring| edges(ring))
                .any(|(a, b)| crosses(a, b))
    }
}

/// The edges of a ring, the one back to its beginning included.
fn edges(ring: &[[f64; 2]]) -> impl Iterator<Item = ([f64; 2], [f64; 2])> + '_ {
    let next = ring.iter().cycle().skip(1);
    ring.iter().copied().zip(next.copied())
}

/// Whether a part of a line lies in a box (Liang and Barsky).
fn clipped(a: [f64; 2], b: [f64; 2], [x0, y0, x1, y1]: [f64; 4]) -> bool {
    let (mut from, mut to) = (0.0_f64, 1.0_f64);
    for (start, step, low, high) in [(a[0], b[0] - a[0], x0, x1), (a[1], b[1] - a[1], y0, y1)] {
        if step == 0.0 {
            if start < low || start > high {
                return false;
            }
            continue;
        }
        let (enter, leave) = ((low - start) / step, (high - start) / step);
        from = from.max(enter.min(leave));
        to = to.min(enter.max(leave));
    }
    from <= to
}

/// A point of a mask that is surely on it: its centroid if that is, else the middle of the longest
/// run of pixels in the rows nearest to it.
pub fn inner_point(mask: &PlacedMask) -> [f64; 2] {
    let (mut area, mut sum) = (0.0, [0.0, 0.0]);
    for run in mask.runs() {
        let height = (run.bottom - run.top) as f64;
        area += height;
        sum[0] += height * (run.x as f64 + 0.5);
        sum[1] += height * (run.top + run.bottom) as f64 / 2.0;
    }
    let [x, y] = sum.map(|sum| sum / f64::max(area, 1.0));
    if mask.holds(x.floor() as i64, y.floor() as i64) {
        return [x, y];
    }
    // A column's run nearest to the centroid, the longest of equally near ones.
    let nearest = mask.runs().min_by(|a, b| {
        let distance = |run: &resam_mask::Run| (run.x as f64 + 0.5 - x).abs();
        let length = |run: &resam_mask::Run| run.bottom - run.top;
        distance(a)
            .total_cmp(&distance(b))
            .then(length(b).cmp(&length(a)))
    });
    nearest.map_or([x, y], |run| {
        [
            run.x as f64 + 0.5,
            ((run.top + run.bottom) / 2) as f64 + 0.5,
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use resam_mask::Bitmap;

    fn square(x0: f64, y0: f64, x1: f64, y1: f64) -> Vec<[f64; 2]> {
        vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
    }

    #[test]
    fn holes_are_outside_and_boxes_are_touched_by_corners_and_edges() {
        let region = Region {
            polygons: vec![vec![
                square(10.0, 10.0, 30.0, 30.0),
                square(18.0, 18.0, 22.0, 22.0),
            ]],
        };
        assert!(region.holds(12.0, 12.0) && !region.holds(20.0, 20.0) && !region.holds(9.0, 20.0));
        // Around it, inside it, in its hole, across it, beside it.
        assert!(region.touches([0.0, 0.0, 99.0, 99.0]));
        assert!(region.touches([12.0, 12.0, 13.0, 13.0]));
        assert!(!region.touches([19.0, 19.0, 21.0, 21.0]));
        assert!(region.touches([0.0, 15.0, 99.0, 16.0]));
        assert!(!region.touches([31.0, 0.0, 99.0, 99.0]));
    }

    #[test]
    fn the_inner_point_is_on_the_mask_of_a_ring_too() {
        let whole = Bitmap::from_fn(9, 9, |_, _| true).expect("a mask");
        let whole = PlacedMask::new(&whole, 100, 50).expect("pixels");
        assert_eq!(inner_point(&whole), [104.5, 54.5]);
        let ring = |x: u32, y: u32| !(2..7).contains(&x) || !(2..7).contains(&y);
        let ring = Bitmap::from_fn(9, 9, ring).expect("a mask");
        let ring = PlacedMask::new(&ring, 100, 50).expect("pixels");
        let [x, y] = inner_point(&ring);
        assert!(ring.holds(x as i64, y as i64), "{x},{y}");
    }
}
