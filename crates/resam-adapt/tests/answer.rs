//! The loop at inference.

use burn::tensor::Device;
use resam_adapt::{Question, SelectedPrediction};
use resam_checkpoint::Checkpoint;
use resam_sam::preprocess::{Part, RgbView};
use resam_sam::{EncodedImage, Predictor, Prompt, PromptPoint, Sam, SamConfig};
use resam_select::MaskSelection;
use resam_testing::golden_folders;

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

fn pixels() -> Vec<u8> {
    let value = |at: usize| (at * 7919 % 251) as u8;
    (0..3 * WIDTH * HEIGHT).map(value).collect()
}

fn encoded(predictor: &Predictor) -> EncodedImage {
    predictor.encode(RgbView::new(WIDTH, HEIGHT, &pixels()).expect("an image"))
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

/// What the loop answers, by itself.
fn requery(
    predictor: &Predictor,
    image: &EncodedImage,
    pixels: Option<RgbView<'_>>,
    prompts: &[Prompt],
    selection: &MaskSelection,
) -> Vec<SelectedPrediction> {
    let question = Question {
        predictor,
        prompts,
        beside: &[],
        selection,
        prior: None,
    };
    question.requery(image, pixels).expect("answers")
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
    let answers = requery(
        &predictor,
        &image,
        None,
        &prompts,
        &MaskSelection::default(),
    );
    let single = predictor.predict(&image, &prompts, false).expect("answers");
    let several = predictor.predict(&image, &prompts, true).expect("answers");
    assert_eq!(answers.len(), prompts.len());
    for (at, answer) in answers.iter().enumerate() {
        let known = single[at].iter().chain(&several[at]);
        let same = |other: &&resam_sam::Prediction| other.low_res == answer.prediction.low_res;
        assert_eq!(known.filter(same).count(), 1, "prompt {at}");
    }
    assert_eq!(answers[1].prediction.low_res, single[1][0].low_res);
    assert!(answers[1].candidate.is_none());
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
    let answers = requery(
        &predictor,
        &image,
        None,
        &prompts,
        &MaskSelection::default(),
    );
    let single = predictor.predict(&image, &prompts, false).expect("answers");
    let several = predictor.predict(&image, &prompts, true).expect("answers");
    let mut avoided = 0;
    for (at, answer) in answers.iter().enumerate() {
        let empty =
            |other: &resam_sam::Prediction| other.logits().iter().all(|&logit| logit <= 0.0);
        let mut known = single[at].iter().chain(&several[at]);
        if known.any(|other| !empty(other) && !holds_others(other, at)) {
            assert!(!holds_others(&answer.prediction, at), "prompt {at}");
            avoided += usize::from(holds_others(&single[at][0], at));
        }
    }
    println!("avoided {avoided} of {}", prompts.len());
}

#[test]
fn nothing_asked_is_nothing_answered() {
    let predictor = predictor();
    let image = encoded(&predictor);
    let answers = requery(&predictor, &image, None, &[], &MaskSelection::default());
    assert!(answers.is_empty());
}

#[test]
fn with_pixels_an_answer_is_one_of_the_masks_of_the_whole_or_of_a_part_that_shows_it() {
    let predictor = predictor();
    let image = encoded(&predictor);
    let pixels = pixels();
    let view = RgbView::new(WIDTH, HEIGHT, &pixels).expect("an image");
    let places = (0..4).flat_map(|row| (0..5).map(move |column| (row, column)));
    let prompts: Vec<Prompt> = places
        .map(|(row, column)| point(9.5 + 17.0 * f64::from(column), 8.5 + 15.0 * f64::from(row)))
        .collect();
    let selection = MaskSelection::default();
    let answers = requery(&predictor, &image, Some(view), &prompts, &selection);
    let whole = predictor.predict_all(&image, &prompts).expect("answers");
    // Parts of half the longest side, wherever they may lie.
    let side = WIDTH / 2;
    let mut zoomed = 0;
    for (at, answer) in answers.iter().enumerate() {
        let same = |other: &resam_sam::Prediction| other.low_res == answer.prediction.low_res;
        if whole[at].iter().any(same) {
            continue;
        }
        let origins = (0..=WIDTH - side).flat_map(|x| (0..=HEIGHT - side).map(move |y| (x, y)));
        let of_parts = origins.filter(|&(x, y)| {
            x % 11 == 0 && y % 11 == 0 || x == WIDTH - side || y == HEIGHT - side
        });
        let mut found = false;
        for (x, y) in of_parts {
            let part = Part {
                x,
                y,
                width: side,
                height: side,
            };
            let of_part = predictor.encode_part(view, part).expect("a part");
            let masks = predictor
                .predict_all(&of_part, &prompts[at..=at])
                .expect("answers");
            if masks[0].iter().any(same) {
                found = true;
                break;
            }
        }
        assert!(found, "prompt {at}");
        zoomed += 1;
    }
    println!("{zoomed} of {} zoomed", prompts.len());
    // Without the wish, or without pixels, nothing is encoded twice.
    let once = MaskSelection {
        zoom: false,
        ..selection
    };
    let plain = requery(&predictor, &image, Some(view), &prompts, &once);
    let blind = requery(&predictor, &image, None, &prompts, &selection);
    for (plain, blind) in plain.iter().zip(&blind) {
        assert_eq!(plain.prediction.low_res, blind.prediction.low_res);
    }
}

#[test]
fn prompts_with_the_same_point_get_the_answer_of_one() {
    let predictor = predictor();
    let image = encoded(&predictor);
    let alone = [point(30.5, 20.5), point(70.5, 50.5)];
    let doubled = [alone[0].clone(), alone[1].clone(), alone[0].clone()];
    // Sizes are judged by those of co-occurring instances, which a double is.
    let selection = MaskSelection {
        size_weight: 0.0,
        ..MaskSelection::default()
    };
    let ask = |prompts: &[Prompt]| requery(&predictor, &image, None, prompts, &selection);
    let (alone, doubled) = (ask(&alone), ask(&doubled));
    for (at, of_one) in [(0, 0), (1, 1), (2, 0)] {
        assert_eq!(
            doubled[at].prediction.low_res,
            alone[of_one].prediction.low_res
        );
    }
}
