//! Footprints and regions of interest from a vector file.

use std::path::Path;

use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use resam_crs::{Crs, Transform};

use resam_prompt::{Notices, Weight};

use crate::points::{NO_GEOMETRY, take};
use crate::source::{Geometry, ReadOptions, Source};
use crate::{Feature, Layer, Value, VectorError};

/// The polygons of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct PolygonFile {
    /// The polygons with all their attributes, in the file's order, in the target CRS.
    pub layer: Layer,
    /// The row of each feature: the number of a GeoJSON feature counted from 1, the id of a
    /// GeoPackage's feature.
    pub rows: Vec<usize>,
    /// The CRS of the file.
    pub source_crs: Option<Crs>,
    /// How many rows have no geometry and were skipped.
    pub without_geometry: usize,
    /// What was noticed.
    pub notices: Notices,
    /// A warning about the accuracy of the transformed coordinates, in one sentence.
    pub caution: Option<String>,
}

const UNREADABLE: [&str; 2] = [
    "row that is no polygon is left out",
    "rows that are no polygons are left out",
];

/// Reads polygons from GeoJSON, GeoPackage, FlatGeobuf, a shapefile or CSV with well-known text. A
/// row that is none is left out and counted. Vertices are transformed to the target CRS; edges get
/// no more vertices.
///
/// # Errors
/// When the file cannot be read or is malformed, has several layers and none is named, the CRS is
/// unknown or undefined, none of its rows is a polygon whose vertices can be transformed to the
/// target CRS, or `options.strict` and one of them is not.
pub fn read_polygons(
    path: impl AsRef<Path>,
    options: &ReadOptions<'_>,
) -> Result<PolygonFile, VectorError> {
    let path = path.as_ref();
    let mut source = Source::open(path, options)?;
    let source_crs = source.crs(options)?;
    let transform = source.transform(source_crs.as_ref(), options)?;
    let mut features = Vec::with_capacity(source.rows.len());
    let mut rows = Vec::with_capacity(source.rows.len());
    let mut without_geometry = 0;
    for row in std::mem::take(&mut source.rows) {
        let kind = match &row.geometry {
            Geometry::None => {
                without_geometry += 1;
                let first = || format!("{} {}", source.row_name, row.number);
                source
                    .notices
                    .add(&source.file, Weight::Taken, NO_GEOMETRY, first);
                continue;
            }
            Geometry::Polygons(polygons) => {
                let read = polygons_in(&source, row.number, transform.as_ref(), polygons);
                let geometry = match read {
                    Ok(geometry) => geometry,
                    Err(fault) => {
                        source.fault(fault, &UNREADABLE)?;
                        continue;
                    }
                };
                let named = |(place, value): &(usize, Value)| {
                    (source.fields[*place].name.clone(), value.clone())
                };
                features.push(Feature {
                    geometry,
                    attributes: row.values.iter().map(named).collect(),
                });
                rows.push(row.number);
                continue;
            }
            Geometry::Points(_) => "point",
            Geometry::Other(kind) => kind,
        };
        let fault = source.row_error(
            row.number,
            format!("a {kind} where a polygon is wanted"),
            "keep only polygons in the layer",
        );
        source.fault(fault, &UNREADABLE)?;
    }
    source.refused(features.is_empty(), options.strict)?;
    if features.is_empty() {
        return Err(VectorError::Empty {
            file: source.file,
            wanted: "polygons",
            hint: "name a file with at least one polygon",
        });
    }
    let stem = || {
        path.file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
    };
    Ok(PolygonFile {
        layer: Layer {
            name: source.layer.or_else(stem).unwrap_or_default(),
            crs: options.target.cloned().or_else(|| source_crs.clone()),
            fields: source.fields,
            features,
        },
        rows,
        source_crs,
        without_geometry,
        notices: source.notices,
        caution: transform.and_then(|transform| transform.caution()),
    })
}

pub(crate) fn polygons_in(
    source: &Source,
    row: usize,
    transform: Option<&Transform>,
    polygons: &MultiPolygon<f64>,
) -> Result<MultiPolygon<f64>, VectorError> {
    let ring = |ring: &LineString<f64>| -> Result<LineString<f64>, VectorError> {
        ring.coords()
            .map(|at| take(source, row, transform, at.x, at.y).map(|(x, y)| Coord { x, y }))
            .collect()
    };
    polygons
        .iter()
        .map(|polygon| {
            let exterior = ring(polygon.exterior())?;
            let interiors = polygon
                .interiors()
                .iter()
                .map(ring)
                .collect::<Result<_, _>>()?;
            Ok(Polygon::new(exterior, interiors))
        })
        .collect()
}
