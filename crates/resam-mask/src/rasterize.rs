//! Polygons to masks, with the arithmetic of `rleFrPoly` of `pycocotools`.
//!
//! `rleFrPoly` follows a boundary from point to point on a grid five times finer than the pixels.
//! Where it crosses the middle of a pixel column, the pixels below change between inside and
//! outside. Only these crossings matter, so they are computed directly here. The result is the
//! same, and the time depends on the number of crossed columns.

use crate::bitmap::check_size;
use crate::rle::RunBuilder;
use crate::{MaskError, Rle};

/// Largest absolute value of a coordinate that can be rasterized, in pixels.
///
/// Up to this value, each step of the boundary provably moves by at most one step of the fine grid
/// in either direction, whatever the rounding.
pub const MAX_COORDINATE: f64 = 4_194_304.0;

/// The largest number of crossings of a ring with the middles of pixel columns; limits time and
/// memory.
pub const MAX_CROSSINGS: usize = 1 << 26;

/// Steps of the fine grid in one pixel.
const SCALE: i64 = 5;

/// The mask of one ring of points `[x, y]` in continuous pixels, closed from the last point to the
/// first.
///
/// Equal to `frPyObjects` of `pycocotools`, byte for byte. Parts outside the image are cut off.
/// Regions that the ring encloses twice are outside (the even-odd rule).
///
/// # Errors
/// If there are fewer than three points, if a coordinate is not finite or is beyond
/// [`MAX_COORDINATE`], if the ring has more than [`MAX_CROSSINGS`] crossings, or if the image has
/// more than [`MAX_PIXELS`](crate::MAX_PIXELS) pixels.
pub fn rasterize_ring(ring: &[[f64; 2]], width: u32, height: u32) -> Result<Rle, MaskError> {
    check_size(width, height)?;
    if ring.len() < 3 {
        return Err(MaskError::TooFewPoints { found: ring.len() });
    }
    let points = ring
        .iter()
        .map(|&point| fine_point(point))
        .collect::<Result<Vec<_>, _>>()?;
    let mut changes = Vec::new();
    for (index, &from) in points.iter().enumerate() {
        let to = points[(index + 1) % points.len()];
        let edge = Edge::between(from, to);
        let columns = edge.columns(width);
        if changes.len() + columns.clone().count() > MAX_CROSSINGS {
            return Err(MaskError::TooManyCrossings { points: ring.len() });
        }
        changes.extend(columns.map(|column| {
            // The first pixel whose centre is at the crossing or below it.
            let row = (edge.crossing(column) + 2)
                .div_euclid(SCALE)
                .clamp(0, height.into());
            (column * i64::from(height) + row) as u32
        }));
    }
    changes.sort_unstable();
    let mut runs = RunBuilder::new();
    let (mut inside, mut position) = (false, 0);
    for change in changes {
        runs.push(inside, change - position);
        (inside, position) = (!inside, change);
    }
    runs.push(inside, width * height - position);
    Ok(runs.finish(width, height))
}

/// The union of the masks of several rings: the meaning of a COCO `segmentation` that is a list of
/// polygons.
///
/// # Errors
/// If there are no rings, or as [`rasterize_ring`] for one of them.
pub fn rasterize_polygon<R: AsRef<[[f64; 2]]>>(
    rings: &[R],
    width: u32,
    height: u32,
) -> Result<Rle, MaskError> {
    let mut masks = rings
        .iter()
        .map(|ring| rasterize_ring(ring.as_ref(), width, height));
    let first = masks.next().ok_or(MaskError::NothingToMerge)??;
    // One at a time: a short ring can have millions of runs, and there may be many rings.
    masks.try_fold(first, |merged, mask| Rle::union(&[merged, mask?]))
}

/// The nearest point of the fine grid; like the published code, towards zero below zero.
fn fine_point(point: [f64; 2]) -> Result<[i64; 2], MaskError> {
    for value in point {
        if value.is_nan() || value.abs() > MAX_COORDINATE {
            return Err(MaskError::InvalidCoordinate { value });
        }
    }
    Ok(point.map(|value| (SCALE as f64 * value + 0.5) as i64))
}

/// A straight walk on the fine grid: one step at a time along its longer side, which the points
/// are ordered by.
struct Edge {
    start: [i64; 2],
    end: [i64; 2],
    /// Whether the longer side is the horizontal one.
    horizontal: bool,
    /// Movement along the shorter side for each step along the longer.
    slope: f64,
}

impl Edge {
    fn between(from: [i64; 2], to: [i64; 2]) -> Self {
        let [across, down] = [(to[0] - from[0]).abs(), (to[1] - from[1]).abs()];
        let horizontal = across >= down;
        let longer = usize::from(!horizontal);
        let (start, end) = if from[longer] > to[longer] {
            (to, from)
        } else {
            (from, to)
        };
        let steps = across.max(down);
        let slope = (end[1 - longer] - start[1 - longer]) as f64 / steps as f64;
        Self {
            start,
            end,
            horizontal,
            slope,
        }
    }

    /// Place along the shorter side after `steps` along the longer.
    fn minor(&self, steps: i64) -> i64 {
        let origin = self.start[usize::from(self.horizontal)];
        (origin as f64 + self.slope * steps as f64 + 0.5) as i64
    }

    /// The pixel columns whose middle the walk passes.
    fn columns(&self, width: u32) -> std::ops::Range<i64> {
        let (first, last) = if self.horizontal {
            (self.start[0], self.end[0])
        } else {
            let (first, last) = (self.minor(0), self.minor(self.end[1] - self.start[1]));
            (first.min(last), first.max(last))
        };
        // The middle of column c lies between the grid points 5c + 2 and 5c + 3.
        let start = (first + 2).div_euclid(SCALE).max(0);
        let end = ((last - 3).div_euclid(SCALE) + 1).min(width.into());
        start..end.max(start)
    }

    /// Upper one of the two grid points between which the walk passes the middle of a column.
    fn crossing(&self, column: i64) -> i64 {
        let [left, right] = [SCALE * column + 2, SCALE * column + 3];
        if self.horizontal {
            return self
                .minor(left - self.start[0])
                .min(self.minor(right - self.start[0]));
        }
        let has_passed = |steps| {
            let x = self.minor(steps);
            if self.slope > 0.0 {
                x >= right
            } else {
                x <= left
            }
        };
        // The walk is monotone, so the first step past the middle is found by bisection.
        let (mut before, mut after) = (0, self.end[1] - self.start[1]);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            if has_passed(middle) {
                after = middle;
            } else {
                before = middle;
            }
        }
        self.start[1] + before
    }
}
