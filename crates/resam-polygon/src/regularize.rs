//! Regularisation: right angles on objects that have them.
//!
//! A part is squared as a whole, with one frame for its exterior and its holes. The frame is found
//! from the directions of the outline; then frame and walls are fitted in turn. The result is kept
//! only if it is close to the exact outline; see [`PolygonOptions::regularize`].

use geo::{Area, BoundingRect, Intersects, LineString, MultiPolygon, Polygon, Validation};

use crate::PolygonOptions;
use crate::direction::{has_oblique_walls, main_directions};
use crate::outline::{Frame, Outline};
use crate::parts::{Part, Point, doubled_area};
use crate::rasterize::rasterize;
use crate::smooth::smooth;
use crate::squares::{Wall, corners, fit, rectangle, share_of_skewed, walls};

/// Size of a detail that is too small for walls of its own, in tolerances of the simplification.
const DETAIL: f64 = 3.0;

/// The most rounds of fitting frame and walls in turn.
const FITS: usize = 6;

/// Objects of more parts are not squared: they are not buildings, and testing which parts meet
/// takes long.
const MOST_PARTS: usize = 100;

/// Largest share of walls, by length, that may be at another angle.
const MOST_SKEWED: f64 = 0.2;

/// Largest share of its area that a part may gain or lose.
const AREA_SHARE: f64 = 0.05;

/// Squares the parts of an object that can be squared without meeting another part. The other parts
/// get smooth outlines, and how many they are is the second result.
pub(crate) fn regularize(exact: &[Part], options: &PolygonOptions) -> (Vec<Polygon<f64>>, usize) {
    let outlines = smooth(exact, tolerance(options));
    if exact.len() > MOST_PARTS {
        return (outlines, exact.len());
    }
    let mut squared: Vec<Option<Polygon<f64>>> =
        exact.iter().map(|part| square(part, options)).collect();
    // Parts that touched at a corner may overlap now. Each round restores some of them.
    loop {
        let chosen: Vec<&Polygon<f64>> = squared
            .iter()
            .zip(&outlines)
            .map(|(squared, outline)| squared.as_ref().unwrap_or(outline))
            .collect();
        let is_squared: Vec<bool> = squared.iter().map(Option::is_some).collect();
        let meeting = meeting(&chosen, &is_squared);
        if meeting.is_empty() {
            break;
        }
        for index in meeting {
            squared[index] = None;
        }
    }
    let smoothed = squared.iter().filter(|squared| squared.is_none()).count();
    let polygons = squared
        .into_iter()
        .zip(outlines)
        .map(|(squared, outline)| squared.unwrap_or(outline));
    (polygons.collect(), smoothed)
}

/// The tolerance of outlines in pixels: that of the simplification, at least a pixel.
fn tolerance(options: &PolygonOptions) -> f64 {
    let asked = options.simplify.filter(|&tolerance| tolerance >= 1.0);
    asked.unwrap_or(1.0)
}

/// The squared ones among polygons that meet another.
fn meeting(polygons: &[&Polygon<f64>], is_squared: &[bool]) -> Vec<usize> {
    let boxes: Vec<_> = polygons
        .iter()
        .map(|polygon| polygon.bounding_rect())
        .collect();
    let pairs = (0..polygons.len()).flat_map(|one| (0..one).map(move |other| [one, other]));
    let meeting = pairs.filter(|&[one, other]| {
        let boxes = boxes[one].zip(boxes[other]);
        (is_squared[one] || is_squared[other])
            && boxes.is_some_and(|(one, other)| one.intersects(&other))
            && polygons[one].intersects(polygons[other])
    });
    meeting
        .flatten()
        .filter(|&index| is_squared[index])
        .collect()
}

/// The squared part, if it is close enough to the exact one.
fn square(part: &Part, options: &PolygonOptions) -> Option<Polygon<f64>> {
    let detail = DETAIL * tolerance(options);
    let bounds = Bounds::of(&part.rings[0])?;
    let origin = bounds.low;
    let (exterior, holes) = part.rings.split_first()?;
    // Small holes are details, too.
    let holes = holes
        .iter()
        .filter(|hole| doubled_area(hole) as f64 / 2.0 >= detail * detail);
    let rings: Vec<&Vec<Point>> = std::iter::once(exterior).chain(holes).collect();
    let outlines: Vec<Outline> = rings
        .iter()
        .map(|ring| Outline::new(ring, origin))
        .collect();
    let area = part.area();

    let (frame, walls) = fit_walls(&outlines, detail);
    let skewed = share_of_skewed(with_walls(&outlines, &walls), &frame, detail);
    if skewed > MOST_SKEWED || has_oblique_walls(&outlines, &frame, area) {
        return None;
    }
    let rings = outlines
        .iter()
        .zip(&walls)
        .zip(&rings)
        .map(|((outline, walls), ring)| {
            let built = corners(outline, walls, &frame, detail);
            built.unwrap_or_else(|| {
                rectangle(outline, &frame, doubled_area(ring).abs() as f64 / 2.0)
            })
        });
    let rings = keep_area(rings.collect(), area);
    let mut rings = rings.into_iter().map(|ring| to_line(&ring, &frame, origin));
    let squared = Polygon::new(rings.next()?, rings.collect());
    let is_close = (squared.unsigned_area() - area).abs() <= AREA_SHARE * area
        && bounds.overlap(part.to_polygon(), squared.clone())? >= options.min_iou;
    (is_close && squared.is_valid()).then_some(squared)
}

