//! The geometry of a feature.

use std::fmt;

use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use serde::Deserialize;
use serde::de::{Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::source::Geometry;

/// x and y of a position; nothing where it is empty, as in a point without a place.
struct Position(Option<Coord<f64>>);

type Ring = Vec<Position>;

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Shape {
    Point(Position),
    MultiPoint(Vec<Position>),
    LineString(IgnoredAny),
    MultiLineString(IgnoredAny),
    Polygon(Vec<Ring>),
    MultiPolygon(Vec<Vec<Ring>>),
    GeometryCollection,
}

#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(borrow)]
    geometries: Vec<&'a RawValue>,
}

/// Reads the geometry of a feature.
pub(crate) fn read(text: &str) -> Result<Geometry, serde_json::Error> {
    match serde_json::from_str(text)? {
        Shape::GeometryCollection => collection(text),
        shape => Ok(plain(shape)),
    }
}

fn plain(shape: Shape) -> Geometry {
    match shape {
        Shape::Point(position) => points([position]),
        Shape::MultiPoint(positions) => points(positions),
        Shape::Polygon(rings) => polygons([rings]),
        Shape::MultiPolygon(parts) => polygons(parts),
        Shape::LineString(_) | Shape::MultiLineString(_) => Geometry::Other("line"),
        Shape::GeometryCollection => Geometry::Other("geometry collection"),
    }
}

/// A collection of points alone is a multipoint, one of polygons alone a multipolygon. Collections
/// within collections are of no use, so this goes no deeper.
fn collection(text: &str) -> Result<Geometry, serde_json::Error> {
    let members: Collection<'_> = serde_json::from_str(text)?;
    let mut points = Vec::new();
    let mut polygons = Vec::new();
    for member in members.geometries {
        match plain(serde_json::from_str(member.get())?) {
            Geometry::None => {}
            Geometry::Points(more) => points.extend(more),
            Geometry::Polygons(more) => polygons.extend(more),
            Geometry::Other(_) => return Ok(Geometry::Other("geometry collection")),
        }
    }
    Ok(match (points.is_empty(), polygons.is_empty()) {
        (true, true) => Geometry::None,
        (false, true) => Geometry::Points(points),
        (true, false) => Geometry::Polygons(MultiPolygon(polygons)),
        (false, false) => Geometry::Other("geometry collection"),
    })
}

fn points(positions: impl IntoIterator<Item = Position>) -> Geometry {
    let points: Vec<(f64, f64)> = positions
        .into_iter()
        .filter_map(|Position(at)| at.map(|at| (at.x, at.y)))
        .collect();
    if points.is_empty() {
        Geometry::None
    } else {
        Geometry::Points(points)
    }
}

fn polygons(parts: impl IntoIterator<Item = Vec<Ring>>) -> Geometry {
    let line = |ring: Ring| -> LineString<f64> {
        ring.into_iter().filter_map(|Position(at)| at).collect()
    };
    let parts: Vec<Polygon<f64>> = parts
        .into_iter()
        .filter_map(|rings| {
            let mut rings = rings.into_iter().map(line);
            let exterior = rings.next().filter(|ring| !ring.0.is_empty())?;
            Some(Polygon::new(exterior, rings.collect()))
        })
        .collect();
    if parts.is_empty() {
        Geometry::None
    } else {
        Geometry::Polygons(MultiPolygon(parts))
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Numbers;
        impl<'de> Visitor<'de> for Numbers {
            type Value = Position;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a position of two numbers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Position, A::Error> {
                let Some(x) = numbers.next_element()? else {
                    return Ok(Position(None));
                };
                let y = numbers
                    .next_element()?
                    .ok_or_else(|| A::Error::invalid_length(1, &self))?;
                // Heights and whatever else follows have no use here.
                while numbers.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Position(Some(Coord { x, y })))
            }
        }
        deserializer.deserialize_seq(Numbers)
    }
}
