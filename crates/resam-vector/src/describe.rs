//! What a vector file holds, for a person who wonders.

use std::path::Path;

use geo_types::Coord;
use resam_crs::Crs;
use resam_prompt::{Field, Notices, Weight};

use crate::format::ReadFormat;
use crate::points::NO_GEOMETRY;
use crate::source::{Geometry, ReadOptions, Source, Stated, sniff_file};
use crate::{VectorError, geopackage};

/// What a vector file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorDescription {
    /// The format.
    pub format: &'static str,
    /// The layers, each or why it cannot be read; one of formats without layers.
    pub layers: Vec<(Option<String>, Result<LayerDescription, String>)>,
}

/// What a layer holds.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerDescription {
    /// The CRS that the file states.
    pub crs: Option<Crs>,
    /// What the coordinates are where the file states no CRS.
    pub without_crs: &'static str,
    /// Rows with points, with polygons, with other geometries and with none.
    pub counts: [usize; 4],
    /// The fields.
    pub fields: Vec<Field>,
    /// The least x and y and the greatest, in the file's coordinates.
    pub extent: Option<[f64; 4]>,
    /// What was noticed.
    pub notices: Notices,
}

/// Says what a vector file holds. Every row is read.
///
/// # Errors
/// When it is no vector file that is read, or cannot be read at all.
pub fn describe(path: impl AsRef<Path>) -> Result<VectorDescription, VectorError> {
    let path = path.as_ref();
    let format = sniff_file(path)?;
    let names = match format {
        ReadFormat::GeoPackage => {
            let names = geopackage::layer_names(path)?;
            names.into_iter().map(Some).collect()
        }
        _ => vec![None],
    };
    let mut layers = Vec::with_capacity(names.len());
    for name in names {
        let options = ReadOptions {
            layer: name.as_deref(),
            ..ReadOptions::default()
        };
        match Source::open(path, &options) {
            Ok(mut source) => {
                let name = name.or(source.layer.take());
                layers.push((name, Ok(layer(source))));
            }
            Err(error) if name.is_none() => return Err(error),
            Err(error) => layers.push((name, Err(error.to_string()))),
        }
    }
    Ok(VectorDescription {
        format: match format {
            ReadFormat::GeoPackage => "GeoPackage",
            ReadFormat::GeoJson => "GeoJSON",
            ReadFormat::Csv => "CSV",
            ReadFormat::FlatGeobuf => "FlatGeobuf",
            ReadFormat::Shapefile => "shapefile",
        },
        layers,
    })
}

fn layer(mut source: Source) -> LayerDescription {
    let (crs, without_crs) = match source.stated {
        Stated::Crs(crs) => (Some(crs), ""),
        Stated::DegreesBySilence => {
            let words =
                "none stated: longitude and latitude (RFC 7946), or pixels of a plain image";
            (None, words)
        }
        Stated::Nothing => (None, "none stated: pixels, or the CRS of the scene"),
        Stated::Undefined => (None, "undefined: pixels, or say which it is"),
        Stated::Unusable(_) => (None, "stated, and not understood: say which it is"),
    };
    let mut counts = [0; 4];
    let mut extent: Option<[f64; 4]> = None;
    let mut grow = |x: f64, y: f64| {
        if x.is_finite() && y.is_finite() {
            let [west, south, east, north] = extent.unwrap_or([x, y, x, y]);
            extent = Some([west.min(x), south.min(y), east.max(x), north.max(y)]);
        }
    };
    for row in &source.rows {
        let kind = match &row.geometry {
            Geometry::Points(points) => {
                points.iter().for_each(|&(x, y)| grow(x, y));
                0
            }
            Geometry::Polygons(polygons) => {
                let vertices = polygons.iter().flat_map(|part| part.exterior().coords());
                vertices.for_each(|&Coord { x, y }| grow(x, y));
                1
            }
            Geometry::Other(_) => 2,
            Geometry::None => {
                let first = || format!("{} {}", source.row_name, row.number);
                source
                    .notices
                    .add(&source.file, Weight::Taken, NO_GEOMETRY, first);
                3
            }
        };
        counts[kind] += 1;
    }
    LayerDescription {
        crs,
        without_crs,
        counts,
        fields: source.fields,
        extent,
        notices: source.notices,
    }
}
