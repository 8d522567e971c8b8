//! The model that is part of the program.

use resam_mask::Bitmap;
use resam_nano::source::validation_picture;
use resam_nano::{NOTICE, NOTICE_KEY, checkpoint, judge, sizes};
use resam_sam::{Device, Sam, SamConfig};

/// Pictures that the model is judged on here.
const PICTURES: usize = 40;

#[test]
fn it_is_small_says_what_it_is_and_has_the_sizes_that_are_trained() {
    let checkpoint = checkpoint().expect("a checkpoint");
    assert!(checkpoint.file_size() <= 6_000_000);
    assert!(checkpoint.parameters() <= 3_000_000);
    let notice = checkpoint.metadata().get(NOTICE_KEY);
    assert_eq!(notice.map(String::as_str), Some(NOTICE));
    assert_eq!(SamConfig::detect(&checkpoint).expect("a model"), sizes());
}

#[test]
fn it_beats_what_needs_no_model() {
    let device = Device::flex();
    let sam = Sam::load(&checkpoint().expect("a checkpoint"), &device).expect("a model");
    let scores = judge(&sam, PICTURES, &device).expect("pictures");
    let of = |form: &str| {
        let found = scores.iou.iter().find(|(name, _)| name == form);
        found.expect("judged").1
    };
    // Without a model: the whole box; around a point, the disc of the size that does best overall,
    // with the point in the middle of the thing, which is more than a point tells.
    let (mut boxes, mut discs, mut things) = (0.0, [0.0; 12], 0.0);
    for number in 0..PICTURES as u64 {
        for mask in validation_picture(number).expect("a picture").masks {
            let bounds = mask.bounding_box().expect("a thing");
            let (width, height) = (bounds.x1 - bounds.x0, bounds.y1 - bounds.y0);
            boxes += mask.area() as f64 / (width * height);
            let pixels: Vec<(u32, u32)> = mask.pixels().collect();
            let count = pixels.len() as f64;
            let middle = [
                pixels.iter().map(|at| f64::from(at.0)).sum::<f64>() / count,
                pixels.iter().map(|at| f64::from(at.1)).sum::<f64>() / count,
            ];
            for (radius, sum) in (1..).zip(&mut discs) {
                let disc = Bitmap::from_fn(mask.width(), mask.height(), |x, y| {
                    let [dx, dy] = [f64::from(x) - middle[0], f64::from(y) - middle[1]];
                    dx.hypot(dy) <= f64::from(radius) * 6.0
                });
                *sum += disc.and_then(|disc| disc.iou(&mask)).expect("of a size");
            }
            things += 1.0;
        }
    }
    let disc = discs.into_iter().fold(0.0, f64::max) / things;
    assert!(of("1 point") > disc, "{scores:?}, a disc {disc}");
    assert!(
        of("its box") > boxes / things,
        "{scores:?}, the box {}",
        boxes / things
    );
}
