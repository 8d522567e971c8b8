//! A step on one image: labels from the weak view, a lesson on the strong one. Steps 2 to 7 of the
//! method.

use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;
use resam_mask::Bitmap;
use resam_sam::Sam;
use resam_sam::prompt_encoder::PromptBatch;

use crate::example::Framed;
use crate::losses::mask_losses;
use crate::recipe::{Labels, Loss};
use crate::refine::{above, refine};
use crate::reinforce::{Queues, box_features};
use crate::requery::requery_box;

/// The logit above which a pixel of the requeried mask belongs to the pseudo-label: SAM's own.
const MASK_THRESHOLD: f32 = 0.0;

/// What a model makes of the points of an image.
#[derive(Debug, Clone, Default)]
pub struct PseudoLabels {
    /// The instances that have a label, by number.
    pub instances: Vec<usize>,
    /// The label of each, in the padded input.
    pub masks: Vec<Bitmap>,
    /// The box of each, as the prompt encoder takes it.
    pub boxes: Vec<[f32; 4]>,
    /// IoU of the point's mask and the box's mask of each.
    pub agreement: Vec<f64>,
    /// Instances whose refined mask came out empty.
    pub empty: Vec<usize>,
    /// The mask of the point of every instance that was asked, in the order of asking.
    pub of_points: Vec<Bitmap>,
}

/// Prompt, refine and requery: steps 2 to 4. `embedding` is that of the weak view, `[1, channels,
/// rows, columns]`, without a graph.
pub fn pseudo_labels(
    teacher: &Sam,
    embedding: &Tensor<4>,
    framed: &Framed,
    instances: &[usize],
    labels: &Labels,
    chunk: usize,
) -> PseudoLabels {
    let padded = framed.geometry.padded;
    let mut low_res: Vec<Vec<f32>> = vec![Vec::new(); framed.points.len()];
    for (group, batch) in framed.batches(instances, chunk) {
        let answers = answers(teacher, embedding, &batch);
        for (&instance, logits) in group.iter().zip(answers) {
            low_res[instance] = logits;
        }
    }
    let asked: Vec<Vec<f32>> = instances
        .iter()
        .map(|&instance| std::mem::take(&mut low_res[instance]))
        .collect();
    let refined = refine(&asked, padded, labels.certainty);

    let mut found = PseudoLabels::default();
    let of_points: Vec<Bitmap> = asked
        .par_iter()
        .map(|low_res| above(low_res, padded, MASK_THRESHOLD))
        .collect();
    let mut coarse = Vec::new();
    for ((&instance, refined), of_point) in instances.iter().zip(&refined).zip(&of_points) {
        match requery_box(refined) {
            Some(bounds) => {
                found.instances.push(instance);
                found.boxes.push(bounds);
                coarse.push(of_point);
            }
            None => found.empty.push(instance),
        }
    }
    if labels.requery {
        for boxes in found.boxes.chunks(chunk.max(1)) {
            let batch = PromptBatch {
                boxes: boxes.to_vec(),
                ..Default::default()
            };
            let answers = answers(teacher, embedding, &batch);
            let masks = answers
                .iter()
                .map(|low_res| above(low_res, padded, MASK_THRESHOLD));
            found.masks.extend(masks);
        }
    } else {
        found.masks = coarse.iter().map(|&mask| mask.clone()).collect();
    }
    let pairs = found.masks.iter().zip(coarse);
    found.agreement = pairs
        .map(|(of_box, of_point)| of_box.iou(of_point).expect("masks of one input"))
        .collect();
    found.of_points = of_points;
    found
}

/// The decoder's logits for each prompt of a batch, row-major.
fn answers(sam: &Sam, embedding: &Tensor<4>, batch: &PromptBatch) -> Vec<Vec<f32>> {
    let low_res = sam.decode(embedding.clone(), batch, false).low_res;
    let [_, _, rows, columns] = low_res.dims();
    let values = values(low_res.without_autodiff());
    values
        .chunks_exact(rows * columns)
        .map(<[f32]>::to_vec)
        .collect()
}

/// What a lesson is about: instances, each with the label that its mask is compared with.
#[derive(Debug, Clone)]
pub struct Lesson {
    /// The instances, by number.
    pub instances: Vec<usize>,
    /// Their labels, in the padded input.
    pub labels: Vec<Bitmap>,
}

