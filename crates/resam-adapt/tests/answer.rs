//! The loop at inference.

#[path = "../../resam-sam/tests/published/common.rs"]
#[expect(
    dead_code,
    reason = "shared with the model's tests, which use the rest"
)]
mod common;

use burn::tensor::Device;
use common::golden_folders;
use resam_adapt::{Choice, requery};
use resam_checkpoint::Checkpoint;
use resam_sam::preprocess::RgbView;
use resam_sam::{EncodedImage, Predictor, Prompt, PromptPoint, Sam, SamConfig};

const WIDTH: usize = 90;
const HEIGHT: usize = 64;

fn predictor() -> Predictor {
    let folder = golden_folders().remove(0);
    let checkpoint = Checkpoint::open(&folder.join("model.safetensors")).expect("weights");
    let mut config = SamConfig::detect(&checkpoint).expect("a SAM");
    config.decoder.heads = 4;
    let sam = Sam::load_with(&checkpoint, &config, &Device::flex()).expect("a model");
    Predictor::new(sam, &Device::flex(), None).expect("its own size")
}

fn encoded(predictor: &Predictor) -> EncodedImage {
    let value = |at: usize| (at * 7919 % 251) as u8;
    let rgb: Vec<u8> = (0..3 * WIDTH * HEIGHT).map(value).collect();
    predictor.encode(RgbView::new(WIDTH, HEIGHT, &rgb).expect("an image"))
}

fn point(x: f64, y: f64) -> Prompt {
    Prompt {
        points: vec![PromptPoint {
            x,
            y,
            positive: true,
        }],
        ..Default::default()
    }
}

#[test]
fn every_answer_is_one_of_the_models_masks_and_a_box_is_answered_as_without_the_loop() {
    let predictor = predictor();
    let image = encoded(&predictor);
    let in_a_box = Prompt {
        bounds: Some([10.0, 8.0, 40.0, 30.0]),
        ..point(20.0, 20.0)
    };
    let prompts = [point(20.0, 20.0), in_a_box, point(70.0, 50.0)];
    let answers = requery(&predictor, &image, &prompts, &[], &Choice::default()).expect("answers");
    let single = predictor.predict(&image, &prompts, false).expect("answers");
    let several = predictor.predict(&image, &prompts, true).expect("answers");
    assert_eq!(answers.len(), prompts.len());
    for (at, answer) in answers.iter().enumerate() {
        let known = single[at].iter().chain(&several[at]);
        let same = |other: &&resam_sam::Prediction| other.low_res == answer.low_res;
        assert_eq!(known.filter(same).count(), 1, "prompt {at}");
    }
    assert_eq!(answers[1].low_res, single[1][0].low_res);
}

#[test]
fn a_mask_with_the_point_of_another_object_is_not_the_answer_if_there_is_one_without() {
    let predictor = predictor();
    let image = encoded(&predictor);
    // Points all over the image: random masks hold many of them.
    let places = (0..6).flat_map(|row| (0..8).map(move |column| (row, column)));
    let prompts: Vec<Prompt> = places
        .map(|(row, column)| point(5.5 + 11.0 * f64::from(column), 5.5 + 10.0 * f64::from(row)))
        .collect();
    let holds_others = |answer: &resam_sam::Prediction, own: usize| {
        let logits = answer.logits();
        let others = prompts.iter().enumerate().filter(|(at, _)| *at != own);
        let mut points = others.flat_map(|(_, prompt)| &prompt.points);
        points.any(|point| logits[point.y as usize * WIDTH + point.x as usize] > 0.0)
    };
    let answers = requery(&predictor, &image, &prompts, &[], &Choice::default()).expect("answers");
    let single = predictor.predict(&image, &prompts, false).expect("answers");
    let several = predictor.predict(&image, &prompts, true).expect("answers");
    let mut avoided = 0;
    for (at, answer) in answers.iter().enumerate() {
        let empty =
            |other: &resam_sam::Prediction| other.logits().iter().all(|&logit| logit <= 0.0);
        let mut known = single[at].iter().chain(&several[at]);
        if known.any(|other| !empty(other) && !holds_others(other, at)) {
            assert!(!holds_others(answer, at), "prompt {at}");
            avoided += usize::from(holds_others(&single[at][0], at));
        }
    }
    println!("avoided {avoided} of {}", prompts.len());
}

#[test]
fn nothing_asked_is_nothing_answered() {
    let predictor = predictor();
    let image = encoded(&predictor);
    let answers = requery(&predictor, &image, &[], &[], &Choice::default()).expect("answers");
    assert!(answers.is_empty());
}
