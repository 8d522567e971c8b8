//! The model answers what the published PyTorch modules answer, on a reduced ViT with random
//! weights: every block, embedding, prompt kind and mask, and LoRA with its gradients.

use std::path::Path;

use crate::common::{Golden, Report, device, values};
use burn::module::Module;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor, TensorData, activation, module::interpolate};
use resam_checkpoint::Checkpoint;
use resam_sam::ImageEncoder;
use resam_sam::lora::{LowRank, QueryValueAdapter};
use resam_sam::postprocess::{Geometry, upscale_logits};
use resam_sam::preprocess::{RgbView, preprocess};
use resam_sam::prompt_encoder::{PointLabel, PromptBatch};
use resam_sam::{Sam, SamConfig};
use resam_testing::golden_folders;

const TOLERANCE: f64 = 1e-4;
const EQUAL_PIXELS: f64 = 0.9995;

struct Case {
    name: String,
    sam: Sam,
    golden: Golden,
    expected: serde_json::Value,
    device: Device,
}

fn load(folder: &Path, device: &Device) -> Case {
    let text = std::fs::read_to_string(folder.join("golden.json")).expect("golden.json");
    let expected: serde_json::Value = serde_json::from_str(&text).expect("golden.json");
    let checkpoint = Checkpoint::open(&folder.join("model.safetensors")).expect("model");
    Case {
        name: folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        sam: Sam::load_with(&checkpoint, &config(&checkpoint, &expected), device).expect("model"),
        golden: Golden::open(folder),
        expected,
        device: device.clone(),
    }
}

/// What the shapes tell, and the one number that they do not.
fn config(checkpoint: &Checkpoint, expected: &serde_json::Value) -> SamConfig {
    let mut config = SamConfig::detect(checkpoint).expect("a SAM checkpoint");
    config.decoder.heads = expected["config"]["decoder_heads"].as_u64().expect("heads") as usize;
    config
}

fn each_case(device: &Device, test: impl Fn(&Case, &mut Report)) {
    let folders = golden_folders();
    let mut report = Report::default();
    for folder in folders {
        println!("\n{}", folder.display());
        test(&load(&folder, device), &mut report);
    }
    report.finish();
}

fn vit(sam: &Sam) -> &resam_sam::image_encoder::ImageEncoderVit {
    match &sam.image_encoder {
        ImageEncoder::Vit(vit) => vit,
        ImageEncoder::TinyVit(_) => panic!("golden models are ViTs"),
    }
}

fn points(golden: &Golden, kept: &[usize]) -> Vec<Vec<([f32; 2], PointLabel)>> {
    let (positions, labels) = (golden.values("points"), golden.values("labels"));
    let count = golden.shape("labels")[1];
    kept.iter()
        .map(|&row| {
            (row * count..(row + 1) * count)
                .map(|at| {
                    let label = match labels[at] as i32 {
                        1 => PointLabel::Positive,
                        0 => PointLabel::Negative,
                        _ => PointLabel::Padding,
                    };
                    ([positions[2 * at], positions[2 * at + 1]], label)
                })
                .collect()
        })
        .collect()
}

fn boxes(golden: &Golden, name: &str) -> Vec<[f32; 4]> {
    golden.values(name).as_chunks::<4>().0.to_vec()
}

fn rgb(golden: &Golden, name: &str) -> (Vec<u8>, usize, usize) {
    let (planar, shape) = (golden.bytes(name), golden.shape(name));
    let (height, width) = (shape[1], shape[2]);
    let interleaved = (0..height * width)
        .flat_map(|pixel| [0, 1, 2].map(|band| planar[band * height * width + pixel]))
        .collect();
    (interleaved, width, height)
}

fn input(case: &Case, name: &str) -> Tensor<4> {
    let (data, width, height) = rgb(&case.golden, name);
    let view = RgbView::new(width, height, &data).expect("an image");
    preprocess(view, case.sam.image_size(), &case.device).0
}

