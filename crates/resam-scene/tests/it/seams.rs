//! Objects across the borders of windows come out whole, once, and as good as the others.

use resam_geo::Window;
use resam_scene::{
    Failure, Missing, PointedObject, PromptPoint, SceneResult, SegmentOptions, Stores, plan,
    segment,
};

use crate::synthetic_scene::{ExactModel, Shape, Sight, SyntheticScene};
use crate::{Draws, object, positive};

const SIDE: u32 = 4180;
/// The object that is larger than a window, by its index.
const GIANT: usize = 399;

/// 400 objects that do not touch: small ones, and bars that somebody pointed at one end of; the
/// last one is larger than a window.
fn four_hundred() -> (Vec<Shape>, Vec<PointedObject>) {
    let mut draws = Draws(3);
    let mut shapes = Vec::new();
    let giant = Shape::Rectangle([2090.0, 2090.0], [450.0, 280.0], 0.4);
    let cell = 190.0;
    let mut cells: Vec<[f64; 2]> = Vec::new();
    for row in 0..22 {
        for column in 0..22 {
            let middle = [
                (f64::from(column) + 0.5) * cell,
                (f64::from(row) + 0.5) * cell,
            ];
            if (middle[0] - 2090.0).hypot(middle[1] - 2090.0) > 640.0 {
                cells.push(middle);
            }
        }
    }
    for (at, [x, y]) in cells.into_iter().enumerate().take(GIANT) {
        let angle = draws.between(0.0, std::f64::consts::TAU);
        let centre = [x, y];
        let half = [draws.between(80.0, 88.0), draws.between(12.0, 30.0)];
        let small = [draws.between(20.0, 60.0), draws.between(15.0, 50.0)];
        shapes.push(match at % 8 {
            0 => Shape::Ellipse(centre, small, angle),
            1 => Shape::Rectangle(centre, small, angle),
            2..=4 => Shape::Ellipse(centre, half, angle),
            _ => Shape::Rectangle(centre, half, angle),
        });
    }
    shapes.push(giant);
    let prompts = shapes.iter().enumerate().map(|(at, shape)| {
        let [x, y] = shape.along(if at % 8 < 2 { 0.2 } else { 0.97 });
        object(at + 1, x, y)
    });
    let prompts = prompts.collect();
    (shapes, prompts)
}

fn run(scene: &SyntheticScene, prompts: &[PointedObject], model: &ExactModel) -> SceneResult {
    let options = SegmentOptions::default();
    segment(
        scene,
        prompts,
        &options,
        model,
        &mut Stores::default(),
        &mut (),
    )
    .unwrap()
}

/// Whether a window of the first round has only a part of the object that is prompted in it.
fn across_borders(
    scene: &SyntheticScene,
    prompts: &[PointedObject],
    whole: &SceneResult,
) -> Vec<bool> {
    let model = ExactModel::new(512, Sight::Exact);
    let plan = plan(scene, prompts, &SegmentOptions::default(), &model).unwrap();
    let mut across = vec![false; prompts.len()];
    for planned in &plan.windows {
        let Window {
            x,
            y,
            width,
            height,
        } = planned.window;
        for &at in &planned.objects {
            let [x0, y0, x1, y1] = whole.objects[at].mask.bounds();
            let (right, bottom) = (x + i64::from(width), y + i64::from(height));
            across[at] = x0 < x || y0 < y || x1 > right || y1 > bottom;
        }
    }
    across
}

#[test]
fn four_hundred_objects_a_quarter_of_them_across_borders_are_one_feature_each() {
    let (shapes, prompts) = four_hundred();
    assert_eq!(shapes.len(), 400);
    let scene = SyntheticScene::new(SIDE, SIDE, &shapes);
    let areas = scene.areas(shapes.len());
    for sight in [Sight::Exact, Sight::Short, Sight::Noisy] {
        let model = ExactModel::new(512, sight);
        let outcome = run(&scene, &prompts, &model);
        assert_eq!(outcome.failures, []);
        assert_eq!(outcome.objects.len(), 400);
        let across = across_borders(&scene, &prompts, &outcome);
        let crossing = across.iter().filter(|&&across| across).count();
        let (mut of_crossing, mut of_others) = (0.0, 0.0);
        for (at, object) in outcome.objects.iter().enumerate() {
            assert_eq!(object.prompts, [at]);
            assert_eq!(object.id as usize, at + 1);
            assert!(!object.truncated, "object {at}");
            let iou = scene.iou(&object.mask, at as u16 + 1, areas[at + 1]);
            let least = match (sight, at) {
                (Sight::Noisy, _) => 0.6,
                (_, GIANT) => 0.99,
                _ => 1.0,
            };
            assert!(iou >= least, "object {at}: {iou}");
            *(if across[at] {
                &mut of_crossing
            } else {
                &mut of_others
            }) += iou;
        }
        of_crossing /= crossing as f64;
        of_others /= (400 - crossing) as f64;
        println!(
            "{crossing} of 400 across borders, {} asked again, {} windows: IoU {of_crossing:.5} \
             across borders, {of_others:.5} of the others",
            outcome.counts.edge_requeries, outcome.counts.windows
        );
        assert!(crossing >= 100, "{crossing}");
        assert!(of_crossing >= of_others - 0.01);
        assert!(across[GIANT] && outcome.objects[GIANT].scale > 1.0);
        assert!(outcome.counts.edge_requeries >= 90, "{:?}", outcome.counts);
    }
}

