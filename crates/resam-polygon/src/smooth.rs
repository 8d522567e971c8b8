//! Outlines without the stairs of pixels, for objects that have no right angles.
//!
//! The corners are the middles of pixel sides, as in marching squares: where the outline turns, it
//! cuts the corner of a pixel. Then corners are removed as in [`simplify`](crate::simplify). The
//! middle of a horizontal side and that of a vertical one are never in a row or a column, so no two
//! sides of the result are the two sides of a step.

use geo::{LineString, Polygon};

use crate::arcs::Net;
use crate::parts::{Part, Point, doubled_area};
use crate::simplify::Simplifier;

/// How far the middles of sides are from a corner of pixels at most: a quarter of the diagonal.
const CUT: f64 = std::f64::consts::SQRT_2 / 4.0;

/// The polygons of the parts of an object, at most `distance` pixels from the exact outline, but at
/// least half a pixel.
pub(crate) fn smooth(parts: &[Part], distance: f64) -> Vec<Polygon<f64>> {
    let rings: Vec<Vec<Point>> = parts
        .iter()
        .flat_map(|part| part.rings.iter().map(|ring| middles(ring)))
        .collect();
    let areas = rings.iter().map(|ring| doubled_area(ring)).collect();
    let mut net = Net::of_closed(rings);
    // Coordinates are doubled, so that middles of sides are whole numbers.
    let tolerance = 2.0 * (distance - CUT).max(0.0);
    let mut simplifier = Simplifier::new(&net, areas, tolerance);
    simplifier.run();
    simplifier.write(&mut net);
    let mut rings = net.arcs.into_iter().map(|arc| to_line(&arc.points));
    let polygon = |part: &Part| {
        let exterior = rings.next().unwrap_or_else(|| LineString(Vec::new()));
        let holes = rings.by_ref().take(part.rings.len() - 1).collect();
        Polygon::new(exterior, holes)
    };
    parts.iter().map(polygon).collect()
}

/// The middles of the sides of pixels that a ring goes along, doubled; of a straight run the first
/// and the last.
fn middles(ring: &[Point]) -> Vec<Point> {
    let mut middles = Vec::new();
    for (&[x0, y0], &[x1, y1]) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        let [across, down] = [(x1 - x0).signum(), (y1 - y0).signum()];
        let first = [2 * x0 + across, 2 * y0 + down];
        let last = [2 * x1 - across, 2 * y1 - down];
        middles.push(first);
        if first != last {
            middles.push(last);
        }
    }
    middles
}

fn to_line(ring: &[Point]) -> LineString<f64> {
    let points = ring.iter().chain(ring.first());
    let halves = points.map(|&[x, y]| (x as f64 / 2.0, y as f64 / 2.0));
    halves.collect()
}
