//! Ground control points: places of pixels on the map, from which an affine transform may follow.

use crate::geo_transform::GeoTransform;

/// How far a point may lie from where the transform puts it, in pixels, for the transform to be
/// exact: the rounding of the coordinates in a file.
const EXACT: f64 = 0.02;

/// A pixel (corner convention) and its place on the map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ControlPoint {
    pub(crate) pixel: [f64; 2],
    pub(crate) map: [f64; 2],
}

/// What follows from control points.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tied {
    /// A transform that fits all of them.
    Exactly(GeoTransform),
    /// None does: the best one is off by so many pixels, where there is a best one.
    Loosely(Option<f64>),
}

/// The affine transform of control points, by least squares.
pub(crate) fn tied_by(points: &[ControlPoint]) -> Tied {
    let Some(transform) = fitted(points) else {
        return Tied::Loosely(None);
    };
    let off = |point: &ControlPoint| {
        let [x, y] = point.map;
        match transform.invert(x, y) {
            Some((column, row)) => (column - point.pixel[0]).hypot(row - point.pixel[1]),
            None => f64::INFINITY,
        }
    };
    let worst = points.iter().map(off).fold(0.0, f64::max);
    if worst <= EXACT {
        Tied::Exactly(transform)
    } else {
        Tied::Loosely(Some(worst).filter(|worst| worst.is_finite()))
    }
}

/// The best transform; none where the points lie on a line or are fewer than three.
fn fitted(points: &[ControlPoint]) -> Option<GeoTransform> {
    let count = points.len() as f64;
    let mean = |of: &dyn Fn(&ControlPoint) -> f64| points.iter().map(of).sum::<f64>() / count;
    let pixel = [0, 1].map(|axis| mean(&|point| point.pixel[axis]));
    let map = [0, 1].map(|axis| mean(&|point| point.map[axis]));
    // Around the means, so that large eastings lose no digits.
    let product = |a: &dyn Fn(&ControlPoint) -> f64, b: &dyn Fn(&ControlPoint) -> f64| {
        points.iter().map(|point| a(point) * b(point)).sum::<f64>()
    };
    let column = |point: &ControlPoint| point.pixel[0] - pixel[0];
    let row = |point: &ControlPoint| point.pixel[1] - pixel[1];
    let (cc, cr, rr) = (
        product(&column, &column),
        product(&column, &row),
        product(&row, &row),
    );
    let determinant = cc * rr - cr * cr;
    if points.len() < 3 || determinant.abs() <= 1e-9 * cc * rr || !determinant.is_normal() {
        return None;
    }
    let line = |axis: usize| {
        let value = |point: &ControlPoint| point.map[axis] - map[axis];
        let (cv, rv) = (product(&column, &value), product(&row, &value));
        let (across, down) = (
            (cv * rr - rv * cr) / determinant,
            (rv * cc - cv * cr) / determinant,
        );
        [
            map[axis] - across * pixel[0] - down * pixel[1],
            across,
            down,
        ]
    };
    let ([x0, a, b], [y0, d, e]) = (line(0), line(1));
    let transform = GeoTransform([x0, a, b, y0, d, e]);
    transform.is_invertible().then_some(transform)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(column: f64, row: f64, x: f64, y: f64) -> ControlPoint {
        ControlPoint {
            pixel: [column, row],
            map: [x, y],
        }
    }

    #[test]
    fn corners_of_a_rotated_raster_give_its_transform() {
        let true_one = GeoTransform([400_000.0, 3.0, 1.5, 5_700_000.0, 2.0, -2.5]);
        let points: Vec<ControlPoint> = [(0.0, 0.0), (64.0, 0.0), (0.0, 64.0), (64.0, 64.0)]
            .map(|(column, row)| {
                let (x, y) = true_one.apply(column, row);
                at(column, row, x, y)
            })
            .to_vec();
        let Tied::Exactly(found) = tied_by(&points) else {
            panic!("an affine fits");
        };
        for (one, other) in found.0.iter().zip(true_one.0) {
            assert!((one - other).abs() < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn points_that_no_affine_fits_or_that_lie_on_a_line_give_none() {
        let bent = [
            at(0.0, 0.0, 13.0, 52.0),
            at(64.0, 0.0, 13.000_64, 52.0),
            at(0.0, 64.0, 13.0, 51.999_36),
            at(64.0, 64.0, 13.000_70, 51.999_36),
        ];
        assert!(matches!(tied_by(&bent), Tied::Loosely(Some(off)) if off > 1.0));
        let on_a_line = [0.0, 10.0, 20.0].map(|at_| at(at_, at_, at_, at_));
        assert_eq!(tied_by(&on_a_line), Tied::Loosely(None));
        assert_eq!(tied_by(&bent[..2]), Tied::Loosely(None));
    }
}
