//! Features from FlatGeobuf.
//!
//! The file is walked here and not by the crate's reader, which trusts the sizes that a file
//! states. Each buffer is checked by the verifier of FlatBuffers before it is looked into.

use std::path::Path;

use flatgeobuf::packed_r_tree::PackedRTree;
use flatgeobuf::{
    Column, ColumnType, Feature, Geometry as FlatGeometry, GeometryType, Header,
    size_prefixed_root_as_feature, size_prefixed_root_as_header,
};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use resam_crs::Crs;
use resam_files::read_bounded;

use crate::source::{Geometry, MOST_BYTES, NO_GEOMETRY, Row, Source, Stated};
use crate::{Field, FieldKind, Value, VectorError};

/// Parts of parts: a collection of multipolygons of polygons.
const DEEPEST: usize = 4;

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Source, VectorError> {
    parse(
        &path.display().to_string(),
        &read_bounded(path, MOST_BYTES)?,
    )
}

/// Reads the bytes of a file; messages call it `name`.
pub(crate) fn parse(name: &str, bytes: &[u8]) -> Result<Source, VectorError> {
    let malformed = |problem: String| VectorError::Malformed {
        file: name.to_owned(),
        format: "a sound FlatGeobuf file",
        problem,
        hint: "get it again, or export the layer to GeoPackage",
    };
    let version = bytes.get(3).copied().unwrap_or_default();
    if version != 3 {
        return Err(malformed(format!("it is of version {version}, not 3")));
    }
    let mut rest = bytes.get(8..).unwrap_or_default();
    let buffer = take(&mut rest).ok_or_else(|| malformed("its header is cut short".to_owned()))?;
    let header = size_prefixed_root_as_header(buffer)
        .map_err(|error| malformed(format!("its header is damaged: {}", first_line(&error))))?;
    rest = behind_index(&header, rest)
        .ok_or_else(|| malformed("its index is longer than the file".to_owned()))?;

    let mut source = Source::new(name, "feature");
    source.layer = header.name().map(ToOwned::to_owned);
    source.stated = stated(&source, &header)?;
    let columns: Vec<Column<'_>> = header
        .columns()
        .map(|columns| columns.iter().collect())
        .unwrap_or_default();
    // Offsets may all lead to the same long name.
    let names: usize = columns.iter().map(|column| column.name().len()).sum();
    if names > buffer.len() {
        return Err(malformed("its columns share one name".to_owned()));
    }
    source.fields = columns
        .iter()
        .map(|column| Field::new(column.name(), field_kind(column.type_())))
        .collect();
    let mut number = 0;
    while !rest.is_empty() {
        number += 1;
        let refuse = |source: &Source, problem: String| {
            source.row_error(number, problem, "mend or delete the feature in QGIS")
        };
        let Some(buffer) = take(&mut rest) else {
            let fault = refuse(&source, "it is cut short".to_owned());
            source.fault(fault, &NO_GEOMETRY)?;
            break;
        };
        let feature = match size_prefixed_root_as_feature(buffer) {
            Ok(feature) => feature,
            Err(error) => {
                let fault = refuse(&source, format!("it is damaged: {}", first_line(&error)));
                source.fault(fault, &NO_GEOMETRY)?;
                continue;
            }
        };
        match row(&header, &columns, &feature, buffer.len()) {
            Ok((geometry, values)) => source.push(Row {
                number,
                geometry,
                values,
            })?,
            Err(problem) => {
                let fault = refuse(&source, problem.to_owned());
                source.fault(fault, &NO_GEOMETRY)?;
            }
        }
    }
    let stated = header.features_count();
    if stated > 0 && stated != number as u64 {
        let fault = malformed(format!("it states {stated} features and has {number}"));
        source.fault(fault, &OTHER_COUNT)?;
    }
    Ok(source)
}

const OTHER_COUNT: [&str; 2] = ["file has not the features that its header states", ""];

/// A buffer with the length before it.
fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(*rest.first_chunk::<4>()?);
    let (buffer, behind) = rest.split_at_checked(4 + length as usize)?;
    *rest = behind;
    Some(buffer)
}

fn first_line(error: &impl ToString) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

/// What follows the index; nothing if that would be beyond the end.
fn behind_index<'a>(header: &Header<'_>, bytes: &'a [u8]) -> Option<&'a [u8]> {
    let (count, node) = (header.features_count(), header.index_node_size());
    if node == 0 || count == 0 {
        return Some(bytes);
    }
    // A node of the index takes 40 bytes, so that more features than that are a lie.
    let count = usize::try_from(count)
        .ok()
        .filter(|&count| count <= bytes.len() / 40)?;
    if node < 2 {
        return None;
    }
    bytes.get(PackedRTree::index_size(count, node)..)
}

