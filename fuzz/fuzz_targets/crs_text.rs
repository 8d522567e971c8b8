#![no_main]

use libfuzzer_sys::fuzz_target;
use resam_crs::{Crs, Transform, area_and_perimeter};

const POINTS: [(f64, f64); 6] = [
    (0.0, 0.0),
    (12.0, 50.0),
    (453_000.0, 35_000.0),
    (-1e7, 1e7),
    (180.0, -90.0),
    (1e300, -1e300),
];

fuzz_target!(|text: &str| {
    let Ok(crs) = Crs::parse(text) else {
        return;
    };
    assert!(crs.metres_per_unit() > 0.0 && crs.metres_per_unit().is_finite());
    let _ = crs.wkt();
    if let Some(code) = crs.epsg() {
        assert_eq!(Crs::from_epsg(code).as_ref(), Ok(&crs));
    }
    let Ok(transform) = Transform::new(&crs, &Crs::wgs84()) else {
        return;
    };
    let _ = transform.caution();
    for (x, y) in POINTS {
        for moved in [transform.forward(x, y), transform.inverse(x, y)] {
            assert!(moved.is_err() || moved.is_ok_and(|(x, y)| x.is_finite() && y.is_finite()));
        }
    }
    let _ = area_and_perimeter(&crs, &POINTS[..3], &[]);
});
