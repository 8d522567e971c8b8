use geojson::{FeatureCollection, GeoJson, GeometryValue};
use resam_crs::{Crs, Transform};
use resam_vector::{FieldKind, Layer, Value, read_polygons, write_layer};

use crate::{layer, to, utm};

fn written(layer: &Layer) -> (String, FeatureCollection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("objects.geojson");
    write_layer(&path, layer, None).unwrap();
    let text = fs_err::read_to_string(path).unwrap();
    let GeoJson::FeatureCollection(collection) = text.parse().unwrap() else {
        panic!("{text}");
    };
    (text, collection)
}

/// Twice the area, positive if counter-clockwise.
fn winding(ring: &[geojson::Position]) -> f64 {
    ring.windows(2)
        .map(|edge| edge[0][0] * edge[1][1] - edge[1][0] * edge[0][1])
        .sum()
}

#[test]
fn it_is_rfc_7946_to_another_reader() {
    let (text, collection) = written(&layer(Some(utm())));
    assert!(!text.contains("\"crs\""));
    assert_eq!(collection.features.len(), 3);
    let [one, two, three] = &collection.features[..] else {
        panic!();
    };
    assert!(three.geometry.is_none());
    let properties = |feature: &geojson::Feature| {
        serde_json::Value::Object(feature.properties.clone().unwrap()).to_string()
    };
    assert_eq!(
        properties(one),
        r#"{"checked":null,"id":1,"name":"Dächer \"1\"","score":0.5}"#
    );
    assert_eq!(
        properties(two),
        r#"{"checked":true,"id":-9007199254740993,"name":null,"score":null}"#
    );
    assert_eq!(
        properties(three),
        r#"{"checked":null,"id":null,"name":null,"score":2.0}"#
    );
    // In the order of the layer's fields, whatever that of the attributes.
    assert!(text.contains(
        r#""properties":{"id":-9007199254740993,"score":null,"name":null,"checked":true}"#
    ));
    for (feature, parts) in [(one, 2), (two, 1)] {
        let GeometryValue::MultiPolygon { coordinates } = &feature.geometry.as_ref().unwrap().value
        else {
            panic!("not a multipolygon");
        };
        assert_eq!(coordinates.len(), parts);
        for rings in coordinates {
            for (place, ring) in rings.iter().enumerate() {
                assert_eq!(ring.first(), ring.last());
                assert_eq!(winding(ring) > 0.0, place == 0, "{ring:?}");
            }
        }
    }
}

#[test]
fn positions_are_true_to_a_tenth_of_a_millimetre_and_the_box_holds_them() {
    let (_, collection) = written(&layer(Some(utm())));
    let transform = Transform::new(&utm(), &Crs::wgs84()).unwrap();
    let (x, y) = transform.forward(453_000.0, 35_000.0).unwrap();
    let GeometryValue::MultiPolygon { coordinates } =
        &collection.features[0].geometry.as_ref().unwrap().value
    else {
        panic!("not a multipolygon");
    };
    let ring = &coordinates[0][0];
    let nearest = ring
        .iter()
        .map(|at| (at[0] - x).hypot(at[1] - y) * 111_319.0)
        .fold(f64::INFINITY, f64::min);
    assert!(nearest < 1e-4, "{nearest} m");
    let bbox = collection.bbox.unwrap();
    assert!(ring.iter().all(|at| bbox[0] <= at[0] && at[0] <= bbox[2]));
    assert!(ring.iter().all(|at| bbox[1] <= at[1] && at[1] <= bbox[3]));
}

#[test]
fn it_is_read_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("objects.geojson");
    let layer = layer(Some(utm()));
    write_layer(&path, &layer, None).unwrap();
    let target = utm();
    let read = read_polygons(&path, &to(&target)).unwrap();
    assert_eq!((read.layer.features.len(), read.without_geometry), (2, 1));
    assert_eq!(read.layer.name, "objects");
    let area = |polygons: &geo_types::MultiPolygon<f64>| {
        let ring: Vec<(f64, f64)> = polygons.0[0]
            .exterior()
            .coords()
            .map(geo_types::Coord::x_y)
            .collect();
        resam_crs::area_and_perimeter(&target, &ring, &[])
            .unwrap()
            .0
    };
    for (one, other) in layer.features.iter().zip(&read.layer.features) {
        assert!((area(&one.geometry) - area(&other.geometry)).abs() < 0.01);
    }
    assert_eq!(read.layer.fields[1].kind, FieldKind::Real);
    assert_eq!(read.layer.features[0].attributes[0].1, Value::Integer(1));
}

#[test]
fn without_a_crs_it_is_in_pixels_and_says_so() {
    let (text, collection) = written(&layer(None));
    assert!(text.contains("\"coordinate_system\":\"pixels, x right, y down"));
    let GeometryValue::MultiPolygon { coordinates } =
        &collection.features[0].geometry.as_ref().unwrap().value
    else {
        panic!("not a multipolygon");
    };
    assert_eq!(coordinates[0][0][0].as_slice(), [453_000.0, 35_000.0]);
}

/// RFC 7946, sections 3.1.9 and 5.2: cut at 180 degrees, and the box goes from west to east over
/// it.
#[test]
fn a_feature_over_the_antimeridian_is_cut_there() {
    // Zone 60 ends at 180 degrees; the square lies on both sides of it.
    let crs = Crs::from_epsg(32660).unwrap();
    let (x, y) = Transform::new(&Crs::wgs84(), &crs)
        .unwrap()
        .forward(180.0, -17.0)
        .unwrap();
    let mut layer = layer(Some(crs));
    layer.features.truncate(1);
    let hole = crate::square(x - 5.0, y + 5.0, 10.0);
    layer.features[0].geometry =
        geo_types::Polygon::new(crate::square(x - 50.0, y, 100.0), vec![hole]).into();
    let (_, collection) = written(&layer);
    let bbox = collection.bbox.unwrap();
    assert!(bbox[0] > 179.99 && bbox[2] < -179.99, "{bbox:?}");
    let GeometryValue::MultiPolygon { coordinates } =
        &collection.features[0].geometry.as_ref().unwrap().value
    else {
        panic!("not a multipolygon");
    };
    assert_eq!(coordinates.len(), 2);
    let mut places = coordinates.iter().flatten().flatten();
    assert!(places.all(|place| (-180.0..=180.0).contains(&place[0])));
}

#[test]
fn an_empty_layer_is_an_empty_collection() {
    let mut layer = layer(Some(utm()));
    layer.features.clear();
    let (_, collection) = written(&layer);
    assert!(collection.features.is_empty() && collection.bbox.is_none());
}
