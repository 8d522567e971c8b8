//! Footprints and regions of interest from a vector file.

use std::path::Path;

use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use resam_crs::{Crs, Transform};

use crate::points::take;
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
    /// A warning about the accuracy of the transformed coordinates, in one sentence.
    pub caution: Option<String>,
}

/// Reads polygons from GeoJSON or GeoPackage. Vertices are transformed to the target CRS; edges get
/// no more vertices.
///
/// # Errors
/// When the file cannot be read or is malformed, has no polygon, has points or lines, has several
/// layers and none is named, the CRS is unknown or undefined, or a vertex cannot be transformed to
/// the target CRS.
pub fn read_polygons(
    path: impl AsRef<Path>,
    options: &ReadOptions<'_>,
) -> Result<PolygonFile, VectorError> {
    let path = path.as_ref();
    let source = Source::open(path, options.layer)?;
    let source_crs = source.crs(options)?;
    let transform = source.transform(source_crs.as_ref(), options)?;
    let mut features = Vec::with_capacity(source.rows.len());
    let mut rows = Vec::with_capacity(source.rows.len());
    let mut without_geometry = 0;
    for row in &source.rows {
        let kind = match &row.geometry {
            Geometry::None => {
                without_geometry += 1;
                continue;
            }
            Geometry::Polygons(polygons) => {
                let geometry = polygons_in(&source, row.number, transform.as_ref(), polygons)?;
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
        return Err(source.row_error(
            row.number,
            format!("a {kind} where a polygon is wanted"),
            "keep only polygons in the layer",
        ));
    }
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
        caution: transform.and_then(|transform| transform.caution()),
    })
}

fn polygons_in(
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
