use std::path::{Path, PathBuf};

use resam_crs::Crs;
use resam_vector::{ReadOptions, Value, VectorError, read_points};
use rusqlite::{Connection, params};

use crate::{file, fixture, text, to, utm};

/// A GeoPackage with tables of points as a stranger may write one: without types, keys or care.
fn geopackage(tables: &[(&str, i64)]) -> (tempfile::TempDir, PathBuf, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.gpkg");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE gpkg_spatial_ref_sys (srs_name, srs_id, organization, organization_coordsys_id, definition);
             CREATE TABLE gpkg_contents (table_name, data_type);
             CREATE TABLE gpkg_geometry_columns (table_name, column_name, srs_id);
             INSERT INTO gpkg_spatial_ref_sys VALUES ('u', 32636, 'epsg', 32636, 'x'), ('c', 0, 'NONE', 0, 'undefined'), ('l', 7, 'me', 7, '+proj=laea +lat_0=0.3 +lon_0=32.5 +datum=WGS84'), ('b', 8, 'EPSG', 1, 'undefined');",
        )
        .unwrap();
    for (table, srs_id) in tables {
        let quoted = table.replace('"', "\"\"");
        connection
            .execute_batch(&format!(
                "CREATE TABLE \"{quoted}\" (fid INTEGER PRIMARY KEY, geom, instance, label, note);"
            ))
            .unwrap();
        connection
            .execute("INSERT INTO gpkg_contents VALUES (?1, 'features')", [table])
            .unwrap();
        connection
            .execute(
                "INSERT INTO gpkg_geometry_columns VALUES (?1, 'GEOM', ?2)",
                params![table, srs_id],
            )
            .unwrap();
    }
    (folder, path, connection)
}

fn insert(connection: &Connection, blob: &[u8]) {
    connection
        .execute(
            "INSERT INTO points (geom, instance, label, note) VALUES (?1, 'a', 1, 'n')",
            [blob],
        )
        .unwrap();
}

/// A header with an envelope of this kind, then the point as well-known binary.
fn blob(envelope: u8, big_endian: bool, code: u32, numbers: &[f64]) -> Vec<u8> {
    let mut blob = vec![b'G', b'P', 0, envelope << 1 | u8::from(!big_endian)];
    blob.extend([0; 4]);
    let length = [0, 32, 48, 48, 64][usize::from(envelope)];
    blob.extend(vec![0; length]);
    blob.push(u8::from(!big_endian));
    let order = |mut bytes: Vec<u8>| {
        if big_endian {
            bytes.reverse();
        }
        bytes
    };
    blob.extend(order(code.to_le_bytes().to_vec()));
    for number in numbers {
        blob.extend(order(number.to_le_bytes().to_vec()));
    }
    blob
}

fn read(path: &Path) -> Result<Vec<(f64, f64)>, VectorError> {
    let file = read_points(path, &ReadOptions::default())?;
    Ok(file.points.iter().map(|point| (point.x, point.y)).collect())
}

#[test]
fn every_envelope_byte_order_and_dimension_gives_the_point() {
    let (_folder, path, connection) = geopackage(&[("points", 32636)]);
    let mut count = 0;
    for envelope in 0..=4 {
        for big_endian in [false, true] {
            for (code, numbers) in [
                (1, &[3.5, 4.5][..]),
                (1001, &[3.5, 4.5, 6.0]),
                (2001, &[3.5, 4.5, 6.0]),
                (3001, &[3.5, 4.5, 6.0, 7.0]),
                (0x8000_0001, &[3.5, 4.5, 6.0]),
                (0xC000_0001, &[3.5, 4.5, 6.0, 7.0]),
            ] {
                insert(&connection, &blob(envelope, big_endian, code, numbers));
                count += 1;
            }
        }
    }
    assert_eq!(read(&path).unwrap(), vec![(3.5, 4.5); count]);
}

#[test]
fn empty_points_and_nulls_are_skipped_and_counted() {
    let (_folder, path, connection) = geopackage(&[("points", 32636)]);
    insert(&connection, &blob(0, false, 1, &[f64::NAN, f64::NAN]));
    insert(&connection, &blob(0, false, 1, &[1.0, 2.0]));
    connection
        .execute("INSERT INTO points (geom) VALUES (NULL)", [])
        .unwrap();
    let file = read_points(&path, &ReadOptions::default()).unwrap();
    assert_eq!((file.points.len(), file.without_geometry), (1, 2));
    assert_eq!(file.points[0].row, 2);
    assert_eq!(file.points[0].attributes, [("note".to_owned(), text("n"))]);
}

