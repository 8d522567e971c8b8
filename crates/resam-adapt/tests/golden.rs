//! The losses and the gradients of the adapters that the published step has.

#[path = "../../resam-sam/tests/published/common.rs"]
#[expect(
    dead_code,
    reason = "shared with the model's tests, which use the rest"
)]
mod common;

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use common::{Golden, Report, golden_folders, values};
use resam_adapt::{alignment, box_features, mask_losses};
use resam_checkpoint::Checkpoint;
use resam_sam::lora::{LowRank, QueryValueAdapter};
use resam_sam::preprocess::{RgbView, preprocess};
use resam_sam::prompt_encoder::{PointLabel, PromptBatch};
use resam_sam::sam::ImageEncoder;
use resam_sam::{Sam, SamConfig};

const TOLERANCE: f64 = 1e-4;

/// The model with the golden adapters attached, and what the published step made of it.
struct Step {
    sam: Sam,
    golden: Golden,
    expected: serde_json::Value,
    device: Device,
}

impl Step {
    fn open(folder: &Path, device: &Device) -> Self {
        let text = std::fs::read_to_string(folder.join("golden.json")).expect("golden.json");
        let expected: serde_json::Value = serde_json::from_str(&text).expect("golden.json");
        let checkpoint = Checkpoint::open(&folder.join("model.safetensors")).expect("model");
        let mut config = SamConfig::detect(&checkpoint).expect("a SAM checkpoint");
        let heads = expected["config"]["decoder_heads"].as_u64();
        config.decoder.heads = heads.expect("heads") as usize;
        let mut step = Self {
            sam: Sam::load_with(&checkpoint, &config, device).expect("model"),
            golden: Golden::open(folder),
            expected,
            device: device.clone(),
        };
        step.attach();
        step
    }

    fn attach(&mut self) {
        let ImageEncoder::Vit(vit) = &mut self.sam.image_encoder else {
            panic!("golden models are ViTs")
        };
        for (index, block) in vit.blocks.iter_mut().enumerate() {
            if self.golden.0.get(&format!("lora.{index}.aq")).is_none() {
                continue;
            }
            let factor = |name: &str| {
                self.golden
                    .tensor::<2>(&format!("lora.{index}.{name}"), &self.device)
                    .transpose()
            };
            block.attn.adapter = Some(QueryValueAdapter {
                query: LowRank::from_tensors(factor("aq"), factor("bq")),
                value: LowRank::from_tensors(factor("av"), factor("bv")),
            });
        }
    }

    fn embedding(&self, image: &str) -> Tensor<4> {
        let (planar, shape) = (self.golden.bytes(image), self.golden.shape(image));
        let (height, width) = (shape[1], shape[2]);
        let interleaved: Vec<u8> = (0..height * width)
            .flat_map(|pixel| [0, 1, 2].map(|band| planar[band * height * width + pixel]))
            .collect();
        let view = RgbView::new(width, height, &interleaved).expect("an image");
        let input = preprocess(view, self.sam.image_size(), &self.device).0;
        self.sam.image_encoder.forward(input)
    }

    fn prompts(&self) -> PromptBatch {
        let (positions, labels) = (self.golden.values("points"), self.golden.values("labels"));
        let count = self.golden.shape("labels")[1];
        let point = |at: usize| {
            let label = match labels[at] as i32 {
                1 => PointLabel::Positive,
                0 => PointLabel::Negative,
                _ => PointLabel::Padding,
            };
            ([positions[2 * at], positions[2 * at + 1]], label)
        };
        let kept = self.expected["kept"].as_array().expect("kept instances");
        let points = kept.iter().map(|row| {
            let row = row.as_u64().expect("an index") as usize;
            (row * count..(row + 1) * count).map(point).collect()
        });
        PromptBatch {
            points: points.collect(),
            ..Default::default()
        }
    }

    fn labels(&self) -> Tensor<3> {
        let pseudo = self.golden.values("step.pseudo");
        let size = self.sam.image_size();
        let instances = pseudo.len() / (size * size);
        Tensor::from_data(
            TensorData::new(pseudo, [instances, size, size]),
            &self.device,
        )
    }

    /// The gradient of every factor of every adapter, by the golden name.
    fn gradients(&self, loss: &Tensor<1>) -> Vec<(String, Vec<f32>)> {
        let gradients = loss.backward();
        let ImageEncoder::Vit(vit) = &self.sam.image_encoder else {
            panic!("golden models are ViTs")
        };
        let mut named = Vec::new();
        for (index, block) in vit.blocks.iter().enumerate() {
            let Some(adapter) = &block.attn.adapter else {
                continue;
            };
            let (query, value) = (&adapter.query, &adapter.value);
            for (name, factor) in [
                ("aq", &query.a),
                ("bq", &query.b),
                ("av", &value.a),
                ("bv", &value.b),
            ] {
                let gradient = factor.val().grad(&gradients).expect("a gradient");
                named.push((format!("{index}.{name}"), values(&gradient.transpose())));
            }
        }
        named
    }
}

#[test]
fn golden_losses_and_gradients_are_those_of_the_published_step() {
    let mut report = Report::default();
    let device = Device::flex().autodiff();
    for folder in golden_folders() {
        println!("\n{}", folder.display());
        let step = Step::open(&folder, &device);
        let mut close = |name: &str, ours: &Tensor<1>| {
            let theirs = step.expected[name].as_f64().expect("a loss") as f32;
            report.close(name, &values(ours), &[theirs], TOLERANCE);
        };

        let decoded = step
            .sam
            .decode(step.embedding("strong_u8"), &step.prompts(), false);
        let losses = mask_losses(decoded.low_res, decoded.quality, step.labels());
        close("focal", &losses.focal);
        close("dice", &losses.dice);
        close("iou_mse", &losses.quality);
        let without_alignment = step.gradients(&losses.total());

        let boxes = step.golden.values("step.boxes");
        let feature = |image: &str| {
            let stride = step.sam.image_encoder.stride();
            box_features(step.embedding(image), boxes.as_chunks::<4>().0, stride)
        };
        let aligned = alignment(feature("image_u8").detach(), feature("strong_u8"));
        close("ssa", &aligned);
        let of_alignment = step.gradients(&aligned);

        for (kind, ours) in [
            ("grad_total_no_ssa", without_alignment),
            ("grad_ssa", of_alignment),
        ] {
            assert!(!ours.is_empty(), "no golden adapters");
            for (name, ours) in ours {
                let theirs = step.golden.values(&format!("{kind}.{name}"));
                report.close(&format!("{kind} {name}"), &ours, &theirs, TOLERANCE);
            }
        }
    }
    assert!(report.compared > 0, "the fixture is always there");
    report.finish();
}
