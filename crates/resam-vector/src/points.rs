//! Point prompts from a vector file.

use std::path::Path;

use resam_crs::{Crs, Transform};
use resam_prompt::whole;

use crate::source::{Geometry, ReadOptions, Source, place_of};
use crate::{Field, Value, VectorError, geojson};

/// A point of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct PointFeature {
    /// Longitude in degrees, easting, or column in pixels, in the target CRS.
    pub x: f64,
    /// Latitude in degrees, northing, or row in pixels.
    pub y: f64,
    /// The id of the point's object. Without it a positive point is an object of its own.
    pub instance: Option<String>,
    /// Whether the point lies on the object; true where the file does not say.
    pub label: bool,
    /// The other attributes, in the file's order.
    pub attributes: Vec<(String, Value)>,
    /// The line of a CSV file, the number of a GeoJSON feature counted from 1, the id of a
    /// GeoPackage's feature.
    pub row: usize,
}

/// The points of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct PointFile {
    /// The name that messages use, normally the path of the file.
    pub name: String,
    /// The layer that was read, where the format names layers.
    pub layer: Option<String>,
    /// The CRS of the coordinates; none where neither the file nor the caller gives one.
    pub crs: Option<Crs>,
    /// The CRS of the file.
    pub source_crs: Option<Crs>,
    /// The attributes that points carry, without `instance` and `label`.
    pub fields: Vec<Field>,
    /// The points, in the file's order. The points of a multipoint share row and attributes.
    pub points: Vec<PointFeature>,
    /// How many rows have no geometry and were skipped.
    pub without_geometry: usize,
    /// What was skipped, a sentence each.
    pub notes: Vec<String>,
    /// A warning about the accuracy of the transformed coordinates, in one sentence.
    pub caution: Option<String>,
}

/// Reads points from GeoJSON, GeoPackage or CSV. The format is found by the first bytes of the
/// file.
///
/// `instance` (text or a whole number) and `label` (1 or true on the object, 0 or false off it) are
/// columns of their own; all other attributes are kept. CSV is read as [`PointTable`] says, with
/// the columns `x,y` or `easting,northing` (both in the target's CRS unless the options say
/// otherwise) or `lon,lat` (degrees).
///
/// [`PointTable`]: resam_prompt::PointTable
///
/// # Errors
/// When the file cannot be read or is malformed, has no point, has lines or polygons, has several
/// layers and none is named, a value cannot be read, the CRS is unknown or undefined, or a point
/// cannot be transformed to the target CRS.
pub fn read_points(
    path: impl AsRef<Path>,
    options: &ReadOptions<'_>,
) -> Result<PointFile, VectorError> {
    points_of(Source::open(path.as_ref(), options.layer)?, options)
}

/// Reads points from the bytes of a GeoJSON file; messages call it `name`.
///
/// # Errors
/// As [`read_points`].
pub fn parse_geojson_points(
    name: &str,
    bytes: &[u8],
    options: &ReadOptions<'_>,
) -> Result<PointFile, VectorError> {
    points_of(geojson::read(name, bytes)?, options)
}

fn points_of(source: Source, options: &ReadOptions<'_>) -> Result<PointFile, VectorError> {
    let source_crs = source.crs(options)?;
    let transform = source.transform(source_crs.as_ref(), options)?;
    let instance = place_of(&source.fields, "instance");
    let label = place_of(&source.fields, "label");
    let is_carried = |place: usize| Some(place) != instance && Some(place) != label;
    let mut points = Vec::with_capacity(source.rows.len());
    let mut without_geometry = 0;
    for row in &source.rows {
        let at = match &row.geometry {
            Geometry::None => {
                without_geometry += 1;
                continue;
            }
            Geometry::Points(points) => points,
            Geometry::Polygons(_) => {
                return Err(source.row_error(
                    row.number,
                    "a polygon where a point is wanted",
                    "make points of the polygons first, and see that each lies on its object (QGIS: Point on surface)",
                ));
            }
            Geometry::Other(kind) => {
                return Err(source.row_error(
                    row.number,
                    format!("a {kind} where a point is wanted"),
                    "keep only points in the layer",
                ));
            }
        };
        let instance = match instance {
            Some(place) => instance_of(&source, row.number, row.value(place))?,
            None => None,
        };
        let label = match label {
            Some(place) => label_of(&source, row.number, row.value(place))?,
            None => true,
        };
        let attributes: Vec<(String, Value)> = row
            .values
            .iter()
            .filter(|(place, _)| is_carried(*place))
            .map(|(place, value)| (source.fields[*place].name.clone(), value.clone()))
            .collect();
        for &(x, y) in at {
            let (x, y) = take(&source, row.number, transform.as_ref(), x, y)?;
            points.push(PointFeature {
                x,
                y,
                instance: instance.clone(),
                label,
                attributes: attributes.clone(),
                row: row.number,
            });
        }
    }
    if points.is_empty() {
        return Err(VectorError::Empty {
            file: source.file,
            wanted: "points",
            hint: "put at least one point on an object",
        });
    }
    let mut notes = source.notes;
    match without_geometry {
        0 => {}
        1 => notes.push(format!(
            "{}: 1 row without geometry is passed over",
            source.file
        )),
        count => notes.push(format!(
            "{}: {count} rows without geometry are passed over",
            source.file
        )),
    }
    let mut place = 0..;
    let mut fields = source.fields;
    fields.retain(|_| place.next().is_some_and(is_carried));
    Ok(PointFile {
        name: source.file,
        layer: source.layer,
        crs: options.target.cloned().or_else(|| source_crs.clone()),
        source_crs,
        fields,
        points,
        without_geometry,
        notes,
        caution: transform.and_then(|transform| transform.caution()),
    })
}

/// A point in the target's CRS.
pub(crate) fn take(
    source: &Source,
    row: usize,
    transform: Option<&Transform>,
    x: f64,
    y: f64,
) -> Result<(f64, f64), VectorError> {
    if !(x.is_finite() && y.is_finite()) {
        return Err(source.row_error(
            row,
            format!("({x}, {y}) is no place: a coordinate is not a finite number"),
            "mend or delete the row",
        ));
    }
    let Some(transform) = transform else {
        return Ok((x, y));
    };
    transform
        .forward(x, y)
        .map_err(|error| VectorError::Transform {
            file: source.file.clone(),
            row_name: source.row_name,
            row,
            source: error.into(),
        })
}

fn instance_of(source: &Source, row: usize, value: &Value) -> Result<Option<String>, VectorError> {
    match value {
        Value::Null => Ok(None),
        Value::Text(text) if text.trim().is_empty() => Ok(None),
        Value::Text(text) => Ok(Some(text.trim().to_owned())),
        Value::Integer(number) => Ok(Some(number.to_string())),
        Value::Real(number) if whole(*number).is_some() => {
            Ok(whole(*number).map(|n| n.to_string()))
        }
        _ => Err(source.row_error(
            row,
            format!("`instance` is `{}`", value.shown()),
            "an instance is a text or a whole number",
        )),
    }
}

fn label_of(source: &Source, row: usize, value: &Value) -> Result<bool, VectorError> {
    value.as_label().ok_or_else(|| {
        source.row_error(
            row,
            format!("`label` is `{}`", value.shown()),
            "a label is 1 (on the object) or 0 (off it)",
        )
    })
}
