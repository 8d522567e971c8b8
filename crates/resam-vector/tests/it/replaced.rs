//! A GeoPackage that is there already: its other layers, and what a dead process left beside it.

use std::path::{Path, PathBuf};

use resam_crs::Crs;
use resam_vector::{
    Layer, ReadOptions, VectorError, check_target, geopackage_layers, read_points, read_polygons,
    replace_layer, write_layer,
};
use rusqlite::Connection;

use crate::{fixture, layer, utm};

const DATE: &str = "2026-11-25T12:00:00.000Z";

fn copy_of_fixture() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.gpkg");
    fs_err::copy(fixture("points.gpkg"), &path).unwrap();
    (folder, path)
}

fn named(name: &str, crs: Crs) -> Layer {
    Layer {
        name: name.to_owned(),
        ..layer(Some(crs))
    }
}

fn one<T: rusqlite::types::FromSql>(path: &Path, sql: &str) -> T {
    let connection = Connection::open(path).unwrap();
    connection
        .query_row(sql, [], |row| row.get(0))
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn files_beside(path: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(path.parent().unwrap()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_layer_joins_the_layers_that_gdal_wrote_and_they_stay_as_they_are() {
    let (_folder, path) = copy_of_fixture();
    let before = read_points(&path, &ReadOptions::default()).unwrap();
    replace_layer(&path, &named("roofs", utm()), None, DATE).unwrap();
    assert_eq!(
        geopackage_layers(&path).unwrap(),
        ["trees and roofs", "roofs"]
    );
    let options = |layer| ReadOptions {
        layer: Some(layer),
        ..ReadOptions::default()
    };
    assert_eq!(
        read_points(&path, &options("trees and roofs")).unwrap(),
        before
    );
    let read = read_polygons(&path, &options("roofs")).unwrap();
    assert_eq!(read.layer.features.len(), 2, "and one without a geometry");
    assert_eq!(one::<String>(&path, "PRAGMA integrity_check"), "ok");
    assert_eq!(
        one::<i64>(&path, "SELECT count(*) FROM pragma_foreign_key_check"),
        0
    );
    // GDAL counts the features of a layer in this table of its own.
    assert_eq!(
        one::<i64>(
            &path,
            "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = 'roofs'"
        ),
        3
    );
    assert_eq!(files_beside(&path), ["points.gpkg"]);
}

#[test]
fn a_layer_of_the_same_name_in_any_case_is_replaced_with_its_index() {
    let (_folder, path) = copy_of_fixture();
    replace_layer(&path, &named("roofs", utm()), None, DATE).unwrap();
    let mut second = named("Roofs", Crs::from_epsg(3857).unwrap());
    second.features.truncate(1);
    replace_layer(&path, &second, None, DATE).unwrap();
    assert_eq!(
        geopackage_layers(&path).unwrap(),
        ["trees and roofs", "Roofs"]
    );
    assert_eq!(
        one::<i64>(&path, "SELECT count(*) FROM rtree_Roofs_geom"),
        1
    );
    assert_eq!(
        one::<i64>(
            &path,
            "SELECT count(*) FROM gpkg_extensions WHERE lower(table_name) = 'roofs'"
        ),
        1
    );
    assert_eq!(
        one::<i64>(
            &path,
            "SELECT srs_id FROM gpkg_contents WHERE table_name = 'Roofs'"
        ),
        3857
    );
    assert_eq!(one::<String>(&path, "PRAGMA integrity_check"), "ok");
}

#[test]
fn a_crs_without_a_code_gets_an_id_that_is_free_in_the_file() {
    let (_folder, path) = copy_of_fixture();
    let crs = |lon: u32| {
        Crs::parse(&format!(
            "+proj=laea +lat_0=10 +lon_0={lon} +datum=WGS84 +units=m"
        ))
        .unwrap()
    };
    replace_layer(&path, &named("one", crs(20)), None, DATE).unwrap();
    replace_layer(&path, &named("two", crs(30)), None, DATE).unwrap();
    replace_layer(&path, &named("three", crs(20)), None, DATE).unwrap();
    let id = |name: &str| {
        one::<i64>(
            &path,
            &format!("SELECT srs_id FROM gpkg_contents WHERE table_name = '{name}'"),
        )
    };
    assert_eq!(id("one"), id("three"));
    assert_ne!(id("one"), id("two"));
}

#[test]
fn a_table_that_is_no_layer_is_not_replaced() {
    let (_folder, path) = copy_of_fixture();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("CREATE TABLE notes (text TEXT)")
        .unwrap();
    drop(connection);
    let before = fs_err::read(&path).unwrap();
    let refused = replace_layer(&path, &named("notes", utm()), None, DATE).unwrap_err();
    assert!(
        refused.to_string().contains("`notes` that is no layer"),
        "{refused}"
    );
    assert_eq!(fs_err::read(&path).unwrap(), before);
    fs_err::write(&path, b"no database at all, but a file of somebody").unwrap();
    assert!(replace_layer(&path, &named("roofs", utm()), None, DATE).is_err());
    assert_eq!(
        fs_err::read(&path).unwrap(),
        b"no database at all, but a file of somebody"
    );
}

/// A GeoPackage in write-ahead mode, and the log of a process that was killed: row 5 is in it
/// alone.
fn left_by_a_dead_process() -> (tempfile::TempDir, PathBuf) {
    let (folder, path) = copy_of_fixture();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE late (n); INSERT INTO late VALUES (5);",
        )
        .unwrap();
    // Files as they are while the process lives are what is there after it was killed.
    let killed = folder.path().join("killed");
    fs_err::create_dir(&killed).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("points.gpkg{suffix}");
        fs_err::copy(folder.path().join(&name), killed.join(&name)).unwrap();
    }
    drop(connection);
    (folder, killed.join("points.gpkg"))
}

#[test]
fn a_log_that_a_dead_process_left_does_not_ruin_the_file_that_replaces_its_own() {
    let (_folder, path) = left_by_a_dead_process();
    write_layer(&path, &named("roofs", utm()), None).unwrap();
    assert_eq!(files_beside(&path), ["points.gpkg"]);
    assert_eq!(one::<String>(&path, "PRAGMA integrity_check"), "ok");
    assert_eq!(geopackage_layers(&path).unwrap(), ["roofs"]);
}

#[test]
fn what_is_in_the_log_of_a_dead_process_is_kept_beside_a_new_layer() {
    let (_folder, path) = left_by_a_dead_process();
    replace_layer(&path, &named("roofs", utm()), None, DATE).unwrap();
    assert_eq!(files_beside(&path), ["points.gpkg"]);
    assert_eq!(one::<i64>(&path, "SELECT n FROM late"), 5);
}

#[test]
fn a_log_without_its_database_and_a_torn_one_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("objects.gpkg");
    for main in [None, Some(&b"torn"[..])] {
        for suffix in ["-wal", "-shm", "-journal"] {
            fs_err::write(
                folder.path().join(format!("objects.gpkg{suffix}")),
                [7; 5000],
            )
            .unwrap();
        }
        match main {
            Some(bytes) => fs_err::write(&path, bytes).unwrap(),
            None => assert!(!path.exists()),
        }
        write_layer(&path, &named("roofs", utm()), None).unwrap();
        assert_eq!(files_beside(&path), ["objects.gpkg"]);
        assert_eq!(one::<String>(&path, "PRAGMA integrity_check"), "ok");
    }
}

