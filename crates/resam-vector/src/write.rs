//! Layers written as files.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufWriter, IntoInnerError};
use std::path::Path;

use geo_types::MultiPolygon;
use resam_crs::Crs;
use resam_files::Unfinished;

use crate::geopackage::NotReplaced;
use crate::geopackage::side_files::Unsettled;
use crate::reproject::reprojected;
use crate::{
    Feature, FieldKind, Layer, Value, VectorError, VectorFormat, flat_geobuf, geojson, geopackage,
};

/// The default `last_change` of a GeoPackage. The clock is not read, so that the same layer gives
/// the same bytes.
const NO_DATE: &str = "1970-01-01T00:00:00.000Z";

/// Writes a layer as the format of the path's extension: `.gpkg`, `.geojson` or `.fgb`.
///
/// Every geometry is a multipolygon. A feature without polygons has a null geometry; FlatGeobuf
/// cannot hold it and leaves it out. A layer without features is a valid file. GeoPackage (OGC
/// 12-128r19, with the R-tree of annex F.3) and FlatGeobuf are in `out_crs`, by default in the
/// layer's CRS, and have a spatial index. GeoJSON follows RFC 7946: longitude and latitude on WGS
/// 84 (section 4), exterior rings counter-clockwise (section 3.1.6). A feature over the
/// antimeridian is cut there (section 3.1.9); the other formats keep the longitudes of the scene,
/// which may run on beyond 180 degrees, so that polygons lie on their scene. A layer
/// without CRS is in pixels; GeoJSON then has the member `coordinate_system`.
///
/// The file appears whole or not at all.
///
/// # Errors
/// When the extension is unknown, a ring has fewer than four vertices, a coordinate is not finite
/// or cannot be transformed to `out_crs`, `out_crs` is given and the layer has no CRS, `out_crs` is
/// not EPSG:4326 and the format is GeoJSON, two fields have the same name, or the operating system
/// refuses.
pub fn write_layer(
    path: impl AsRef<Path>,
    layer: &Layer,
    out_crs: Option<&Crs>,
) -> Result<(), VectorError> {
    write_layer_dated(path, layer, out_crs, NO_DATE)
}

/// Checks that a layer in the CRS `own` can be written to a path in `out_crs`, before the layer is
/// made. What a dead process left beside a GeoPackage of that name is taken into it.
///
/// # Errors
/// As [`write_layer`], for the extension, the CRSs, and a GeoPackage that another program has open.
pub fn check_target(
    path: impl AsRef<Path>,
    own: Option<&Crs>,
    out_crs: Option<&Crs>,
) -> Result<(), VectorError> {
    let path = path.as_ref();
    let format = VectorFormat::of(path)?;
    let refuse = |problem| VectorError::Unwritable {
        path: path.to_owned(),
        problem,
    };
    target(own, format, out_crs).map(drop).map_err(refuse)?;
    match format {
        VectorFormat::GeoPackage => settle(path),
        _ => Ok(()),
    }
}

/// As [`write_layer`]; `modified` is the time of the last change that a GeoPackage states, in UTC
/// as `2026-11-25T12:00:00.000Z`.
///
/// # Errors
/// As [`write_layer`].
pub fn write_layer_dated(
    path: impl AsRef<Path>,
    layer: &Layer,
    out_crs: Option<&Crs>,
    modified: &str,
) -> Result<(), VectorError> {
    let path = path.as_ref();
    let format = VectorFormat::of(path)?;
    let layer = prepared(path, layer, format, out_crs)?;
    let refused = |source| VectorError::Write {
        path: path.to_owned(),
        source,
    };
    let file = Unfinished::beside(path).map_err(refused)?;
    if format == VectorFormat::GeoPackage {
        let written = geopackage::write(file.path(), &layer, modified);
        written.map_err(|error| geopackage_error(path, error))?;
        let table = geopackage::table_name(&layer);
        return finish_geopackage(path, file, &vec![(table, layer.features.len())]);
    }
    let mut buffered = BufWriter::with_capacity(1 << 16, file);
    match format {
        VectorFormat::GeoJson => geojson::write(&mut buffered, &layer),
        _ => flat_geobuf::write(&mut buffered, &layer),
    }
    .map_err(refused)?;
    buffered
        .into_inner()
        .map_err(IntoInnerError::into_error)
        .and_then(Unfinished::finish)
        .map_err(refused)
}

