//! Fits walls at right angles to a ring.
//!
//! A ring is divided into walls that follow the two directions of a frame in turn. Dynamic
//! programming finds the number and the places of the cuts: it minimises the sum of the squared
//! distances of the ring from its walls, plus a cost for each wall. A wall lies at the mean of its
//! piece of the ring. Corners are the intersections of neighbouring walls, so every angle is a
//! right angle.

use std::f64::consts::FRAC_PI_2;

use crate::outline::{Frame, Outline};

/// Most places where a ring can be cut: long rings are cut at every second, third ... side.
const MOST_CUTS: usize = 200;

/// The angle, 10 degrees, above which a wall does not follow its direction.
const SKEWED: f64 = 0.175;

/// The sides `start..end` of a ring, counted on round it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wall {
    start: usize,
    end: usize,
    /// The direction of the frame that it follows, 0 or 1.
    axis: usize,
}

/// The best walls through a ring, in its order, each at least `detail` pixels long; none if there
/// are no four such.
pub(crate) fn walls(outline: &Outline, frame: &Frame, detail: f64) -> Option<Vec<Wall>> {
    // The corner farthest along both directions is one in any case.
    let farthest = (0..outline.len()).max_by(|&left, &right| {
        let [left, right] = [left, right].map(|side| {
            let [u, v] = frame.enter(outline.corner(side));
            u + v
        });
        left.total_cmp(&right)
    })?;
    let stride = outline.len().div_ceil(MOST_CUTS);
    let sides = (0..outline.len()).step_by(stride).chain([outline.len()]);
    let cuts: Vec<usize> = sides.map(|side| farthest + side).collect();
    // From there a ring that is clockwise on the screen goes back along the first direction.
    let first_axis = usize::from(!outline.is_clockwise());

    // Least cost up to each cut with the last wall along each axis, and the cut before that wall.
    let mut least = vec![[(f64::INFINITY, 0); 2]; cuts.len()];
    least[0][1 - first_axis].0 = 0.0;
    let price = detail.powi(3);
    for end in 1..cuts.len() {
        for start in (0..end).rev() {
            let spread = outline.moments(cuts[start], cuts[end]).spread(frame);
            let way = frame.enter(outline.way(cuts[start], cuts[end]));
            let mut too_long = true;
            for axis in [0, 1] {
                let cost = spread[1 - axis] + price;
                // Longer walls fit even worse.
                too_long &= cost >= least[end][axis].0;
                let total = least[start][1 - axis].0 + cost;
                if total < least[end][axis].0 && way[axis].abs() >= detail {
                    least[end][axis] = (total, start);
                }
            }
            if too_long {
                break;
            }
        }
    }

    let (mut cut, mut axis) = (cuts.len() - 1, 1 - first_axis);
    let mut walls = Vec::new();
    while cut > 0 {
        let (cost, start) = least[cut][axis];
        if cost.is_infinite() {
            return None;
        }
        walls.push(Wall {
            start: cuts[start],
            end: cuts[cut],
            axis,
        });
        (cut, axis) = (start, 1 - axis);
    }
    walls.reverse();
    move_cuts(&mut walls, outline, frame, stride);
    (walls.len() >= 4).then_some(walls)
}

/// Moves the cuts between walls to the best of the sides that could not be cut at.
fn move_cuts(walls: &mut [Wall], outline: &Outline, frame: &Frame, stride: usize) {
    for next in 1..walls.len() {
        let [one, other] = [walls[next - 1], walls[next]];
        let lowest = (one.start + 1).max((one.end + 1).saturating_sub(stride));
        let highest = (other.end - 1).min(one.end + stride - 1);
        let misfit = |&cut: &usize| {
            let spread = |start, end| outline.moments(start, end).spread(frame);
            spread(one.start, cut)[1 - one.axis] + spread(cut, other.end)[1 - other.axis]
        };
        let best = (lowest..=highest).min_by(|a, b| misfit(a).total_cmp(&misfit(b)));
        if let Some(cut) = best {
            (walls[next - 1].end, walls[next].start) = (cut, cut);
        }
    }
}

impl Wall {
    /// Its sides without those near its ends, where corners may be rounded.
    fn middle(&self, detail: f64) -> (usize, usize) {
        let ends = (detail as usize).min((self.end - self.start) / 4);
        (self.start + ends, self.end - ends)
    }

