//! Learning and answering mean the same mask by the same points.

use std::path::Path;

use burn::tensor::Device;
use resam_adapt::views::View;
use resam_adapt::{Example, ExampleInstance, LabelContext, Question, Recipe};
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
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../resam-sam/tests/fixtures");
    let model = fixtures.join("golden/sam_7/model.safetensors");
    let checkpoint = Checkpoint::open(&model).expect("weights");
    let mut config = SamConfig::detect(&checkpoint).expect("a SAM");
    config.decoder.heads = 4;
    let sam = Sam::load_with(&checkpoint, &config, &device).expect("a model");
    let predictor = Predictor::new(sam.clone(), &device, None).expect("its own size");
    let side = predictor.input_size();
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
        let question = Question {
            predictor: &predictor,
            prompts: &prompts,
            beside: &[],
            selection: &recipe.labels.selection,
            prior: None,
        };
        let answers = question
            .requery(&predictor.encode(view), None)
            .expect("answers");
        let instance = |points: &Vec<PromptPoint>| ExampleInstance {
            name: String::new(),
            class: None,
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
        let context = LabelContext {
            model: &sam,
            input_size: side,
            device: &device,
            labels: &recipe.labels,
            size_prior_px: None,
            batch: 8,
        };
        let (_, labels) = context.label(&example).expect("labels");
        for (at, answer) in answers.iter().enumerate() {
            let candidate = answer.candidate.expect("a choice");
            let Some(place) = labels.instances.iter().position(|&of| of == at) else {
                assert!(candidate.violates_prompts, "prompt {at} has no label");
                continue;
            };
            let logits = answer.prediction.logits();
            let mask = Bitmap::from_threshold(&logits, side as u32, side as u32, 0.0);
            assert!(mask.expect("small") == labels.masks[place], "prompt {at}");
            let own = labels.candidates[place];
            assert_eq!(own.area, candidate.area);
            assert_eq!(own.stability, candidate.stability);
            assert_eq!(own.violates_prompts, candidate.violates_prompts);
            assert!((own.consistency - candidate.consistency).abs() < 0.2);
            labelled += 1;
            not_single += usize::from(labels.masks[place] != labels.of_points[at]);
        }
    }
    assert!(
        labelled > 9 && not_single > 0,
        "{labelled} labels, {not_single} not single"
    );
}
