//! Geometries as GeoPackage stores them (OGC 12-128r19, clause 2.1.3): a header, then well-known
//! binary (ISO 13249-3).
//!
//! Counts are checked against the bytes that are left before anything is allocated for them.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use crate::source::Geometry;

/// Why bytes are no geometry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoGeometry(pub(crate) &'static str);

const CUT: NoGeometry = NoGeometry("the geometry is cut short");

/// Reads the geometry in a GeoPackage's column.
pub(crate) fn read(blob: &[u8]) -> Result<Geometry, NoGeometry> {
    let &[b'G', b'P', version, flags, ..] = blob else {
        return Err(NoGeometry("the geometry does not begin with `GP`"));
    };
    if version != 0 {
        return Err(NoGeometry("the geometry is of an unknown version"));
    }
    if flags & 0b0010_0000 != 0 {
        return Err(NoGeometry("the geometry is of an extended type"));
    }
    let envelope = match (flags >> 1) & 0b111 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return Err(NoGeometry("the geometry's envelope is of an unknown kind")),
    };
    let body = blob.get(8 + envelope..).ok_or(CUT)?;
    let mut reader = Reader {
        bytes: body,
        little_endian: true,
    };
    reader.geometry()
}

struct Reader<'a> {
    bytes: &'a [u8],
    little_endian: bool,
}