#[test]
fn an_object_at_the_edge_of_the_raster_or_of_its_data_is_not_requeried() {
    let shapes = [
        Shape::Rectangle([0.0, 400.0], [120.0, 60.0], 0.0),
        Shape::Rectangle([2000.0, 400.0], [120.0, 60.0], 0.0),
    ];
    let mut scene = SyntheticScene::new(3000, 3000, &shapes);
    scene.data_ends = 2010;
    let prompts = [object("edge", 20.0, 400.0), object("data", 1950.0, 400.0)];
    let outcome = run(&scene, &prompts, &ExactModel::new(1024, Sight::Exact));
    assert_eq!(outcome.counts.edge_requeries, 0);
    assert_eq!(outcome.objects[0].mask.bounds(), [0, 340, 120, 460]);
    assert_eq!(
        outcome.objects[1].mask.bounds(),
        [1880, 340, 2010, 460],
        "nodata is no object"
    );
}

#[test]
fn a_speck_cut_by_the_window_far_from_the_point_neither_stays_nor_is_asked_about() {
    // Both are the same object for the model: a house, and a second mask of it at the edge of the
    // window.
    let shapes = [Shape::Rectangle([2000.0, 2000.0], [100.0, 100.0], 0.0)];
    let scene = SyntheticScene::new(4000, 4000, &shapes);
    let model = ExactModel::new(1024, Sight::Noisy);
    let outcome = run(&scene, &[object("house", 2000.0, 2000.0)], &model);
    assert_eq!(outcome.counts.edge_requeries, 0);
    let window = [2000 - 512 + 4, 2000 + 512 - 4];
    let [x0, y0, x1, y1] = outcome.objects[0].mask.bounds();
    assert!(x0 >= window[0] && y0 >= window[0] && x1 <= window[1] && y1 <= window[1]);
}

#[test]
fn prompts_without_an_object_are_told_with_the_reason() {
    let shapes = [Shape::Ellipse([500.0, 500.0], [100.0, 100.0], 0.0)];
    let mut scene = SyntheticScene::new(40_000, 1500, &shapes);
    scene.data_ends = 30_000;
    let mut wide = object("wide", 10.0, 10.0);
    wide.points.push(positive(25_000.0, 10.0));
    let mut only_negative = object("negative", 500.0, 500.0);
    only_negative.points[0].positive = false;
    let prompts = [
        object("house", 500.0, 500.0),
        object("ground", 900.0, 900.0),
        object("no data", 35_000.0, 100.0),
        object("outside", 500.0, 1500.0),
        object("not a number", f64::NAN, 1.0),
        wide,
        only_negative,
    ];
    let outcome = run(&scene, &prompts, &ExactModel::new(1024, Sight::Exact));
    assert_eq!(outcome.objects.len(), 1);
    let mut reasons: Vec<(usize, Missing)> = Vec::new();
    for failure in outcome.failures {
        match failure {
            Failure::Object { prompt, reason } => reasons.push((prompt, reason)),
            Failure::Window { .. } => panic!("{failure:?}"),
        }
    }
    reasons.sort_by_key(|(prompt, _)| *prompt);
    let expected = [
        (1, Missing::Empty),
        (2, Missing::NoData),
        (3, Missing::Outside),
        (4, Missing::Outside),
        (5, Missing::TooLarge),
        (6, Missing::Outside),
    ];
    assert_eq!(reasons, expected);
}

#[test]
fn a_window_without_data_is_not_encoded() {
    let mut scene = SyntheticScene::new(3000, 1500, &[]);
    scene.data_ends = 0;
    let model = ExactModel::new(1024, Sight::Exact);
    let outcome = run(&scene, &[object("a", 500.0, 500.0)], &model);
    assert_eq!((model.encoded(), outcome.counts.without_data), (0, 1));
}

#[test]
fn a_window_that_cannot_be_read_is_told_and_the_rest_is_done() {
    let shapes = [
        Shape::Ellipse([500.0, 500.0], [50.0, 50.0], 0.0),
        Shape::Ellipse([4500.0, 500.0], [50.0, 50.0], 0.0),
    ];
    let mut scene = SyntheticScene::new(5000, 1500, &shapes);
    scene.unreadable = Some((4500, 500));
    let prompts = [object("good", 500.0, 500.0), object("bad", 4500.0, 500.0)];
    let outcome = run(&scene, &prompts, &ExactModel::new(1024, Sight::Exact));
    assert_eq!(outcome.objects.len(), 1);
    let [
        Failure::Window {
            prompts, reason, ..
        },
    ] = &outcome.failures[..]
    else {
        panic!("{:?}", outcome.failures)
    };
    assert_eq!(prompts, &[1]);
    assert!(reason.contains("the disk is broken"), "{reason}");
}

