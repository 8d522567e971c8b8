//! Shapefiles, FlatGeobuf, features a line, well-known text: what GDAL 3.11 wrote
//! (`make_fixtures.py`), and what the standards say.

use std::path::{Path, PathBuf};

use geo_types::MultiPolygon;
use resam_crs::Crs;
use resam_vector::{
    FieldKind, PointFile, ReadOptions, Value, read_points, read_polygons, write_layer,
};

use crate::{file, fixture, layer, points_in, square, text, to, utm};

fn read(path: impl AsRef<Path>) -> PointFile {
    let path = path.as_ref();
    read_points(path, &ReadOptions::default())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn copy_of(stem: &str, extensions: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for extension in extensions {
        let name = format!("{stem}.{extension}");
        fs_err::copy(fixture(&name), folder.path().join(&name)).unwrap();
    }
    let path = folder.path().join(format!("{stem}.shp"));
    (folder, path)
}

#[test]
fn points_of_a_shapefile_and_of_flatgeobuf_are_those_that_gdal_wrote() {
    for name in ["named.shp", "named.fgb"] {
        let file = read(fixture(name));
        assert_eq!(file.crs, Some(utm()), "{name}");
        assert_eq!(file.layer.as_deref(), Some("named"));
        // FlatGeobuf with an index has its features in the order of a curve.
        let mut points = file.points;
        points.sort_by(|one, other| one.x.total_cmp(&other.x));
        let places: Vec<(f64, f64)> = points.iter().map(|at| (at.x, at.y)).collect();
        assert_eq!(
            places,
            [
                (453_042.25, 35_038.98),
                (453_100.5, 35_100.25),
                (454_321.0, -1234.5),
                (500_000.0, 0.0)
            ]
        );
        let names: Vec<_> = points.iter().map(|at| at.instance.as_deref()).collect();
        assert_eq!(names, [Some("7"), Some("7"), Some("9"), Some("8")]);
        let labels: Vec<bool> = points.iter().map(|at| at.label).collect();
        assert_eq!(labels, [true, false, true, true]);
        assert_eq!(
            points[0].attributes,
            [
                ("name".to_owned(), text("Dächer")),
                ("height".to_owned(), Value::Real(3.5)),
                ("seen".to_owned(), text("2024-01-02")),
            ],
            "{name}"
        );
        assert_eq!(points[1].attributes[0].1, text("Ölmühle"));
        assert!(file.notices.is_empty(), "{:?}", file.notices);
    }
}

#[test]
fn polygons_of_a_shapefile_and_of_flatgeobuf_have_their_parts_and_holes() {
    for name in ["areas.shp", "areas.fgb"] {
        let file = read_polygons(fixture(name), &ReadOptions::default()).unwrap();
        let mut features = file.layer.features;
        features.sort_by_key(|feature| std::cmp::Reverse(feature.geometry.0.len()));
        let shapes: Vec<Vec<usize>> = features
            .iter()
            .map(|feature| {
                let parts = feature.geometry.iter();
                parts.map(|part| part.interiors().len()).collect()
            })
            .collect();
        assert_eq!(shapes, [vec![1, 0], vec![0]], "{name}");
        let hole = &features[0].geometry.0[0].interiors()[0];
        assert!(hole.0.contains(&(453_010.0, 35_010.0).into()));
        assert_eq!(features[0].attributes, [("class".to_owned(), text("yard"))]);
        assert_eq!(
            file.without_geometry,
            usize::from(name == "areas.shp"),
            "and one is counted"
        );
    }
}

#[test]
fn texts_of_a_shapefile_are_in_the_encoding_that_it_states() {
    for (said, language) in [
        (Some("ISO-8859-1"), 0),
        (Some("1252"), 0),
        (None, 0x57),
        (None, 0),
    ] {
        let (_folder, path) = copy_of("named", &["shp", "dbf", "prj"]);
        let table = path.with_extension("dbf");
        let mut bytes = fs_err::read(&table).unwrap();
        let word = "Dächer".as_bytes();
        let at = bytes.windows(word.len()).position(|at| at == word).unwrap();
        bytes[at..at + 7].copy_from_slice(b"D\xE4cher ");
        bytes[29] = language;
        fs_err::write(&table, bytes).unwrap();
        if let Some(said) = said {
            fs_err::write(path.with_extension("cpg"), said).unwrap();
        }
        assert_eq!(read(&path).points[0].attributes[0].1, text("Dächer"));
    }
}

#[test]
fn a_shapefile_without_its_other_files_is_its_geometries() {
    let (_folder, path) = copy_of("named", &["shp"]);
    let file = read(&path);
    assert_eq!((file.points.len(), file.crs), (4, None));
    assert!(file.notices.sentences()[0].contains("no .dbf"));
}

#[test]
fn what_headers_of_shapefiles_say_is_not_believed() {
    let bytes = fs_err::read(fixture("areas.shp")).unwrap();
    // The count of vertices of the first record, then of its parts.
    for at in [100 + 8 + 4 + 32, 100 + 8 + 4 + 32 + 4] {
        let (_folder, path) = copy_of("areas", &["dbf", "prj"]);
        let mut lying = bytes.clone();
        lying[at..at + 4].copy_from_slice(&i32::MAX.to_le_bytes());
        fs_err::write(&path, &lying).unwrap();
        let file = read(&path);
        assert_eq!(file.points.len(), 1);
        let said = file.notices.sentences();
        assert!(
            said[0].contains(
                "1 row that cannot be read is left out: record 1: the geometry counts more"
            ),
            "{said:?}"
        );
        let strict = ReadOptions {
            strict: true,
            ..ReadOptions::default()
        };
        assert!(read_points(&path, &strict).is_err());
    }
    for cut in [0, 50, 99, 104, 150, bytes.len() - 1] {
        let (_folder, path) = copy_of("areas", &["dbf", "prj"]);
        fs_err::write(&path, &bytes[..cut]).unwrap();
        if let Ok(file) = read_points(&path, &ReadOptions::default()) {
            assert!(file.notices.left_out().is_some(), "{cut}");
        }
    }
}

#[test]
fn what_headers_of_flatgeobuf_say_is_not_believed() {
    let bytes = fs_err::read(fixture("areas.fgb")).unwrap();
    for at in 0..bytes.len() {
        for value in [0x00, 0x7F, 0xFF] {
            let mut lying = bytes.clone();
            lying[at] = value;
            let (_folder, path) = file("lying.fgb", lying);
            let _any = read_points(&path, &ReadOptions::default());
            let _any = read_polygons(&path, &ReadOptions::default());
        }
    }
}

#[test]
fn flatgeobuf_that_is_written_here_is_read_here() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("objects.fgb");
    let written = layer(Some(utm()));
    write_layer(&path, &written, None).unwrap();
    let read = read_polygons(&path, &ReadOptions::default()).unwrap().layer;
    assert_eq!(read.fields, written.fields);
    assert_eq!(
        read.features.len(),
        2,
        "it cannot hold one without a geometry"
    );
    for feature in &written.features[..2] {
        assert!(
            read.features
                .iter()
                .any(|one| one.geometry == feature.geometry)
        );
    }
}

