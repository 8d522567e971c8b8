//! Forward and backward of one adaptation step, from the strong view on: step 5 and the mask terms
//! of step 7 of ReSAM, down to the gradients of the low-rank factors.

use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Gradients, Tensor, activation};
use resam_sam::Sam;
use resam_sam::prompt_encoder::PromptBatch;

/// The loss of one step and the gradients of all that trains.
///
/// `view` is `[1, 3, side, side]` on an autodiff device, `labels` `[instances, side * side]` of
/// zeros and ones. The loss is `20 focal + dice + mse(quality)`.
pub fn adaptation_step(
    sam: &Sam,
    view: Tensor<4>,
    prompts: &PromptBatch,
    labels: Tensor<2>,
) -> (Tensor<1>, Gradients) {
    let [_, _, height, width] = view.dims();
    let embedding = sam.image_encoder.forward(view);
    let decoded = sam.decode(embedding, prompts, false);
    let [instances, ..] = decoded.low_res.dims();
    let options = InterpolateOptions::new(InterpolateMode::Bilinear)
        .with_align_corners(false)
        .with_output_size([height, width]);
    let logits = interpolate(decoded.low_res, options).reshape([instances, height * width]);
    let loss = losses(logits, decoded.quality, labels);
    let gradients = loss.backward();
    (loss, gradients)
}

fn losses(logits: Tensor<2>, quality: Tensor<2>, labels: Tensor<2>) -> Tensor<1> {
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
    let error = (quality - iou).powi_scalar(2).mean();
    focal * 20.0 + dice + error
}
