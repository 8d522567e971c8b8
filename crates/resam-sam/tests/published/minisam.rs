//! Real weights (TinyViT, MobileSAM's architecture) on real images, end to end from the JPEG,
//! against the published modules. Needs the shared folder; says so and passes without it.

use crate::common::{Golden, Report, device, relative_error, values};
use resam_checkpoint::Checkpoint;
use resam_sam::preprocess::RgbView;
use resam_sam::{Predictor, Prompt, PromptPoint, Sam};
use resam_testing::shared_folder;

const TOLERANCE: f64 = 1e-4;
const EQUAL_PIXELS: f64 = 0.999;

#[test]
fn golden_masks_of_real_images_are_those_of_the_published_modules() {
    let Some(shared) = shared_folder() else {
        return;
    };
    let golden = Golden::open(&shared.join("golden/minisam"));
    let text = std::fs::read_to_string(shared.join("golden/minisam/golden.json")).expect("json");
    let cases: serde_json::Value = serde_json::from_str(&text).expect("json");
    let weights = Checkpoint::open(&shared.join("weights/minisam_vit_t.safetensors"));
    let device = device();
    let sam = Sam::load(&weights.expect("weights"), &device).expect("a MobileSAM");
    let predictor = Predictor::new(sam, &device, None).expect("a predictor");
    let mut report = Report::default();
    for (image, case) in cases.as_object().expect("cases") {
        let path = shared.join(format!("data/nwpu_vhr10_train/images/{image}.jpg"));
        let rgb = resam_image::read_rgb(&path).expect("an image").rgb;
        let view = RgbView::new(rgb.width() as usize, rgb.height() as usize, rgb.as_raw());
        let encoded = predictor.encode(view.expect("a view"));
        let theirs = golden.values(&format!("{image}.embedding"));
        report.close(
            &format!("{image} embedding"),
            &values(encoded.embedding()),
            &theirs,
            TOLERANCE,
        );

        let number = |value: &serde_json::Value| value.as_f64().expect("a number");
        let geometry = *encoded.geometry();
        // The published predictor takes the index of a pixel and scales it; ours takes a position
        // counted from the image's corner and takes half an input pixel away.
        let position = |index: f64, axis: usize| {
            index + 0.5 * geometry.original[axis] as f64 / geometry.covered[axis] as f64
        };
        let points: Vec<PromptPoint> = case["points"]
            .as_array()
            .expect("points")
            .iter()
            .zip(case["labels"].as_array().expect("labels"))
            .map(|(point, label)| PromptPoint {
                x: position(number(&point[0]), 1),
                y: position(number(&point[1]), 0),
                positive: number(label) == 1.0,
            })
            .collect();
        let corners: Vec<f64> = (0..4)
            .map(|i| position(number(&case["box"][i]), 1 - i % 2))
            .collect();
        let bounds = Some([corners[0], corners[1], corners[2], corners[3]]);
        let single = Prompt {
            points,
            ..Default::default()
        };
        let answer = |prompt: &Prompt, multimask: bool| {
            predictor
                .predict(&encoded, std::slice::from_ref(prompt), multimask)
                .expect("masks")
                .remove(0)
        };
        let first = answer(&single, false);
        let refined = Prompt {
            mask: Some(first[0].low_res.clone()),
            ..single.clone()
        };
        let bounded = Prompt {
            bounds,
            ..Default::default()
        };
        for (kind, masks) in [
            ("single", first),
            ("multi", answer(&single, true)),
            ("box", answer(&bounded, false)),
            ("refine", answer(&refined, false)),
        ] {
            let name = format!("{image}.{kind}");
            let low_res: Vec<f32> = masks.iter().flat_map(|m| m.low_res.clone()).collect();
            let scores: Vec<f32> = masks.iter().map(|m| m.score).collect();
            let theirs = golden.values(&format!("{name}.low_res"));
            report.close(&format!("{name} low_res"), &low_res, &theirs, TOLERANCE);
            let theirs = golden.values(&format!("{name}.iou"));
            report.close(&format!("{name} score"), &scores, &theirs, TOLERANCE);
            if golden.0.get(&format!("{name}.mask")).is_some() {
                let logits: Vec<f32> = masks
                    .iter()
                    .flat_map(resam_sam::Prediction::logits)
                    .collect();
                let theirs = golden.values(&format!("{name}.mask"));
                let theirs: Vec<bool> = theirs.iter().map(|&value| value > 0.0).collect();
                report.same_masks(&format!("{name} mask"), &logits, &theirs, EQUAL_PIXELS);
            }
        }
    }
    report.finish();
}

#[test]
fn golden_answers_do_not_depend_on_what_is_asked_beside_them() {
    let Some(shared) = shared_folder() else {
        return;
    };
    let weights = Checkpoint::open(&shared.join("weights/minisam_vit_t.safetensors"));
    let device = device();
    let sam = Sam::load(&weights.expect("weights"), &device).expect("a MobileSAM");
    // A smaller input than the published forward pass takes: TinyViT has no absolute positions.
    let predictor = Predictor::new(sam, &device, Some(256)).expect("a predictor");
    let image: Vec<u8> = (0..200 * 300 * 3)
        .map(|i| ((i * 7919) % 251) as u8)
        .collect();
    let other = vec![90u8; 3 * 150 * 80];
    let view = RgbView::new(300, 200, &image).expect("a view");
    let alone = predictor.encode(view);
    let batch = predictor.encode_batch(&[RgbView::new(80, 150, &other).expect("a view"), view]);
    let (ours, theirs) = (values(batch[1].embedding()), values(alone.embedding()));
    assert!(
        relative_error(&ours, &theirs) < 1e-5,
        "a batch of images changes an embedding"
    );

    let point = |x: f64, y: f64, positive| PromptPoint { x, y, positive };
    let prompts = [
        Prompt {
            points: vec![point(30.0, 40.0, true)],
            ..Default::default()
        },
        Prompt {
            bounds: Some([10.0, 10.0, 90.0, 80.0]),
            ..Default::default()
        },
        Prompt {
            points: vec![point(200.5, 100.0, true), point(5.0, 5.0, false)],
            ..Default::default()
        },
        Prompt {
            points: vec![point(120.0, 140.0, true)],
            ..Default::default()
        },
    ];
    let together = predictor.predict(&alone, &prompts, true).expect("masks");
    for (prompt, together) in prompts.iter().zip(&together) {
        let single = predictor
            .predict(&alone, std::slice::from_ref(prompt), true)
            .expect("masks");
        for (a, b) in single[0].iter().zip(together) {
            assert!(relative_error(&a.low_res, &b.low_res) < 1e-5);
        }
    }
}
