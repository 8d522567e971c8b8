//! Which of the model's masks answers, where nobody says it.

use resam::{
    Model, PointedObject, Scene, SegmentOptions, SelectionMode, SelectionOptions, Silent, points,
};
use tempfile::TempDir;

/// A scene with points, 16 objects or so of a few dozen pixels each.
fn scene(folder: &TempDir) -> (Scene, resam::Points) {
    let data = resam::demo::prepare(folder.path(), 6).expect("synthetic data");
    let scene = Scene::open(&data.scene.image).expect("a scene");
    (scene, points::read(&data.scene.points).expect("points"))
}

fn with(mode: SelectionMode, no_zoom: bool) -> SegmentOptions {
    SegmentOptions {
        selection: SelectionOptions {
            mode: Some(mode),
            no_zoom,
        },
        ..SegmentOptions::default()
    }
}

#[test]
fn points_of_a_scene_are_answered_with_requery_and_its_zoom() {
    let folder = tempfile::tempdir().expect("a folder");
    let (scene, points) = scene(&folder);
    let model = Model::load("nano", None).expect("a model");
    let segment = |options: &SegmentOptions| {
        let found = model.segment(&scene, &points, options, &mut Silent);
        found.expect("objects")
    };
    let found = segment(&SegmentOptions::default());
    assert!(found.counts.zoom_requeries > 0);
    assert_eq!(
        found.objects,
        segment(&with(SelectionMode::Requery, false)).objects
    );
    assert_ne!(
        found.objects,
        segment(&with(SelectionMode::Single, false)).objects
    );
}

#[test]
fn boxes_on_a_scene_are_answered_with_the_single_mask_and_no_zoom() {
    let folder = tempfile::tempdir().expect("a folder");
    let (scene, points) = scene(&folder);
    let model = Model::load("nano", None).expect("a model");
    let found = model.segment(&scene, &points, &SegmentOptions::default(), &mut Silent);
    let boxes = found.expect("objects").objects.into_iter().map(|object| {
        let [x0, y0, x1, y1] = object.mask.bounds().map(|edge| edge as f64);
        PointedObject {
            id: object.id.to_string(),
            bounds: Some([x0, y0, x1, y1]),
            ..PointedObject::default()
        }
    });
    let boxes: Vec<PointedObject> = boxes.collect();
    assert!(!boxes.is_empty());
    let segment = |options: &SegmentOptions| {
        let found = model.segment_objects(&scene, boxes.clone(), options, &mut Silent);
        found.expect("objects")
    };
    let found = segment(&SegmentOptions::default());
    assert_eq!(found.counts.zoom_requeries, 0);
    let single = segment(&with(SelectionMode::Single, true));
    assert_eq!(found.objects, single.objects);
}
