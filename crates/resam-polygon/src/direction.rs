//! The main direction of an object's walls, and whether the object has oblique walls: neither
//! parallel nor at a right angle to it.

use std::f64::consts::FRAC_PI_2;

use crate::outline::{Frame, Outline};

/// Number of directions that are tried within a right angle.
const DIRECTIONS: usize = 90;

/// A path along the outline is oblique if its smaller extent, along one direction of the frame,
/// exceeds this share of its larger extent (10 degrees) plus one pixel for the pixel steps.
const OBLIQUE: (f64, f64) = (0.176, 1.0);

/// The length from which an oblique run is a wall, as a share of the side of a square of the
/// object's area. Rounded corners are shorter.
const LONGEST_OBLIQUE: f64 = 0.35;

/// The largest share of the outline that may be oblique, rounded corners included. In a circle the
/// share is 0.7.
const MOST_OBLIQUE: f64 = 0.5;

/// The frame in which the outlines have the shortest Manhattan length.
///
/// The Manhattan length of a wall grows with its angle to the frame, so long walls count most.
pub(crate) fn main_directions(outlines: &[Outline]) -> Frame {
    let ways: Vec<_> = outlines.iter().flat_map(Outline::ways).collect();
    let frames =
        (0..DIRECTIONS).map(|step| Frame::new(step as f64 * FRAC_PI_2 / DIRECTIONS as f64));
    let walked = |frame: &Frame| -> f64 {
        let legs = ways.iter().map(|&way| frame.enter(way));
        legs.map(|[u, v]| u.abs() + v.abs()).sum()
    };
    let frames = frames.map(|frame| (walked(&frame), frame));
    let shortest = frames.min_by(|left, right| left.0.total_cmp(&right.0));
    shortest.map_or(Frame::new(0.0), |(_, frame)| frame)
}

/// Whether outlines, of an object of `area` square pixels, have walls at another angle.
pub(crate) fn has_oblique_walls(outlines: &[Outline], frame: &Frame, area: f64) -> bool {
    let mut oblique_sides = 0;
    for outline in outlines {
        let slopes: Vec<f64> = outline.ways().map(|way| slope(frame.enter(way))).collect();
        oblique_sides += slopes.iter().filter(|&&slope| slope != 0.0).count();
        // The ways round a true corner are oblique, too.
        let longest = LONGEST_OBLIQUE * area.sqrt() + 0.6 * outline.reach() as f64;
        if runs(&slopes).any(|(start, end)| {
            let [x, y] = outline.way(start, end);
            x.hypot(y) > longest
        }) {
            return true;
        }
    }
    let sides: usize = outlines.iter().map(Outline::len).sum();
    oblique_sides as f64 > MOST_OBLIQUE * sides as f64
}

/// The sign of the slope of an oblique way, zero for others.
fn slope([u, v]: [f64; 2]) -> f64 {
    let (share, steps) = OBLIQUE;
    let (less, more) = (u.abs().min(v.abs()), u.abs().max(v.abs()));
    if less > share * more + steps {
        (u * v).signum()
    } else {
        0.0
    }
}

/// The runs `start..end` of equal slopes round a ring; none if they are equal all round.
fn runs(slopes: &[f64]) -> impl Iterator<Item = (usize, usize)> + '_ {
    let count = slopes.len();
    let starts = (0..count).filter(move |&start| {
        slopes[start] != 0.0 && slopes[start] != slopes[(start + count - 1) % count]
    });
    starts.map(move |start| {
        let equal = |step: &usize| slopes[(start + step) % count] == slopes[start];
        (start, start + (0..count).take_while(equal).count())
    })
}