fn stated(source: &Source, header: &Header<'_>) -> Result<Stated, VectorError> {
    let Some(crs) = header.crs() else {
        return Ok(Stated::Undefined);
    };
    let organization = crs.org().unwrap_or("EPSG");
    let by_code = (crs.code() > 0).then(|| format!("{organization}:{}", crs.code()));
    let wkt = crs.wkt().filter(|text| !text.trim().is_empty());
    let Some(text) = by_code.as_deref().or(wkt) else {
        return Ok(Stated::Undefined);
    };
    // A code that is unknown here may well have a definition that is not.
    let parsed = match (Crs::parse(text), wkt) {
        (Err(_), Some(wkt)) if wkt != text => Crs::parse(wkt),
        (parsed, _) => parsed,
    };
    parsed
        .map(Stated::Crs)
        .map_err(|error| source.crs_error(error))
}

fn field_kind(kind: ColumnType) -> FieldKind {
    match kind {
        ColumnType::Bool => FieldKind::Bool,
        ColumnType::Byte
        | ColumnType::UByte
        | ColumnType::Short
        | ColumnType::UShort
        | ColumnType::Int
        | ColumnType::UInt
        | ColumnType::Long
        | ColumnType::ULong => FieldKind::Integer,
        ColumnType::Float | ColumnType::Double => FieldKind::Real,
        ColumnType::DateTime => FieldKind::DateTime,
        _ => FieldKind::Text,
    }
}

type Content = (Geometry, Vec<(usize, Value)>);

fn row(
    header: &Header<'_>,
    columns: &[Column<'_>],
    feature: &Feature<'_>,
    bytes: usize,
) -> Result<Content, &'static str> {
    let geometry = match feature.geometry() {
        None => Geometry::None,
        Some(geometry) => {
            let kind = match header.geometry_type() {
                GeometryType::Unknown => geometry.type_(),
                kind => kind,
            };
            // Offsets may all lead to the same part, so that positions are counted.
            let mut left = bytes / 16;
            shape(&geometry, kind, &mut left, 0)?
        }
    };
    let values = match feature.properties() {
        None => Vec::new(),
        Some(properties) => values(columns, properties.bytes())?,
    };
    Ok((geometry, values))
}

fn values(columns: &[Column<'_>], mut bytes: &[u8]) -> Result<Vec<(usize, Value)>, &'static str> {
    const CUT: &str = "its properties are cut short";
    fn fixed<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], &'static str> {
        let (taken, rest) = bytes.split_first_chunk::<N>().ok_or(CUT)?;
        *bytes = rest;
        Ok(*taken)
    }
    let mut values: Vec<(usize, Value)> = Vec::new();
    while bytes.len() >= 2 {
        let place = usize::from(u16::from_le_bytes(fixed(&mut bytes)?));
        let column = columns.get(place).ok_or("it has a property of no column")?;
        let value = match column.type_() {
            ColumnType::Bool => Value::Bool(fixed::<1>(&mut bytes)? != [0]),
            ColumnType::Byte => Value::Integer(i8::from_le_bytes(fixed(&mut bytes)?).into()),
            ColumnType::UByte => Value::Integer(u8::from_le_bytes(fixed(&mut bytes)?).into()),
            ColumnType::Short => Value::Integer(i16::from_le_bytes(fixed(&mut bytes)?).into()),
            ColumnType::UShort => Value::Integer(u16::from_le_bytes(fixed(&mut bytes)?).into()),
            ColumnType::Int => Value::Integer(i32::from_le_bytes(fixed(&mut bytes)?).into()),
            ColumnType::UInt => Value::Integer(u32::from_le_bytes(fixed(&mut bytes)?).into()),
            ColumnType::Long => Value::Integer(i64::from_le_bytes(fixed(&mut bytes)?)),
            ColumnType::ULong => {
                let number = u64::from_le_bytes(fixed(&mut bytes)?);
                i64::try_from(number).map_or(Value::Text(number.to_string()), Value::Integer)
            }
            ColumnType::Float => Value::Real(f32::from_le_bytes(fixed(&mut bytes)?).into()),
            ColumnType::Double => Value::Real(f64::from_le_bytes(fixed(&mut bytes)?)),
            ColumnType::String | ColumnType::Json | ColumnType::DateTime | ColumnType::Binary => {
                let length = u32::from_le_bytes(fixed(&mut bytes)?) as usize;
                let (text, rest) = bytes.split_at_checked(length).ok_or(CUT)?;
                bytes = rest;
                if column.type_() == ColumnType::Binary {
                    continue;
                }
                let text = std::str::from_utf8(text).map_err(|_| "a property is not UTF-8")?;
                date_or_text(text, column.type_())
            }
            _ => return Err("it has a property of an unknown kind"),
        };
        if values.iter().all(|(known, _)| *known != place) {
            values.push((place, value));
        }
    }
    Ok(values)
}