/// What a geometry's type says: which it is, and how many numbers a position has.
struct Head {
    kind: u32,
    dimensions: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], NoGeometry> {
        let (taken, rest) = self.bytes.split_first_chunk::<N>().ok_or(CUT)?;
        self.bytes = rest;
        Ok(*taken)
    }

    fn integer(&mut self) -> Result<u32, NoGeometry> {
        let bytes = self.take()?;
        Ok(if self.little_endian {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }

    fn real(&mut self) -> Result<f64, NoGeometry> {
        let bytes = self.take()?;
        Ok(if self.little_endian {
            f64::from_le_bytes(bytes)
        } else {
            f64::from_be_bytes(bytes)
        })
    }

    /// A count of things that take at least so many bytes each.
    fn count(&mut self, least_bytes: usize) -> Result<usize, NoGeometry> {
        let count = self.integer()? as usize;
        if count > self.bytes.len() / least_bytes {
            return Err(NoGeometry(
                "the geometry counts more parts than it has bytes for",
            ));
        }
        Ok(count)
    }

    fn head(&mut self) -> Result<Head, NoGeometry> {
        self.little_endian = match self.take()? {
            [0] => false,
            [1] => true,
            _ => return Err(NoGeometry("the geometry's byte order is neither 0 nor 1")),
        };
        let code = self.integer()?;
        // Dimensions by thousands as ISO has it, or by high bits as PostGIS has it.
        let thousands = (code & 0x0FFF_FFFF) / 1000;
        let of_iso = match thousands {
            0 => 0,
            1 | 2 => 1,
            3 => 2,
            _ => return Err(NoGeometry("the geometry is of an unknown type")),
        };
        let of_bits = (code >> 31) + ((code >> 30) & 1);
        if code & 0x2000_0000 != 0 {
            // PostGIS puts the number of the CRS here.
            self.integer()?;
        }
        Ok(Head {
            kind: (code & 0x0FFF_FFFF) % 1000,
            dimensions: 2 + of_iso + of_bits as usize,
        })
    }

    fn position(&mut self, dimensions: usize) -> Result<Coord<f64>, NoGeometry> {
        let at = Coord {
            x: self.real()?,
            y: self.real()?,
        };
        for _ in 2..dimensions {
            self.real()?;
        }
        Ok(at)
    }

    fn geometry(&mut self) -> Result<Geometry, NoGeometry> {
        let head = self.head()?;
        match head.kind {
            1 => Ok(points(vec![self.position(head.dimensions)?])),
            3 => Ok(polygons(vec![self.polygon(head.dimensions)?])),
            4 => {
                let count = self.count(5 + 16)?;
                let members = (0..count).map(|_| {
                    let head = self.member(1)?;
                    self.position(head.dimensions)
                });
                Ok(points(members.collect::<Result<_, _>>()?))
            }
            6 => {
                let count = self.count(5 + 4)?;
                let members = (0..count).map(|_| {
                    let head = self.member(3)?;
                    self.polygon(head.dimensions)
                });
                Ok(polygons(members.collect::<Result<_, _>>()?))
            }
            2 | 5 | 8 | 9 | 11 | 13 => Ok(Geometry::Other("line")),
            7 => Ok(Geometry::Other("geometry collection")),
            10 | 12 | 14..=17 => Ok(Geometry::Other("curved or three-dimensional surface")),
            _ => Err(NoGeometry("the geometry is of an unknown type")),
        }
    }

    fn member(&mut self, kind: u32) -> Result<Head, NoGeometry> {
        let head = self.head()?;
        if head.kind == kind {
            Ok(head)
        } else {
            Err(NoGeometry(
                "the geometry has parts of another type than its own",
            ))
        }
    }

    fn polygon(&mut self, dimensions: usize) -> Result<Polygon<f64>, NoGeometry> {
        let count = self.count(4)?;
        let mut rings = (0..count).map(|_| {
            let count = self.count(8 * dimensions)?;
            (0..count)
                .map(|_| self.position(dimensions))
                .collect::<Result<LineString<f64>, _>>()
        });
        let exterior = rings.next().transpose()?;
        let interiors = rings.collect::<Result<_, _>>()?;
        Ok(Polygon::new(
            exterior.unwrap_or(LineString(Vec::new())),
            interiors,
        ))
    }
}

/// An empty point is written as one at not-a-number.
fn points(mut positions: Vec<Coord<f64>>) -> Geometry {
    positions.retain(|at| !(at.x.is_nan() && at.y.is_nan()));
    if positions.is_empty() {
        return Geometry::None;
    }
    Geometry::Points(positions.into_iter().map(|at| (at.x, at.y)).collect())
}

fn polygons(mut parts: Vec<Polygon<f64>>) -> Geometry {
    parts.retain(|polygon| !polygon.exterior().0.is_empty());
    if parts.is_empty() {
        return Geometry::None;
    }
    Geometry::Polygons(MultiPolygon(parts))
}

/// The bytes of a multipolygon that is not empty, with its envelope, all little-endian.
pub(crate) fn write(geometry: &MultiPolygon<f64>, srs_id: i32, bounds: [f64; 4]) -> Vec<u8> {
    const LITTLE_ENDIAN_WITH_ENVELOPE: u8 = 0b0000_0011;
    let [west, south, east, north] = bounds;
    let mut blob = vec![b'G', b'P', 0, LITTLE_ENDIAN_WITH_ENVELOPE];
    blob.extend(srs_id.to_le_bytes());
    for value in [west, east, south, north] {
        blob.extend(value.to_le_bytes());
    }
    begin(&mut blob, 6, geometry.0.len());
    for polygon in geometry {
        begin(&mut blob, 3, 1 + polygon.interiors().len());
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            blob.extend(count(ring.0.len()));
            for at in ring.coords() {
                blob.extend(at.x.to_le_bytes());
                blob.extend(at.y.to_le_bytes());
            }
        }
    }
    blob
}

fn begin(blob: &mut Vec<u8>, kind: u32, parts: usize) {
    blob.push(1);
    blob.extend(kind.to_le_bytes());
    blob.extend(count(parts));
}

/// SQLite holds no more than a gigabyte in a value, so a count beyond 32 bits never gets far.
fn count(count: usize) -> [u8; 4] {
    u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes()
}

/// For the fuzzer: reads any bytes as a geometry, and writes and reads again what is a multipolygon
/// of finite coordinates. Returns whether the second reading gives the first.
#[doc(hidden)]
pub fn fuzz_geometry(blob: &[u8]) -> bool {
    let Ok(geometry) = read(blob) else {
        return true;
    };
    let Geometry::Polygons(polygons) = &geometry else {
        return true;
    };
    let finite = polygons
        .iter()
        .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
        .flat_map(geo_types::LineString::coords)
        .all(|at| at.x.is_finite() && at.y.is_finite());
    !finite || read(&write(polygons, 4326, [0.0; 4])) == Ok(geometry)
}