/// The losses of a step, each as it stands in the sum, unweighted.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LossParts {
    /// Focal.
    pub focal: f64,
    /// Dice.
    pub dice: f64,
    /// Squared error of the predicted quality.
    pub quality: f64,
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
        self.quality += share * other.quality;
        self.alignment += share * other.alignment;
        self.total += share * other.total;
    }
}

/// The gradients of all that trains.
pub struct Gradients {
    /// Those in the image encoder.
    pub encoder: GradientsParams,
    /// Those in the mask decoder.
    pub decoder: GradientsParams,
}

/// The alignment of a step: what is compared, and its weight.
pub struct Aligning<'a> {
    /// The features of both views seen before.
    pub queues: &'a mut Queues,
    /// The embedding of the weak view.
    pub weak: &'a Tensor<4>,
    /// The boxes of the instances, as the prompt encoder takes them.
    pub boxes: &'a [[f32; 4]],
    /// `beta`.
    pub weight: f64,
    /// Whether the strong features of this step keep their gradient.
    pub gradient: bool,
}

/// Predict and compare: steps 5 to 7, down to the gradients of all that trains.
///
/// `strong` is the network's input, `[1, 3, size, size]`. Instances are decoded `chunk` at a time, and
/// each chunk is taken back to the embedding before the next one: the memory does not grow with the
/// number of instances. The gradients are those of `share` times the loss.
pub fn learn(
    student: &Sam,
    strong: Tensor<4>,
    framed: &Framed,
    lesson: &Lesson,
    loss: &Loss,
    aligning: Option<Aligning<'_>>,
    chunk: usize,
    share: f64,
) -> (LossParts, Gradients) {
    let embedding = student.image_encoder.forward(strong);
    let leaf = embedding
        .clone()
        .without_autodiff()
        .autodiff()
        .require_grad();
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
    let total = lesson.instances.len() as f64;
    let places: std::collections::HashMap<usize, usize> = lesson
        .instances
        .iter()
        .enumerate()
        .map(|(place, &instance)| (instance, place))
        .collect();
    for (group, batch) in framed.batches(&lesson.instances, chunk) {
        let labels = group
            .iter()
            .map(|instance| &lesson.labels[places[instance]]);
        let labels = label_tensor(labels, framed.geometry.padded, &leaf);
        let decoded = student.decode(leaf.clone(), &batch, false);
        let losses = mask_losses(decoded.low_res, decoded.quality, labels);
        let of_group = group.len() as f64 / total;
        parts.focal += of_group * value(&losses.focal);
        parts.dice += of_group * value(&losses.dice);
        parts.quality += of_group * value(&losses.quality);
        let sum =
            losses.focal * loss.focal + losses.dice * loss.dice + losses.quality * loss.quality;
        let mut found = (sum * (of_group * share)).backward();
        add(leaf.grad_remove(&mut found));
        let found = GradientsParams::from_module(&mut found, &student.mask_decoder);
        decoder.accumulate(&student.mask_decoder, found);
    }
    parts.total = loss.focal * parts.focal + loss.dice * parts.dice + loss.quality * parts.quality;
    if let Some(aligning) = aligning {
        let stride = student.image_encoder.stride();
        let weak = box_features(aligning.weak.clone(), aligning.boxes, stride);
        let strong = box_features(leaf.clone(), aligning.boxes, stride);
        let aligned = aligning.queues.push(weak, strong, aligning.gradient);
        if let Some(aligned) = aligned {
            parts.alignment = value(&aligned);
            parts.total += aligning.weight * parts.alignment;
            if aligning.gradient {
                let mut found = (aligned * (aligning.weight * share)).backward();
                add(leaf.grad_remove(&mut found));
            }
        }
    }
    if let Some(gradient) = of_embedding
        && embedding.is_tracked()
    {
        // The derivative of this sum by the embedding is the gradient that came from above.
        let mut found = (embedding * gradient).sum().backward();
        encoder = GradientsParams::from_module(&mut found, &student.image_encoder);
    }
    let decoder = decoder.grads();
    (parts, Gradients { encoder, decoder })
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

fn value(tensor: &Tensor<1>) -> f64 {
    f64::from(tensor.clone().into_scalar::<f32>())
}

/// The values of a tensor, row-major.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    // Reading back an `f32` view of a float tensor fails only if the device is lost.
    tensor
        .into_data_as::<f32>()
        .try_into_vec()
        .unwrap_or_default()
}
