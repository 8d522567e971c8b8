//! The losses of a predicted mask against a pseudo-label: step 7 of the method (arXiv 2511.21606),
//! `L = 20 focal + dice + (q - IoU)^2 + beta alignment`, each a mean over the instances. Focal
//! loss: arXiv 1708.02002, equation 5; dice loss: arXiv 1606.04797, section 3; predicted IoU: SAM,
//! arXiv 2304.02643, appendix A.

use burn::tensor::Tensor;
use resam_ops::mask_sums;

/// The weight of the focal loss in the total.
pub const FOCAL_WEIGHT: f64 = 20.0;
/// The factor of the focal loss, published for both classes alike.
pub const FOCAL_ALPHA: f64 = 0.8;
/// Added to both sides of the dice fraction, so that two empty masks agree.
pub const DICE_SMOOTH: f64 = 1.0;
/// The logit from which a pixel counts as the object when the IoU is measured, as published.
pub const IOU_THRESHOLD: f64 = 0.5;

/// The three losses of a batch of masks, each a single value.
#[derive(Debug, Clone)]
pub struct MaskLosses {
    /// `mean(0.8 (1 - p_t)^2 bce)` over all pixels of all instances.
    pub focal: Tensor<1>,
    /// `mean(1 - (2 sum(p y) + 1) / (sum(p) + sum(y) + 1))` over the instances.
    pub dice: Tensor<1>,
    /// `mean((q - IoU)^2)` over the instances; the IoU gets no gradient.
    pub iou_head: Tensor<1>,
}

impl MaskLosses {
    /// `20 focal + dice + iou_head`; the alignment is added where there are two views.
    pub fn total(&self) -> Tensor<1> {
        self.focal.clone() * FOCAL_WEIGHT + self.dice.clone() + self.iou_head.clone()
    }
}

/// The losses of predicted masks against pseudo-labels.
///
/// `low_res` is `[instances, 1, rows, columns]`, the decoder's logits; they are compared upsampled
/// bilinearly to the labels' size. `iou_predictions` is `[instances, 1]`, the decoder's. `labels`
/// is `[instances, height, width]` of values from 0 to 1.
pub fn mask_losses(
    low_res: Tensor<4>,
    iou_predictions: Tensor<2>,
    labels: Tensor<3>,
) -> MaskLosses {
    let [instances, height, width] = labels.dims();
    let sums = mask_sums(low_res.squeeze_dim::<3>(1), labels, IOU_THRESHOLD);
    let column = |index: usize| sums.clone().slice([0..instances, index..index + 1]);
    let [focal, soft_overlap, soft_size, overlap, size, label_size] = std::array::from_fn(column);
    let dice = (soft_overlap * 2.0 + DICE_SMOOTH) / (soft_size + label_size.clone() + DICE_SMOOTH);
    let iou = overlap.clone() / (size + label_size - overlap + 1e-7);
    MaskLosses {
        focal: focal.mean() * (FOCAL_ALPHA / (height * width) as f64),
        dice: (dice * -1.0 + 1.0).mean(),
        iou_head: (iou_predictions - iou.detach()).powi_scalar(2).mean(),
    }
}

/// The loss of the predicted IoU alone, without gradient to the masks: `mean((q - IoU)^2)` over
/// instances and masks.
///
/// As [`mask_losses`], with `low_res` of `[instances, masks, rows, columns]` and `iou_predictions`
/// of `[instances, masks]`.
pub fn iou_loss(low_res: Tensor<4>, iou_predictions: Tensor<2>, labels: &Tensor<3>) -> Tensor<1> {
    let low_res = low_res.detach();
    let [_, masks, ..] = low_res.dims();
    let of_each = (0..masks).map(|mask| {
        let low_res = low_res.clone().slice_dim(1, mask..mask + 1);
        let iou_predictions = iou_predictions.clone().slice_dim(1, mask..mask + 1);
        mask_losses(low_res, iou_predictions, labels.clone()).iou_head
    });
    Tensor::cat(of_each.collect(), 0).mean()
}