/// Puts a layer into a GeoPackage that is there already, in the place of the layer of its name, or
/// beside the others. All other tables stay as they are; a style that QGIS keeps for the layer
/// stays too. Where there is no file yet, this is [`write_layer_dated`].
///
/// The work is done on a copy, which is checked and then takes the file's place.
///
/// # Errors
/// As [`write_layer`], and when the file is no GeoPackage, is damaged, is open in another program,
/// or has something of the layer's name that is no layer of features.
pub fn replace_layer(
    path: impl AsRef<Path>,
    layer: &Layer,
    out_crs: Option<&Crs>,
    modified: &str,
) -> Result<(), VectorError> {
    let path = path.as_ref();
    let format = VectorFormat::of(path)?;
    if format != VectorFormat::GeoPackage || !path.exists() {
        return write_layer_dated(path, layer, out_crs, modified);
    }
    let layer = prepared(path, layer, format, out_crs)?;
    settle(path)?;
    // Says in full what is wrong with a file that is none, or not sound.
    geopackage::layer_names(path)?;
    let file = Unfinished::beside(path).map_err(|source| VectorError::Write {
        path: path.to_owned(),
        source,
    })?;
    let replaced = geopackage::replace_layer(path, file.path(), &layer, modified);
    let expected = replaced.map_err(|error| match error {
        NotReplaced::Database(error) => geopackage_error(path, error),
        NotReplaced::Locked => VectorError::Locked {
            file: path.display().to_string(),
        },
        NotReplaced::Taken(name) => VectorError::Unwritable {
            path: path.to_owned(),
            problem: format!(
                "it has a table `{name}` that is no layer of features\n\nhint: name the layer, or the file, otherwise"
            ),
        },
    })?;
    finish_geopackage(path, file, &expected)
}

/// The layers of features of a GeoPackage, in the file's order.
///
/// # Errors
/// When the file cannot be read or is no GeoPackage. One without layers has none.
pub fn geopackage_layers(path: impl AsRef<Path>) -> Result<Vec<String>, VectorError> {
    geopackage::layer_names(path.as_ref())
}

/// Gives a GeoPackage its name once it is found sound, and nothing lies beside what it replaces.
fn finish_geopackage(
    path: &Path,
    file: Unfinished,
    expected: &geopackage::Expected,
) -> Result<(), VectorError> {
    let sound = geopackage::verify(file.path(), expected);
    let sound = sound.map_err(|error| geopackage_error(path, error))?;
    sound.map_err(|problem| VectorError::Unwritable {
        path: path.to_owned(),
        problem: format!(
            "what was written does not read back: {problem}\n\nhint: see that the disk is sound; nothing was replaced"
        ),
    })?;
    settle(path)?;
    file.finish().map_err(|source| VectorError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Sees to it that nothing lies beside a GeoPackage that is to be replaced.
fn settle(path: &Path) -> Result<(), VectorError> {
    geopackage::side_files::settle(path).map_err(|unsettled| match unsettled {
        Unsettled::InUse => VectorError::Locked {
            file: path.display().to_string(),
        },
        Unsettled::Database(source) => geopackage_error(path, source),
        Unsettled::File(source) => VectorError::Write {
            path: path.to_owned(),
            source,
        },
    })
}

fn geopackage_error(path: &Path, source: rusqlite::Error) -> VectorError {
    VectorError::GeoPackageWrite {
        path: path.to_owned(),
        source,
    }
}

/// The layer as the file is to hold it: checked, and in the file's CRS.
fn prepared<'a>(
    path: &Path,
    layer: &'a Layer,
    format: VectorFormat,
    out_crs: Option<&Crs>,
) -> Result<Cow<'a, Layer>, VectorError> {
    let refuse = |problem: String| VectorError::Unwritable {
        path: path.to_owned(),
        problem,
    };
    check(layer).map_err(refuse)?;
    let to = target(layer.crs.as_ref(), format, out_crs).map_err(refuse)?;
    match to {
        Some(to) if layer.crs.as_ref() != Some(&to) => {
            let moved = reprojected(layer, &to);
            moved
                .map(Cow::Owned)
                .map_err(|(feature, error)| match feature {
                    0 => refuse(error.to_string()),
                    _ => refuse(format!("feature {feature}: {error}")),
                })
        }
        _ => Ok(Cow::Borrowed(layer)),
    }
}

