//! What holds for every format that is written.

use resam_crs::Crs;
use resam_vector::{Field, FieldKind, VectorError, VectorFormat, write_layer};

use crate::{layer, square, utm};

const NAMES: [&str; 3] = ["objects.gpkg", "objects.geojson", "objects.fgb"];

/// What is refused, and that nothing is left behind.
fn refused(
    change: impl Fn(&mut resam_vector::Layer),
    out_crs: Option<&Crs>,
    names: &[&str],
) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut layer = layer(Some(utm()));
    change(&mut layer);
    let messages = names
        .iter()
        .map(|name| {
            let path = folder.path().join(name);
            write_layer(path, &layer, out_crs).unwrap_err().to_string()
        })
        .collect();
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
    messages
}

#[test]
fn the_extension_tells_the_format() {
    assert_eq!(
        VectorFormat::of("a.GPKG").unwrap(),
        VectorFormat::GeoPackage
    );
    assert_eq!(
        VectorFormat::of("a.b.geojson").unwrap(),
        VectorFormat::GeoJson
    );
    assert_eq!(
        VectorFormat::of("x/a.fgb").unwrap(),
        VectorFormat::FlatGeobuf
    );
    for name in ["a.shp", "a", "gpkg", "a.json"] {
        let message = VectorFormat::of(name).unwrap_err().to_string();
        assert!(message.contains("use .gpkg"), "{message}");
    }
}

#[test]
fn a_fault_leaves_no_file_and_names_the_feature() {
    let not_finite = |layer: &mut resam_vector::Layer| {
        let mut ring = square(0.0, 0.0, 1.0);
        ring.0[2].x = f64::NAN;
        layer.features[1].geometry = geo_types::Polygon::new(ring, Vec::new()).into();
    };
    for message in refused(not_finite, None, &NAMES) {
        assert!(
            message.contains("feature 2: (NaN, 1) is no place"),
            "{message}"
        );
    }
    let two_vertices = |layer: &mut resam_vector::Layer| {
        let ring = geo_types::LineString::from(vec![(0.0, 0.0), (1.0, 1.0)]);
        layer.features[1].geometry = geo_types::Polygon::new(ring, Vec::new()).into();
    };
    for message in refused(two_vertices, None, &NAMES) {
        assert!(
            message.contains("feature 2: a ring of 3 vertices"),
            "{message}"
        );
    }
    let far_away = |layer: &mut resam_vector::Layer| {
        layer.features[1].geometry =
            geo_types::Polygon::new(square(1e12, 0.0, 1.0), Vec::new()).into();
    };
    for message in refused(far_away, Some(&Crs::wgs84()), &NAMES) {
        assert!(
            message.contains("feature 2: (1000000000000, 0) in WGS 84 / UTM"),
            "{message}"
        );
    }
    let twins =
        |layer: &mut resam_vector::Layer| layer.fields.push(Field::new("ID", FieldKind::Text));
    for message in refused(twins, None, &NAMES) {
        assert!(
            message.contains("`id` and `ID` have the same name"),
            "{message}"
        );
    }
}

#[test]
fn what_a_format_cannot_be_in_is_refused_with_a_hint() {
    for message in refused(|_| {}, Some(&utm()), &["objects.geojson"]) {
        assert!(
            message.contains("RFC 7946") && message.contains("use .gpkg"),
            "{message}"
        );
    }
    for message in refused(|layer| layer.crs = None, Some(&utm()), &NAMES) {
        assert!(
            message.contains("pixels of a scene without a CRS"),
            "{message}"
        );
    }
}

#[test]
fn a_file_that_is_there_is_replaced_whole_and_a_folder_never() {
    let folder = tempfile::tempdir().unwrap();
    for name in NAMES {
        let path = folder.path().join(name);
        fs_err::write(&path, "what was there before").unwrap();
        write_layer(&path, &layer(Some(utm())), None).unwrap();
        let once = fs_err::read(&path).unwrap();
        write_layer(&path, &layer(Some(utm())), None).unwrap();
        assert!(once == fs_err::read(&path).unwrap());
    }
    assert_eq!(
        fs_err::read_dir(folder.path()).unwrap().count(),
        NAMES.len()
    );
    let folder_of_that_name = folder.path().join("x.gpkg");
    fs_err::create_dir(&folder_of_that_name).unwrap();
    for path in [folder_of_that_name, folder.path().join("missing/x.gpkg")] {
        let error = write_layer(&path, &layer(Some(utm())), None).unwrap_err();
        assert!(matches!(error, VectorError::Write { .. }), "{error}");
        assert!(error.to_string().contains("x.gpkg"), "{error}");
    }
}
