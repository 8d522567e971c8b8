//! One training sample: an image that is prompted twice. The first prompt is points or a box, the
//! second is the predicted mask with a correction.
//!
//! The losses are SAM's (arXiv 2304.02643, section 3): `20 focal + dice` of each mask, and the
//! squared error of its predicted IoU. Of the masks for an ambiguous prompt only the best one gets
//! a gradient, so that the masks become different.

use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use resam_mask::Bitmap;
use resam_ops::mask_sums;
use resam_sam::Sam;
use resam_sam::mask_decoder::DecodedMasks;
use resam_sam::preprocess::normalised_input;
use resam_sam::prompt_encoder::PromptBatch;

use crate::clicks::{PromptKind, SimulatedPrompt, ask, correct};
use crate::draws::Draws;
use crate::source::Picture;

/// Weight of the focal loss.
const FOCAL: f64 = 20.0;

/// The share of the samples that have a second prompt, which takes longer than the first.
const ASKED_AGAIN: f64 = 0.35;

/// The result of one training sample.
pub struct SampleResult {
    /// The total loss.
    pub loss: f64,
    /// Mean IoU of the single masks of the first prompts.
    pub iou: f64,
    /// The gradients of all parameters that train.
    pub gradients: GradientsParams,
}

/// Computes the losses and gradients of one image; `None` when the image has no object.
pub fn learn(sam: &Sam, picture: &Picture, device: &Device, seed: u64) -> Option<SampleResult> {
    if picture.masks.is_empty() {
        return None;
    }
    let mut draws = Draws::new(seed, 1);
    let form = PromptKind::draw(&mut draws);
    let asked = picture.masks.iter();
    let asked: Vec<SimulatedPrompt> = asked
        .map(|mask| ask(mask, form, true, &mut draws))
        .collect();
    let labels = labels(&picture.masks, device);
    // The first layer trains too, so the image is part of the graph.
    let image = input(picture, device).autodiff().require_grad();
    let embedding = sam.image_encoder.forward(image);

    let first = sam.decode_all(embedding.clone(), &prompts(&asked, None));
    let (mut total, judged) = losses(&first, &labels);
    if draws.unit() < ASKED_AGAIN {
        let best = best_of(&first.low_res, &judged.best);
        let answers = answers(&best, picture.image.width());
        let corrected = asked.iter().zip(picture.masks.iter().zip(&answers));
        let corrected: Vec<SimulatedPrompt> = corrected
            .map(|(asked, (mask, answer))| {
                let mut asked = asked.clone();
                asked.points.push(correct(mask, answer, &mut draws));
                asked
            })
            .collect();
        let second = sam.decode_all(embedding, &prompts(&corrected, Some(best)));
        total = (total + losses(&second, &labels).0) * 0.5;
    }
    let loss = f64::from(total.clone().into_scalar::<f32>());
    Some(SampleResult {
        loss,
        iou: judged.single,
        gradients: GradientsParams::from_grads(total.backward(), sam),
    })
}

/// The chosen mask of each object, `[objects, 1, rows, columns]`: the one that a user would
/// correct.
fn best_of(low_res: &Tensor<4>, chosen: &[usize]) -> Tensor<4> {
    let [things, _, rows, columns] = low_res.dims();
    let low_res = low_res.clone().detach().without_autodiff();
    let chosen = chosen.iter().enumerate().map(|(thing, &mask)| {
        let one = [thing..thing + 1, mask..mask + 1, 0..rows, 0..columns];
        low_res.clone().slice(one)
    });
    Tensor::cat(chosen.collect(), 0).reshape([things, 1, rows, columns])
}

/// The network's input of an image, `[1, 3, side, side]`.
pub(crate) fn input(picture: &Picture, device: &Device) -> Tensor<4> {
    let side = picture.image.width() as usize;
    normalised_input(picture.image.as_raw(), [side; 2], side, device)
}

/// Prompts of one kind as a batch for the model.
pub(crate) fn prompts(asked: &[SimulatedPrompt], masks: Option<Tensor<4>>) -> PromptBatch {
    let points = asked.iter().map(|asked| asked.points.clone());
    let points: Vec<_> = points.collect();
    let without = points.iter().all(Vec::is_empty);
    PromptBatch {
        points: if without { Vec::new() } else { points },
        boxes: asked.iter().filter_map(|asked| asked.corners).collect(),
        masks,
    }
}