/// The CRS that the file is to be in; none for pixels.
fn target(
    own: Option<&Crs>,
    format: VectorFormat,
    out_crs: Option<&Crs>,
) -> Result<Option<Crs>, String> {
    let Some(own) = own else {
        return match out_crs {
            Some(crs) => Err(format!(
                "it should be in {crs}, and the coordinates are pixels of a scene without a CRS\n\nhint: leave the output CRS away, or use a georeferenced scene"
            )),
            None => Ok(None),
        };
    };
    if format != VectorFormat::GeoJson {
        return Ok(Some(out_crs.unwrap_or(own).clone()));
    }
    match out_crs {
        Some(crs) if *crs != Crs::wgs84() => Err(format!(
            "GeoJSON is always in longitude and latitude (RFC 7946), not in {crs}\n\nhint: use .gpkg or .fgb for another CRS"
        )),
        _ => Ok(Some(Crs::wgs84())),
    }
}

/// Refuses layers that no format can hold.
fn check(layer: &Layer) -> Result<(), String> {
    let mut seen = HashMap::new();
    for field in &layer.fields {
        if let Some(other) = seen.insert(field.name.to_ascii_lowercase(), &field.name) {
            return Err(format!(
                "the fields `{other}` and `{}` have the same name but for the case\n\nhint: rename one of them",
                field.name
            ));
        }
        if field.name.is_empty() || field.name.contains('\0') {
            return Err("a field has no proper name\n\nhint: give it one".to_owned());
        }
    }
    for (index, feature) in layer.features.iter().enumerate() {
        let rings = feature
            .geometry
            .iter()
            .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
        for ring in rings {
            if ring.0.len() < 4 {
                return Err(format!(
                    "feature {}: a ring of {} vertices, the closing one included, encloses nothing\n\nhint: leave out what is smaller than a triangle",
                    index + 1,
                    ring.0.len()
                ));
            }
            if let Some(at) = ring
                .coords()
                .find(|at| !(at.x.is_finite() && at.y.is_finite()))
            {
                return Err(format!(
                    "feature {}: ({}, {}) is no place\n\nhint: this is a fault of the program that made the layer",
                    index + 1,
                    at.x,
                    at.y
                ));
            }
        }
    }
    Ok(())
}

/// Finds the values of a layer's fields in its features.
pub(crate) struct Table<'a> {
    places: HashMap<&'a str, usize>,
    kinds: Vec<FieldKind>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(layer: &'a Layer) -> Self {
        let names = layer.fields.iter().map(|field| &*field.name);
        Self {
            places: names.zip(0..).collect(),
            kinds: layer.fields.iter().map(|field| field.kind).collect(),
        }
    }

    /// A value for each field, of the field's kind.
    pub(crate) fn values(&self, feature: &Feature) -> Vec<Value> {
        let mut values = vec![Value::Null; self.kinds.len()];
        for (name, value) in &feature.attributes {
            if let Some(&place) = self.places.get(&**name) {
                values[place] = value.to_kind(self.kinds[place]);
            }
        }
        values
    }
}

/// Least x and y, greatest x and y; nothing without vertices.
pub(crate) fn bounds<'a>(
    geometries: impl IntoIterator<Item = &'a MultiPolygon<f64>>,
) -> Option<[f64; 4]> {
    let mut bounds: Option<[f64; 4]> = None;
    let vertices = geometries
        .into_iter()
        .flat_map(geo_types::MultiPolygon::iter)
        .flat_map(|polygon| polygon.exterior().coords());
    for at in vertices {
        let [west, south, east, north] = bounds.unwrap_or([at.x, at.y, at.x, at.y]);
        bounds = Some([
            west.min(at.x),
            south.min(at.y),
            east.max(at.x),
            north.max(at.y),
        ]);
    }
    bounds
}
