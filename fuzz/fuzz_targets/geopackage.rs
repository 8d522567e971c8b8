#![no_main]

use libfuzzer_sys::fuzz_target;
use resam_vector::{ReadOptions, read_points, read_polygons};

// Any bytes are a GeoPackage or refused; places of what is one are finite.
fuzz_target!(|bytes: &[u8]| {
    if !bytes.starts_with(b"SQLite format 3\0") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fuzz.gpkg");
    std::fs::write(&path, bytes).expect("a file");
    if let Ok(file) = read_points(&path, &ReadOptions::default()) {
        assert!(file.points.iter().all(|at| at.x.is_finite() && at.y.is_finite()));
    }
    let _any = read_polygons(&path, &ReadOptions::default());
});
