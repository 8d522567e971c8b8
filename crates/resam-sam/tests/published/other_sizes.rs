//! The ViT at input sizes other than the one it was trained at, against the published modules
//! (`fixtures/make_other_sizes.py`), and sizes it cannot take.

use std::path::Path;

use crate::common::{Golden, Report, device, values};
use resam_checkpoint::Checkpoint;
use resam_sam::prompt_encoder::{PointLabel, PromptBatch};
use resam_sam::{Predictor, Sam, SamConfig, SamError};

fn model() -> Sam {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden/sam_7");
    let checkpoint = Checkpoint::open(&folder.join("model.safetensors")).expect("model");
    let mut config = SamConfig::detect(&checkpoint).expect("a SAM");
    config.decoder.heads = 4;
    Sam::load_with(&checkpoint, &config, &device()).expect("a model")
}

#[test]
fn positions_are_resampled_as_published() {
    let device = device();
    let fixture =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/other_sizes.safetensors");
    let golden = Golden(Checkpoint::open(&fixture).expect("fixture"));
    let sam = model();
    let mut report = Report::default();
    for size in [96, 192] {
        let input = golden.tensor::<4>(&format!("{size}.input"), &device);
        let embedding = sam.image_encoder.forward(input);
        let mut close = |name: &str, ours: &[f32]| {
            let theirs = golden.values(&format!("{size}.{name}"));
            report.close(&format!("{size} {name}"), ours, &theirs, 1e-4);
        };
        close("embedding", &values(&embedding));
        let points = golden.values(&format!("{size}.points"));
        let prompt = vec![
            ([points[0], points[1]], PointLabel::Positive),
            ([points[2], points[3]], PointLabel::Negative),
        ];
        let prompts = PromptBatch {
            points: vec![prompt],
            ..Default::default()
        };
        let decoded = sam.decode(embedding, &prompts, true);
        close("low_res", &values(&decoded.low_res));
        close("iou", &values(&decoded.iou_predictions));
    }
    report.finish();
}

#[test]
fn a_size_that_is_no_multiple_of_the_stride_is_refused_by_name() {
    for size in [0, 8, 100, 1000, 4112, 1 << 60] {
        let refused = Predictor::new(model(), &device(), Some(size));
        let Err(error @ SamError::InputSize { .. }) = refused else {
            panic!("{size} was not refused")
        };
        assert!(
            error
                .to_string()
                .contains(&format!("input size {size} is not")),
            "{error}"
        );
    }
    assert!(Predictor::new(model(), &device(), Some(96)).is_ok());
}
