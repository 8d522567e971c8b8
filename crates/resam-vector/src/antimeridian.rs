//! Longitudes from -180 to 180, as RFC 7946 has them: polygons over the antimeridian are cut there
//! (section 3.1.9), and a box over it has its west edge east of its east edge (section 5.2).

use geo::{BooleanOps, BoundingRect, MapCoords, Rect};
use geo_types::{Coord, MultiPolygon, coord};

/// A geometry whose longitudes may run on beyond 180 degrees, cut and turned into place.
pub(crate) fn cut(geometry: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let Some(bounds) = geometry.bounding_rect() else {
        return geometry.clone();
    };
    let turn = |x: f64| ((x + 180.0) / 360.0).floor();
    let first = turn(bounds.min().x);
    // An edge on the antimeridian itself belongs to the turn before it.
    let last = (((bounds.max().x + 180.0) / 360.0).ceil() - 1.0).max(first);
    if first == last && first == 0.0 {
        return geometry.clone();
    }
    let mut parts = Vec::new();
    // A polygon goes around the Earth once at the most; more turns are no geometry.
    for at in first as i64..=(last as i64).min(first as i64 + 2) {
        let shift = at as f64 * 360.0;
        let west = shift - 180.0;
        let inside = if first == last {
            geometry.clone()
        } else {
            let strip = Rect::new(
                coord! { x: west, y: -91.0 },
                coord! { x: west + 360.0, y: 91.0 },
            );
            geometry.intersection(&MultiPolygon::new(vec![strip.to_polygon()]))
        };
        let turned = inside.map_coords(|Coord { x, y }| Coord {
            x: (x - shift).clamp(-180.0, 180.0),
            y,
        });
        parts.extend(turned.0);
    }
    MultiPolygon::new(parts)
}

/// West, south, east and north edge of what was cut: the shortest box, which may go over the
/// antimeridian.
pub(crate) fn bounds<'a>(
    geometries: impl IntoIterator<Item = &'a MultiPolygon<f64>>,
) -> Option<[f64; 4]> {
    let polygons = geometries.into_iter().flat_map(|geometry| &geometry.0);
    let boxes = polygons.filter_map(|polygon| polygon.bounding_rect());
    let boxes: Vec<Rect<f64>> = boxes.collect();
    let south = boxes.iter().map(|part| part.min().y).reduce(f64::min)?;
    let north = boxes.iter().map(|part| part.max().y).reduce(f64::max)?;
    let mut spans: Vec<(f64, f64)> = boxes
        .iter()
        .map(|part| (part.min().x, part.max().x))
        .collect();
    spans.sort_by(|one, other| one.0.total_cmp(&other.0));
    let west = spans.first()?.0;
    let mut east = spans.first()?.1;
    // The widest gap between parts, with the longitudes at its ends.
    let mut widest = (0.0, west, west);
    for &(from, to) in &spans {
        if from - east > widest.0 {
            widest = (from - east, east, from);
        }
        east = east.max(to);
    }
    if widest.0 > 360.0 - (east - west) {
        return Some([widest.2, south, widest.1, north]);
    }
    Some([west, south, east, north])
}

#[cfg(test)]
mod tests {
    use geo::Area;
    use geo_types::polygon;

    use super::*;

    fn square(west: f64, east: f64) -> MultiPolygon<f64> {
        MultiPolygon::new(vec![polygon![
            (x: west, y: -17.0), (x: east, y: -17.0), (x: east, y: -16.0), (x: west, y: -16.0)
        ]])
    }

    #[test]
    fn polygons_over_the_antimeridian_are_cut_there() {
        for (west, east) in [(179.5, 181.0), (-180.5, -179.0)] {
            let geometry = square(west, east);
            let cut = cut(&geometry);
            assert_eq!(cut.0.len(), 2);
            assert!((cut.unsigned_area() - 1.5).abs() < 1e-9);
            assert_eq!(bounds([&cut]), Some([179.5, -17.0, -179.0, -16.0]));
        }
    }

    #[test]
    fn longitudes_of_other_turns_are_turned_and_others_stay() {
        let turned = cut(&square(200.0, 201.0));
        assert_eq!(bounds([&turned]), Some([-160.0, -17.0, -159.0, -16.0]));
        for (west, east) in [(10.0, 11.0), (-180.0, 180.0), (179.0, 180.0)] {
            assert_eq!(cut(&square(west, east)), square(west, east));
        }
        let both = [square(10.0, 11.0), square(-120.0, -119.0)];
        assert_eq!(bounds(&both), Some([-120.0, -17.0, 11.0, -16.0]));
    }
}
