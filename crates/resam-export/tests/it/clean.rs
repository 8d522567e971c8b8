//! From masks to the objects that every output is made of.

use proptest::prelude::*;
use resam_export::{CleanOptions, RemovalReason, Segmentation};
use resam_mask::{Bitmap, Parts, PlacedMask};
use resam_scene::{Failure, Missing, Overlap, SegmentedObject};

use crate::{UTM, ground, object, point, prompt, rectangle, segmentation};

/// Nothing is done to the masks.
fn untouched() -> CleanOptions {
    CleanOptions {
        parts: Parts::All,
        dedup_iou: None,
        ..CleanOptions::default()
    }
}

fn with_prompts(objects: Vec<SegmentedObject>) -> Segmentation {
    let mut result = segmentation((200, 100), objects);
    result.prompts = ('a'..='z').map(|name| prompt(&name.to_string())).collect();
    result
}

#[test]
fn areas_are_square_metres_on_the_map_and_pixels_elsewhere() {
    // 0.09 square metres a pixel: 0.9, 9 and 90.
    let boxes = [[0, 0, 5, 2], [0, 10, 10, 10], [0, 30, 100, 10]];
    let left = |on_map: bool, min_area, max_area| {
        let objects = (1..)
            .zip(boxes)
            .map(|(id, bounds)| rectangle(id, bounds, 0.5));
        let mut result = with_prompts(objects.collect());
        if on_map {
            result.image.ground = ground("EPSG:32636", UTM);
        }
        let options = CleanOptions {
            min_area,
            max_area,
            ..untouched()
        };
        result.clean(&options).unwrap();
        let removed = result.cleaning.removed.len();
        let left: Vec<u64> = result.objects.iter().map(|one| one.mask.area()).collect();
        assert_eq!(removed + left.len(), 3);
        let ids: Vec<u32> = result.objects.iter().map(|one| one.id).collect();
        assert_eq!(ids, (1..=left.len() as u32).collect::<Vec<_>>());
        left
    };
    assert_eq!(left(true, None, None), [10, 100, 1000]);
    assert_eq!(left(true, Some(5.0), None), [100, 1000]);
    assert_eq!(left(true, Some(5.0), Some(50.0)), [100]);
    assert_eq!(left(false, Some(50.0), None), [100, 1000]);
    assert_eq!(left(false, None, Some(10.0)), [10]);
}

#[test]
fn near_doubles_are_one_object_with_the_prompts_of_both() {
    // IoU 9/10 with the first, and 2/3 of the last two.
    let objects = vec![
        rectangle(1, [0, 0, 10, 10], 0.8),
        rectangle(2, [0, 0, 9, 10], 0.9),
        rectangle(3, [50, 0, 10, 10], 0.9),
        rectangle(4, [52, 0, 10, 10], 0.9),
    ];
    let mut result = with_prompts(objects.clone());
    result.clean(&CleanOptions::default()).unwrap();
    let prompts: Vec<_> = result
        .objects
        .iter()
        .map(|one| one.prompts.clone())
        .collect();
    assert_eq!(prompts, [vec![0, 1], vec![2], vec![3]]);
    assert_eq!(
        result.objects[0].mask.area(),
        90,
        "the mask of the better score"
    );
    assert_eq!((result.cleaning.merged, result.counts.merged), (1, 1));
    assert_eq!(result.name(&result.objects[0]), "a;b");

    let mut all = with_prompts(objects);
    all.clean(&untouched()).unwrap();
    assert_eq!((all.objects.len(), all.cleaning.merged), (4, 0));
}

#[test]
fn who_loses_all_pixels_to_others_is_a_failure_and_who_keeps_a_sliver_is_too_small() {
    let objects = vec![
        rectangle(1, [0, 0, 10, 10], 0.9),
        rectangle(2, [2, 2, 5, 5], 0.5),
        rectangle(3, [1, 0, 10, 10], 0.4),
    ];
    let mut result = with_prompts(objects);
    let options = CleanOptions {
        overlap: Overlap::Resolve,
        min_area: Some(20.0),
        ..untouched()
    };
    result.clean(&options).unwrap();
    assert_eq!(result.objects.len(), 1);
    let covered = Failure::Object {
        prompt: 1,
        reason: Missing::Covered,
    };
    assert_eq!(result.failures, [covered]);
    let removed = result.cleaning.removed.iter();
    let removed: Vec<_> = removed.map(|one| (&one.prompts[..], one.reason)).collect();
    let expected = [
        (&[1][..], RemovalReason::Covered),
        (&[2][..], RemovalReason::BelowMinArea),
    ];
    assert_eq!(removed, expected);
    let json = result.to_json();
    assert_eq!(json["cleaning"]["removed"][1]["prompts"][0], "c");
    assert_eq!(json["cleaning"]["removed"][1]["reason"], "below_min_area");
    assert_eq!(json["cleaning"]["removed"][1]["area"], 10);
    let sentences = result.cleaning_sentences();
    assert!(sentences.contains(&"1 objects are removed, below the least area: c".to_owned()));
}

