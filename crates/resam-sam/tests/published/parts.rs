//! Parts of an image are answered about as images of their own, in pixels of the whole.

use resam_sam::preprocess::{Part, RgbView};
use resam_sam::{Predictor, Prompt, PromptPoint, Sam, SamConfig, SamError};
use resam_testing::golden_folders;

use crate::common::device;

const WIDTH: usize = 90;
const HEIGHT: usize = 64;

fn predictor() -> Predictor {
    let folder = golden_folders().remove(0);
    let checkpoint =
        resam_checkpoint::Checkpoint::open(&folder.join("model.safetensors")).expect("weights");
    let mut config = SamConfig::detect(&checkpoint).expect("a SAM");
    config.decoder.heads = 4;
    let sam = Sam::load_with(&checkpoint, &config, &device()).expect("a model");
    Predictor::new(sam, &device(), None).expect("its own size")
}

/// The pixels of a part of the image.
fn pixels(part: Part) -> Vec<u8> {
    let value = |x: usize, y: usize, band: usize| ((x * 31 + y * 57 + band * 101) % 251) as u8;
    let rows = part.y..part.y + part.height;
    let places = rows.flat_map(|y| (part.x..part.x + part.width).map(move |x| (x, y)));
    places
        .flat_map(|(x, y)| [0, 1, 2].map(|band| value(x, y, band)))
        .collect()
}

/// The pixels of the whole image.
fn image() -> Vec<u8> {
    pixels(Part {
        x: 0,
        y: 0,
        width: WIDTH,
        height: HEIGHT,
    })
}

fn prompts([dx, dy]: [f64; 2]) -> Vec<Prompt> {
    let point = PromptPoint {
        x: 50.5 - dx,
        y: 30.25 - dy,
        positive: true,
    };
    let in_a_box = Prompt {
        bounds: Some([41.0 - dx, 22.0 - dy, 62.0 - dx, 44.5 - dy]),
        ..Default::default()
    };
    let of_points = Prompt {
        points: vec![point],
        ..Default::default()
    };
    vec![of_points, in_a_box]
}

#[test]
fn a_part_is_answered_about_as_the_image_that_it_is() {
    let predictor = predictor();
    let part = Part {
        x: 35,
        y: 17,
        width: 40,
        height: 30,
    };
    let (whole, cut) = (image(), pixels(part));
    let whole = RgbView::new(WIDTH, HEIGHT, &whole).expect("an image");
    let alone = predictor.encode(RgbView::new(part.width, part.height, &cut).expect("an image"));
    let within = predictor.encode_part(whole, part).expect("a part");
    let offset = [part.x as f64, part.y as f64];
    let of_part = predictor
        .predict_all(&within, &prompts([0.0, 0.0]))
        .expect("answers");
    let of_image = predictor
        .predict_all(&alone, &prompts(offset))
        .expect("answers");
    for (of_part, of_image) in of_part.iter().flatten().zip(of_image.iter().flatten()) {
        assert_eq!(of_part.image_size(), [HEIGHT, WIDTH]);
        assert_eq!(of_part.score, of_image.score);
        let (logits, own) = (of_part.logits(), of_image.logits());
        for (at, &logit) in logits.iter().enumerate() {
            let (x, y) = (at % WIDTH, at / WIDTH);
            let inside = (part.x..part.x + part.width).contains(&x)
                && (part.y..part.y + part.height).contains(&y);
            let expected = if inside {
                own[(y - part.y) * part.width + x - part.x]
            } else {
                f32::NEG_INFINITY
            };
            assert_eq!(logit, expected, "{x}, {y}");
        }
    }
}

#[test]
fn a_part_that_sticks_out_or_has_no_pixel_is_refused() {
    let predictor = predictor();
    let whole = image();
    let whole = RgbView::new(WIDTH, HEIGHT, &whole).expect("an image");
    for [x, y, width, height] in [
        [60, 0, 31, 10],
        [0, 60, 10, 5],
        [usize::MAX, 0, 2, 2],
        [0, 0, 0, 5],
        [0, 0, 5, 0],
    ] {
        let part = Part {
            x,
            y,
            width,
            height,
        };
        let refused = predictor.encode_part(whole, part);
        assert!(matches!(refused, Err(SamError::Image { .. })), "{part:?}");
    }
}

#[test]
fn all_masks_are_the_single_one_and_those_for_an_ambiguous_prompt() {
    let predictor = predictor();
    let whole = image();
    let image = predictor.encode(RgbView::new(WIDTH, HEIGHT, &whole).expect("an image"));
    let prompts = prompts([0.0, 0.0]);
    let all = predictor.predict_all(&image, &prompts).expect("answers");
    let single = predictor.predict(&image, &prompts, false).expect("answers");
    let several = predictor.predict(&image, &prompts, true).expect("answers");
    for ((all, single), several) in all.iter().zip(&single).zip(&several) {
        assert_eq!(all.len(), 4);
        for (one, other) in all.iter().zip(single.iter().chain(several)) {
            assert_eq!(one.low_res, other.low_res);
            assert_eq!(one.score, other.score);
        }
    }
}
