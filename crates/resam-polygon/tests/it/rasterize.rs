//! Polygons with fractional coordinates become the pixels whose centres they hold.

use geo::{Contains, LineString, MultiPolygon, Point, Polygon, polygon};
use proptest::prelude::*;
use resam_mask::{Bitmap, MaskError};
use resam_polygon::rasterize;

/// A star-shaped ring round a centre, by its radii.
fn star([x, y]: [f64; 2], radii: &[f64]) -> LineString<f64> {
    let step = std::f64::consts::TAU / radii.len() as f64;
    let point = |(index, radius): (usize, &f64)| {
        let angle = step * index as f64;
        (x + radius * angle.cos(), y + radius * angle.sin())
    };
    radii.iter().enumerate().map(point).collect()
}

proptest! {
    #[test]
    fn a_pixel_is_set_if_its_centre_lies_in_the_polygon(
        outer in prop::collection::vec(6.0..14.0_f64, 3..12),
        inner in prop::collection::vec(0.5..3.0_f64, 3..12),
        centre in [5.0..15.0_f64, 5.0..15.0_f64],
    ) {
        let polygon = Polygon::new(star(centre, &outer), vec![star(centre, &inner)]);
        let expected = Bitmap::from_fn(20, 18, |x, y| {
            let pixel = Point::new(f64::from(x) + 0.5 - 3.0, f64::from(y) + 0.5 + 2.0);
            Polygon::new(polygon.exterior().clone(), Vec::new()).contains(&pixel)
                != Polygon::new(polygon.interiors()[0].clone(), Vec::new()).contains(&pixel)
        })?;
        prop_assert_eq!(rasterize(&MultiPolygon(vec![polygon]), -3, 2, 20, 18)?, expected);
    }

    #[test]
    fn polygons_that_share_an_edge_share_no_pixel_and_leave_none_out(
        from in [0..=40_i32, 0..=40_i32],
        to in [0..=40_i32, 0..=40_i32],
    ) {
        // Half pixels, so that many centres lie exactly on the edge.
        let [a, b] = [from, to].map(|point| point.map(|value| f64::from(value) / 2.0));
        let side = |far: f64| -> MultiPolygon<f64> {
            polygon![(x: a[0], y: a[1]), (x: b[0], y: b[1]), (x: b[0] + far, y: b[1]), (x: a[0] + far, y: a[1])].into()
        };
        let [left, right, both] = [-30.0, 30.0, 0.0].map(side);
        let draw = |polygons: &MultiPolygon<f64>| rasterize(polygons, 0, 0, 20, 20);
        let (left, right) = (draw(&left)?, draw(&right)?);
        prop_assert_eq!(left.intersection_area(&right)?, 0);
        prop_assert!(draw(&both)?.is_empty());
        let rows = (0..20).filter(|&row| {
            let middle = f64::from(row) + 0.5;
            (a[1].min(b[1])..a[1].max(b[1])).contains(&middle)
        });
        prop_assert_eq!(left.area() + right.area(), 20 * rows.count() as u64);
    }
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let at = |x: f64| -> MultiPolygon<f64> {
        polygon![(x: 0.0, y: 0.0), (x: x, y: 3.0), (x: 0.0, y: 3.0)].into()
    };
    for wrong in [f64::NAN, f64::INFINITY, 1e9] {
        let refusal = rasterize(&at(wrong), 0, 0, 4, 4);
        assert!(
            matches!(refusal, Err(MaskError::InvalidCoordinate { .. })),
            "{wrong}"
        );
    }
    let huge = rasterize(&at(1.0), 0, 0, u32::MAX, u32::MAX);
    assert!(matches!(huge, Err(MaskError::TooManyPixels { .. })));
    let line = LineString::from([(0.0, 0.0), (0.0, 1e6)].repeat(1000));
    let lines = MultiPolygon(vec![Polygon::new(line, Vec::new())]);
    assert!(matches!(
        rasterize(&lines, 0, 0, 1, 100_000),
        Err(MaskError::TooManyCrossings { .. })
    ));
    assert!(rasterize(&MultiPolygon(Vec::new()), 0, 0, 4, 4).is_ok_and(|mask| mask.is_empty()));
}
