//! Losses and gradients of the labels of one image: steps 5 to 7 of the method (arXiv 2511.21606).

use std::collections::HashMap;

use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use resam_mask::Bitmap;
use resam_sam::activation_checkpoints::ActivationCheckpoints;
use resam_sam::{Sam, SamError};

use crate::example::Framed;
use crate::losses::{iou_loss, mask_losses};
use crate::read::value;
use crate::recipe::Loss;
use crate::reinforce::{Queues, box_features};

/// A training sample: instances, each with the label that its mask is compared with.
#[derive(Debug, Clone)]
pub struct TrainingSample {
    /// The instances, by number.
    pub instances: Vec<usize>,
    /// Their labels, in the padded input.
    pub labels: Vec<Bitmap>,
    /// Instances decoded at a time.
    pub decoder_batch_size: usize,
    /// Compute the encoder's blocks again in the backward pass instead of storing them.
    pub checkpoint_activations: bool,
    /// The sample's share of an update, from 0 to 1: its loss is multiplied by it before the
    /// backward pass.
    pub share: f64,
}

/// The losses of a step, each before its weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LossParts {
    /// Focal.
    pub focal: f64,
    /// Dice.
    pub dice: f64,
    /// Squared error of the predicted IoU.
    #[serde(alias = "quality")]
    pub iou_head: f64,
    /// The same for the masks of an ambiguous point.
    #[serde(default, alias = "ambiguous_quality")]
    pub multimask_iou: f64,
    /// The alignment of the two views.
    pub alignment: f64,
    /// The weighted sum of them all.
    pub total: f64,
}

impl LossParts {
    /// Adds a share of others.
    pub fn add(&mut self, other: &Self, share: f64) {
        self.focal += share * other.focal;
        self.dice += share * other.dice;
        self.iou_head += share * other.iou_head;
        self.multimask_iou += share * other.multimask_iou;
        self.alignment += share * other.alignment;
        self.total += share * other.total;
    }
}

/// The gradients of the trained parameters.
pub struct Gradients {
    /// Of the image encoder.
    pub encoder: GradientsParams,
    /// Of the mask decoder.
    pub decoder: GradientsParams,
}

impl Gradients {
    /// The same on another device; `student` is the model that they are of.
    pub fn to_device(self, device: &Device, student: &Sam) -> Self {
        Self {
            encoder: self.encoder.to_device(device, &student.image_encoder),
            decoder: self.decoder.to_device(device, &student.mask_decoder),
        }
    }
}

/// The inputs of the alignment in a step.
pub struct Aligning<'a> {
    /// The queues of earlier features of both views.
    pub queues: &'a mut Queues,
    /// The features of the instances in the weak view, `[instances, channels]`.
    pub weak: Tensor<2>,
    /// The boxes of the instances, as the prompt encoder takes them.
    pub boxes: &'a [[f32; 4]],
    /// The weight `beta` of the alignment.
    pub weight: f64,
    /// Whether the strong features of this step keep their gradient.
    pub gradient: bool,
}