#[test]
fn the_hole_that_another_object_cuts_is_not_filled_again() {
    let objects = vec![
        rectangle(1, [0, 0, 40, 40], 0.5),
        rectangle(2, [10, 10, 3, 3], 0.9),
    ];
    let mut result = with_prompts(objects);
    let options = CleanOptions {
        overlap: Overlap::Resolve,
        fill_holes: Some(f64::INFINITY),
        ..CleanOptions::default()
    };
    result.clean(&options).unwrap();
    let areas: Vec<u64> = result.objects.iter().map(|one| one.mask.area()).collect();
    assert_eq!(areas, [1591, 9]);
}

#[test]
fn the_part_under_the_point_is_the_object() {
    let rows = ["##...............######", "##...............######"];
    let mut result = with_prompts(vec![object(1, 0.9, &rows)]);
    result.prompts[0].points = vec![point(1.5, 1.5, true), point(18.0, 0.0, false)];
    result
        .clean(&CleanOptions {
            parts: Parts::Point,
            ..untouched()
        })
        .unwrap();
    assert_eq!(result.objects[0].mask.bounds(), [0, 0, 2, 2]);
    assert_eq!(result.cleaning.removed_parts.pixels, 12);
}

/// Objects of blocks, near and over each other.
fn objects() -> impl Strategy<Value = Vec<SegmentedObject>> {
    let block = (0..40_u32, 0..30_u32, 1..20_u32, 1..20_u32);
    let mask = prop::collection::vec(block, 1..6);
    let one = (mask, 0..5_u8);
    prop::collection::vec(one, 1..8).prop_map(|all| {
        let objects = all.into_iter().enumerate().map(|(at, (blocks, score))| {
            let set = |x: u32, y: u32| {
                blocks.iter().any(|&(left, top, width, height)| {
                    (left..left + width).contains(&x) && (top..top + height).contains(&y)
                })
            };
            let mask = Bitmap::from_fn(64, 64, set).unwrap();
            SegmentedObject {
                mask: PlacedMask::new(&mask, 0, 0).unwrap(),
                ..rectangle(at as u32 + 1, [0, 0, 1, 1], f32::from(score) / 4.0)
            }
        });
        objects.collect()
    })
}

fn options() -> impl Strategy<Value = CleanOptions> {
    let parts = prop::sample::select(vec![Parts::Main, Parts::Point, Parts::Largest, Parts::All]);
    let area = || prop::option::of(0.0..300.0_f64);
    let overlap = prop::sample::select(vec![Overlap::Keep, Overlap::Resolve]);
    (
        parts,
        area(),
        area(),
        prop::option::of(0.3..0.99_f64),
        overlap,
    )
        .prop_map(
            |(parts, fill_holes, min_area, dedup_iou, overlap)| CleanOptions {
                parts,
                fill_holes,
                min_area,
                max_area: None,
                dedup_iou,
                overlap,
            },
        )
}

proptest! {
    #[test]
    fn every_prompt_is_an_object_or_named_and_no_pixel_has_two_objects(
        objects in objects(),
        options in options(),
    ) {
        let count = objects.len();
        let mut result = with_prompts(objects);
        result.clean(&options).unwrap();
        let found = result.objects.iter().flat_map(|one| &one.prompts);
        let removed = result.cleaning.removed.iter().flat_map(|one| &one.prompts);
        let mut prompts: Vec<usize> = found.chain(removed).copied().collect();
        prompts.sort_unstable();
        prop_assert_eq!(prompts, (0..count).collect::<Vec<_>>());
        for (at, one) in result.objects.iter().enumerate() {
            if let Some(least) = options.min_area {
                prop_assert!(one.mask.area() as f64 >= least);
            }
            for other in &result.objects[..at] {
                if options.overlap == Overlap::Resolve {
                    prop_assert_eq!(one.mask.intersection(&other.mask), 0);
                } else if let Some(bound) = options.dedup_iou {
                    prop_assert!(one.mask.iou(&other.mask) < bound);
                }
            }
        }
    }
}
