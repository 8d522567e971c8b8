//! Geometries as well-known text (OGC 06-103r4), alone in a column of a table.

use geo_types::Geometry as Parsed;
use wkt::TryFromWkt;

use crate::source::Geometry;

/// Parentheses within parentheses: a collection of multipolygons has five.
const DEEPEST: usize = 8;

/// Reads a text; what is empty is no geometry. Also the number of the CRS that PostGIS puts before
/// it, as in `SRID=4326;POINT(5 50)`.
pub(crate) fn read(text: &str) -> Result<(Geometry, Option<u32>), String> {
    let text = text.trim();
    let (srid, text) = match text.split_once(';') {
        Some((head, rest)) if head.len() > 5 && head[..5].eq_ignore_ascii_case("srid=") => {
            let code = head[5..].trim().parse();
            (
                Some(code.map_err(|_| format!("`{head}` names no CRS"))?),
                rest,
            )
        }
        _ => (None, text),
    };
    if text.is_empty() {
        return Ok((Geometry::None, srid));
    }
    let mut depth = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth > DEEPEST {
            return Err("it nests too deep".to_owned());
        }
    }
    let upper = text
        .trim_end()
        .get(text.trim_end().len().saturating_sub(5)..);
    if upper.is_some_and(|end| end.eq_ignore_ascii_case("empty")) && !text.contains('(') {
        return Ok((Geometry::None, srid));
    }
    let parsed = Parsed::<f64>::try_from_wkt_str(text).map_err(|error| error.to_string())?;
    Ok((of(parsed), srid))
}

fn of(parsed: Parsed<f64>) -> Geometry {
    match parsed {
        Parsed::Point(at) => Geometry::Points(vec![(at.x(), at.y())]),
        Parsed::MultiPoint(points) if points.0.is_empty() => Geometry::None,
        Parsed::MultiPoint(points) => {
            Geometry::Points(points.iter().map(|at| (at.x(), at.y())).collect())
        }
        Parsed::Polygon(polygon) => of(Parsed::MultiPolygon(polygon.into())),
        Parsed::MultiPolygon(mut polygons) => {
            polygons
                .0
                .retain(|polygon| !polygon.exterior().0.is_empty());
            if polygons.0.is_empty() {
                Geometry::None
            } else {
                Geometry::Polygons(polygons)
            }
        }
        Parsed::Line(_) | Parsed::LineString(_) | Parsed::MultiLineString(_) => {
            Geometry::Other("line")
        }
        _ => Geometry::Other("geometry collection"),
    }
}

/// For the fuzzer: reads any text.
#[doc(hidden)]
pub fn fuzz_wkt(text: &str) -> bool {
    read(text).is_ok()
}
