//! Polygons to masks: a pixel belongs to the polygon that holds its centre.

use geo::{MultiPolygon, Polygon};
use resam_mask::{Bitmap, MAX_COORDINATE, MAX_CROSSINGS, MaskError};

/// The mask of a window: the pixels whose centres lie in one of the polygons.
///
/// `x` and `y` are the column and the row of the raster at which the window of `width` x `height`
/// pixels begins. A point is inside a polygon if the rings enclose it an odd number of times (the
/// even-odd rule), whatever their orientation. A centre exactly on the common edge of two polygons
/// belongs to exactly one of them.
///
/// # Errors
/// [`MaskError`] if the window has more than [`MAX_PIXELS`](resam_mask::MAX_PIXELS) pixels, if a
/// coordinate is not finite or is farther than [`MAX_COORDINATE`] from the start of the window, or
/// if the rings of a polygon cross the middles of pixel rows more than [`MAX_CROSSINGS`] times.
pub fn rasterize(
    polygons: &MultiPolygon<f64>,
    x: i64,
    y: i64,
    width: u32,
    height: u32,
) -> Result<Bitmap, MaskError> {
    let mut bitmap = Bitmap::new(width, height)?;
    for polygon in polygons {
        let rings = local_rings(polygon, [x as f64, y as f64])?;
        check_crossings(&rings, height)?;
        paint(&mut bitmap, &rings);
    }
    Ok(bitmap)
}

/// The rings of a polygon as points that count from `origin`.
fn local_rings(polygon: &Polygon<f64>, origin: [f64; 2]) -> Result<Vec<Vec<[f64; 2]>>, MaskError> {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    let local = |value: f64, origin: f64| {
        let value = value - origin;
        if value.abs() <= MAX_COORDINATE {
            Ok(value)
        } else {
            Err(MaskError::InvalidCoordinate { value })
        }
    };
    rings
        .map(|ring| {
            let points = ring.0.iter();
            points
                .map(|point| Ok([local(point.x, origin[0])?, local(point.y, origin[1])?]))
                .collect()
        })
        .collect()
}

fn check_crossings(rings: &[Vec<[f64; 2]>], height: u32) -> Result<(), MaskError> {
    let sides = rings.iter().flat_map(|ring| sides(ring));
    let crossings: usize = sides.map(|(from, to)| rows(from, to, height).len()).sum();
    if crossings > MAX_CROSSINGS {
        let points = rings.iter().map(Vec::len).sum();
        return Err(MaskError::TooManyCrossings { points });
    }
    Ok(())
}

/// Sets the pixels whose centres lie within an odd number of the rings.
pub(crate) fn paint(bitmap: &mut Bitmap, rings: &[Vec<[f64; 2]>]) {
    let (width, height) = (bitmap.width(), bitmap.height());
    let mut crossings = Vec::new();
    for (from, to) in rings.iter().flat_map(|ring| sides(ring)) {
        // From top to bottom, so that both polygons at an edge compute the same numbers.
        let (from, to) = if from[1] <= to[1] {
            (from, to)
        } else {
            (to, from)
        };
        for row in rows(from, to, height) {
            let along = (f64::from(row) + 0.5 - from[1]) / (to[1] - from[1]);
            let x = from[0] + along * (to[0] - from[0]);
            // The first pixel whose centre is at the crossing or to the right of it.
            let column = (x - 0.5).ceil().clamp(0.0, f64::from(width)) as u32;
            crossings.push((row, column));
        }
    }
    crossings.sort_unstable();
    // Rings are closed: every row is crossed an even number of times.
    for pair in crossings.chunks_exact(2) {
        let (row, start) = pair[0];
        for column in start..pair[1].1 {
            bitmap.set(column, row, true);
        }
    }
}

/// The sides of a ring, closed from the last point to the first.
fn sides(ring: &[[f64; 2]]) -> impl Iterator<Item = ([f64; 2], [f64; 2])> + '_ {
    let next = ring.iter().cycle().skip(1);
    ring.iter().copied().zip(next.copied())
}

/// The rows whose middles a side crosses; a side's lower end is not part of it.
fn rows(from: [f64; 2], to: [f64; 2], height: u32) -> std::ops::Range<u32> {
    let row = |y: f64| (y - 0.5).ceil().clamp(0.0, f64::from(height)) as u32;
    row(from[1].min(to[1]))..row(from[1].max(to[1]))
}
