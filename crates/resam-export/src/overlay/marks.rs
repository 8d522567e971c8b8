//! What the user pointed at: boxes and points.

use image::Rgb;

use super::DrawnObject;
use super::canvas::Canvas;
use super::colours::{DARK, NEGATIVE, POSITIVE, WHITE};
use super::outline::halo_width;

/// The smallest disc that is still told as one, in pixels.
const SMALLEST_RADIUS: f64 = 2.5;
/// Negative points are taken this much smaller, as there are many.
const NEGATIVE_SIZE: f64 = 0.9;
/// Below this radius there is no room for a plus or a minus.
const SMALLEST_RADIUS_WITH_SIGN: f64 = 3.5;

/// Draws a box `[x0, y0, x1, y1]` with dashed sides.
pub(crate) fn draw_bounds(canvas: &mut Canvas, bounds: [f64; 4], line_width: f64, colour: Rgb<u8>) {
    if !bounds.iter().all(|coordinate| coordinate.is_finite()) {
        return;
    }
    let [width, height] = canvas.size().map(f64::from);
    // Far-off sides stay off the image, but near enough to bound the number of dashes.
    let within = |from: f64, to: f64, side: f64| {
        let margin = 4.0 * line_width;
        [from.min(to), from.max(to)].map(|value| value.clamp(-margin, side + margin).round())
    };
    let [x0, x1] = within(bounds[0], bounds[2], width);
    let [y0, y1] = within(bounds[1], bounds[3], height);
    let halo = halo_width(line_width);
    // Lines lie outside the box, as outlines lie outside of masks.
    let sides = |margin: f64| {
        let outer = line_width + margin;
        let mut dashes = Vec::new();
        for (start, end) in dashes_of(x0 - line_width, x1 + line_width, line_width) {
            let (start, end) = (start - margin, end + margin);
            dashes.push([start, y0 - outer, end, y0 + margin]);
            dashes.push([start, y1 - margin, end, y1 + outer]);
        }
        for (start, end) in dashes_of(y0 - line_width, y1 + line_width, line_width) {
            let (start, end) = (start - margin, end + margin);
            dashes.push([x0 - outer, start, x0 + margin, end]);
            dashes.push([x1 - margin, start, x1 + outer, end]);
        }
        dashes
    };
    for dash in sides(0.5 * halo) {
        canvas.paint_rectangle(dash, DARK, 0.5);
    }
    for dash in sides(0.0) {
        canvas.paint_rectangle(dash, colour, 1.0);
    }
}

/// Dashes from `start` to `end`, one at each end.
fn dashes_of(start: f64, end: f64, line_width: f64) -> impl Iterator<Item = (f64, f64)> {
    let (dash, gap) = (4.0 * line_width + 1.0, 3.0 * line_width + 1.0);
    let length = end - start;
    let gaps = ((length - dash) / (dash + gap)).round().max(0.0);
    let step = if gaps == 0.0 {
        0.0
    } else {
        (length - dash) / gaps
    };
    (0..=gaps as u32).map(move |number| {
        let from = start + f64::from(number) * step;
        (from, (from + dash).min(end))
    })
}

/// Draws the points of all objects. Positive ones come last, as they are the ones that asked.
pub(crate) fn draw_points(canvas: &mut Canvas, objects: &[DrawnObject], line_width: f64) {
    for object in objects {
        let radius = NEGATIVE_SIZE * radius(object, line_width);
        for &point in &object.prompt.negative {
            draw_point(canvas, point, radius, false);
        }
    }
    for object in objects {
        let radius = radius(object, line_width);
        for &point in &object.prompt.positive {
            draw_point(canvas, point, radius, true);
        }
    }
}

/// The radius of an object's points; a disc of the usual size would hide a small object.
fn radius(object: &DrawnObject, line_width: f64) -> f64 {
    let usual = 2.4 + 2.6 * line_width;
    match &object.mask {
        None => usual,
        Some(mask) => usual.min((0.16 * (mask.area() as f64).sqrt()).max(SMALLEST_RADIUS)),
    }
}

/// Draws a disc with a white ring and a sign.
fn draw_point(canvas: &mut Canvas, point: [f64; 2], radius: f64, positive: bool) {
    if !point.iter().all(|coordinate| coordinate.is_finite()) {
        return;
    }
    let ring = (0.22 * radius).max(1.0);
    let reach = radius + 3.0;
    let disc = |radius: f64| move |x: f64, y: f64| x.hypot(y) - radius;
    let colour = if positive { POSITIVE } else { NEGATIVE };
    canvas.paint(point, reach, DARK, 0.55, disc(radius + 0.9));
    canvas.paint(point, reach, WHITE, 1.0, disc(radius));
    canvas.paint(point, reach, colour, 1.0, disc(radius - ring));
    if radius < SMALLEST_RADIUS_WITH_SIGN {
        return;
    }
    let (long, thick) = (0.48 * radius, 0.13 * radius);
    let bar = |x: f64, y: f64| (x.abs() - long).max(y.abs() - thick);
    canvas.paint(point, reach, WHITE, 1.0, |x, y| {
        if positive {
            bar(x, y).min(bar(y, x))
        } else {
            bar(x, y)
        }
    });
}