#[test]
fn golden_configuration_is_told_from_the_shapes_alone() {
    each_case(&device(), |case, _| {
        let wanted = &case.expected["config"];
        for model in ["model.safetensors", "model.pth"] {
            let folder = case.golden.0.path().parent().expect("a folder");
            let Ok(checkpoint) = Checkpoint::open(&folder.join(model)) else {
                assert!(!folder.join(model).exists(), "{model} does not open");
                continue;
            };
            let config = config(&checkpoint, &case.expected);
            let resam_sam::ImageEncoderConfig::Vit(vit) = &config.image_encoder else {
                panic!("not a ViT");
            };
            let number = |name: &str| wanted[name].as_u64().expect("a number") as usize;
            assert_eq!(config.image_size, number("image_size"));
            assert_eq!(config.prompt_embed_dim, number("out_chans"));
            assert_eq!(config.mask_in_chans, number("prompt_mask_in_chans"));
            assert_eq!(vit.patch_size, number("patch_size"));
            assert_eq!(vit.embed_dim, number("embed_dim"));
            assert_eq!(vit.depth, number("depth"));
            assert_eq!(vit.num_heads, number("num_heads"));
            assert_eq!(vit.window_size, number("window_size"));
            assert_eq!(
                serde_json::json!(vit.global_attn_indexes),
                wanted["global_attn_indexes"]
            );
            assert_eq!(config.decoder.depth, number("decoder_depth"));
            assert_eq!(config.decoder.mlp_dim, number("decoder_mlp_dim"));
            assert_eq!(config.decoder.iou_head_depth, number("iou_head_depth"));
            assert_eq!(
                config.decoder.iou_head_hidden_dim,
                number("iou_head_hidden_dim")
            );
            assert_eq!(
                config.decoder.multimask_outputs,
                number("num_multimask_outputs")
            );
        }
    });
}

#[test]
fn golden_blocks_and_embedding_are_those_of_the_published_encoder() {
    each_case(&device(), |case, report| {
        let input = input(case, "image_u8");
        report.close(
            &format!("{} input", case.name),
            &values(&input),
            &case.golden.values("input"),
            TOLERANCE,
        );
        let embedding = vit(&case.sam).forward_observed(input, |index, x| {
            let theirs = case.golden.values(&format!("block_{index}"));
            report.close(
                &format!("{} block {index}", case.name),
                &values(x),
                &theirs,
                TOLERANCE,
            );
        });
        report.close(
            &format!("{} embedding", case.name),
            &values(&embedding),
            &case.golden.values("embedding"),
            TOLERANCE,
        );
    });
}

#[test]
fn golden_prompts_masks_and_qualities_are_those_of_the_published_decoder() {
    each_case(&device(), |case, report| {
        let Case {
            sam,
            golden,
            device,
            ..
        } = case;
        let embedding = golden.tensor::<4>("embedding", device);
        let [_, _, rows, columns] = embedding.dims();
        let size = sam.image_size();
        let encoding = sam.prompt_encoder.dense_positional_encoding(rows, columns);
        report.close(
            "dense_pe",
            &values(&encoding),
            &golden.values("dense_pe"),
            TOLERANCE,
        );

        let all: Vec<usize> = (0..golden.shape("points")[0]).collect();
        let points = points(golden, &all);
        let boxes = boxes(golden, "boxes");
        let masks = Some(golden.tensor::<4>("mask_input", device));
        let kinds = [
            (
                "points",
                PromptBatch {
                    points: points.clone(),
                    ..Default::default()
                },
            ),
            (
                "boxes",
                PromptBatch {
                    boxes: boxes.clone(),
                    ..Default::default()
                },
            ),
            (
                "points_boxes",
                PromptBatch {
                    points: points.clone(),
                    boxes,
                    ..Default::default()
                },
            ),
            (
                "points_mask",
                PromptBatch {
                    points,
                    masks,
                    ..Default::default()
                },
            ),
        ];
        for (kind, prompts) in kinds {
            let close = |report: &mut Report, name: String, ours: &[f32]| {
                let theirs = golden.values(&format!("{kind}.{name}"));
                report.close(
                    &format!("{} {kind} {name}", case.name),
                    ours,
                    &theirs,
                    TOLERANCE,
                );
            };
            let (sparse, dense) = sam.prompt_encoder.forward(&prompts, [size, size]);
            let dense: Tensor<4> = dense.expand([all.len(), sparse.dims()[2], rows, columns]);
            close(report, "sparse".into(), &values(&sparse));
            close(report, "dense".into(), &values(&dense));
            for (answer, multimask) in [("single", false), ("multi", true)] {
                let decoded = sam.decode(embedding.clone(), &prompts, multimask);
                close(
                    report,
                    format!("{answer}.low_res"),
                    &values(&decoded.low_res),
                );
                close(
                    report,
                    format!("{answer}.iou"),
                    &values(&decoded.iou_predictions),
                );
                if !multimask {
                    let geometry = Geometry {
                        original: [size; 2],
                        covered: [size; 2],
                        padded: size,
                    };
                    let side = decoded.low_res.dims()[3];
                    let upscaled: Vec<f32> = values(&decoded.low_res)
                        .chunks_exact(side * side)
                        .flat_map(|mask| upscale_logits(mask, side, &geometry))
                        .collect();
                    close(report, format!("single.masks_{size}"), &upscaled);
                    let theirs: Vec<bool> = golden
                        .values(&format!("{kind}.single.masks_{size}"))
                        .iter()
                        .map(|&logit| logit > 0.0)
                        .collect();
                    let what = format!("{} {kind} thresholded", case.name);
                    report.same_masks(&what, &upscaled, &theirs, EQUAL_PIXELS);
                }
            }
        }
    });
}

