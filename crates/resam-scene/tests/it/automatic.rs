//! Without prompts every object is found once.

use resam_crs::Crs;
use resam_geo::GeoTransform;
use resam_scene::{
    AutoOptions, Ground, Journal, OnChange, SceneResult, SegmentOptions, Stores, segment_all,
};

use crate::Draws;
use crate::synthetic_scene::{ExactModel, Shape, Sight, SyntheticScene};

/// Objects of many sizes over several windows; the last is longer than a window.
fn shapes() -> Vec<Shape> {
    let mut draws = Draws(9);
    let mut shapes = Vec::new();
    for row in 0..6 {
        for column in 0..11 {
            let centre = [
                30.0 + 60.0 * f64::from(column),
                28.0 + 57.0 * f64::from(row),
            ];
            let half = [draws.between(9.0, 25.0), draws.between(8.0, 15.0)];
            shapes.push(Shape::Ellipse(centre, half, draws.between(0.0, 3.0)));
        }
    }
    shapes.push(Shape::Rectangle([325.0, 390.0], [175.0, 20.0], 0.0));
    shapes
}

/// For windows of 256 pixels.
fn options() -> AutoOptions {
    let sound = AutoOptions::default();
    let run = SegmentOptions {
        margin: 16,
        ..sound.run
    };
    AutoOptions { run, ..sound }
}

fn run(scene: &SyntheticScene, options: &AutoOptions, ground: &Ground) -> SceneResult {
    let model = ExactModel::new(256, Sight::Short);
    segment_all(
        scene,
        ground,
        options,
        &model,
        &mut Stores::default(),
        &mut (),
    )
    .unwrap()
}

#[test]
fn each_object_is_found_once_whole_and_exact() {
    let shapes = shapes();
    let scene = SyntheticScene::new(675, 425, &shapes);
    let areas = scene.areas(shapes.len());
    let outcome = run(&scene, &options(), &Ground::default());
    let mut found = vec![0; shapes.len() + 1];
    for object in &outcome.objects {
        let [x, y, ..] = object.mask.bounds();
        let first = object.mask.runs().next().unwrap();
        let number = scene.label(first.x as u32, first.top as u32);
        found[number as usize] += 1;
        let iou = scene.iou(&object.mask, number, areas[number as usize]);
        let least = if object.scale > 1.0 { 0.93 } else { 1.0 };
        assert!(iou >= least, "object {number} at {x}, {y}: {iou}");
        assert!(!object.truncated && object.prompts.is_empty());
    }
    assert!(found[1..].iter().all(|&times| times == 1), "{found:?}");
    let ids: Vec<u32> = outcome.objects.iter().map(|object| object.id).collect();
    assert!(ids.into_iter().eq(1..=shapes.len() as u32));
    let long = outcome
        .objects
        .iter()
        .filter(|object| object.scale > 1.0)
        .count();
    assert_eq!(long, 1, "only what is longer than a window is seen coarser");
}

#[test]
fn areas_are_square_metres_on_the_ellipsoid() {
    // Discs of 50 and 150 pixels across, of half a unit each, at 60 degrees north in Web Mercator:
    // there a unit of the map is half a metre on the ground, so a pixel is a quarter of one.
    let shapes = [
        Shape::Ellipse([100.0, 100.0], [25.0, 25.0], 0.0),
        Shape::Ellipse([200.0, 200.0], [75.0, 75.0], 0.0),
    ];
    let scene = SyntheticScene::new(300, 300, &shapes);
    let ground = Ground {
        crs: Some(Crs::from_epsg(3857).unwrap()),
        transform: Some(GeoTransform([
            1_000_000.0,
            0.5,
            0.0,
            8_399_737.9,
            0.0,
            -0.5,
        ])),
    };
    let pixel = ground.pixel_area(150.0, 150.0).unwrap();
    assert!((pixel - 0.0627).abs() < 0.0005, "{pixel}");
    let small = std::f64::consts::PI * 25.0 * 25.0 * pixel;
    let large = std::f64::consts::PI * 75.0 * 75.0 * pixel;
    let count = |min_area: f64, max_area: f64| {
        let options = AutoOptions {
            min_area,
            max_area,
            ..options()
        };
        run(&scene, &options, &ground).objects.len()
    };
    assert_eq!(count(0.0, f64::INFINITY), 2);
    assert_eq!(count(0.98 * small, 1.02 * large), 2);
    assert_eq!(count(1.02 * small, 1.02 * large), 1);
    assert_eq!(count(0.98 * small, 0.98 * large), 1);
    assert_eq!(count(1.02 * small, 0.98 * large), 0);
}

#[test]
fn what_is_unsure_or_unstable_is_left_out() {
    let scene = SyntheticScene::new(
        1000,
        1000,
        &[Shape::Ellipse([400.0, 400.0], [50.0, 50.0], 0.0)],
    );
    let sound = options();
    for options in [
        AutoOptions {
            min_score: 0.95,
            ..sound.clone()
        },
        AutoOptions {
            min_stability_score: 0.995,
            ..sound.clone()
        },
    ] {
        assert_eq!(run(&scene, &options, &Ground::default()).objects, []);
    }
    assert_eq!(run(&scene, &sound, &Ground::default()).objects.len(), 1);
}

#[test]
fn a_stopped_run_without_prompts_goes_on_to_the_same_end() {
    let shapes = shapes();
    let scene = SyntheticScene::new(675, 425, &shapes);
    let options = AutoOptions {
        points_per_side: 16,
        ..options()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auto.journal");
    let go = || {
        let mut journal = Journal::new(&path, OnChange::Refuse);
        let mut stores = Stores {
            cache: None,
            journal: Some(&mut journal),
        };
        let model = ExactModel::new(256, Sight::Short);
        segment_all(
            &scene,
            &Ground::default(),
            &options,
            &model,
            &mut stores,
            &mut (),
        )
        .unwrap()
    };
    let whole = go();
    let bytes = fs_err::read(&path).unwrap();
    fs_err::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let resumed = go();
    assert_eq!(resumed.objects, whole.objects);
    assert!(
        resumed.counts.resumed > 0 && resumed.counts.encoded > 0,
        "{:?}",
        resumed.counts
    );
    assert_eq!(fs_err::read(&path).unwrap(), bytes);
}

#[test]
fn options_that_cannot_be_meant_are_refused() {
    let scene = SyntheticScene::new(100, 100, &[]);
    let model = ExactModel::new(256, Sight::Exact);
    let sound = options();
    for options in [
        AutoOptions {
            points_per_side: 0,
            ..sound.clone()
        },
        AutoOptions {
            overlap: Some(256),
            ..sound.clone()
        },
        AutoOptions {
            dedup_iou: 0.0,
            ..sound.clone()
        },
        AutoOptions {
            run: SegmentOptions {
                margin: 600,
                ..SegmentOptions::default()
            },
            ..sound
        },
    ] {
        let ground = Ground::default();
        let refused = segment_all(
            &scene,
            &ground,
            &options,
            &model,
            &mut Stores::default(),
            &mut (),
        );
        assert!(refused.unwrap_err().to_string().contains("hint: "));
    }
}
