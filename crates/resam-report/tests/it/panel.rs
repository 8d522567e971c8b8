use image::{Rgb, RgbImage};
use proptest::prelude::*;
use resam_mask::Bitmap;
use resam_report::draw_panel;

const GROUND: Rgb<u8> = Rgb([120; 3]);

fn ground(side: u32) -> RgbImage {
    RgbImage::from_pixel(side, side, GROUND)
}

fn rectangle(side: u32, [x0, y0, x1, y1]: [u32; 4]) -> Bitmap {
    let is_set = |x, y| (x0..x1).contains(&x) && (y0..y1).contains(&y);
    Bitmap::from_fn(side, side, is_set).unwrap()
}

fn is_white(Rgb(channels): Rgb<u8>) -> bool {
    channels.iter().all(|&channel| channel > 200)
}

#[test]
fn without_masks_and_points_the_image_is_unchanged() {
    assert_eq!(draw_panel(&ground(40), &[], &[], &[]), ground(40));
}

#[test]
fn masks_are_filled_and_outlined_in_colours_of_their_own() {
    let masks = [
        rectangle(100, [10, 10, 40, 40]),
        rectangle(100, [60, 60, 90, 90]),
    ];
    let drawn = draw_panel(&ground(100), &masks, &[], &[]);
    let [first, second] = [(25, 25), (75, 75)].map(|(x, y)| *drawn.get_pixel(x, y));
    assert!(first != GROUND && second != GROUND && first != second);
    let [first, second] = [(9, 25), (59, 75)].map(|(x, y)| *drawn.get_pixel(x, y));
    assert!(first != GROUND && second != GROUND && first != second);
    assert_eq!(*drawn.get_pixel(50, 50), GROUND);
}

#[test]
fn positive_points_are_green_and_negative_ones_red_with_white_rims() {
    let drawn = draw_panel(&ground(200), &[], &[[50.5, 50.5]], &[[150.5, 150.5]]);
    let colours = |place: u32| -> Vec<Rgb<u8>> {
        (place - 8..=place + 8)
            .map(|x| *drawn.get_pixel(x, place - 1))
            .collect()
    };
    let (positive, negative) = (colours(50), colours(150));
    let green = |&Rgb([red, green, blue]): &Rgb<u8>| green > 120 && red < 80 && blue < 120;
    let red = |&Rgb([red, green, blue]): &Rgb<u8>| red > 180 && green < 90 && blue < 90;
    assert!(positive.iter().any(green) && !positive.iter().any(red));
    assert!(negative.iter().any(red) && !negative.iter().any(green));
    assert!(positive.into_iter().any(is_white) && negative.into_iter().any(is_white));
}

#[test]
fn a_point_on_a_small_mask_leaves_more_of_it_to_see() {
    let changed = |masks: &[Bitmap]| {
        let with = draw_panel(&ground(60), masks, &[[30.5, 30.5]], &[]);
        let without = draw_panel(&ground(60), masks, &[], &[]);
        let pairs = with.pixels().zip(without.pixels());
        pairs.filter(|(with, without)| with != without).count()
    };
    let small = rectangle(60, [25, 25, 36, 36]);
    let large = rectangle(60, [0, 0, 60, 60]);
    assert!(changed(std::slice::from_ref(&small)) < changed(&[]));
    // Of two masks below a point, the smaller one tells.
    assert_eq!(changed(&[large, small.clone()]), changed(&[small]));
}

#[test]
fn a_mask_of_another_size_counts_from_the_corner() {
    let fits = rectangle(50, [20, 20, 50, 50]);
    let larger = rectangle(80, [20, 20, 80, 80]);
    let smaller = rectangle(30, [5, 5, 10, 10]);
    let with = |mask: Bitmap| draw_panel(&ground(50), &[mask], &[], &[]);
    assert_eq!(with(larger), with(fits));
    assert_eq!(with(smaller), with(rectangle(50, [5, 5, 10, 10])));
}

#[test]
fn a_large_image_is_scaled_down_with_its_masks_and_points() {
    let masks = [rectangle(960, [200, 200, 400, 400])];
    let drawn = draw_panel(&ground(960), &masks, &[[300.0, 300.0]], &[[700.0, 700.0]]);
    let small_masks = [rectangle(480, [100, 100, 200, 200])];
    let expected = draw_panel(
        &ground(480),
        &small_masks,
        &[[150.0, 150.0]],
        &[[350.0, 350.0]],
    );
    assert_eq!(drawn, expected);
}

#[test]
fn no_object_vanishes_when_an_image_is_scaled_down() {
    for place in 100..104 {
        let mask = rectangle(1500, [place, place, place + 1, place + 1]);
        let drawn = draw_panel(&ground(1500), &[mask], &[], &[]);
        assert_ne!(drawn, ground(480));
    }
}

#[test]
fn an_image_without_pixels_stays_one() {
    let drawn = draw_panel(
        &RgbImage::new(0, 5),
        &[rectangle(3, [0; 4])],
        &[[1.0, 1.0]],
        &[],
    );
    assert_eq!(drawn.dimensions(), (0, 5));
}

fn any_coordinate() -> impl Strategy<Value = f64> {
    prop_oneof![proptest::num::f64::ANY, -5.0..50.0]
}

proptest! {
    #[test]
    fn no_point_is_beyond_drawing(
        positive in [any_coordinate(), any_coordinate()],
        negative in [any_coordinate(), any_coordinate()],
        (width, height) in (1_u32..40, 1_u32..40),
    ) {
        let masks = [rectangle(20, [3, 3, 15, 15])];
        let image = RgbImage::from_pixel(width, height, GROUND);
        let drawn = draw_panel(&image, &masks, &[positive], &[negative]);
        prop_assert_eq!(drawn.dimensions(), (width, height));
    }
}