/// The golden adapters on a model, and the blocks that carry them.
fn with_lora(case: &Case) -> (Sam, Vec<usize>) {
    let Case { golden, device, .. } = case;
    let mut sam = case.sam.clone();
    let ImageEncoder::Vit(vit) = &mut sam.image_encoder else {
        panic!("golden models are ViTs")
    };
    let mut adapted = Vec::new();
    for (index, block) in vit.blocks.iter_mut().enumerate() {
        if golden.0.get(&format!("lora.{index}.aq")).is_none() {
            continue;
        }
        let factors = |a: &str, b: &str| {
            let factor = |name: &str| {
                golden
                    .tensor::<2>(&format!("lora.{index}.{name}"), device)
                    .transpose()
            };
            LowRank::from_tensors(factor(a), factor(b))
        };
        block.attn.adapter = Some(QueryValueAdapter {
            query: factors("aq", "bq"),
            value: factors("av", "bv"),
        });
        adapted.push(index);
    }
    (sam, adapted)
}

#[test]
fn golden_lora_embeddings_and_gradients_are_those_of_the_published_step() {
    let device = device().autodiff();
    each_case(&device, |case, report| {
        let Case { golden, name, .. } = case;
        let (sam, adapted) = with_lora(case);
        assert!(!adapted.is_empty(), "{name}: no golden adapters");
        let kept: Vec<usize> = case.expected["kept"]
            .as_array()
            .expect("kept instances")
            .iter()
            .map(|index| index.as_u64().expect("an index") as usize)
            .collect();
        let prompts = PromptBatch {
            points: points(golden, &kept),
            ..Default::default()
        };

        // A graph can be walked back once, so the step is taken once for each loss.
        for kind in ["grad_total_no_ssa", "grad_ssa"] {
            let weak = sam.image_encoder.forward(input(case, "image_u8")).detach();
            let strong = sam.image_encoder.forward(input(case, "strong_u8"));
            for (view, embedding) in [("weak", &weak), ("strong", &strong)] {
                let theirs = golden.values(&format!("step.embedding_{view}"));
                let what = format!("{name} LoRA embedding {view}");
                report.close(&what, &values(embedding), &theirs, TOLERANCE);
            }
            let mut check = |loss: &str, ours: &Tensor<1>| {
                let theirs = case.expected[loss].as_f64().expect("a loss") as f32;
                report.close(
                    &format!("{name} {loss} loss"),
                    &values(ours),
                    &[theirs],
                    TOLERANCE,
                );
            };
            let gradients = if kind == "grad_ssa" {
                let alignment = alignment_loss(case, weak, strong);
                check("ssa", &alignment);
                alignment.backward()
            } else {
                let decoded = sam.decode(strong, &prompts, false);
                let [focal, dice, iou] =
                    mask_losses(case, decoded.low_res, decoded.iou_predictions);
                check("focal", &focal);
                check("dice", &dice);
                check("iou_mse", &iou);
                (focal * 20.0 + dice + iou).backward()
            };
            for (index, block) in vit(&sam).blocks.iter().enumerate() {
                let Some(adapter) = &block.attn.adapter else {
                    continue;
                };
                for (factor, tensor) in [
                    ("aq", &adapter.query.a),
                    ("bq", &adapter.query.b),
                    ("av", &adapter.value.a),
                    ("bv", &adapter.value.b),
                ] {
                    let ours = tensor
                        .val()
                        .grad(&gradients)
                        .expect("a gradient")
                        .transpose();
                    let theirs = golden.values(&format!("{kind}.{index}.{factor}"));
                    let what = format!("{name} {kind} block {index} {factor}");
                    report.close(&what, &values(&ours), &theirs, TOLERANCE);
                }
            }
        }
    });
}

