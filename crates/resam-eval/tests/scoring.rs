//! The scores are those worked out by hand.

use std::error::Error;

use resam_eval::{Accumulator, EvalError, Scores};
use resam_mask::{Bitmap, MaskError};
use serde_json::json;

type TestResult = Result<(), Box<dyn Error>>;

/// A mask of 8 by 4 pixels with the columns from `start` up to `end` set, 4 pixels each.
fn columns(start: u32, end: u32) -> Bitmap {
    Bitmap::from_fn(8, 4, |x, _| (start..end).contains(&x)).expect("a small size")
}

fn all(value: f64) -> Scores {
    Scores {
        iou: value,
        f1: value,
        precision: value,
        recall: value,
    }
}

#[test]
fn an_instance_is_scored_by_its_pixels() -> TestResult {
    // 8 true positives, 4 false positives and 8 false negatives.
    let scores = Scores::of_instance(&columns(1, 4), &columns(2, 6))?;
    assert_eq!(scores.iou, 8.0 / 20.0);
    assert_eq!(scores.precision, 8.0 / 12.0);
    assert_eq!(scores.recall, 8.0 / 16.0);
    assert_eq!(scores.f1, 16.0 / 28.0);
    Ok(())
}

#[test]
fn a_perfect_mask_scores_one_and_a_disjoint_one_zero() -> TestResult {
    assert_eq!(
        Scores::of_instance(&columns(1, 4), &columns(1, 4))?,
        all(1.0)
    );
    assert_eq!(
        Scores::of_instance(&columns(1, 4), &columns(4, 6))?,
        all(0.0)
    );
    Ok(())
}

#[test]
fn empty_masks_agree_with_each_other_and_with_nothing_else() -> TestResult {
    let empty = columns(0, 0);
    assert_eq!(Scores::of_instance(&empty, &empty)?, all(1.0));
    assert_eq!(Scores::of_instance(&empty, &columns(1, 4))?, all(0.0));
    assert_eq!(Scores::of_instance(&columns(1, 4), &empty)?, all(0.0));
    Ok(())
}

/// Two instances in one image and one in another, of two categories.
fn example() -> Result<Accumulator, EvalError> {
    let mut accumulator = Accumulator::new();
    // Intersection over union 1/4, precision 1, recall 1/4, F1 2/5.
    accumulator.add("a", "ship", 1, &columns(0, 1), &columns(0, 4))?;
    // Intersection over union 1/2, precision 1/2, recall 1, F1 2/3.
    accumulator.add("a", "plane", 2, &columns(0, 4), &columns(0, 2))?;
    // All 1.
    accumulator.add("b", "ship", 1, &columns(2, 5), &columns(2, 5))?;
    Ok(accumulator)
}

fn assert_close(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < 1e-15,
        "{found} is not {expected}"
    );
}

#[test]
fn scores_are_averaged_within_each_image_and_then_over_the_images() -> TestResult {
    let summary = example()?.summary().ok_or("no summary")?;
    assert_close(summary.iou, (0.375 + 1.0) / 2.0);
    assert_close(summary.precision, (0.75 + 1.0) / 2.0);
    assert_close(summary.recall, (0.625 + 1.0) / 2.0);
    assert_close(summary.f1, (8.0 / 15.0 + 1.0) / 2.0);
    assert_close(summary.iou_instances, 1.75 / 3.0);
    assert_eq!((summary.images, summary.instances), (2, 3));
    Ok(())
}

#[test]
fn each_category_is_averaged_over_its_own_instances() -> TestResult {
    let classes = example()?.classes();
    let [plane, ship] = &classes[..] else {
        return Err("not two categories".into());
    };
    assert_eq!((plane.category.as_str(), plane.instances), ("plane", 1));
    assert_eq!((ship.category.as_str(), ship.instances), ("ship", 2));
    assert_close(plane.scores.iou, 0.5);
    assert_close(ship.scores.iou, 0.625);
    assert_close(ship.scores.f1, 0.7);
    Ok(())
}

#[test]
fn each_image_reports_its_own_mean() -> TestResult {
    let images = example()?.images();
    let ious: Vec<_> = images
        .iter()
        .map(|image| (image.image.as_str(), image.scores.iou))
        .collect();
    assert_eq!(ious, [("a", 0.375), ("b", 1.0)]);
    Ok(())
}

#[test]
fn the_order_of_adding_changes_nothing_at_all() -> TestResult {
    let instances: Vec<(String, u64, Scores)> = (0..200_u32)
        .map(|n| {
            (
                format!("image {}", n % 7),
                u64::from(n),
                all(1.0 / f64::from(n + 3)),
            )
        })
        .collect();
    let collect = |order: &mut dyn Iterator<Item = &(String, u64, Scores)>| {
        let mut accumulator = Accumulator::new();
        for (image, instance, scores) in order {
            accumulator.record(image, "ship", *instance, *scores)?;
        }
        Ok::<_, EvalError>((accumulator.summary(), accumulator.classes()))
    };
    assert_eq!(
        collect(&mut instances.iter())?,
        collect(&mut instances.iter().rev())?
    );
    Ok(())
}

#[test]
fn nothing_added_has_no_summary() {
    let accumulator = Accumulator::new();
    assert_eq!(accumulator.summary(), None);
    assert!(accumulator.classes().is_empty() && accumulator.images().is_empty());
}

#[test]
fn an_instance_is_counted_once() -> TestResult {
    let mut accumulator = example()?;
    let refusal = accumulator.add("a", "ship", 2, &columns(0, 4), &columns(0, 4));
    assert_eq!(
        refusal,
        Err(EvalError::Duplicate {
            image: "a".to_owned(),
            instance: 2
        })
    );
    assert_eq!(accumulator.summary(), example()?.summary());
    Ok(())
}

#[test]
fn masks_of_different_sizes_are_refused_and_not_counted() -> TestResult {
    let mut accumulator = Accumulator::new();
    let refusal = accumulator.add("a", "ship", 2, &columns(0, 4), &Bitmap::new(4, 8)?);
    let source = MaskError::SizesDiffer {
        left: (8, 4),
        right: (4, 8),
    };
    assert_eq!(
        refusal,
        Err(EvalError::Mask {
            image: "a".to_owned(),
            instance: 2,
            source
        })
    );
    assert_eq!(accumulator.summary(), None);
    Ok(())
}

#[test]
fn summaries_are_written_with_stable_field_names() -> TestResult {
    let mut accumulator = Accumulator::new();
    accumulator.add("a", "ship", 1, &columns(0, 4), &columns(0, 4))?;
    assert_eq!(
        serde_json::to_value(accumulator.summary())?,
        json!({
            "iou": 1.0, "f1": 1.0, "precision": 1.0, "recall": 1.0,
            "iou_instances": 1.0, "images": 1, "instances": 1,
        })
    );
    assert_eq!(
        serde_json::to_value(accumulator.classes())?,
        json!([{
            "category": "ship",
            "iou": 1.0, "f1": 1.0, "precision": 1.0, "recall": 1.0, "instances": 1,
        }])
    );
    Ok(())
}