#[test]
fn the_model_is_told_of_points_on_other_objects_of_the_window() {
    // Three objects in one window, two of which fit one batch; a fourth one elsewhere.
    let places = [
        [500.0, 500.0],
        [600.0, 500.0],
        [700.0, 500.0],
        [1100.0, 500.0],
        [1800.0, 500.0],
    ];
    let shapes = places.map(|place| Shape::Ellipse(place, [20.0, 20.0], 0.0));
    let scene = SyntheticScene::new(2300, 1100, &shapes);
    let prompts: Vec<PointedObject> = places
        .iter()
        .enumerate()
        .map(|(at, [x, y])| object(at, *x, *y))
        .collect();
    let model = ExactModel::new(1024, Sight::Exact);
    let options = SegmentOptions {
        batch: 2,
        ..SegmentOptions::default()
    };
    let plan = plan(&scene, &prompts, &options, &model).unwrap();
    segment(
        &scene,
        &prompts,
        &options,
        &model,
        &mut Stores::default(),
        &mut (),
    )
    .unwrap();
    let mut expected = Vec::new();
    for planned in &plan.windows {
        let Window { x, width, .. } = planned.window;
        let seen = |at: &[f64; 2]| (x as f64..x as f64 + f64::from(width)).contains(&at[0]);
        let visible = places.iter().filter(|place| seen(place)).count();
        for batch in planned.objects.chunks(2) {
            expected.push((batch.len(), visible - batch.len()));
        }
    }
    assert_eq!(*model.asked.lock().unwrap(), expected);
    assert!(expected.iter().any(|&(_, beside)| beside > 0));
}

#[test]
fn a_mask_without_an_edge_in_its_window_is_a_failure_and_no_object() {
    let everything = Shape::Rectangle([400.0, 300.0], [5000.0, 5000.0], 0.0);
    let most = Shape::Rectangle([400.0, 300.0], [5000.0, 200.0], 0.0);
    let half = Shape::Rectangle([0.0, 300.0], [380.0, 5000.0], 0.0);
    let model = ExactModel::new(1024, Sight::Exact);
    let reasons = |shape: Shape, bounds: Option<[f64; 4]>| {
        let scene = SyntheticScene::new(800, 600, &[shape]);
        let prompt = PointedObject {
            bounds,
            ..object("a", 300.0, 300.0)
        };
        let result = run(&scene, &[prompt], &model);
        assert_eq!(result.objects.len() + result.failures.len(), 1);
        result.failures
    };
    let fills = Failure::Object {
        prompt: 0,
        reason: Missing::FillsWindow,
    };
    assert_eq!(reasons(everything, None), std::slice::from_ref(&fills));
    // A band of two thirds reaches both sides only; so does what ends in the middle.
    assert_eq!(reasons(most, None), []);
    assert_eq!(reasons(half, None), []);
    // Who draws a box round the whole scene means the whole scene.
    let all = Some([0.0, 0.0, 800.0, 600.0]);
    assert_eq!(reasons(everything, all), []);
}

#[test]
fn a_box_alone_is_asked_about() {
    let shapes = [Shape::Ellipse([2500.0, 500.0], [50.0, 50.0], 0.0)];
    let scene = SyntheticScene::new(5000, 1500, &shapes);
    let prompt = PointedObject {
        points: Vec::<PromptPoint>::new(),
        bounds: Some([2440.0, 440.0, 2560.0, 560.0]),
        ..object("box", 0.0, 0.0)
    };
    let outcome = run(&scene, &[prompt], &ExactModel::new(1024, Sight::Exact));
    assert_eq!(outcome.objects[0].mask.bounds(), [2450, 450, 2550, 550]);
}

#[test]
fn options_that_cannot_be_meant_are_refused() {
    let scene = SyntheticScene::new(100, 100, &[]);
    let model = ExactModel::new(1024, Sight::Exact);
    let sound = SegmentOptions::default();
    for options in [
        SegmentOptions {
            margin: 512,
            ..sound.clone()
        },
        SegmentOptions {
            window: Some(100),
            ..sound.clone()
        },
        SegmentOptions {
            levels: 5,
            ..sound.clone()
        },
        SegmentOptions {
            window: Some(1 << 20),
            ..sound
        },
    ] {
        let refused = segment(
            &scene,
            &[],
            &options,
            &model,
            &mut Stores::default(),
            &mut (),
        );
        assert!(refused.unwrap_err().to_string().contains("hint: "));
    }
}