#[test]
fn multipoints_give_all_their_points() {
    let (_folder, path, connection) = geopackage(&[("points", 32636)]);
    let mut multi = vec![b'G', b'P', 0, 1, 0, 0, 0, 0, 1];
    multi.extend(4_u32.to_le_bytes());
    multi.extend(2_u32.to_le_bytes());
    for at in [[1.0, 2.0], [3.0, 4.0]] {
        multi.extend(&blob(0, at[0] > 2.0, 1, &at)[8..]);
    }
    insert(&connection, &multi);
    assert_eq!(read(&path).unwrap(), [(1.0, 2.0), (3.0, 4.0)]);
}

#[test]
fn values_of_any_type_in_any_column_are_carried_along() {
    let (_folder, path, connection) = geopackage(&[("points", 32636)]);
    let point = blob(0, false, 1, &[1.0, 2.0]);
    connection
        .execute(
            "INSERT INTO points VALUES (70, ?1, 12, 0, 2.5), (71, ?1, 13.0, 'true', x'00'), (72, ?1, NULL, NULL, NULL)",
            [&point],
        )
        .unwrap();
    let file = read_points(&path, &ReadOptions::default()).unwrap();
    let known: Vec<_> = file
        .points
        .iter()
        .map(|point| (point.row, point.instance.as_deref(), point.label))
        .collect();
    assert_eq!(
        known,
        [
            (70, Some("12"), false),
            (71, Some("13"), true),
            (72, None, true)
        ]
    );
    assert_eq!(file.points[0].attributes[0].1, Value::Real(2.5));
}

#[test]
fn the_crs_comes_from_the_code_or_the_definition() {
    let point = blob(0, false, 1, &[1000.0, 2000.0]);
    for (srs_id, wanted) in [
        (32636, Some(Some(32636))),
        (7, Some(None)),
        (0, None),
        (99, None),
    ] {
        let (_folder, path, connection) = geopackage(&[("points", srs_id)]);
        insert(&connection, &point);
        let file = read_points(&path, &ReadOptions::default()).unwrap();
        assert_eq!(file.crs.map(|crs| crs.epsg()), wanted, "{srs_id}");
    }
    let (_folder, path, connection) = geopackage(&[("points", 0)]);
    insert(&connection, &point);
    let (target, source) = (utm(), Crs::from_epsg(32736).unwrap());
    let message = read_points(&path, &to(&target)).unwrap_err().to_string();
    assert!(
        message.contains("CRS is undefined, and the scene is in WGS 84 / UTM zone 36N"),
        "{message}"
    );
    let options = ReadOptions {
        target: Some(&target),
        source_crs: Some(&source),
        layer: None,
        ..ReadOptions::default()
    };
    assert!((read_points(&path, &options).unwrap().points[0].y + 9_998_000.0).abs() < 1.0);
    let (_folder, path, connection) = geopackage(&[("points", 8)]);
    insert(&connection, &point);
    assert!(
        read(&path)
            .unwrap_err()
            .to_string()
            .contains("EPSG:1: no such")
    );
}

#[test]
fn several_layers_must_be_told_apart() {
    let (_folder, path, connection) = geopackage(&[("points", 32636), ("a \"b\"", 32636)]);
    insert(&connection, &blob(0, false, 1, &[1.0, 2.0]));
    let message = read(&path).unwrap_err().to_string();
    assert!(
        message.contains("the GeoPackage has 2 layers; the layers are `points`, `a \"b\"`"),
        "{message}"
    );
    let named = |layer| {
        let options = ReadOptions {
            layer: Some(layer),
            ..ReadOptions::default()
        };
        read_points(&path, &options)
    };
    assert_eq!(named("Points").unwrap().layer.as_deref(), Some("points"));
    assert!(
        named("a \"b\"")
            .unwrap_err()
            .to_string()
            .contains("no points")
    );
    assert!(
        named("roofs")
            .unwrap_err()
            .to_string()
            .contains("no layer `roofs`")
    );
}

#[test]
fn a_locked_file_is_told_to_be_locked() {
    let (_folder, path, connection) = geopackage(&[("points", 32636)]);
    insert(&connection, &blob(0, false, 1, &[1.0, 2.0]));
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = read(&path).unwrap_err();
    assert!(matches!(error, VectorError::Locked { .. }), "{error}");
    connection.execute_batch("COMMIT").unwrap();
    assert!(read(&path).is_ok());
}

#[test]
fn a_file_in_write_ahead_mode_is_read_with_what_was_not_yet_merged() {
    let (_folder, path, connection) = geopackage(&[("points", 32636)]);
    let mode: String = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
    insert(&connection, &blob(0, false, 1, &[1.0, 2.0]));
    assert_eq!(read(&path).unwrap(), [(1.0, 2.0)]);
}