/// Masks as 0 and 1, `[objects, rows, columns]`.
fn labels(masks: &[Bitmap], device: &Device) -> Tensor<3> {
    let values = masks.iter().flat_map(|mask| {
        let pixels = (0..mask.height()).flat_map(|y| (0..mask.width()).map(move |x| (x, y)));
        pixels.map(|(x, y)| f32::from(u8::from(mask.get(x, y))))
    });
    let values: Vec<f32> = values.collect();
    let side = masks[0].width() as usize;
    let shape = [masks.len(), side, side];
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// The IoU of the predicted masks: for the choice of the masks to correct, and for the report.
struct Judged {
    /// The index of the mask of highest IoU, one an object.
    best: Vec<usize>,
    /// Mean IoU of the single masks.
    single: f64,
}

/// The loss of all masks of all objects.
fn losses(answers: &DecodedMasks, labels: &Tensor<3>) -> (Tensor<1>, Judged) {
    let [things, masks, rows, columns] = answers.low_res.dims();
    let [_, height, width] = labels.dims();
    let low_res = answers
        .low_res
        .clone()
        .reshape([things * masks, rows, columns]);
    let repeated = labels
        .clone()
        .unsqueeze_dim::<4>(1)
        .expand([things, masks, height, width])
        .reshape([things * masks, height, width]);
    let sums = mask_sums(low_res, repeated, 0.0);
    let column = |index: usize| {
        let column = sums.clone().slice([0..things * masks, index..index + 1]);
        column.reshape([things, masks])
    };
    let [focal, soft_overlap, soft_size, overlap, size, label_size] = std::array::from_fn(column);
    let focal = focal * (FOCAL / (height * width) as f64);
    let dice = (soft_overlap * 2.0 + 1.0) / (soft_size + label_size.clone() + 1.0) * -1.0 + 1.0;
    let loss = focal + dice;
    let iou = (overlap.clone() / (size + label_size - overlap + 1e-6)).detach();

    let known = values(loss.clone());
    let ious = values(iou.clone());
    let best_of = |values: &[f32], from: usize, sign: f32| {
        let better = |a: &usize, b: &usize| (sign * values[*a]).total_cmp(&(sign * values[*b]));
        (from..masks).max_by(better).unwrap_or(0)
    };
    // The single mask always gets a gradient; of the others only the best one.
    let mut counts = vec![0f32; things * masks];
    for (counts, known) in counts
        .chunks_exact_mut(masks)
        .zip(known.chunks_exact(masks))
    {
        counts[0] = 1.0;
        counts[best_of(known, 1, -1.0)] += 1.0;
    }
    let counts = TensorData::new(counts, [things, masks]);
    let counts = Tensor::<2>::from_data(counts, &labels.device());
    let iou_loss = (answers.iou_predictions.clone() - iou)
        .powi_scalar(2)
        .mean();
    let total = (loss * counts).sum() / things as f64 + iou_loss;
    let rows = ious.chunks_exact(masks);
    let judged = Judged {
        best: rows.clone().map(|ious| best_of(ious, 0, 1.0)).collect(),
        single: rows.map(|ious| f64::from(ious[0])).sum::<f64>() / things as f64,
    };
    (total, judged)
}

/// The masks of low-resolution logits at the size of the input, with the nearest value for each
/// pixel: exact enough to find where a mask is wrong.
fn answers(low_res: &Tensor<4>, size: u32) -> Vec<Bitmap> {
    let [things, _, rows, columns] = low_res.dims();
    let logits = values(low_res.clone().reshape([things, rows * columns]));
    let (down, right) = (size as usize / rows, size as usize / columns);
    let masks = logits.chunks_exact(rows * columns).map(|logits| {
        let mask = Bitmap::from_fn(size, size, |x, y| {
            logits[(y as usize / down) * columns + x as usize / right] > 0.0
        });
        mask.expect("the size of an input is that of a mask")
    });
    masks.collect()
}

/// The values of a tensor, row-major, as `f32`.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.without_autodiff().into_data_as::<f32>();
    data.try_into_vec().unwrap_or_default()
}
