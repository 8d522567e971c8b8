//! Small objects are prompted again in windows of half the side.

use resam_scene::{PointedObject, SceneResult, SegmentOptions, Stores, segment};

use crate::object;
use crate::synthetic_scene::{ExactModel, Shape, Sight, SyntheticScene};

/// Small objects in a row, and two that are larger than half of half a window; how many are small.
fn scene() -> (SyntheticScene, Vec<PointedObject>, usize) {
    let mut shapes: Vec<Shape> = (0..12)
        .map(|at| Shape::Ellipse([70.0 + 140.0 * f64::from(at), 300.0], [21.0, 13.0], 0.4))
        .collect();
    let small = shapes.len();
    shapes.push(Shape::Rectangle([500.0, 1000.0], [140.0, 40.0], 0.0));
    shapes.push(Shape::Rectangle([1300.0, 1000.0], [300.0, 60.0], 0.3));
    let prompts = shapes.iter().enumerate().map(|(at, shape)| {
        let [x, y] = shape.along(0.0);
        object(at, x, y)
    });
    let prompts = prompts.collect();
    (SyntheticScene::new(1800, 1400, &shapes), prompts, small)
}

fn run(scene: &SyntheticScene, prompts: &[PointedObject], zoom: bool) -> SceneResult {
    let options = SegmentOptions {
        zoom,
        ..SegmentOptions::default()
    };
    run_with(scene, prompts, &options)
}

fn run_with(
    scene: &SyntheticScene,
    prompts: &[PointedObject],
    options: &SegmentOptions,
) -> SceneResult {
    let model = ExactModel::new(1024, Sight::Coarse);
    let mut stores = Stores::default();
    segment(scene, prompts, options, &model, &mut stores, &mut ()).expect("a run")
}

#[test]
fn small_objects_are_as_fine_as_half_a_window_shows_them_and_large_ones_as_before() {
    let (scene, prompts, small) = scene();
    let areas = scene.areas(prompts.len());
    let iou = |outcome: &SceneResult, at: usize| {
        assert_eq!(outcome.objects[at].prompts, [at]);
        scene.iou(&outcome.objects[at].mask, at as u16 + 1, areas[at + 1])
    };
    let before = run(&scene, &prompts, false);
    let after = run(&scene, &prompts, true);
    assert_eq!(before.counts.zoom_requeries, 0);
    assert_eq!(after.counts.zoom_requeries, small);
    assert_eq!(after.counts.planned_windows, before.counts.planned_windows);
    assert_eq!(after.failures, []);
    for at in 0..prompts.len() {
        if at < small {
            assert!(iou(&before, at) < 0.95, "object {at}");
            assert_eq!(iou(&after, at), 1.0, "object {at}");
        } else {
            assert_eq!(after.objects[at].mask, before.objects[at].mask);
        }
    }
}

#[test]
fn pixels_that_are_enlarged_already_are_not_zoomed() {
    let (scene, prompts, small) = scene();
    let options = SegmentOptions {
        window: Some(512),
        margin: 32,
        zoom: true,
        ..SegmentOptions::default()
    };
    assert_eq!(
        run_with(&scene, &prompts, &options).counts.zoom_requeries,
        0
    );
    let larger = SegmentOptions {
        window: Some(700),
        ..options
    };
    let asked = run_with(&scene, &prompts, &larger).counts.zoom_requeries;
    assert!(asked >= small, "{asked}");
    // A raster that is smaller than a window is shown as large as one.
    let shape = Shape::Ellipse([200.0, 150.0], [21.0, 13.0], 0.4);
    let scene = SyntheticScene::new(400, 300, &[shape]);
    let outcome = run(&scene, &[object(0, 200.0, 150.0)], true);
    assert_eq!(outcome.counts.zoom_requeries, 0);
}