    /// Its position across the axis that it follows.
    fn position(&self, outline: &Outline, frame: &Frame, detail: f64) -> f64 {
        let (start, end) = self.middle(detail);
        frame.enter(outline.moments(start, end).mean())[1 - self.axis]
    }
}

/// Share of the lengths of walls that do not go their way, if taken by themselves: they are off by
/// at least ten degrees and by a pixel from end to end.
pub(crate) fn share_of_skewed<'a>(
    rings: impl Iterator<Item = (&'a Outline, &'a [Wall])>,
    frame: &Frame,
    detail: f64,
) -> f64 {
    let (mut skewed, mut all) = (0.0, 0.0);
    for (outline, walls) in rings {
        for wall in walls {
            let (start, end) = wall.middle(detail);
            let sides = (end - start) as f64;
            let [xx, xy, yy] = outline.moments(start, end).scatter();
            let own = Frame::new(f64::atan2(xy, (xx - yy) / 2.0) / 2.0);
            let turns = (own.angle() - frame.angle()) / FRAC_PI_2;
            let off = ((turns - turns.round()) * FRAC_PI_2).abs();
            // The scatter of evenly spread points gives their extent.
            let length = ((xx + yy) * 12.0 / sides).sqrt();
            all += sides;
            if off > SKEWED && off.sin() * length > 1.0 {
                skewed += sides;
            }
        }
    }
    if all > 0.0 { skewed / all } else { 0.0 }
}

/// The frame nearest to which the walls of all rings lie (total least squares).
pub(crate) fn fit<'a>(
    rings: impl Iterator<Item = (&'a Outline, &'a [Wall])>,
    detail: f64,
) -> Option<Frame> {
    let [mut xx, mut xy, mut yy] = [0.0; 3];
    for (outline, wall) in
        rings.flat_map(|(outline, walls)| walls.iter().map(move |wall| (outline, wall)))
    {
        let (start, end) = wall.middle(detail);
        let scatter = outline.moments(start, end).scatter();
        // Those along the second axis count as if turned to lie along the first.
        let turned = if wall.axis == 0 {
            scatter
        } else {
            [scatter[2], -scatter[1], scatter[0]]
        };
        (xx, xy, yy) = (xx + turned[0], xy + turned[1], yy + turned[2]);
    }
    (xx != yy || xy != 0.0).then(|| Frame::new(f64::atan2(xy, (xx - yy) / 2.0) / 2.0))
}

/// The corners at which walls meet, in the frame; none if there are none, or if one would run
/// against its ring.
pub(crate) fn corners(
    outline: &Outline,
    walls: &[Wall],
    frame: &Frame,
    detail: f64,
) -> Option<Vec<[f64; 2]>> {
    let positions: Vec<f64> = walls
        .iter()
        .map(|wall| wall.position(outline, frame, detail))
        .collect();
    let count = walls.len();
    let corners: Vec<[f64; 2]> = (0..count)
        .map(|index| {
            let before = (index + count - 1) % count;
            let mut corner = [0.0; 2];
            corner[1 - walls[index].axis] = positions[index];
            corner[1 - walls[before].axis] = positions[before];
            corner
        })
        .collect();
    let follows = (0..count).all(|index| {
        let Wall { start, end, axis } = walls[index];
        let built = corners[(index + 1) % count][axis] - corners[index][axis];
        built * frame.enter(outline.way(start, end))[axis] > 0.0
    });
    (follows && count > 0).then_some(corners)
}

/// The corners, in the frame, of a rectangle with the extent of a ring, shrunk to its area.
pub(crate) fn rectangle(outline: &Outline, frame: &Frame, area: f64) -> Vec<[f64; 2]> {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for side in 0..outline.len() {
        let corner = frame.enter(outline.corner(side));
        for axis in [0, 1] {
            low[axis] = low[axis].min(corner[axis]);
            high[axis] = high[axis].max(corner[axis]);
        }
    }
    let share = (area / ((high[0] - low[0]) * (high[1] - low[1]))).sqrt();
    for axis in [0, 1] {
        let spare = (high[axis] - low[axis]) * (1.0 - share) / 2.0;
        (low[axis], high[axis]) = (low[axis] + spare, high[axis] - spare);
    }
    let mut corners = vec![low, [high[0], low[1]], high, [low[0], high[1]]];
    if !outline.is_clockwise() {
        corners.reverse();
    }
    corners
}
