//! GeoPackages whose layers are programs.

use std::path::PathBuf;

use resam_vector::{ReadOptions, read_points};
use rusqlite::Connection;

use crate::fixture;

/// The fixture of GDAL with a layer `bomb` that this SQL makes.
fn with_layer(sql: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.gpkg");
    fs_err::copy(fixture("points.gpkg"), &path).unwrap();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(&format!(
            "PRAGMA foreign_keys = OFF; {sql};
             UPDATE gpkg_geometry_columns SET table_name = 'bomb', column_name = 'geom';
             UPDATE gpkg_contents SET table_name = 'bomb';"
        ))
        .unwrap();
    (folder, path)
}

fn refused(sql: &str) -> String {
    let (_folder, path) = with_layer(sql);
    let error = read_points(&path, &ReadOptions::default()).expect_err(sql);
    let text = error.to_string();
    assert!(text.contains("bomb.gpkg: "), "{text}");
    text
}

#[test]
fn a_view_that_calls_itself_is_refused() {
    let text = refused(
        "CREATE VIEW bomb AS WITH RECURSIVE n(fid) AS (SELECT 1 UNION ALL SELECT fid + 1 FROM n)
         SELECT fid, (SELECT geom FROM \"trees and roofs\") AS geom FROM n",
    );
    assert!(text.contains("calls functions, or itself"), "{text}");
}

#[test]
fn a_view_that_makes_much_of_little_is_refused() {
    for function in [
        "hex(zeroblob(500000000))",
        "printf('%.*c', 500000000, 'x')",
        "replace(hex(geom), '0', hex(geom))",
        "group_concat(hex(geom))",
        "load_extension('x')",
        "'aaaa' LIKE '%a%b'",
        "json_extract('[]', '$')",
    ] {
        let text = refused(&format!(
            "CREATE VIEW bomb AS SELECT fid, geom, {function} AS much FROM \"trees and roofs\""
        ));
        assert!(text.contains("calls functions, or itself"), "{text}");
    }
}

#[test]
fn a_view_that_counts_for_ever_and_gives_no_row_is_stopped() {
    let digits = "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL
        SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8)";
    let many = (0..16)
        .map(|at| format!("{digits} AS t{at}"))
        .collect::<Vec<_>>()
        .join(", ");
    let text = refused(&format!(
        "CREATE VIEW bomb AS SELECT t0.d AS fid, x'00' AS geom FROM {many} WHERE t0.d + t15.d > 99"
    ));
    assert!(text.contains("more than 4 s"), "{text}");
}

#[test]
fn a_view_with_rows_without_end_is_stopped() {
    let many = (0..13)
        .map(|at| format!("\"trees and roofs\" AS t{at}"))
        .collect::<Vec<_>>()
        .join(", ");
    let text = refused(&format!(
        "CREATE VIEW bomb AS SELECT t0.fid, t0.geom FROM {many}"
    ));
    assert!(
        text.contains("more than 4 s") || text.contains("more than 512 MiB"),
        "{text}"
    );
}

#[test]
fn virtual_tables_and_tables_with_computed_geometries_are_no_layers() {
    refused("CREATE VIRTUAL TABLE bomb USING fts5(fid, geom)");
    refused("CREATE TABLE bomb (fid INTEGER PRIMARY KEY, a, geom AS (hex(a)))");
}

#[test]
fn lists_of_layers_that_are_views_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.gpkg");
    fs_err::copy(fixture("points.gpkg"), &path).unwrap();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "PRAGMA legacy_alter_table = ON; ALTER TABLE gpkg_contents RENAME TO kept;
             CREATE VIEW gpkg_contents AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM kept, n",
        )
        .unwrap();
    drop(connection);
    let error = read_points(&path, &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("not all there"), "{error}");
}

#[test]
fn a_view_that_selects_and_counts_is_a_layer() {
    let (_folder, path) = with_layer(
        "CREATE VIEW bomb AS SELECT fid, geom, upper(kind) AS kind, round(height, 1) AS height
         FROM \"trees and roofs\" WHERE floors > 1",
    );
    let read = read_points(&path, &ReadOptions::default()).unwrap();
    assert_eq!(read.points.len(), 3);
}
