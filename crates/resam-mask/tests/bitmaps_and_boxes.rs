//! Word-wise operations agree with looking at every pixel.

use proptest::prelude::*;
use resam_mask::{Bitmap, MaskError, PixelBox};

fn pair_of_bitmaps() -> impl Strategy<Value = (Bitmap, Bitmap)> {
    (0..140_u32, 0..10_u32).prop_flat_map(|(width, height)| {
        let pixels = prop::collection::vec(any::<(bool, bool)>(), (width * height) as usize);
        pixels.prop_map(move |pixels| {
            let at = |x, y| pixels[(y * width + x) as usize];
            let left = Bitmap::from_fn(width, height, |x, y| at(x, y).0);
            let right = Bitmap::from_fn(width, height, |x, y| at(x, y).1);
            (left.expect("a small size"), right.expect("a small size"))
        })
    })
}

/// Counts the pixels for which the condition on both images holds.
fn count(left: &Bitmap, right: &Bitmap, condition: fn(bool, bool) -> bool) -> u64 {
    let places = (0..left.height()).flat_map(|y| (0..left.width()).map(move |x| (x, y)));
    places
        .filter(|&(x, y)| condition(left.get(x, y), right.get(x, y)))
        .count() as u64
}

proptest! {
    #[test]
    fn areas_and_overlaps_count_the_pixels((left, right) in pair_of_bitmaps()) {
        let intersection = count(&left, &right, |left, right| left && right);
        let union = count(&left, &right, |left, right| left || right);
        prop_assert_eq!(left.area(), count(&left, &right, |left, _| left));
        prop_assert_eq!(left.is_empty(), left.area() == 0);
        prop_assert_eq!(left.intersection_area(&right)?, intersection);
        prop_assert_eq!(left.union_area(&right)?, union);
        let iou = if union == 0 { 1.0 } else { intersection as f64 / union as f64 };
        prop_assert_eq!(left.iou(&right)?, iou);
    }

    #[test]
    fn set_operations_work_on_every_pixel((left, right) in pair_of_bitmaps()) {
        let (mut both, mut either, mut rest) = (left.clone(), left.clone(), left.clone());
        both.and_assign(&right)?;
        either.or_assign(&right)?;
        rest.subtract_assign(&right)?;
        for y in 0..left.height() {
            for x in 0..left.width() {
                let (in_left, in_right) = (left.get(x, y), right.get(x, y));
                prop_assert_eq!(both.get(x, y), in_left && in_right);
                prop_assert_eq!(either.get(x, y), in_left || in_right);
                prop_assert_eq!(rest.get(x, y), in_left && !in_right);
            }
        }
    }

    #[test]
    fn the_pixels_listed_are_the_pixels_set_and_the_box_bounds_them(
        (bitmap, _) in pair_of_bitmaps(),
    ) {
        let mut copy = Bitmap::new(bitmap.width(), bitmap.height())?;
        bitmap.pixels().for_each(|(x, y)| copy.set(x, y, true));
        prop_assert_eq!(&copy, &bitmap);
        let boxes = bitmap.pixels().map(|(x, y)| {
            let (x, y) = (f64::from(x), f64::from(y));
            PixelBox::new(x, y, x + 1.0, y + 1.0)
        });
        prop_assert_eq!(bitmap.bounding_box(), boxes.reduce(|left, right| left.union(&right)));
        copy.pixels().collect::<Vec<_>>().into_iter().for_each(|(x, y)| copy.set(x, y, false));
        prop_assert!(copy.is_empty());
    }
}

#[test]
fn pixels_outside_the_image_are_never_set() -> Result<(), MaskError> {
    let mut bitmap = Bitmap::new(65, 2)?;
    for (x, y) in [(65, 0), (127, 1), (u32::MAX, 0), (0, 2), (0, u32::MAX)] {
        bitmap.set(x, y, true);
        assert!(!bitmap.get(x, y));
    }
    assert!(bitmap.is_empty());
    Ok(())
}

#[test]
fn a_threshold_leaves_out_its_own_value_unless_it_is_inclusive() -> Result<(), MaskError> {
    let values = [-1.0, 0.0, 0.5, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    let above: Vec<_> = Bitmap::from_threshold(&values, 3, 2, 0.0)?
        .pixels()
        .collect();
    assert_eq!(above, [(2, 0), (1, 1)]);
    let at_least = Bitmap::from_threshold_inclusive(&values, 3, 2, 0.0)?;
    assert_eq!(
        at_least.pixels().collect::<Vec<_>>(),
        [(1, 0), (2, 0), (1, 1)]
    );
    Ok(())
}

#[test]
fn a_threshold_needs_one_value_for_each_pixel() {
    let refusal = MaskError::WrongValueCount {
        width: 3,
        height: 2,
        found: 5,
    };
    assert_eq!(Bitmap::from_threshold(&[0.0; 5], 3, 2, 0.0), Err(refusal));
}

#[test]
fn images_of_different_sizes_are_not_compared_even_with_equally_many_pixels() {
    let (wide, tall) = (
        Bitmap::new(6, 4).expect("small"),
        Bitmap::new(4, 6).expect("small"),
    );
    let refusal = MaskError::SizesDiffer {
        left: (6, 4),
        right: (4, 6),
    };
    assert_eq!(wide.iou(&tall), Err(refusal.clone()));
    assert_eq!(wide.clone().or_assign(&tall), Err(refusal));
}

#[test]
fn two_empty_images_overlap_fully() -> Result<(), MaskError> {
    assert_eq!(Bitmap::new(6, 4)?.iou(&Bitmap::new(6, 4)?)?, 1.0);
    Ok(())
}

#[test]
fn boxes_overlap_by_their_common_area() {
    let left = PixelBox::from_coco([0.0, 0.0, 4.0, 2.0]);
    let right = PixelBox::from_coco([3.0, 1.0, 2.0, 2.0]);
    assert_eq!(
        left.intersect(&right),
        Some(PixelBox::new(3.0, 1.0, 4.0, 2.0))
    );
    assert_eq!(left.union(&right), PixelBox::new(0.0, 0.0, 5.0, 3.0));
    // One square of overlap; 8 + 4 - 1 squares together.
    assert_eq!(left.iou(&right), 1.0 / 11.0);
    assert_eq!(right.to_coco(), [3.0, 1.0, 2.0, 2.0]);
    assert_eq!(right.scaled(2.0, 0.5), PixelBox::new(6.0, 0.5, 10.0, 1.5));
}

#[test]
fn boxes_that_only_touch_do_not_overlap() {
    let left = PixelBox::new(0.0, 0.0, 1.0, 1.0);
    let right = PixelBox::new(1.0, 0.0, 2.0, 1.0);
    assert_eq!((left.intersect(&right), left.iou(&right)), (None, 0.0));
    assert!(left.contains(0.0, 0.0) && !left.contains(1.0, 0.5) && right.contains(1.0, 0.5));
}

#[test]
fn an_inverted_box_is_empty() {
    let inverted = PixelBox::new(3.0, 3.0, 1.0, 1.0);
    assert_eq!((inverted.area(), inverted.iou(&inverted)), (0.0, 0.0));
    assert!(!inverted.contains(2.0, 2.0));
}
