#![no_main]

use libfuzzer_sys::fuzz_target;
use resam_geo::{Raster, Scene, SceneOptions, Window};

/// A window that touches several chunks of a small raster, and its outside.
const WINDOW: Window = Window {
    x: -3,
    y: 5,
    width: 40,
    height: 30,
};

fuzz_target!(|bytes: &[u8]| {
    let Ok(raster) = Raster::from_bytes("fuzz", bytes.to_vec()) else {
        return;
    };
    assert!(raster.width() > 0 && raster.height() > 0 && raster.bands() > 0);
    assert!(!raster.info().to_string().is_empty());
    if let Ok(samples) = raster.read(WINDOW, &[raster.bands(), 1]) {
        assert_eq!(samples.values.len(), 40 * 30 * 2);
    }
    let inside = |x: i64, y: i64| {
        (0..raster.width().into()).contains(&x) && (0..raster.height().into()).contains(&y)
    };
    let may_be_valid: Vec<bool> = (0..40 * 30)
        .map(|place| inside(WINDOW.x + place % 40, WINDOW.y + place / 40))
        .collect();
    let Ok(scene) = Scene::of_raster(raster, &SceneOptions::default()) else {
        return;
    };
    for limits in scene.stretch_limits() {
        assert!(limits.low.is_finite() && limits.high.is_finite());
    }
    if let Ok(tile) = scene.read(WINDOW, 40, 30) {
        for (x, y) in tile.valid.pixels() {
            assert!(may_be_valid[(y * 40 + x) as usize]);
        }
    }
    for (width, height) in [(7, 11), (90, 45)] {
        if let Ok(tile) = scene.read(WINDOW, width, height) {
            assert_eq!(tile.image.dimensions(), (width, height));
        }
    }
});