const LINES: &str = "{\"type\":\"Feature\",\"properties\":{\"a\":1},\"geometry\":{\"type\":\"Point\",\"coordinates\":[32.578,0.317]}}\n\
    \n\
    {\"type\":\"Feature\",\"properties\":{\"b\":\"x\"},\"geometry\":{\"type\":\"Point\",\"coordinates\":[32.579,0.318]}}\n";

#[test]
fn a_feature_a_line_is_read_with_and_without_record_separators() {
    // RFC 8142: each text begins with a record separator and ends with a line feed.
    let sequence = LINES.replace("{\"type\":\"Feature\"", "\u{1e}{\"type\":\"Feature\"");
    for content in [LINES, &sequence, &LINES.replace('\n', "\r\n")] {
        for name in ["points.geojsonl", "points.geojson", "points.ndjson"] {
            let file = points_in(name, content, &to(&utm())).unwrap();
            let rows: Vec<usize> = file.points.iter().map(|point| point.row).collect();
            assert_eq!(rows, [1, 3]);
            assert_eq!(file.fields.len(), 2);
            assert!((file.points[0].x - 453_042.252).abs() < 0.001);
        }
    }
}

#[test]
fn a_line_that_is_no_feature_is_left_out_and_told_and_refused_when_asked() {
    let content = format!("{LINES}{{\"type\":\"Feature\",\"geometry\":{{\"type\":\"Poi}}\n");
    let file = points_in("points.ndjson", &content, &to(&utm())).unwrap();
    assert_eq!(file.points.len(), 2);
    let left = file.notices.left_out().unwrap();
    assert_eq!(left.count, 1);
    assert!(left.first.starts_with("line 4: "), "{left}");
    let crs = utm();
    let strict = ReadOptions {
        strict: true,
        ..to(&crs)
    };
    assert!(points_in("points.ndjson", &content, &strict).is_err());
}