/// Finds the frame of a part and the walls of its rings; no walls where a ring is too small.
fn fit_walls(outlines: &[Outline], detail: f64) -> (Frame, Vec<Vec<Wall>>) {
    let mut frame = main_directions(outlines);
    let mut all_walls = Vec::new();
    for _ in 0..FITS {
        let walls = outlines
            .iter()
            .map(|outline| walls(outline, &frame, detail).unwrap_or_default());
        all_walls = walls.collect();
        let Some(fitted) = fit(with_walls(outlines, &all_walls), detail) else {
            break;
        };
        let change = fitted.angle() - frame.angle();
        frame = fitted;
        if change.abs() < 1e-4 {
            break;
        }
    }
    (frame, all_walls)
}

fn with_walls<'a>(
    outlines: &'a [Outline],
    walls: &'a [Vec<Wall>],
) -> impl Iterator<Item = (&'a Outline, &'a [Wall])> {
    outlines.iter().zip(walls.iter().map(Vec::as_slice))
}

/// Moves all walls outwards or inwards alike until the area is `area`, if it is too far from it.
fn keep_area(mut rings: Vec<Vec<[f64; 2]>>, area: f64) -> Vec<Vec<[f64; 2]>> {
    // Rings run with their inside on the left on the screen, where `y` grows downwards.
    let measure = |rings: &[Vec<[f64; 2]>]| {
        let (mut doubled_area, mut length) = (0.0, 0.0);
        for ring in rings {
            for (from, to) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                doubled_area += to[0] * from[1] - from[0] * to[1];
                length += (to[0] - from[0]).hypot(to[1] - from[1]);
            }
        }
        (doubled_area / 2.0, length)
    };
    // The area is not quite linear in the distance: a second step takes the rest away.
    for _ in 0..2 {
        let (now, length) = measure(&rings);
        if (now - area).abs() <= AREA_SHARE * area || length <= 0.0 {
            break;
        }
        let distance = (area - now) / length;
        for ring in &mut rings {
            *ring = moved_outwards(ring, distance);
        }
    }
    rings
}

fn moved_outwards(ring: &[[f64; 2]], distance: f64) -> Vec<[f64; 2]> {
    let count = ring.len();
    let outwards = |from: [f64; 2], to: [f64; 2]| {
        let sign = |value: f64| if value == 0.0 { 0.0 } else { value.signum() };
        [-sign(to[1] - from[1]), sign(to[0] - from[0])]
    };
    let corners = (0..count).map(|index| {
        let [before, corner, after] = [count - 1, 0, 1].map(|step| ring[(index + step) % count]);
        let (one, other) = (outwards(before, corner), outwards(corner, after));
        [0, 1].map(|axis| corner[axis] + distance * (one[axis] + other[axis]))
    });
    corners.collect()
}

/// A ring of the frame as a closed line in the raster.
fn to_line(ring: &[[f64; 2]], frame: &Frame, origin: Point) -> LineString<f64> {
    let points = ring.iter().chain(ring.first()).map(|&corner| {
        let [x, y] = frame.leave(corner);
        (x + origin[0] as f64, y + origin[1] as f64)
    });
    points.collect()
}

/// The pixels round a ring.
struct Bounds {
    low: Point,
    high: Point,
}

impl Bounds {
    fn of(ring: &[Point]) -> Option<Self> {
        let along = |axis: usize| ring.iter().map(move |point| point[axis]);
        Some(Self {
            low: [along(0).min()?, along(1).min()?],
            high: [along(0).max()?, along(1).max()?],
        })
    }

    /// Intersection over union of two polygons, in pixels.
    fn overlap(&self, one: Polygon<f64>, other: Polygon<f64>) -> Option<f64> {
        // Walls that bulge by more than this are far from any bound on the overlap.
        let [margin_x, margin_y] = [0, 1].map(|axis| (self.high[axis] - self.low[axis]) / 4 + 2);
        let width = u32::try_from(self.high[0] - self.low[0] + 2 * margin_x).ok()?;
        let height = u32::try_from(self.high[1] - self.low[1] + 2 * margin_y).ok()?;
        let draw = |polygon: Polygon<f64>| {
            let polygon = MultiPolygon(vec![polygon]);
            rasterize(
                &polygon,
                self.low[0] - margin_x,
                self.low[1] - margin_y,
                width,
                height,
            )
        };
        draw(one).ok()?.iou(&draw(other).ok()?).ok()
    }
}
