//! Photograph-like scenes are fit to learn from, and unlike overhead ones.

use resam_synth::{Scene, SceneSpec, generate, photograph};

/// Mean over the pixels of how far the channels lie apart, 0 to 1.
fn colourfulness(scene: &Scene) -> f64 {
    let spans = scene.image.pixels().map(|pixel| {
        let high = pixel.0.iter().max().copied().unwrap_or_default();
        let low = pixel.0.iter().min().copied().unwrap_or_default();
        f64::from(high - low) / 255.0
    });
    spans.sum::<f64>() / f64::from(scene.image.width() * scene.image.height())
}

#[test]
fn things_come_in_all_sizes() {
    let mut spans: Vec<f64> = Vec::new();
    for seed in 0..60 {
        for instance in photograph(seed, 128).unwrap().instances {
            spans.push(f64::from(instance.mask.width().max(instance.mask.height())) / 128.0);
        }
    }
    let share = |low: f64, high: f64| {
        let count = spans
            .iter()
            .filter(|span| (low..high).contains(*span))
            .count();
        count as f64 / spans.len() as f64
    };
    assert!(spans.len() > 300, "{}", spans.len());
    assert!(share(0.04, 0.15) > 0.15 && share(0.15, 0.35) > 0.2 && share(0.35, 0.8) > 0.08);
}

#[test]
fn most_pictures_have_several_things_and_some_hide_others() {
    let scenes: Vec<Scene> = (0..60).map(|seed| photograph(seed, 128).unwrap()).collect();
    assert!(
        scenes
            .iter()
            .filter(|scene| scene.instances.len() >= 2)
            .count()
            >= 55
    );
    let things: Vec<f64> = scenes
        .iter()
        .flat_map(|scene| &scene.instances)
        .map(resam_synth::Instance::visible)
        .collect();
    assert!(things.iter().all(|visible| *visible >= 0.3));
    let hidden = things.iter().filter(|visible| **visible < 0.8).count();
    assert!(hidden as f64 > 0.1 * things.len() as f64);
}

#[test]
fn a_picture_is_the_same_at_any_size() {
    let (small, large) = (photograph(9, 128).unwrap(), photograph(9, 256).unwrap());
    let whole = |scene: &Scene, scale: f64| -> Vec<i64> {
        let areas = scene
            .instances
            .iter()
            .filter(|one| one.area() as f64 > 200.0 * scale * scale);
        areas
            .map(|one| (one.outline_area() / (scale * scale)).round() as i64)
            .collect()
    };
    let (small, large) = (whole(&small, 1.0), whole(&large, 2.0));
    assert!(!small.is_empty());
    let alike = small.iter().filter(|area| {
        large
            .iter()
            .any(|other| area.abs_diff(*other) * 20 <= area.unsigned_abs())
    });
    assert!(alike.count() * 10 >= small.len() * 8, "{small:?} {large:?}");
}

#[test]
fn photographs_are_more_colourful_than_overhead_images() {
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let near = mean(
        (0..40)
            .map(|seed| colourfulness(&photograph(seed, 96).unwrap()))
            .collect(),
    );
    let far = mean(
        (0..40)
            .map(|seed| colourfulness(&generate(&SceneSpec::varied(96, 96, seed)).unwrap()))
            .collect(),
    );
    assert!(near > 1.5 * far, "{near} and {far}");
}