#[test]
fn what_is_no_geopackage_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.sqlite");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE t (a)")
        .unwrap();
    let message = read(&path).unwrap_err().to_string();
    assert!(
        message.contains("`gpkg_contents`") && message.contains("hint: "),
        "{message}"
    );

    let mut bytes = fs_err::read(fixture("points.gpkg")).unwrap();
    bytes.truncate(3000);
    let (_folder, path) = file("cut.gpkg", &bytes);
    let message = read(&path).unwrap_err().to_string();
    assert!(
        message.contains("cut.gpkg") && message.contains("hint: "),
        "{message}"
    );

    let (_folder, path, _connection) = geopackage(&[]);
    assert!(
        read(&path)
            .unwrap_err()
            .to_string()
            .contains("no layer of features")
    );

    for (bytes, words) in [
        (&b"fgb\x03fgb\0"[..], "header is cut short"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\0\0\x27\x0a", "the header of a .shp"),
        (b"<kml>", "KML"),
        (b"[1]", "begins with an object"),
        (b"  \n", "empty"),
        (b"\x89PNG\0", "GeoPackage, GeoJSON or CSV"),
    ] {
        let (_folder, path) = file("points.dat", bytes);
        let message = read(&path).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
    assert!(
        read(&folder.path().join("missing.gpkg"))
            .unwrap_err()
            .to_string()
            .contains("missing.gpkg")
    );
}

#[test]
fn blobs_that_lie_are_refused_with_their_row() {
    let polygon = |count: u32| {
        let mut bytes = vec![b'G', b'P', 0, 1, 0, 0, 0, 0, 1];
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend([0; 12]);
        bytes
    };
    let multipoint = |member: u8| {
        let mut bytes = vec![b'G', b'P', 0, 1, 0, 0, 0, 0, 1, 4, 0, 0, 0, 1, 0, 0, 0, 1];
        bytes.extend(u32::from(member).to_le_bytes());
        bytes.extend([0; 32]);
        bytes
    };
    let point = blob(0, false, 1, &[1.0, 2.0]);
    for (bytes, words) in [
        (b"".to_vec(), "does not begin with `GP`"),
        (b"GP".to_vec(), "does not begin with `GP`"),
        (b"XP\0\x01\0\0\0\0".to_vec(), "does not begin with `GP`"),
        (b"GP\x01\x01\0\0\0\0".to_vec(), "unknown version"),
        (
            b"GP\0\x0b\0\0\0\0".to_vec(),
            "envelope is of an unknown kind",
        ),
        (b"GP\0\x21\0\0\0\0".to_vec(), "extended type"),
        (b"GP\0\x03\0\0\0\0".to_vec(), "cut short"),
        (point[..point.len() - 1].to_vec(), "cut short"),
        (polygon(u32::MAX), "more parts than it has bytes for"),
        (polygon(4), "more parts than it has bytes for"),
        (multipoint(3), "parts of another type"),
        (blob(0, false, 99, &[1.0, 2.0]), "unknown type"),
        (blob(0, false, 4001, &[1.0, 2.0]), "unknown type"),
        (
            blob(0, false, 2, &[1.0, 2.0]),
            "a line where a point or a polygon is wanted",
        ),
        (
            blob(0, false, 7, &[1.0, 2.0]),
            "a geometry collection where",
        ),
        (
            blob(0, false, 1, &[1.0, f64::INFINITY]),
            "not a finite number",
        ),
        (blob(0, false, 1, &[1.0, f64::NAN]), "not a finite number"),
    ] {
        let (_folder, path, connection) = geopackage(&[("points", 32636)]);
        insert(&connection, &point);
        insert(&connection, &bytes);
        // The first point is read, the other left out.
        let file = read_points(&path, &ReadOptions::default()).unwrap();
        assert_eq!(file.points.len(), 1);
        let message = file.notices.left_out().unwrap().to_string();
        assert!(message.contains("points.gpkg: 1 row"), "{message}");
        assert!(message.contains(": feature 2: "), "{message}");
        assert!(message.contains(words), "{bytes:?}: {message}");
    }
    let (_folder, path, connection) = geopackage(&[("points", 32636)]);
    connection
        .execute("INSERT INTO points (geom) VALUES ('POINT (1 2)')", [])
        .unwrap();
    assert!(
        read(&path)
            .unwrap_err()
            .to_string()
            .contains("a number or text")
    );
}

#[test]
fn a_table_that_is_listed_and_not_there_is_an_error() {
    let (_folder, path, connection) = geopackage(&[("points", 32636)]);
    connection.execute_batch("DROP TABLE points").unwrap();
    let message = read(&path).unwrap_err().to_string();
    assert!(
        message.contains("points.gpkg") && message.contains("no such table"),
        "{message}"
    );
}