/// Computes the losses and the gradients of a training sample: steps 5 to 7.
///
/// `strong` is the output of the frozen parts of the encoder for the strong view
/// ([`forward_frozen`](resam_sam::ImageEncoder::forward_frozen)). Instances are decoded in batches,
/// and each batch goes through the backward pass down to the embedding before the next one, so the
/// memory does not grow with the number of instances.
///
/// # Errors
/// [`SamError::Failed`] when the device fails.
pub fn learn(
    student: &Sam,
    strong: Tensor<4>,
    framed: &Framed,
    sample: &TrainingSample,
    loss: &Loss,
    aligning: Option<Aligning<'_>>,
) -> Result<(LossParts, Gradients), SamError> {
    let encoded = Encoded::new(student, strong, sample.checkpoint_activations);
    let leaf = encoded.leaf.clone();
    let mut of_embedding: Option<Tensor<4>> = None;
    let mut add = |gradient: Option<Tensor<4>>| {
        of_embedding = match (of_embedding.take(), gradient) {
            (Some(sum), Some(gradient)) => Some(sum + gradient),
            (sum, gradient) => sum.or(gradient),
        };
    };
    let mut decoder = GradientsAccumulator::new();
    let mut encoder = GradientsParams::new();
    let mut parts = LossParts::default();
    let total = sample.instances.len() as f64;
    let places: HashMap<usize, usize> = sample
        .instances
        .iter()
        .enumerate()
        .map(|(place, &instance)| (instance, place))
        .collect();
    for (group, batch) in framed.batches(&sample.instances, sample.decoder_batch_size) {
        let labels = group
            .iter()
            .map(|instance| &sample.labels[places[instance]]);
        let labels = label_tensor(labels, framed.geometry.padded, &leaf);
        let of_group = group.len() as f64 / total;
        // The single mask is the first.
        let (single, ambiguous) = if loss.multimask_iou > 0.0 {
            let all = student.decode_all(leaf.clone(), &batch);
            (all.masks(0..1), Some(all.masks(1..all.count())))
        } else {
            (student.decode(leaf.clone(), &batch, false), None)
        };
        let of_ambiguous =
            ambiguous.map(|masks| iou_loss(masks.low_res, masks.iou_predictions, &labels));
        let losses = mask_losses(single.low_res, single.iou_predictions, labels);
        parts.focal += of_group * value(&losses.focal)?;
        parts.dice += of_group * value(&losses.dice)?;
        parts.iou_head += of_group * value(&losses.iou_head)?;
        let mut sum =
            losses.focal * loss.focal + losses.dice * loss.dice + losses.iou_head * loss.iou_head;
        if let Some(of_ambiguous) = of_ambiguous {
            parts.multimask_iou += of_group * value(&of_ambiguous)?;
            sum = sum + of_ambiguous * loss.multimask_iou;
        }
        let mut found = (sum * (of_group * sample.share)).backward();
        add(leaf.grad_remove(&mut found));
        let found = GradientsParams::from_module(&mut found, &student.mask_decoder);
        decoder.accumulate(&student.mask_decoder, found);
    }
    parts.total = loss.focal * parts.focal
        + loss.dice * parts.dice
        + loss.iou_head * parts.iou_head
        + loss.multimask_iou * parts.multimask_iou;
    if let Some(aligning) = aligning {
        let stride = student.image_encoder.stride();
        let strong = box_features(leaf.clone(), aligning.boxes, stride);
        let aligned = aligning
            .queues
            .push(aligning.weak, strong, aligning.gradient)?;
        if let Some(aligned) = aligned {
            parts.alignment = value(&aligned)?;
            parts.total += aligning.weight * parts.alignment;
            if aligning.gradient {
                let mut found = (aligned * (aligning.weight * sample.share)).backward();
                add(leaf.grad_remove(&mut found));
            }
        }
    }
    if let Some(gradient) = of_embedding {
        encoded.backward(student, gradient, &mut encoder);
    }
    let decoder = decoder.grads();
    Ok((parts, Gradients { encoder, decoder }))
}

/// An embedding whose gradient can reach the encoder's parameters.
struct Encoded {
    /// The embedding, as the beginning of a graph of its own.
    leaf: Tensor<4>,
    way_back: WayBack,
}

#[expect(
    clippy::large_enum_variant,
    reason = "there is one a sample, never a list of them"
)]
enum WayBack {
    /// The embedding in the encoder's graph.
    Graph(Tensor<4>),
    /// The inputs of the blocks, which are computed again.
    Checkpoints(ActivationCheckpoints),
}

impl Encoded {
    fn new(student: &Sam, frozen: Tensor<4>, checkpoint_activations: bool) -> Self {
        if checkpoint_activations {
            let (leaf, checkpoints) = student.image_encoder.forward_checkpointed(frozen);
            return Self {
                leaf,
                way_back: WayBack::Checkpoints(checkpoints),
            };
        }
        let embedding = student.image_encoder.forward_trained(frozen);
        let leaf = embedding.clone().without_autodiff().autodiff();
        Self {
            leaf: leaf.require_grad(),
            way_back: WayBack::Graph(embedding),
        }
    }

    /// Adds the gradients of the encoder's parameters, given that of the embedding.
    fn backward(self, student: &Sam, gradient: Tensor<4>, gradients: &mut GradientsParams) {
        let encoder = &student.image_encoder;
        match self.way_back {
            WayBack::Graph(embedding) if embedding.is_tracked() => {
                // The derivative of this sum by the embedding is the gradient that came from above.
                let mut found = (embedding * gradient).sum().backward();
                *gradients = GradientsParams::from_module(&mut found, encoder);
            }
            WayBack::Graph(_) => {}
            WayBack::Checkpoints(checkpoints) => {
                checkpoints.backward(encoder, gradient, gradients);
            }
        }
    }
}

/// Bitmaps as `[instances, size, size]` of 0 and 1.
fn label_tensor<'a>(
    labels: impl Iterator<Item = &'a Bitmap>,
    size: usize,
    beside: &Tensor<4>,
) -> Tensor<3> {
    let mut values = Vec::new();
    let mut count = 0;
    for label in labels {
        values.resize((count + 1) * size * size, 0.0);
        for y in 0..size {
            for (start, end) in label.row_runs(y as u32) {
                let row = (count * size + y) * size;
                values[row + start as usize..row + end as usize].fill(1.0);
            }
        }
        count += 1;
    }
    let device = beside.clone().without_autodiff().device();
    Tensor::from_data(TensorData::new(values, [count, size, size]), &device)
}
