//! The geometries.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use crate::source::Geometry;

const HEADER: usize = 100;
/// Vertices that are looked at to find the rings that holes lie in.
const MOST_TESTS: usize = 2_000_000_000;

/// The records of a `.shp`, one after the other.
pub(super) struct Records<'a> {
    rest: &'a [u8],
    count: usize,
    cut: bool,
}

impl<'a> Records<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let code = bytes
            .first_chunk::<4>()
            .map(|code| i32::from_be_bytes(*code));
        if code != Some(9994) || bytes.len() < HEADER {
            return Err("it does not begin with the header of a .shp".to_owned());
        }
        Ok(Self {
            rest: &bytes[HEADER..],
            count: 0,
            cut: false,
        })
    }

    /// The number and the geometry of the next record, or what is wrong with it. The length that
    /// the header states is not used: writers that were killed leave a wrong one.
    pub(super) fn next(&mut self) -> Option<(usize, Result<Geometry, String>)> {
        let (head, rest) = self.rest.split_first_chunk::<8>()?;
        let [.., a, b, c, d] = *head;
        let length = u32::from_be_bytes([a, b, c, d]) as usize * 2;
        let Some(content) = rest.get(..length) else {
            self.cut = true;
            self.rest = &[];
            return None;
        };
        self.rest = &rest[length..];
        self.count += 1;
        Some((self.count, shape(content)))
    }

    /// Whether the file ends within a record.
    pub(super) fn is_cut(&self) -> bool {
        self.cut || !self.rest.is_empty()
    }
}

struct Content<'a>(&'a [u8]);

impl Content<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (taken, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or("the geometry is cut short")?;
        self.0 = rest;
        Ok(*taken)
    }

    fn integer(&mut self) -> Result<i32, String> {
        Ok(i32::from_le_bytes(self.take()?))
    }

    fn position(&mut self) -> Result<Coord<f64>, String> {
        Ok(Coord {
            x: f64::from_le_bytes(self.take()?),
            y: f64::from_le_bytes(self.take()?),
        })
    }

    /// A count of things that take so many bytes each.
    fn count(&mut self, bytes: usize) -> Result<usize, String> {
        let count = usize::try_from(self.integer()?).unwrap_or(usize::MAX);
        if count > self.0.len() / bytes {
            return Err("the geometry counts more parts than it has bytes for".to_owned());
        }
        Ok(count)
    }
}

fn shape(content: &[u8]) -> Result<Geometry, String> {
    let mut content = Content(content);
    // The second and third ten have heights and measures behind what is read here.
    match content.integer()? {
        0 => Ok(Geometry::None),
        1 | 11 | 21 => {
            let at = content.position()?;
            Ok(points(vec![at]))
        }
        8 | 18 | 28 => {
            let _bounds: [u8; 32] = content.take()?;
            let count = content.count(16)?;
            let positions = (0..count).map(|_| content.position());
            Ok(points(positions.collect::<Result<_, _>>()?))
        }
        5 | 15 | 25 => polygons(&mut content),
        3 | 13 | 23 => Ok(Geometry::Other("line")),
        31 => Ok(Geometry::Other("surface of three dimensions")),
        other => Err(format!("the geometry is of the unknown type {other}")),
    }
}

fn points(mut positions: Vec<Coord<f64>>) -> Geometry {
    // An empty point is written as one at not-a-number.
    positions.retain(|at| !(at.x.is_nan() && at.y.is_nan()));
    if positions.is_empty() {
        return Geometry::None;
    }
    Geometry::Points(positions.into_iter().map(|at| (at.x, at.y)).collect())
}

/// Rings without an order: clockwise ones are outer rings, the others are holes in the smallest
/// outer ring that holds them. A hole in none is a ring that runs the wrong way.
fn polygons(content: &mut Content<'_>) -> Result<Geometry, String> {
    let _bounds: [u8; 32] = content.take()?;
    let parts = content.count(4)?;
    let vertices = content.integer()?;
    let starts: Vec<usize> = (0..parts)
        .map(|_| Ok(usize::try_from(content.integer()?).unwrap_or(usize::MAX)))
        .collect::<Result<_, String>>()?;
    let vertices = usize::try_from(vertices).unwrap_or(usize::MAX);
    if vertices > content.0.len() / 16 {
        return Err("the geometry counts more vertices than it has bytes for".to_owned());
    }
    let positions: Vec<Coord<f64>> = (0..vertices)
        .map(|_| content.position())
        .collect::<Result<_, _>>()?;
    let (mut outer, mut holes) = (Vec::new(), Vec::new());
    for (at, &start) in starts.iter().enumerate() {
        let end = starts.get(at + 1).copied().unwrap_or(vertices);
        let ring = positions
            .get(start..end)
            .ok_or("the rings of the geometry are not in order")?;
        if ring.is_empty() {
            continue;
        }
        let ring = LineString(ring.to_vec());
        let area = signed_area(&ring);
        if area > 0.0 {
            holes.push((ring, area));
        } else {
            outer.push((Polygon::new(ring, Vec::new()), -area));
        }
    }
    if holes.len().saturating_mul(vertices) > MOST_TESTS {
        return Err(format!("the polygon has {} holes", holes.len()));
    }
    for (hole, area) in holes {
        let first = hole.0[0];
        let holding = outer
            .iter_mut()
            .filter(|(polygon, size)| *size > area && holds(polygon.exterior(), first))
            .min_by(|(_, one), (_, other)| one.total_cmp(other));
        match holding {
            Some((polygon, _)) => polygon.interiors_push(hole),
            None => outer.push((Polygon::new(hole, Vec::new()), area)),
        }
    }
    let parts: Vec<Polygon<f64>> = outer.into_iter().map(|(polygon, _)| polygon).collect();
    if parts.is_empty() {
        return Ok(Geometry::None);
    }
    Ok(Geometry::Polygons(MultiPolygon(parts)))
}

/// Positive where the ring runs counter-clockwise, y being up.
fn signed_area(ring: &LineString<f64>) -> f64 {
    let origin = ring.0[0];
    let cross = |pair: &[Coord<f64>]| {
        let (a, b) = (pair[0] - origin, pair[1] - origin);
        a.x * b.y - b.x * a.y
    };
    ring.0.windows(2).map(cross).sum::<f64>() / 2.0
}

/// Whether a point lies in a ring, by the even-odd rule.
fn holds(ring: &LineString<f64>, at: Coord<f64>) -> bool {
    let crossings = ring.0.windows(2).filter(|pair| {
        let (a, b) = (pair[0], pair[1]);
        (a.y > at.y) != (b.y > at.y) && at.x < (b.x - a.x) * (at.y - a.y) / (b.y - a.y) + a.x
    });
    crossings.count() % 2 == 1
}