#[test]
fn not_a_number_in_a_property_is_no_value_and_in_a_place_leaves_the_feature_out() {
    let feature = |property: &str, x: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"height":{property},"name":"NaN"}},"geometry":{{"type":"Point","coordinates":[{x},0.317]}}}}"#
        )
    };
    let all = [feature("NaN", "32.578"), feature("-Infinity", "NaN")].join(",");
    let content = format!(r#"{{"type":"FeatureCollection","features":[{all}]}}"#);
    let file = points_in("points.geojson", &content, &to(&utm())).unwrap();
    assert_eq!(file.points.len(), 1);
    assert_eq!(
        file.points[0].attributes,
        [
            ("height".to_owned(), Value::Null),
            ("name".to_owned(), text("NaN"))
        ]
    );
    let said = file.notices.sentences();
    assert!(
        said.iter().any(|text| text.contains("3 numbers are `NaN`")),
        "{said:?}"
    );
    assert!(
        said.iter()
            .any(|text| text.contains("1 row that cannot be read is left out: feature 2")),
        "{said:?}"
    );
}

#[test]
fn well_known_text_in_a_column_is_a_point_or_a_polygon() {
    // OGC 06-103r4, clause 7.2; PostGIS puts the number of the CRS before it.
    let content = "id,WKT,name\n1,POINT (32.578 0.317),a\n2,\"POLYGON Z ((32.5 0.3 9,32.6 0.3 9,32.6 0.4 9,32.5 0.4 9,32.5 0.3 9))\",b\n3,POINT EMPTY,c\n4,\"MULTIPOINT ((32.5 0.3), (32.6 0.4))\",d\n5,LINESTRING (1 2),e\n";
    let file = points_in("points.csv", content, &ReadOptions::default()).unwrap();
    let rows: Vec<usize> = file.points.iter().map(|point| point.row).collect();
    assert_eq!(rows, [2, 3, 5, 5]);
    assert!(file.points[1].outline.is_some());
    assert_eq!(file.without_geometry, 1);
    assert!(
        file.notices.left_out().unwrap().first.contains("line 6"),
        "{:?}",
        file.notices
    );
    let names: Vec<&str> = file.fields.iter().map(|field| &*field.name).collect();
    assert_eq!(names, ["id", "name"]);

    let content = "geom\nSRID=4326;POINT(32.578 0.317)\n";
    let file = points_in("points.csv", content, &to(&utm())).unwrap();
    assert_eq!(file.source_crs, Some(Crs::wgs84()));
    assert!((file.points[0].x - 453_042.252).abs() < 0.001);
    let mixed = "geom\nSRID=4326;POINT(1 2)\nSRID=3857;POINT(1 2)\n";
    assert!(points_in("points.csv", mixed, &to(&utm())).is_err());
    let deep = format!(
        "wkt\n\"{}{}\"\n",
        "GEOMETRYCOLLECTION(".repeat(100_000),
        ")".repeat(100_000)
    );
    assert!(points_in("points.csv", &deep, &to(&utm())).is_err());
}

