use flatgeobuf::{
    ColumnType, FallibleStreamingIterator, FeatureProperties, FgbReader, GeometryType,
};
use resam_vector::write_layer;

use crate::{layer, utm};

fn written(layer: &resam_vector::Layer) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("objects.fgb");
    write_layer(&path, layer, None).unwrap();
    fs_err::read(path).unwrap()
}

#[test]
fn header_columns_and_crs_are_those_of_the_layer() {
    let bytes = written(&layer(Some(utm())));
    let reader = FgbReader::open(&bytes[..]).unwrap();
    let header = reader.header();
    assert_eq!(header.name(), Some("objects"));
    assert_eq!(header.geometry_type(), GeometryType::MultiPolygon);
    assert_eq!(header.features_count(), 2);
    assert!(header.index_node_size() > 0);
    let crs = header.crs().unwrap();
    assert_eq!((crs.org(), crs.code()), (Some("EPSG"), 32636));
    assert!(
        crs.wkt()
            .unwrap()
            .starts_with("PROJCS[\"WGS 84 / UTM zone 36N\"")
    );
    let columns: Vec<_> = header
        .columns()
        .unwrap()
        .iter()
        .map(|column| (column.name().to_owned(), column.type_()))
        .collect();
    let expected = [
        ("id", ColumnType::Long),
        ("score", ColumnType::Double),
        ("name", ColumnType::String),
        ("checked", ColumnType::Bool),
    ];
    assert_eq!(
        columns,
        expected.map(|(name, kind)| (name.to_owned(), kind))
    );
}

#[test]
fn features_that_have_a_geometry_have_their_parts_rings_and_values() {
    let bytes = written(&layer(Some(utm())));
    let mut features = FgbReader::open(&bytes[..])
        .unwrap()
        .select_all_seq()
        .unwrap();
    let mut found = Vec::new();
    while let Some(feature) = features.next().unwrap() {
        let geometry = feature.geometry().unwrap();
        let parts: Vec<(usize, usize)> = geometry
            .parts()
            .map(|parts| {
                let sizes = parts.iter().map(|part| {
                    let numbers = part.xy().map_or(0, |xy| xy.len());
                    (numbers, part.ends().map_or(1, |ends| ends.len()))
                });
                sizes.collect()
            })
            .unwrap_or_default();
        let mut values: Vec<(String, String)> = feature.properties().unwrap().into_iter().collect();
        values.sort();
        found.push((parts, values));
    }
    found.sort();
    let value = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        (
            vec![(10, 1)],
            vec![value("checked", "true"), value("id", "-9007199254740993")],
        ),
        (
            vec![(20, 2), (10, 1)],
            vec![
                value("id", "1"),
                value("name", "Dächer \"1\""),
                value("score", "0.5"),
            ],
        ),
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_empty_layer_has_no_index() {
    let mut empty = layer(Some(utm()));
    empty.features.clear();
    let bytes = written(&empty);
    let reader = FgbReader::open(&bytes[..]).unwrap();
    assert_eq!(reader.header().features_count(), 0);
    assert_eq!(reader.header().index_node_size(), 0);
}

#[test]
fn the_same_layer_gives_the_same_bytes() {
    assert!(written(&layer(Some(utm()))) == written(&layer(Some(utm()))));
}
