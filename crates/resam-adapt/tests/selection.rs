//! Learning and answering mean the same mask by the same points.

#[path = "../../resam-sam/tests/published/common.rs"]
#[expect(
    dead_code,
    reason = "shared with the model's tests, which use the rest"
)]
mod common;

use burn::tensor::Device;
use common::golden_folders;
use resam_adapt::example::Framed;
use resam_adapt::step::pseudo_labels;
use resam_adapt::views::{Flip, View};
use resam_adapt::{Example, ExampleInstance, Recipe, requery};
use resam_checkpoint::Checkpoint;
use resam_mask::Bitmap;
use resam_sam::preprocess::RgbView;
use resam_sam::{Predictor, Prompt, PromptPoint, Sam, SamConfig};

/// Points on a lattice, every third with a negative one beside it.
fn points(side: usize, count: usize) -> Vec<Vec<PromptPoint>> {
    let step = side as f64 / (count as f64 + 1.0);
    let places = (1..=count).flat_map(|row| (1..=count).map(move |column| (column, row)));
    let point = |x: f64, y: f64, positive: bool| PromptPoint { x, y, positive };
    places
        .enumerate()
        .map(|(at, (column, row))| {
            let [x, y] = [column, row].map(|place| (place as f64 * step).floor() + 0.3);
            let own = point(x, y, true);
            let beside = (at % 3 == 0).then(|| point(x + step / 2.0, y, false));
            std::iter::once(own).chain(beside).collect()
        })
        .collect()
}

/// Where the image has the size of the network's input, both see the same masks. Only their boxes
/// differ, by half a pixel: learning takes the published ones, from centre to centre.
#[test]
fn learning_and_answering_choose_the_same_masks() {
    let device = Device::flex();
    let (mut labelled, mut not_single) = (0, 0);
    for folder in golden_folders() {
        let checkpoint = Checkpoint::open(&folder.join("model.safetensors")).expect("weights");
        let mut config = SamConfig::detect(&checkpoint).expect("a SAM");
        if config.decoder.heads != 4 && folder == golden_folders()[0] {
            config.decoder.heads = 4;
        }
        let sam = Sam::load_with(&checkpoint, &config, &device).expect("a model");
        let predictor = Predictor::new(sam.clone(), &device, None).expect("its own size");
        let side = predictor.input_size();
        if side > 256 {
            continue;
        }
        for (case, count) in [(1usize, 1), (2, 3), (3, 4), (4, 6)] {
            let value = |at: usize| (at * (7919 + 2 * case) % (251 - case)) as u8;
            let rgb: Vec<u8> = (0..3 * side * side).map(value).collect();
            let points = points(side, count);
            let prompts: Vec<Prompt> = points
                .iter()
                .map(|points| Prompt {
                    points: points.clone(),
                    ..Default::default()
                })
                .collect();
            let view = RgbView::new(side, side, &rgb).expect("an image");
            let recipe = Recipe::default();
            let choice = &recipe.labels.choice;
            let answers = requery(
                &predictor,
                &predictor.encode(view),
                None,
                &prompts,
                &[],
                choice,
                None,
            )
            .expect("answers");
            let instance = |points: &Vec<PromptPoint>| ExampleInstance {
                name: String::new(),
                points: points.clone(),
                truth: None,
            };
            let example = Example {
                image: View {
                    width: side,
                    height: side,
                    rgb: rgb.clone(),
                },
                instances: points.iter().map(instance).collect(),
            };
            let framed = Framed::new(&example, side, Flip::default()).expect("a frame");
            let embedding = sam
                .image_encoder
                .forward(framed.input(&framed.weak, &device));
            let all: Vec<usize> = (0..points.len()).collect();
            let labels = pseudo_labels(&sam, &embedding, &framed, &all, &recipe.labels, 8, None);
            for (at, answer) in answers.iter().enumerate() {
                let candidate = answer.candidate.expect("a choice");
                let Some(place) = labels.instances.iter().position(|&of| of == at) else {
                    assert!(candidate.contradicted, "prompt {at} has no label");
                    continue;
                };
                let logits = answer.prediction.logits();
                let mask = Bitmap::from_threshold(&logits, side as u32, side as u32, 0.0);
                assert!(mask.expect("small") == labels.masks[place], "prompt {at}");
                let own = labels.candidates[place];
                assert_eq!(own.area, candidate.area);
                assert_eq!(own.stability, candidate.stability);
                assert_eq!(own.contradicted, candidate.contradicted);
                assert!((own.agreement - candidate.agreement).abs() < 0.2);
                labelled += 1;
                not_single += usize::from(labels.masks[place] != labels.of_points[at]);
            }
        }
    }
    assert!(
        labelled > 0,
        "{labelled} labels, {not_single} of another mask than the single one"
    );
    println!("{labelled} labels, {not_single} of another mask than the single one");
}