#[test]
fn a_polygon_is_a_point_in_its_largest_part_and_not_in_a_hole() {
    let file = read(fixture("areas.shp"));
    assert_eq!(file.points.len(), 2);
    let yard = &file.points[0];
    let outline = yard.outline.as_ref().unwrap();
    assert!(
        outline
            .iter()
            .all(|[x, _]| (453_000.0..=453_040.0).contains(x)),
        "of the larger part"
    );
    let inside = (453_000.0..453_040.0).contains(&yard.x) && (35_000.0..35_030.0).contains(&yard.y);
    let in_hole =
        (453_010.0..453_030.0).contains(&yard.x) && (35_010.0..35_020.0).contains(&yard.y);
    assert!(inside && !in_hole, "{}, {}", yard.x, yard.y);
    // The middle of the box of the second one is not on it.
    let roof = &file.points[1];
    let upright = (453_200.0..453_210.0).contains(&roof.x);
    let lying = (35_000.0..35_010.0).contains(&roof.y);
    assert!(upright || lying, "{}, {}", roof.x, roof.y);
}

#[test]
fn labels_that_are_classes_are_classes() {
    let with = |labels: [&str; 2]| {
        let feature = |label: &str| {
            format!(
                r#"{{"type":"Feature","properties":{{"label":"{label}","kind":"k"}},"geometry":{{"type":"Point","coordinates":[32.578,0.317]}}}}"#
            )
        };
        let content = format!(
            r#"{{"type":"FeatureCollection","features":[{},{}]}}"#,
            feature(labels[0]),
            feature(labels[1])
        );
        let crs = utm();
        [None, Some("KIND")].map(|class_field| {
            let options = ReadOptions {
                class_field,
                ..to(&crs)
            };
            points_in("points.geojson", &content, &options)
        })
    };
    let [plain, _] = with(["tank", "building"]);
    let plain = plain.unwrap();
    let classes: Vec<_> = plain.points.iter().map(|at| at.class.as_deref()).collect();
    assert_eq!(classes, [Some("tank"), Some("building")]);
    assert!(plain.points.iter().all(|point| point.label));
    assert!(plain.notices.sentences()[0].contains("its values are classes"));
    assert!(plain.notices.left_out().is_none());
    let [plain, chosen] = with(["yes", "tank"]).map(Result::unwrap);
    assert_eq!(plain.points.len(), 1, "and the other is neither yes nor no");
    assert_eq!(plain.notices.left_out().unwrap().count, 1);
    assert_eq!(chosen.points[0].class.as_deref(), Some("k"));
}

#[test]
fn dates_stay_dates_from_file_to_file() {
    // A column of dates, one of truth and one of numbers, as pyshp 3.1 writes them.
    let days = read(fixture("days.shp"));
    let kinds: Vec<FieldKind> = days.fields.iter().map(|field| field.kind).collect();
    assert_eq!(
        kinds,
        [FieldKind::Date, FieldKind::Bool, FieldKind::Integer]
    );
    let first = &days.points[0].attributes;
    let values: Vec<Value> = first.iter().map(|(_, value)| value.clone()).collect();
    let day = Value::Date("2024-01-31".to_owned());
    assert_eq!(values, [day, Value::Bool(true), Value::Integer(-7)]);
    assert!(days.points[1].attributes.is_empty(), "nulls");
    let mut written = layer(Some(utm()));
    written.features.truncate(1);
    written.features[0].geometry =
        MultiPolygon(vec![geo_types::Polygon::new(square(0.0, 0.0, 1.0), vec![])]);
    written.fields = vec![
        resam_vector::Field::new("day", FieldKind::Date),
        resam_vector::Field::new("when", FieldKind::DateTime),
    ];
    let day = Value::Date("2024-01-02".to_owned());
    let when = Value::DateTime("2024-01-02T03:04:05Z".to_owned());
    written.features[0].attributes = vec![
        ("day".to_owned(), day.clone()),
        ("when".to_owned(), when.clone()),
    ];
    let folder = tempfile::tempdir().unwrap();
    for name in ["dates.gpkg", "dates.geojson", "dates.fgb"] {
        let path = folder.path().join(name);
        write_layer(&path, &written, None).unwrap();
        let read = read_polygons(&path, &ReadOptions::default()).unwrap();
        assert_eq!(
            read.layer.features[0].attributes, written.features[0].attributes,
            "{name}"
        );
    }
}
