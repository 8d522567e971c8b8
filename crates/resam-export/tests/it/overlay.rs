use image::{Rgb, RgbImage};
use proptest::prelude::*;
use resam_export::{DrawnObject, ImageReference, PromptMarks, Segmentation, draw};
use resam_mask::Bitmap;
use resam_scene::{Failure, Missing, PlacedMask, PointedObject};

use crate::{point, prompt, segmentation, written};

const GROUND: Rgb<u8> = Rgb([120; 3]);

fn rectangle(side: u32, [x0, y0, x1, y1]: [u32; 4]) -> Bitmap {
    let is_set = |x, y| (x0..x1).contains(&x) && (y0..y1).contains(&y);
    Bitmap::from_fn(side, side, is_set).unwrap()
}

fn object(id: u32, mask: &Bitmap) -> DrawnObject {
    DrawnObject {
        id,
        colour: None,
        mask: PlacedMask::new(mask, 0, 0),
        prompt: PromptMarks::default(),
    }
}

fn drawn(side: u32, objects: Vec<DrawnObject>) -> RgbImage {
    draw(RgbImage::from_pixel(side, side, GROUND), &objects)
}

fn difference(left: Rgb<u8>, right: Rgb<u8>) -> u32 {
    let channels = left.0.iter().zip(right.0);
    channels
        .map(|(left, right)| u32::from(left.abs_diff(right)))
        .sum()
}

/// The overlay of objects on a grey image of this size.
fn written_on(size: (u32, u32), make: impl Fn(Segmentation) -> Segmentation) -> RgbImage {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.png");
    let image = RgbImage::from_pixel(size.0, size.1, GROUND);
    image.save(&path).unwrap();
    let result = make(Segmentation {
        image: ImageReference::plain(&path, size.0, size.1),
        ..segmentation(size, Vec::new())
    });
    let bytes = written("a.png", &result);
    let png = image::load_from_memory_with_format(&bytes, image::ImageFormat::Png).unwrap();
    png.to_rgb8()
}

#[test]
fn the_overlay_is_the_image_with_objects_and_prompts() {
    let shape = crate::object(1, 0.5, &["..#.", "...."]);
    let asked = PointedObject {
        points: vec![point(2.5, 0.5, true), point(0.5, 1.5, false)],
        bounds: Some([2.0, 0.0, 3.0, 1.0]),
        ..prompt("a")
    };
    let png = written_on((4, 2), |result| Segmentation {
        prompts: vec![asked.clone()],
        objects: vec![shape.clone()],
        ..result
    });
    let expected = DrawnObject {
        colour: None,
        id: 1,
        mask: Some(shape.mask.clone()),
        prompt: PromptMarks {
            positive: vec![[2.5, 0.5]],
            negative: vec![[0.5, 1.5]],
            bounds: Some([2.0, 0.0, 3.0, 1.0]),
        },
    };
    assert_eq!(png, draw(RgbImage::from_pixel(4, 2, GROUND), &[expected]));
}

#[test]
fn a_prompt_without_an_object_is_seen_too() {
    let asked = PointedObject {
        points: vec![point(50.5, 50.5, true)],
        ..prompt("a")
    };
    let png = written_on((100, 100), |result| Segmentation {
        prompts: vec![asked.clone()],
        failures: vec![Failure::Object {
            prompt: 0,
            reason: Missing::Empty,
        }],
        ..result
    });
    assert_ne!(*png.get_pixel(50, 50), GROUND);
    assert_eq!(*png.get_pixel(10, 10), GROUND);
}

#[test]
fn a_large_image_is_drawn_smaller() {
    let shape = crate::rectangle(1, [1000, 20, 3000, 60], 0.5);
    let png = written_on((8192, 100), |result| Segmentation {
        objects: vec![shape.clone()],
        ..result
    });
    assert_eq!(png.dimensions(), (4096, 50));
    let inside = *png.get_pixel(1200, 25);
    assert_ne!(inside, GROUND);
    assert_eq!(*png.get_pixel(501, 25), inside, "the first columns");
    assert_eq!(*png.get_pixel(1998, 25), inside, "the last columns");
    assert_eq!(*png.get_pixel(400, 25), GROUND);
}

#[test]
fn what_lies_outside_the_image_is_left_out() {
    let block = Bitmap::from_fn(30, 30, |_, _| true).unwrap();
    let beyond = DrawnObject {
        mask: PlacedMask::new(&block, -20, 35),
        ..object(1, &block)
    };
    let drawn = drawn(40, vec![beyond]);
    assert_eq!(drawn.dimensions(), (40, 40));
    assert_ne!(*drawn.get_pixel(5, 37), GROUND);
    assert_eq!(*drawn.get_pixel(30, 10), GROUND);
}

#[test]
fn without_objects_the_image_is_unchanged() {
    assert!(drawn(50, vec![]).pixels().all(|&pixel| pixel == GROUND));
}

#[test]
fn pixels_of_an_object_keep_more_than_half_of_themselves() {
    for size in [1, 3, 10, 60] {
        let area = [20, 20, 20 + size, 20 + size];
        let drawn = drawn(100, vec![object(1, &rectangle(100, area))]);
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
    let drawn = drawn(100, vec![object(1, &rectangle(100, [40, 40, 60, 60]))]);
    let (inside, line) = (*drawn.get_pixel(40, 50), *drawn.get_pixel(39, 50));
    assert!(difference(line, GROUND) > 2 * difference(inside, GROUND));
    let sum = |x| -> u32 { drawn.get_pixel(x, 50).0.map(u32::from).iter().sum() };
    assert!(sum(38) < 300, "darker than the ground's 360");
    assert_eq!(*drawn.get_pixel(30, 50), GROUND);
}

#[test]
fn lines_are_wider_on_larger_images() {
    let width = |side| {
        let drawn = drawn(side, vec![object(1, &rectangle(side, [50, 50, 90, 90]))]);
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
        let drawn = drawn(40, vec![object(id, &rectangle(40, [10, 10, 30, 30]))]);
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
    let mut marked = object(1, &rectangle(200, [0, 0, 200, 100]));
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
    let mut boxed = object(1, &Bitmap::new(100, 100).unwrap());
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
        let mut marked = object(u32::MAX, &mask);
        marked.prompt = PromptMarks {
            positive: vec![[x0, y0]],
            negative: vec![[x1, y1]],
            bounds: Some([x0, y0, x1, y1]),
        };
        let drawn = draw(RgbImage::from_pixel(width, height, GROUND), &[marked]);
        prop_assert_eq!(drawn.dimensions(), (width, height));
    }
}
