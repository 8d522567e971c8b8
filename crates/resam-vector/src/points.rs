//! Point prompts from a vector file.

use std::path::Path;

use geo::{Area, InteriorPoint};
use geo_types::MultiPolygon;
use resam_crs::{Crs, Transform};
use resam_prompt::{Notices, Weight, whole};

use crate::polygons::polygons_in;
use crate::source::{Geometry, ReadOptions, Row, Source, place_of};
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
    /// What kind of thing the object is, where the file says so.
    pub class: Option<String>,
    /// The outline that the point was made of, in the target CRS: the vertices of the largest part
    /// of a polygon. The point lies in it, and its box is that of the object.
    pub outline: Option<Vec<[f64; 2]>>,
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
    /// What was noticed.
    pub notices: Notices,
    /// A warning about the accuracy of the transformed coordinates, in one sentence.
    pub caution: Option<String>,
}

/// Reads points from GeoJSON, GeoPackage, FlatGeobuf, a shapefile or CSV. The format is found by
/// the first bytes of the file. A polygon is a point that lies in it, with its outline.
///
/// `instance` (text or a whole number) and `label` (1 or true on the object, 0 or false off it) are
/// columns of their own; all other attributes are kept. Where no value of `label` says whether a
/// point is on its object, they are classes. A row that has no meaning is left out and counted. CSV
/// is read as [`PointTable`] says, with the columns `x,y` or `easting,northing` (both in the
/// target's CRS unless the options say otherwise) or `lon,lat` (degrees).
///
/// [`PointTable`]: resam_prompt::PointTable
///
/// # Errors
/// When the file cannot be read or is malformed, has several layers and none is named, the CRS is
/// unknown or undefined, none of its rows is a point or a polygon that can be read and transformed
/// to the target CRS, or `options.strict` and one of them is not.
pub fn read_points(
    path: impl AsRef<Path>,
    options: &ReadOptions<'_>,
) -> Result<PointFile, VectorError> {
    points_of(Source::open(path.as_ref(), options)?, options)
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

pub(crate) fn points_of(
    mut source: Source,
    options: &ReadOptions<'_>,
) -> Result<PointFile, VectorError> {
    let source_crs = source.crs(options)?;
    let transform = source.transform(source_crs.as_ref(), options)?;
    let columns = Columns::of(&mut source, options)?;
    let rows = std::mem::take(&mut source.rows);
    let mut points = Vec::with_capacity(rows.len());
    let mut without_geometry = 0;
    for row in rows {
        let number = row.number;
        if row.geometry == Geometry::None {
            without_geometry += 1;
            let first = || format!("{} {number}", source.row_name);
            source
                .notices
                .add(&source.file, Weight::Taken, NO_GEOMETRY, first);
            continue;
        }
        match columns.points(&source, row, transform.as_ref()) {
            Ok(found) => points.extend(found),
            Err(fault) => source.fault(fault, &UNREADABLE)?,
        }
    }
    source.refused(points.is_empty(), options.strict)?;
    if points.is_empty() {
        return Err(VectorError::Empty {
            file: source.file,
            wanted: "points",
            hint: "put at least one point on an object",
        });
    }
    let mut place = 0..;
    let mut fields = source.fields;
    fields.retain(|_| place.next().is_some_and(|at| columns.is_carried(at)));
    Ok(PointFile {
        name: source.file,
        layer: source.layer,
        crs: options.target.cloned().or_else(|| source_crs.clone()),
        source_crs,
        fields,
        points,
        without_geometry,
        notices: source.notices,
        caution: transform.and_then(|transform| transform.caution()),
    })
}

pub(crate) const NO_GEOMETRY: [&str; 2] = [
    "row without geometry is passed over",
    "rows without geometry are passed over",
];
const UNREADABLE: [&str; 2] = [
    "row that points at nothing is left out",
    "rows that point at nothing are left out",
];
const CLASSES: [&str; 2] = [
    "field `label` says of no row whether it is on the object: its values are classes",
    "",
];

/// The fields that are more than attributes.
struct Columns {
    instance: Option<usize>,
    label: Option<usize>,
    class: Option<usize>,
}

impl Columns {
    fn of(source: &mut Source, options: &ReadOptions<'_>) -> Result<Self, VectorError> {
        let instance = place_of(&source.fields, "instance");
        let label = place_of(&source.fields, "label");
        if let Some(name) = options.class_field {
            let Some(class) = place_of(&source.fields, name) else {
                let fields = source.fields.iter().take(20);
                let fields: Vec<String> = fields.map(|field| format!("`{}`", field.name)).collect();
                return Err(VectorError::NoField {
                    file: source.file.clone(),
                    field: name.to_owned(),
                    fields: fields.join(", "),
                });
            };
            let values = |at: usize| source.rows.iter().map(move |row| row.value(at));
            let label = label.filter(|&at| at != class && !Value::are_classes(values(at)));
            let class = Some(class);
            return Ok(Self {
                instance,
                label,
                class,
            });
        }
        let values = |at: usize| source.rows.iter().map(move |row| row.value(at));
        match label.filter(|&at| Value::are_classes(values(at))) {
            None => Ok(Self {
                instance,
                label,
                class: None,
            }),
            class => {
                source
                    .notices
                    .add(&source.file, Weight::Taken, CLASSES, String::new);
                Ok(Self {
                    instance,
                    label: None,
                    class,
                })
            }
        }
    }

    fn is_carried(&self, place: usize) -> bool {
        Some(place) != self.instance && Some(place) != self.label
    }

    /// The points of a row.
    fn points(
        &self,
        source: &Source,
        row: Row,
        transform: Option<&Transform>,
    ) -> Result<Vec<PointFeature>, VectorError> {
        let number = row.number;
        let instance = match self.instance {
            Some(place) => instance_of(source, number, row.value(place))?,
            None => None,
        };
        let label = match self.label {
            Some(place) => label_of(source, number, row.value(place))?,
            None => true,
        };
        let class = self.class.map(|place| row.value(place).shown());
        let places: Vec<Pointed> = match &row.geometry {
            Geometry::None => Vec::new(),
            Geometry::Points(points) => points
                .iter()
                .map(|&(x, y)| Ok((take(source, number, transform, x, y)?, None)))
                .collect::<Result<_, VectorError>>()?,
            Geometry::Polygons(polygons) => {
                let polygons = polygons_in(source, number, transform, polygons)?;
                let Some((at, outline)) = point_in(&polygons) else {
                    return Err(source.row_error(
                        number,
                        "a polygon that encloses nothing",
                        "mend or delete the row",
                    ));
                };
                vec![(at, Some(outline))]
            }
            Geometry::Other(kind) => {
                return Err(source.row_error(
                    number,
                    format!("a {kind} where a point or a polygon is wanted"),
                    "keep only points or polygons in the layer",
                ));
            }
        };
        let attributes: Vec<(String, Value)> = row
            .values
            .into_iter()
            .filter(|(place, _)| self.is_carried(*place))
            .map(|(place, value)| (source.fields[place].name.clone(), value))
            .collect();
        let feature = |((x, y), outline)| PointFeature {
            x,
            y,
            instance: instance.clone(),
            label,
            class: class.clone().filter(|class| !class.is_empty()),
            outline,
            attributes: attributes.clone(),
            row: number,
        };
        Ok(places.into_iter().map(feature).collect())
    }
}

/// The corners of a polygon.
type Outline = Vec<[f64; 2]>;

/// A place, and the outline of the polygon that it stands for.
type Pointed = ((f64, f64), Option<Outline>);

/// A point in the largest part of polygons, outside its holes, and the outline of that part.
fn point_in(polygons: &MultiPolygon<f64>) -> Option<((f64, f64), Outline)> {
    let largest = polygons
        .iter()
        .filter(|polygon| polygon.unsigned_area() > 0.0)
        .max_by(|one, other| one.unsigned_area().total_cmp(&other.unsigned_area()))?;
    let at = largest.interior_point()?;
    let outline = largest.exterior().coords().map(|at| [at.x, at.y]);
    Some(((at.x(), at.y()), outline.collect()))
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
