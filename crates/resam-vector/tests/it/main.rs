//! What this crate promises, as statements.

mod csv_points;
mod flat_geobuf;
mod geojson_points;
mod geojson_written;
mod geopackage_read;
mod geopackage_written;
mod hostile;
mod hostile_geopackage;
mod other_formats;
mod polygons;
mod replaced;
mod written;

use std::path::{Path, PathBuf};

use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use resam_crs::Crs;
use resam_vector::{
    Feature, Field, FieldKind, Layer, PointFile, ReadOptions, Value, VectorError, read_points,
};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// A folder, and a file in it with this content.
fn file(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs_err::write(&path, content).unwrap();
    (folder, path)
}

/// Reads points from a text that is written to a file first.
fn points_in(name: &str, text: &str, options: &ReadOptions<'_>) -> Result<PointFile, VectorError> {
    let (_folder, path) = file(name, text);
    read_points(path, options)
}

fn utm() -> Crs {
    Crs::from_epsg(32636).unwrap()
}

/// Options that take points to this CRS.
fn to(crs: &Crs) -> ReadOptions<'_> {
    ReadOptions {
        target: Some(crs),
        ..ReadOptions::default()
    }
}

/// A closed square, clockwise with y upwards.
fn square(x: f64, y: f64, side: f64) -> LineString<f64> {
    let corners = [
        (0.0, 0.0),
        (0.0, side),
        (side, side),
        (side, 0.0),
        (0.0, 0.0),
    ];
    corners
        .map(|(right, up)| Coord {
            x: x + right,
            y: y + up,
        })
        .to_vec()
        .into()
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// Three features: one of two parts with a hole, one of one part, one without a geometry.
fn layer(crs: Option<Crs>) -> Layer {
    let holed = Polygon::new(
        square(453_000.0, 35_000.0, 30.0),
        vec![square(453_010.0, 35_010.0, 5.0)],
    );
    let plain = Polygon::new(square(453_100.0, 35_100.0, 10.0), Vec::new());
    let feature = |parts: Vec<Polygon<f64>>, values: [(&str, Value); 3]| Feature {
        geometry: MultiPolygon(parts),
        attributes: values
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    };
    Layer {
        name: "objects".to_owned(),
        crs,
        fields: vec![
            Field::new("id", FieldKind::Integer),
            Field::new("score", FieldKind::Real),
            Field::new("name", FieldKind::Text),
            Field::new("checked", FieldKind::Bool),
        ],
        features: vec![
            feature(
                vec![holed, plain.clone()],
                [
                    ("id", Value::Integer(1)),
                    ("score", Value::Real(0.5)),
                    ("name", text("Dächer \"1\"")),
                ],
            ),
            feature(
                vec![plain],
                [
                    // In another order than the fields, and a number that no format can hold.
                    ("checked", Value::Bool(true)),
                    ("score", Value::Real(f64::NAN)),
                    ("id", Value::Integer(-9_007_199_254_740_993)),
                ],
            ),
            feature(
                Vec::new(),
                [
                    ("id", Value::Null),
                    ("score", Value::Integer(2)),
                    ("unknown", text("left out")),
                ],
            ),
        ],
    }
}