#[test]
fn a_file_that_another_program_has_open_in_write_ahead_mode_is_not_replaced() {
    let (_folder, path) = copy_of_fixture();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE late (n);")
        .unwrap();
    let rows = || connection.query_row("SELECT count(*) FROM late", [], |row| row.get::<_, i64>(0));
    for refused in [
        check_target(&path, Some(&utm()), None),
        write_layer(&path, &named("roofs", utm()), None),
        replace_layer(&path, &named("roofs", utm()), None, DATE),
    ] {
        assert!(
            matches!(refused, Err(VectorError::Locked { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(rows().unwrap(), 0);
    drop(connection);
    write_layer(&path, &named("roofs", utm()), None).unwrap();
}

#[test]
fn a_file_in_write_ahead_mode_is_read_without_leaving_files_beside_it() {
    let (_folder, path) = copy_of_fixture();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("PRAGMA journal_mode = WAL")
        .unwrap();
    drop(connection);
    let strange = path.with_file_name("50% of ?mode=rwc&x#.gpkg");
    fs_err::rename(&path, &strange).unwrap();
    assert_eq!(
        read_points(&strange, &ReadOptions::default())
            .unwrap()
            .points
            .len(),
        4
    );
    assert_eq!(files_beside(&strange), ["50% of ?mode=rwc&x#.gpkg"]);
}
