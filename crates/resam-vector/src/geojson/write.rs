//! Features as in RFC 7946: degrees, exterior rings counter-clockwise, holes clockwise.

use std::borrow::Cow;
use std::io::{self, Write};

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use super::{COORDINATE_SYSTEM, PIXELS};
use crate::write::{Table, bounds};
use crate::{Layer, Value, antimeridian};

/// Digits behind the point of a degree: a ninth is a tenth of a millimetre on the ground.
const DIGITS: usize = 9;

/// Writes the layer, which is in degrees if it has a CRS and in pixels if it has none.
pub(crate) fn write(mut file: &mut dyn Write, layer: &Layer) -> io::Result<()> {
    let digits = layer.crs.as_ref().map(|_| DIGITS);
    // Pixels have no antimeridian.
    let geometries: Vec<Cow<'_, MultiPolygon<f64>>> = layer
        .features
        .iter()
        .map(|feature| match layer.crs {
            Some(_) => Cow::Owned(antimeridian::cut(&feature.geometry)),
            None => Cow::Borrowed(&feature.geometry),
        })
        .collect();
    write!(file, "{{\"type\":\"FeatureCollection\",\"name\":")?;
    serde_json::to_writer(&mut file, &layer.name)?;
    if layer.crs.is_none() {
        write!(
            file,
            ",\"{COORDINATE_SYSTEM}\":\"{PIXELS}, x right, y down, origin at the top-left corner of the image\""
        )?;
    }
    if let Some([west, south, east, north]) = extent(layer, &geometries) {
        let corner = [west, south, east, north].map(|value| number(value, digits));
        write!(file, ",\"bbox\":[{}]", corner.join(","))?;
    }
    write!(file, ",\"features\":[")?;
    let table = Table::new(layer);
    for (index, (feature, geometry)) in layer.features.iter().zip(&geometries).enumerate() {
        let separator = if index == 0 { "\n" } else { ",\n" };
        write!(file, "{separator}{{\"type\":\"Feature\",\"properties\":{{")?;
        for (place, (field, value)) in layer.fields.iter().zip(table.values(feature)).enumerate() {
            if place > 0 {
                write!(file, ",")?;
            }
            serde_json::to_writer(&mut file, &field.name)?;
            write!(file, ":")?;
            match value {
                Value::Null => write!(file, "null")?,
                Value::Bool(value) => write!(file, "{value}")?,
                Value::Integer(value) => write!(file, "{value}")?,
                Value::Real(value) => serde_json::to_writer(&mut file, &value)?,
                Value::Text(text) | Value::Date(text) | Value::DateTime(text) => {
                    serde_json::to_writer(&mut file, &text)?;
                }
            }
        }
        write!(file, "}},\"geometry\":")?;
        if geometry.0.is_empty() {
            write!(file, "null}}")?;
            continue;
        }
        write!(file, "{{\"type\":\"MultiPolygon\",\"coordinates\":[")?;
        for (part, polygon) in geometry.iter().enumerate() {
            if part > 0 {
                write!(file, ",")?;
            }
            write_polygon(file, polygon, digits)?;
        }
        write!(file, "]}}}}")?;
    }
    writeln!(file, "\n]}}")
}

/// The box around all that is written.
fn extent(layer: &Layer, geometries: &[Cow<'_, MultiPolygon<f64>>]) -> Option<[f64; 4]> {
    let geometries = geometries.iter().map(AsRef::as_ref);
    match layer.crs {
        Some(_) => antimeridian::bounds(geometries),
        None => bounds(geometries),
    }
}

fn write_polygon(
    file: &mut dyn Write,
    polygon: &Polygon<f64>,
    digits: Option<usize>,
) -> io::Result<()> {
    write!(file, "[")?;
    write_ring(file, polygon.exterior(), true, digits)?;
    for hole in polygon.interiors() {
        write!(file, ",")?;
        write_ring(file, hole, false, digits)?;
    }
    write!(file, "]")
}

fn write_ring(
    file: &mut dyn Write,
    ring: &LineString<f64>,
    counter_clockwise: bool,
    digits: Option<usize>,
) -> io::Result<()> {
    let backwards = (twice_area(ring) > 0.0) != counter_clockwise;
    let mut write_all = |places: &mut dyn Iterator<Item = &Coord<f64>>| -> io::Result<()> {
        write!(file, "[")?;
        for (index, at) in places.enumerate() {
            let separator = if index == 0 { "" } else { "," };
            let (x, y) = (number(at.x, digits), number(at.y, digits));
            write!(file, "{separator}[{x},{y}]")?;
        }
        write!(file, "]")
    };
    if backwards {
        write_all(&mut ring.coords().rev())
    } else {
        write_all(&mut ring.coords())
    }
}

/// Twice the area of a ring, positive if it runs counter-clockwise with y upwards.
fn twice_area(ring: &LineString<f64>) -> f64 {
    let Some(origin) = ring.0.first() else {
        return 0.0;
    };
    let from_origin = |at: &Coord<f64>| (at.x - origin.x, at.y - origin.y);
    ring.0
        .windows(2)
        .map(|edge| {
            let ((x0, y0), (x1, y1)) = (from_origin(&edge[0]), from_origin(&edge[1]));
            x0 * y1 - x1 * y0
        })
        .sum()
}

/// A number without zeros at its end; with all its digits where none are said.
fn number(value: f64, digits: Option<usize>) -> String {
    let Some(digits) = digits else {
        return value.to_string();
    };
    let text = format!("{value:.digits$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}