fn date_or_text(text: &str, kind: ColumnType) -> Value {
    let plain = Value::Text(text.to_owned());
    if kind != ColumnType::DateTime {
        return plain;
    }
    let kinds = [FieldKind::Date, FieldKind::DateTime].into_iter();
    let mut dates = kinds.map(|kind| plain.to_kind(kind));
    dates.find(|value| *value != Value::Null).unwrap_or(plain)
}

fn shape(
    geometry: &FlatGeometry<'_>,
    kind: GeometryType,
    left: &mut usize,
    depth: usize,
) -> Result<Geometry, &'static str> {
    let points = |positions: Vec<Coord<f64>>| {
        if positions.is_empty() {
            Geometry::None
        } else {
            Geometry::Points(positions.into_iter().map(|at| (at.x, at.y)).collect())
        }
    };
    if depth > DEEPEST {
        return Err("its geometry nests too deep");
    }
    Ok(match kind {
        GeometryType::Point | GeometryType::MultiPoint => {
            let mut positions = positions(geometry, left)?;
            positions.retain(|at| !(at.x.is_nan() && at.y.is_nan()));
            points(positions)
        }
        GeometryType::Polygon => polygons(polygon(geometry, left)?.into_iter().collect()),
        GeometryType::MultiPolygon => {
            let mut all = Vec::new();
            for part in geometry.parts().iter().flatten() {
                all.extend(polygon(&part, left)?);
            }
            polygons(all)
        }
        GeometryType::GeometryCollection => {
            let (mut places, mut areas) = (Vec::new(), Vec::new());
            for part in geometry.parts().iter().flatten() {
                match shape(&part, part.type_(), left, depth + 1)? {
                    Geometry::None => {}
                    Geometry::Points(more) => places.extend(more),
                    Geometry::Polygons(more) => areas.extend(more),
                    other @ Geometry::Other(_) => return Ok(other),
                }
            }
            match (places.is_empty(), areas.is_empty()) {
                (false, true) => Geometry::Points(places),
                (true, _) => polygons(areas),
                _ => Geometry::Other("geometry collection"),
            }
        }
        GeometryType::LineString | GeometryType::MultiLineString => Geometry::Other("line"),
        _ => Geometry::Other("curved or three-dimensional surface"),
    })
}

fn polygons(parts: Vec<Polygon<f64>>) -> Geometry {
    if parts.is_empty() {
        Geometry::None
    } else {
        Geometry::Polygons(MultiPolygon(parts))
    }
}

fn positions(
    geometry: &FlatGeometry<'_>,
    left: &mut usize,
) -> Result<Vec<Coord<f64>>, &'static str> {
    let Some(xy) = geometry.xy() else {
        return Ok(Vec::new());
    };
    if xy.len() % 2 == 1 {
        return Err("its geometry has an odd number of coordinates");
    }
    *left = left
        .checked_sub(xy.len() / 2)
        .ok_or("its geometry has more vertices than it has bytes for")?;
    let pairs = (0..xy.len() / 2).map(|at| Coord {
        x: xy.get(2 * at),
        y: xy.get(2 * at + 1),
    });
    Ok(pairs.collect())
}

/// A polygon of the rings that `ends` marks off; none if it is empty.
fn polygon(
    geometry: &FlatGeometry<'_>,
    left: &mut usize,
) -> Result<Option<Polygon<f64>>, &'static str> {
    let positions = positions(geometry, left)?;
    let ends: Vec<usize> = match geometry.ends() {
        Some(ends) if !ends.is_empty() => ends.iter().map(|end| end as usize).collect(),
        _ => vec![positions.len()],
    };
    let mut start = 0;
    let mut rings = Vec::with_capacity(ends.len());
    for end in ends {
        let ring = positions
            .get(start..end)
            .ok_or("its rings are not in order")?;
        rings.push(LineString(ring.to_vec()));
        start = end;
    }
    let mut rings = rings.into_iter().filter(|ring| !ring.0.is_empty());
    let exterior = rings.next();
    Ok(exterior.map(|exterior| Polygon::new(exterior, rings.collect())))
}
