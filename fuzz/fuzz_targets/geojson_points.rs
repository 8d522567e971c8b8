#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use resam_crs::Crs;
use resam_vector::{ReadOptions, parse_geojson_points};

static TARGET: LazyLock<Crs> = LazyLock::new(|| Crs::from_epsg(32636).expect("a known code"));

fuzz_target!(|bytes: &[u8]| {
    let to_utm = ReadOptions {
        target: Some(&TARGET),
        ..ReadOptions::default()
    };
    let as_it_is = parse_geojson_points("fuzz", bytes, &ReadOptions::default());
    let moved = parse_geojson_points("fuzz", bytes, &to_utm);
    for file in [&as_it_is, &moved].into_iter().flatten() {
        assert!(!file.points.is_empty());
        for point in &file.points {
            assert!(point.x.is_finite() && point.y.is_finite());
            assert!(point.attributes.len() <= file.fields.len());
        }
    }
    if let (Ok(one), Ok(other)) = (as_it_is, moved) {
        assert_eq!(one.points.len(), other.points.len());
        assert_eq!(one.without_geometry, other.without_geometry);
    }
});
