//! The losses and the gradients of the adapters that the published step has.

#[path = "../../resam-sam/tests/published/common.rs"]
#[expect(
    dead_code,
    reason = "shared with the model's tests, which use the rest"
)]
mod common;

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use common::{Golden, Report, values};
use resam_adapt::example::Framed;
use resam_adapt::recipe::Loss;
use resam_adapt::refine::{ENTROPY_THRESHOLD, above, refine};
use resam_adapt::reinforce::Queues;
use resam_adapt::step::{Aligning, Gradients, TrainingSample, learn};
use resam_adapt::views::{Flip, View};
use resam_adapt::{LabelContext, PseudoLabels};
use resam_adapt::{Recipe, alignment, box_features, mask_losses};
use resam_checkpoint::Checkpoint;
use resam_mask::Bitmap;
use resam_sam::ImageEncoder;
use resam_sam::lora::{LowRank, QueryValueAdapter};
use resam_sam::postprocess::Geometry;
use resam_sam::preprocess::{RgbView, preprocess};
use resam_sam::prompt_encoder::{PointLabel, PromptBatch};
use resam_sam::{Sam, SamConfig};
use resam_testing::golden_folders;

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
                let factor = self
                    .golden
                    .tensor::<2>(&format!("lora.{index}.{name}"), &self.device)
                    .transpose();
                if self.device.is_autodiff() {
                    factor.require_grad()
                } else {
                    factor
                }
            };
            block.attn.adapter = Some(QueryValueAdapter {
                query: LowRank::from_tensors(factor("aq"), factor("bq")),
                value: LowRank::from_tensors(factor("av"), factor("bv")),
            });
        }
    }

    fn embedding(&self, image: &str) -> Tensor<4> {
        self.sam.image_encoder.forward(self.input(image))
    }

    fn input(&self, image: &str) -> Tensor<4> {
        let (planar, shape) = (self.golden.bytes(image), self.golden.shape(image));
        let (height, width) = (shape[1], shape[2]);
        let interleaved: Vec<u8> = (0..height * width)
            .flat_map(|pixel| [0, 1, 2].map(|band| planar[band * height * width + pixel]))
            .collect();
        let view = RgbView::new(width, height, &interleaved).expect("an image");
        preprocess(view, self.sam.image_size(), &self.device).0
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
        let losses = mask_losses(decoded.low_res, decoded.iou_predictions, step.labels());
        close("focal", &losses.focal);
        close("dice", &losses.dice);
        close("iou_mse", &losses.iou_head);
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

/// The published step's image and prompts as the method frames them.
fn framed(step: &Step) -> Framed {
    let [height, width] = {
        let shape = step.golden.shape("image_u8");
        [shape[1], shape[2]]
    };
    let planar = step.golden.bytes("image_u8");
    let rgb = (0..height * width)
        .flat_map(|pixel| [0, 1, 2].map(|band| planar[band * height * width + pixel]))
        .collect();
    let (positions, labels) = (step.golden.values("points"), step.golden.values("labels"));
    let [instances, count] = [0, 1].map(|axis| step.golden.shape("labels")[axis]);
    let point = |at: usize| {
        let label = match labels[at] as i32 {
            1 => PointLabel::Positive,
            0 => PointLabel::Negative,
            _ => PointLabel::Padding,
        };
        ([positions[2 * at], positions[2 * at + 1]], label)
    };
    Framed {
        weak: View { width, height, rgb },
        geometry: Geometry {
            original: [height, width],
            covered: [height, width],
            padded: step.sam.image_size(),
        },
        flip: Flip::default(),
        points: (0..instances)
            .map(|row| (row * count..(row + 1) * count).map(point).collect())
            .collect(),
    }
}

/// The labels of all instances, so many decoded at a time.
fn pseudo_labels(
    sam: &Sam,
    embedding: &Tensor<4>,
    framed: &Framed,
    recipe: &Recipe,
    batch: usize,
) -> PseudoLabels {
    let context = LabelContext {
        model: sam,
        input_size: framed.geometry.padded,
        device: &Device::flex(),
        labels: &recipe.labels,
        size_prior_px: None,
        batch,
    };
    let all: Vec<usize> = (0..framed.points.len()).collect();
    let labels = context.pseudo_labels(framed, embedding, &all, None);
    labels.expect("labels")
}

#[test]
fn golden_refined_masks_boxes_and_pseudo_labels_are_those_of_the_published_step() {
    for folder in golden_folders() {
        let step = Step::open(&folder, &Device::flex());
        let framed = framed(&step);
        let all: Vec<usize> = (0..framed.points.len()).collect();
        let embedding = step.embedding("image_u8");
        let recipe = Recipe::published();
        // In chunks of one and of all: the answer is the same.
        for chunk in [1, 50] {
            let labels = pseudo_labels(&step.sam, &embedding, &framed, &recipe, chunk);
            let kept = step.expected["kept"].as_array().expect("kept instances");
            let kept: Vec<usize> = kept
                .iter()
                .map(|row| row.as_u64().expect("an index") as usize)
                .collect();
            assert_eq!(labels.instances, kept, "{}", folder.display());
            let empty: Vec<usize> = all.iter().copied().filter(|i| !kept.contains(i)).collect();
            assert_eq!(labels.empty, empty);
            let boxes = step.golden.values("step.boxes");
            assert_eq!(labels.boxes.as_flattened(), boxes);
            let bytes = |masks: &[Bitmap]| -> Vec<u8> {
                let size = framed.geometry.padded as u32;
                let pixels = |mask: &Bitmap| {
                    let places = (0..size * size).map(|at| (at % size, at / size));
                    places
                        .map(|(x, y)| u8::from(mask.get(x, y)))
                        .collect::<Vec<_>>()
                };
                masks.iter().flat_map(pixels).collect()
            };
            assert!(
                bytes(&labels.masks) == step.golden.bytes("step.pseudo"),
                "pseudo-labels differ"
            );

            let low_res = low_res(&step, &embedding, &framed);
            let refined = refine(&low_res, framed.geometry.padded, ENTROPY_THRESHOLD);
            assert!(
                bytes(&refined) == step.golden.bytes("step.refined"),
                "refined masks differ"
            );
        }
    }
}

/// The decoder's logits for the points of each instance.
fn low_res(step: &Step, embedding: &Tensor<4>, framed: &Framed) -> Vec<Vec<f32>> {
    let batch = PromptBatch {
        points: framed.points.clone(),
        ..Default::default()
    };
    let low_res = step.sam.decode(embedding.clone(), &batch, false).low_res;
    let [_, _, rows, columns] = low_res.dims();
    let values = values(&low_res);
    values.chunks(rows * columns).map(<[f32]>::to_vec).collect()
}

/// Gradients by the golden names, from what a sample answers.
fn of_sample(step: &Step, gradients: &Gradients) -> Vec<(String, Vec<f32>)> {
    let ImageEncoder::Vit(vit) = &step.sam.image_encoder else {
        panic!("golden models are ViTs")
    };
    let adapted = vit.blocks.iter().enumerate();
    let adapted = adapted.filter_map(|(index, block)| Some((index, block.attn.adapter.as_ref()?)));
    adapted
        .flat_map(|(index, adapter)| {
            let (query, value) = (&adapter.query, &adapter.value);
            [
                ("aq", &query.a),
                ("bq", &query.b),
                ("av", &value.a),
                ("bv", &value.b),
            ]
            .map(|(name, factor)| {
                let gradient = gradients.encoder.get::<2>(factor.id).expect("a gradient");
                (format!("{index}.{name}"), values(&gradient.transpose()))
            })
        })
        .collect()
}

#[test]
fn a_training_sample_has_the_losses_and_the_gradients_of_the_published_step() {
    const WEIGHT: f64 = 3.0;
    let mut report = Report::default();
    for folder in golden_folders() {
        let step = Step::open(&folder, &Device::flex().autodiff());
        let framed = framed(&step);
        let stride = step.sam.image_encoder.stride();
        let strong = step
            .sam
            .image_encoder
            .forward_frozen(step.input("strong_u8"));
        let weak = step.embedding("image_u8").without_autodiff();
        let recipe = Recipe::published();
        let labels = pseudo_labels(&step.sam, &weak, &framed, &recipe, 50);
        let sample = |chunk: usize, again: bool| TrainingSample {
            instances: labels.instances.clone(),
            labels: labels.masks.clone(),
            decoder_batch_size: chunk,
            checkpoint_activations: again,
            share: 1.0,
        };
        let learn_with = |gradient: Option<bool>, chunk: usize, again: bool| {
            // Queues as long as there are instances hold this step alone.
            let mut queues = Queues::new(labels.boxes.len());
            let aligning = gradient.map(|gradient| Aligning {
                queues: &mut queues,
                weak: box_features(weak.clone(), &labels.boxes, stride),
                boxes: &labels.boxes,
                weight: WEIGHT,
                gradient,
            });
            let (strong, sample) = (strong.clone(), sample(chunk, again));
            learn(&step.sam, strong, &framed, &sample, &recipe.loss, aligning).expect("learnt")
        };
        let golden = |kind: &str, name: &str| step.golden.values(&format!("{kind}.{name}"));

        // Decoded together or one by one, blocks kept or computed again: the losses and the
        // gradients are the same.
        for (chunk, again) in [(1, false), (50, false), (50, true)] {
            let (losses, gradients) = learn_with(None, chunk, again);
            for (name, ours) in [
                ("focal", losses.focal),
                ("dice", losses.dice),
                ("iou_mse", losses.iou_head),
                ("total_without_ssa", losses.total),
            ] {
                let theirs = step.expected[name].as_f64().expect("a loss") as f32;
                report.close(name, &[ours as f32], &[theirs], TOLERANCE);
            }
            for (name, ours) in of_sample(&step, &gradients) {
                report.close(&name, &ours, &golden("grad_total_no_ssa", &name), TOLERANCE);
            }
        }

        let (losses, gradients) = learn_with(Some(true), 50, false);
        let theirs = step.expected["ssa"].as_f64().expect("a loss") as f32;
        report.close("ssa", &[losses.alignment as f32], &[theirs], TOLERANCE);
        for (name, ours) in of_sample(&step, &gradients) {
            let (plain, aligned) = (
                golden("grad_total_no_ssa", &name),
                golden("grad_ssa", &name),
            );
            let sum = plain.iter().zip(aligned);
            let theirs: Vec<f32> = sum.map(|(a, b)| a + WEIGHT as f32 * b).collect();
            report.close(&format!("with ssa {name}"), &ours, &theirs, TOLERANCE);
        }

        // As published, the alignment is counted and nothing is learnt from it.
        let (losses, gradients) = learn_with(Some(false), 50, false);
        report.close("ssa", &[losses.alignment as f32], &[theirs], TOLERANCE);
        for (name, ours) in of_sample(&step, &gradients) {
            report.close(&name, &ours, &golden("grad_total_no_ssa", &name), TOLERANCE);
        }
    }
    report.finish();
}

#[test]
fn a_training_sample_may_also_teach_the_iou_of_the_masks_for_an_ambiguous_point() {
    const WEIGHT: f64 = 2.0;
    let mut report = Report::default();
    for folder in golden_folders() {
        let step = Step::open(&folder, &Device::flex().autodiff());
        let framed = framed(&step);
        let weak = step.embedding("image_u8").without_autodiff();
        let published = Recipe::published();
        let labels = pseudo_labels(&step.sam, &weak, &framed, &published, 50);
        let learn_with = |multimask_iou: f64, chunk: usize| {
            let sample = TrainingSample {
                instances: labels.instances.clone(),
                labels: labels.masks.clone(),
                decoder_batch_size: chunk,
                checkpoint_activations: false,
                share: 1.0,
            };
            let loss = Loss {
                multimask_iou,
                ..published.loss.clone()
            };
            let strong = step.input("strong_u8");
            let strong = step.sam.image_encoder.forward_frozen(strong);
            learn(&step.sam, strong, &framed, &sample, &loss, None).expect("learnt")
        };

        // The squared errors by the definition: IoUs counted pixel by pixel, as numbers that have
        // no gradient.
        let batch = PromptBatch {
            points: labels
                .instances
                .iter()
                .map(|&instance| framed.points[instance].clone())
                .collect(),
            ..Default::default()
        };
        let decoded = step.sam.decode_all(step.embedding("strong_u8"), &batch);
        let [instances, masks, rows, columns] = decoded.low_res.dims();
        let logits = values(&decoded.low_res);
        let ious = logits
            .chunks_exact(rows * columns)
            .enumerate()
            .map(|(at, logits)| {
                let mask = above(logits, framed.geometry.padded, 0.5);
                mask.iou(&labels.masks[at / masks]).expect("one size") as f32
            });
        let ious = TensorData::new(ious.collect(), [instances, masks]);
        let errors =
            (decoded.iou_predictions - Tensor::<2>::from_data(ious, &step.device)).powi_scalar(2);
        let expected = errors.slice([0..instances, 1..masks]).mean();
        let of_ambiguous = step.gradients(&expected);
        let expected = f64::from(expected.into_scalar::<f32>());

        let (plain, of_plain) = learn_with(0.0, 50);
        for chunk in [1, 50] {
            let (losses, gradients) = learn_with(WEIGHT, chunk);
            for (name, ours, theirs) in [
                ("single", losses.iou_head, plain.iou_head),
                ("dice", losses.dice, plain.dice),
                ("ambiguous", losses.multimask_iou, expected),
                ("total", losses.total, plain.total + WEIGHT * expected),
            ] {
                report.close(name, &[ours as f32], &[theirs as f32], TOLERANCE);
            }
            let of_plain = of_sample(&step, &of_plain);
            let sums = of_plain.iter().zip(&of_ambiguous);
            for ((name, ours), ((_, plain), (_, more))) in
                of_sample(&step, &gradients).iter().zip(sums)
            {
                let pairs = plain.iter().zip(more);
                let theirs: Vec<f32> = pairs.map(|(a, b)| a + WEIGHT as f32 * b).collect();
                report.close(name, ours, &theirs, 10.0 * TOLERANCE);
            }
        }
    }
    report.finish();
}
