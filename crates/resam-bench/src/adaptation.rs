//! Forward and backward of one adaptation step, from the strong view on: step 5 and the mask terms
//! of step 7 of ReSAM, down to the gradients of the low-rank factors.

use burn::tensor::{Gradients, Tensor};
use resam_adapt::mask_losses;
use resam_sam::Sam;
use resam_sam::prompt_encoder::PromptBatch;

/// The loss of one step and the gradients of all that trains.
///
/// `view` is `[1, 3, side, side]` on an autodiff device, `labels` `[instances, side, side]` of
/// zeros and ones. The loss is `20 focal + dice + mse(predicted IoU)`.
pub fn adaptation_step(
    sam: &Sam,
    view: Tensor<4>,
    prompts: &PromptBatch,
    labels: Tensor<3>,
) -> (Tensor<1>, Gradients) {
    let embedding = sam.image_encoder.forward(view);
    let decoded = sam.decode(embedding, prompts, false);
    let loss = mask_losses(decoded.low_res, decoded.iou_predictions, labels).total();
    let gradients = loss.backward();
    (loss, gradients)
}
