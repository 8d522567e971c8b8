use std::path::PathBuf;

use resam_crs::Crs;
use resam_vector::{
    Field, FieldKind, Layer, ReadOptions, read_polygons, write_layer, write_layer_dated,
};
use rusqlite::Connection;

use crate::{layer, utm};

fn written(layer: &Layer) -> (tempfile::TempDir, PathBuf, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("objects.gpkg");
    write_layer(&path, layer, None).unwrap();
    let connection = Connection::open(&path).unwrap();
    (folder, path, connection)
}

fn one<T: rusqlite::types::FromSql>(connection: &Connection, sql: &str) -> T {
    connection
        .query_row(sql, [], |row| row.get(0))
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn list(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn it_has_what_the_standard_requires() {
    let (_folder, path, connection) = written(&layer(Some(utm())));
    let bytes = fs_err::read(path).unwrap();
    // Requirements 1 and 2: SQLite 3, the application id `GPKG`, the version.
    assert!(bytes.starts_with(b"SQLite format 3\0"));
    assert_eq!(&bytes[68..72], b"GPKG");
    assert_eq!(one::<i64>(&connection, "PRAGMA user_version"), 10_300);
    // Requirements 6 and 7: sound.
    assert_eq!(one::<String>(&connection, "PRAGMA integrity_check"), "ok");
    assert!(
        list(
            &connection,
            "SELECT \"table\" FROM pragma_foreign_key_check"
        )
        .is_empty()
    );
    // Requirement 11: the three systems of every GeoPackage, and the layer's.
    assert_eq!(
        list(
            &connection,
            "SELECT srs_id || ' ' || organization || ' ' || organization_coordsys_id FROM gpkg_spatial_ref_sys ORDER BY srs_id"
        ),
        [
            "-1 NONE -1",
            "0 NONE 0",
            "4326 EPSG 4326",
            "32636 EPSG 32636"
        ]
    );
    // Requirements 13 to 15.
    assert_eq!(
        list(
            &connection,
            "SELECT table_name || '|' || data_type || '|' || identifier || '|' || last_change || '|' || min_x || '|' || min_y || '|' || max_x || '|' || max_y || '|' || srs_id FROM gpkg_contents"
        ),
        [
            "objects|features|objects|1970-01-01T00:00:00.000Z|453000.0|35000.0|453110.0|35110.0|32636"
        ]
    );
    // Requirements 21 to 29.
    assert_eq!(
        list(
            &connection,
            "SELECT table_name || '|' || column_name || '|' || geometry_type_name || '|' || srs_id || '|' || z || '|' || m FROM gpkg_geometry_columns"
        ),
        ["objects|geom|MULTIPOLYGON|32636|0|0"]
    );
    // Requirements 75 to 77: the spatial index.
    assert_eq!(
        list(
            &connection,
            "SELECT table_name || '|' || column_name || '|' || extension_name || '|' || scope FROM gpkg_extensions"
        ),
        ["objects|geom|gpkg_rtree_index|write-only"]
    );
    assert_eq!(
        list(
            &connection,
            "SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name"
        ),
        [
            "delete", "insert", "update2", "update4", "update5", "update6", "update7"
        ]
        .map(|kind| format!("rtree_objects_geom_{kind}"))
    );
    assert_eq!(
        one::<i64>(&connection, "SELECT count(*) FROM rtree_objects_geom"),
        2
    );
    assert_eq!(
        one::<i64>(
            &connection,
            "SELECT id FROM rtree_objects_geom WHERE minx <= 453001 AND maxx >= 453001 AND miny <= 35001 AND maxy >= 35001"
        ),
        1
    );
}

#[test]
fn geometries_begin_with_their_system_and_box() {
    let (_folder, _, connection) = written(&layer(Some(utm())));
    let blob: Vec<u8> = one(&connection, "SELECT geom FROM objects WHERE fid = 2");
    // Version 0; little-endian, box of two dimensions, not empty.
    assert_eq!(&blob[..4], b"GP\0\x03");
    assert_eq!(blob[4..8], 32636_i32.to_le_bytes());
    let number = |at: usize| f64::from_le_bytes(blob[at..at + 8].try_into().unwrap());
    let found = [number(8), number(16), number(24), number(32)];
    assert_eq!(found, [453_100.0, 453_110.0, 35_100.0, 35_110.0]);
    // Little-endian multipolygon of one polygon.
    assert_eq!(blob[40..49], [1, 6, 0, 0, 0, 1, 0, 0, 0]);
    assert!(
        one::<Option<Vec<u8>>>(&connection, "SELECT geom FROM objects WHERE fid = 3").is_none()
    );
}

#[test]
fn values_are_of_the_kinds_of_their_fields() {
    let (_folder, _, connection) = written(&layer(Some(utm())));
    assert_eq!(
        list(
            &connection,
            "SELECT fid || ' ' || quote(id) || ' ' || quote(score) || ' ' || quote(name) || ' ' || quote(checked) FROM objects ORDER BY fid"
        ),
        [
            "1 1 0.5 'Dächer \"1\"' NULL",
            "2 -9007199254740993 NULL NULL 1",
            "3 NULL 2.0 NULL NULL"
        ]
    );
    assert_eq!(
        list(
            &connection,
            "SELECT name || ' ' || type FROM pragma_table_info('objects')"
        ),
        [
            "fid INTEGER",
            "geom MULTIPOLYGON",
            "id INTEGER",
            "score REAL",
            "name TEXT",
            "checked BOOLEAN"
        ]
    );
}

#[test]
fn it_is_read_back_as_it_was() {
    for crs in [
        utm(),
        Crs::from_proj("mine", "+proj=laea +lat_0=1 +lon_0=32 +datum=WGS84").unwrap(),
    ] {
        let layer = layer(Some(crs.clone()));
        let (_folder, path, _) = written(&layer);
        let read = read_polygons(path, &ReadOptions::default()).unwrap();
        assert_eq!(read.layer.fields, layer.fields);
        assert_eq!(read.layer.name, layer.name);
        assert_eq!(read.layer.features.len(), 2);
        for (one, other) in layer.features.iter().zip(&read.layer.features) {
            assert_eq!(one.geometry, other.geometry);
        }
        let found = read.layer.crs.unwrap();
        assert_eq!(found.epsg(), crs.epsg());
        assert_eq!(found.name(), crs.name());
    }
}

#[test]
fn a_layer_without_a_crs_is_undefined_and_an_empty_one_is_sound() {
    let mut empty = layer(None);
    empty.features.clear();
    let (_folder, path, connection) = written(&empty);
    assert_eq!(
        one::<i64>(&connection, "SELECT srs_id FROM gpkg_geometry_columns"),
        -1
    );
    assert_eq!(
        one::<Option<f64>>(&connection, "SELECT min_x FROM gpkg_contents"),
        None
    );
    assert_eq!(one::<i64>(&connection, "SELECT count(*) FROM objects"), 0);
    assert_eq!(one::<String>(&connection, "PRAGMA integrity_check"), "ok");
    let message = read_polygons(path, &ReadOptions::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("no polygons"), "{message}");
}

#[test]
fn the_layer_can_be_written_in_another_crs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("objects.gpkg");
    write_layer(&path, &layer(Some(utm())), Some(&Crs::wgs84())).unwrap();
    let read = read_polygons(path, &ReadOptions::default()).unwrap();
    assert_eq!(read.layer.crs.unwrap().epsg(), Some(4326));
    let at = read.layer.features[0].geometry.0[0].exterior().0[0];
    assert!(
        (at.x - 32.5776).abs() < 1e-3 && (at.y - 0.3166).abs() < 1e-3,
        "{at:?}"
    );
}

#[test]
fn the_same_layer_gives_the_same_bytes_and_the_date_that_is_said() {
    let bytes = |modified| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("objects.gpkg");
        write_layer_dated(&path, &layer(Some(utm())), None, modified).unwrap();
        fs_err::read(path).unwrap()
    };
    let date = "2026-11-25T12:00:00.000Z";
    assert!(bytes(date) == bytes(date));
    let text = bytes(date);
    assert!(text.windows(date.len()).any(|at| at == date.as_bytes()));
}

#[test]
fn names_of_any_kind_are_quoted_and_kept_apart() {
    let mut layer = layer(Some(utm()));
    layer.name = "roofs; \"{table}\" 'x'".to_owned();
    layer.fields = vec![
        Field::new("FID", FieldKind::Integer),
        Field::new("geom", FieldKind::Text),
        Field::new("a \"b\" {tree}", FieldKind::Text),
    ];
    let (_folder, path, connection) = written(&layer);
    assert_eq!(
        list(
            &connection,
            "SELECT name FROM pragma_table_info('roofs; \"{table}\" ''x''')"
        ),
        ["fid_", "geom_", "FID", "geom", "a \"b\" {tree}"]
    );
    let read = read_polygons(path, &ReadOptions::default()).unwrap();
    assert_eq!(read.layer.name, layer.name);
    assert_eq!(read.layer.fields, layer.fields);
}