/// The published focal, dice and IoU losses against the golden pseudo-labels.
fn mask_losses(case: &Case, low_res: Tensor<4>, iou_predictions: Tensor<2>) -> [Tensor<1>; 3] {
    let size = case.sam.image_size();
    let [instances, ..] = low_res.dims();
    let options = InterpolateOptions::new(InterpolateMode::Bilinear)
        .with_align_corners(false)
        .with_output_size([size, size]);
    let logits = interpolate(low_res, options).reshape([instances, size * size]);
    let labels: Tensor<2> = Tensor::from_data(
        TensorData::new(case.golden.values("step.pseudo"), [instances, size * size]),
        &case.device,
    );
    let probability = activation::sigmoid(logits.clone());
    let of_label = probability.clone() * labels.clone()
        + (probability.clone() * -1.0 + 1.0) * (labels.clone() * -1.0 + 1.0);
    let entropy = of_label.clone().log() * -1.0;
    let focal = ((of_label * -1.0 + 1.0).powi_scalar(2) * entropy * 0.8).mean();

    let overlap = (probability.clone() * labels.clone()).sum_dim(1);
    let sizes = probability.sum_dim(1) + labels.clone().sum_dim(1);
    let dice = ((overlap * 2.0 + 1.0) / (sizes + 1.0) * -1.0 + 1.0).mean();

    let mask = logits.detach().greater_equal_elem(0.5).float();
    let overlap = (mask.clone() * labels.clone()).sum_dim(1);
    let union = mask.sum_dim(1) + labels.sum_dim(1) - overlap.clone();
    let iou = overlap / (union + 1e-7);
    let error = (iou_predictions - iou).powi_scalar(2).mean();
    [focal, dice, error]
}

/// One minus the cosine of the two views' mean features in the golden boxes.
fn alignment_loss(case: &Case, weak: Tensor<4>, strong: Tensor<4>) -> Tensor<1> {
    let stride = case.sam.image_encoder.stride() as f32;
    let boxes = boxes(&case.golden, "step.boxes");
    let features = |embedding: Tensor<4>| {
        let [_, channels, ..] = embedding.dims();
        let rows = boxes.iter().map(|&[x0, y0, x1, y1]| {
            let cell = |low: f32, high: f32| {
                (low / stride).floor() as usize..(high / stride).ceil() as usize
            };
            let inside = embedding
                .clone()
                .slice([0..1, 0..channels, cell(y0, y1), cell(x0, x1)]);
            inside
                .reshape([channels as i64, -1])
                .mean_dim(1)
                .reshape([1, channels])
        });
        let rows: Tensor<2> = Tensor::cat(rows.collect(), 0);
        let norm = rows.clone().powi_scalar(2).sum_dim(1).sqrt();
        rows / norm
    };
    ((features(weak) * features(strong)).sum_dim(1) * -1.0 + 1.0).mean()
}

#[test]
fn golden_frozen_parameters_get_no_gradient() {
    let device = device().autodiff();
    each_case(&device, |case, _| {
        let (sam, adapted) = with_lora(case);
        let tracked = std::cell::RefCell::new(0);
        struct Count<'a>(&'a std::cell::RefCell<usize>);
        impl burn::module::ModuleVisitor for Count<'_> {
            fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<D>>) {
                *self.0.borrow_mut() += usize::from(param.val().is_require_grad());
            }
        }
        sam.visit(&mut Count(&tracked));
        assert_eq!(
            *tracked.borrow(),
            4 * adapted.len(),
            "only the four factors a block train"
        );
    });
}
