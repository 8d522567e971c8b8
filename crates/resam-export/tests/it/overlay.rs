use image::{Rgb, RgbImage};
use proptest::prelude::*;
use resam_export::{Format, Object, PromptMarks, Segmentation, overlay};
use resam_mask::Bitmap;

use crate::{object, written};

const GROUND: Rgb<u8> = Rgb([120; 3]);

fn rectangle(side: u32, [x0, y0, x1, y1]: [u32; 4]) -> Bitmap {
    let is_set = |x, y| (x0..x1).contains(&x) && (y0..y1).contains(&y);
    Bitmap::from_fn(side, side, is_set).unwrap()
}

fn drawn(side: u32, objects: Vec<Object>) -> RgbImage {
    overlay(&Segmentation {
        file_name: "a.png".to_owned(),
        image: RgbImage::from_pixel(side, side, GROUND),
        objects,
    })
    .unwrap()
}

fn difference(left: Rgb<u8>, right: Rgb<u8>) -> u32 {
    let channels = left.0.iter().zip(right.0);
    channels
        .map(|(left, right)| u32::from(left.abs_diff(right)))
        .sum()
}

#[test]
fn the_overlay_is_a_png_of_the_size_of_the_image() {
    let answer = crate::answer(vec![object(1, 0.5, crate::mask(&["..#.", "...."]))]);
    let bytes = written(Format::Overlay, &answer);
    let png = image::load_from_memory_with_format(&bytes, image::ImageFormat::Png).unwrap();
    assert_eq!(png.to_rgb8(), overlay(&answer).unwrap());
    assert_eq!((png.width(), png.height()), (4, 2));
}

#[test]
fn without_objects_the_image_is_unchanged() {
    assert!(drawn(50, vec![]).pixels().all(|&pixel| pixel == GROUND));
}

#[test]
fn pixels_of_an_object_keep_more_than_half_of_themselves() {
    for size in [1, 3, 10, 60] {
        let area = [20, 20, 20 + size, 20 + size];
        let drawn = drawn(100, vec![object(1, 0.5, rectangle(100, area))]);
        for (x, y) in rectangle(100, area).pixels() {
            for channel in drawn.get_pixel(x, y).0 {
                // A mix that is less than half colour moves a channel by less than half its range.
                assert!((61..187).contains(&channel), "{size}: {channel}");
            }
        }
    }
}

#[test]
fn the_line_is_outside_the_mask_and_a_dark_edge_outside_the_line() {
    let drawn = drawn(100, vec![object(1, 0.5, rectangle(100, [40, 40, 60, 60]))]);
    let (inside, line) = (*drawn.get_pixel(40, 50), *drawn.get_pixel(39, 50));
    assert!(difference(line, GROUND) > 2 * difference(inside, GROUND));
    let sum = |x| -> u32 { drawn.get_pixel(x, 50).0.map(u32::from).iter().sum() };
    assert!(sum(38) < 300, "darker than the ground's 360");
    assert_eq!(*drawn.get_pixel(30, 50), GROUND);
}

#[test]
fn lines_are_wider_on_larger_images() {
    let width = |side| {
        let drawn = drawn(
            side,
            vec![object(1, 0.5, rectangle(side, [50, 50, 90, 90]))],
        );
        let line = *drawn.get_pixel(49, 70);
        let columns = (0..50).rev();
        columns
            .take_while(|&x| *drawn.get_pixel(x, 70) == line)
            .count()
    };
    assert_eq!([width(500), width(1000), width(2250)], [1, 2, 3]);
}

#[test]
fn the_first_two_dozen_objects_have_distinct_colours_that_stay_with_the_id() {
    let line_of = |id| {
        let drawn = drawn(40, vec![object(id, 0.5, rectangle(40, [10, 10, 30, 30]))]);
        *drawn.get_pixel(9, 20)
    };
    let colours: Vec<_> = (1..=24).map(line_of).collect();
    for (index, &colour) in colours.iter().enumerate() {
        for &other in &colours[..index] {
            assert!(difference(colour, other) >= 24, "{colour:?} {other:?}");
        }
    }
    assert_eq!(line_of(7), colours[6]);
}

#[test]
fn positive_points_are_green_with_a_plus_and_negative_red_with_a_minus() {
    let mut marked = object(1, 0.5, rectangle(200, [0, 0, 200, 100]));
    marked.prompt.positive.push([50.5, 50.5]);
    marked.prompt.negative.push([150.5, 150.5]);
    let drawn = drawn(200, vec![marked]);
    let is_white = |x, y| drawn.get_pixel(x, y).0.iter().all(|&channel| channel > 200);
    assert!(is_white(50, 50) && is_white(51, 50) && is_white(50, 51));
    assert!(is_white(150, 150) && is_white(151, 150) && !is_white(150, 152));
    let Rgb([red, green, _]) = *drawn.get_pixel(52, 52);
    assert!(green > red);
    let Rgb([red, green, _]) = *drawn.get_pixel(150, 152);
    assert!(red > green);
}

#[test]
fn a_box_is_drawn_round_its_edge() {
    let mut boxed = object(1, 0.5, Bitmap::new(100, 100).unwrap());
    boxed.prompt.bounds = Some([20.0, 30.0, 60.0, 70.0]);
    let drawn = drawn(100, vec![boxed]);
    assert_ne!(*drawn.get_pixel(20, 29), GROUND);
    assert_ne!(*drawn.get_pixel(59, 70), GROUND);
    assert_eq!(*drawn.get_pixel(40, 50), GROUND);
    let changed = |x: u32| difference(*drawn.get_pixel(x, 29), GROUND) > 100;
    assert!((20..60).any(changed) && !(20..60).all(changed), "dashed");
}

fn any_coordinate() -> impl Strategy<Value = f64> {
    prop_oneof![proptest::num::f64::ANY, -5.0..50.0]
}

proptest! {
    #[test]
    fn no_prompt_is_beyond_drawing(
        (x0, y0) in (any_coordinate(), any_coordinate()),
        (x1, y1) in (any_coordinate(), any_coordinate()),
        (width, height) in (1_u32..40, 1_u32..40),
    ) {
        let mask = Bitmap::from_fn(width, height, |x, y| (x + y) % 3 == 0).unwrap();
        let mut marked = object(u32::MAX, f32::NAN, mask);
        marked.prompt = PromptMarks {
            positive: vec![[x0, y0]],
            negative: vec![[x1, y1]],
            bounds: Some([x0, y0, x1, y1]),
        };
        let drawn = overlay(&crate::answer(vec![marked])).unwrap();
        prop_assert_eq!(drawn.dimensions(), (width, height));
    }
}
