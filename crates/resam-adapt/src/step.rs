//! A step on one image: labels from the weak view, a lesson on the strong one. Steps 2 to 7 of the
//! method.

use std::collections::HashMap;
use std::convert::Infallible;

use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;
use resam_mask::Bitmap;
use resam_sam::Sam;
use resam_sam::activation_checkpoints::ActivationCheckpoints;
use resam_sam::prompt_encoder::{PointLabel, PromptBatch};

use crate::choose::{Candidate, Company, choose, stability};
use crate::example::Framed;
use crate::losses::{mask_losses, quality_loss};
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
    /// What each was chosen by, where there was a choice.
    pub candidates: Vec<Candidate>,
    /// Instances whose refined mask came out empty.
    pub empty: Vec<usize>,
    /// The mask of the point of every instance that was asked, in the order of asking.
    pub of_points: Vec<Bitmap>,
}

/// Prompt, refine and requery: steps 2 to 4. `embedding` is that of the weak view, `[1, channels,
/// rows, columns]`, without a graph; `company` is what is known of the size of objects, in pixels of the
/// input.
pub fn pseudo_labels(
    teacher: &Sam,
    embedding: &Tensor<4>,
    framed: &Framed,
    instances: &[usize],
    labels: &Labels,
    chunk: usize,
    company: Option<Company>,
) -> PseudoLabels {
    if labels.choice.candidates {
        return chosen_labels(
            teacher, embedding, framed, instances, labels, chunk, company,
        );
    }
    let asked = of_points(teacher, embedding, framed, instances, chunk, Masks::Single);
    // One mask is asked for each.
    let asked: Vec<Vec<f32>> = asked.into_iter().flatten().collect();
    let padded = framed.geometry.padded;
    let refined = refine(&asked, padded, labels.certainty);
    let mut found = PseudoLabels {
        of_points: all_above(&asked, padded),
        ..Default::default()
    };
    let mut coarse = Vec::new();
    for ((&instance, refined), of_point) in instances.iter().zip(&refined).zip(&found.of_points) {
        match requery_box(refined) {
            Some(bounds) => {
                found.instances.push(instance);
                found.boxes.push(bounds);
                coarse.push(of_point.clone());
            }
            None => found.empty.push(instance),
        }
    }
    let of_boxes = of_boxes(teacher, embedding, &found.boxes, padded, chunk);
    let pairs = of_boxes.iter().zip(&coarse);
    found.agreement = pairs
        .map(|(of_box, of_point)| of_box.iou(of_point).expect(ONE_INPUT))
        .collect();
    found.masks = if labels.requery { of_boxes } else { coarse };
    found
}

/// The single masks of the points of instances, in the padded input.
pub fn point_masks(
    sam: &Sam,
    embedding: &Tensor<4>,
    framed: &Framed,
    instances: &[usize],
    chunk: usize,
) -> Vec<Bitmap> {
    let logits = of_points(sam, embedding, framed, instances, chunk, Masks::Single);
    let logits: Vec<Vec<f32>> = logits.into_iter().flatten().collect();
    all_above(&logits, framed.geometry.padded)
}

/// Masks of one input have its size, so that they can be compared.
const ONE_INPUT: &str = "masks of one input";

/// The labels that [`choose`] finds among the model's masks.
fn chosen_labels(
    teacher: &Sam,
    embedding: &Tensor<4>,
    framed: &Framed,
    instances: &[usize],
    labels: &Labels,
    chunk: usize,
    company: Option<Company>,
) -> PseudoLabels {
    let padded = framed.geometry.padded;
    let logits = of_points(teacher, embedding, framed, instances, chunk, Masks::All);
    let masks: Vec<Vec<Bitmap>> = logits
        .iter()
        .map(|logits| all_above(logits, padded))
        .collect();
    let mut found = PseudoLabels {
        // The single mask is the first.
        of_points: masks.iter().map(|masks| masks[0].clone()).collect(),
        ..Default::default()
    };
    let mut candidates: Vec<Vec<Candidate>> = instances
        .iter()
        .zip(logits.iter().zip(&masks))
        .map(|(&instance, (logits, masks))| {
            let pairs = logits.iter().zip(masks);
            let candidate = |(logits, mask): (&Vec<f32>, &Bitmap)| Candidate {
                agreement: 0.0,
                stability: stability(logits),
                area: mask.area(),
                contradicted: mask.is_empty() || contradicted(mask, framed, instance),
            };
            pairs.map(candidate).collect()
        })
        .collect();
    let mut requeried: HashMap<(usize, usize), Bitmap> = HashMap::new();
    let chosen = choose(&mut candidates, &labels.choice, company, |places| {
        // What is not contradicted is not empty.
        let boxes: Vec<[f32; 4]> = places
            .iter()
            .filter_map(|&(instance, at)| requery_box(&masks[instance][at]))
            .collect();
        let of_boxes = of_boxes(teacher, embedding, &boxes, padded, chunk);
        let agreements = places
            .iter()
            .zip(of_boxes)
            .map(|(&(instance, at), of_box)| {
                let agreement = of_box.iou(&masks[instance][at]).expect(ONE_INPUT);
                requeried.insert((instance, at), of_box);
                agreement
            });
        Ok::<_, Infallible>(agreements.collect())
    });
    let Ok(chosen) = chosen;
    for (place, (&instance, at)) in instances.iter().zip(chosen).enumerate() {
        let mask = &masks[place][at];
        match (requeried.remove(&(place, at)), requery_box(mask)) {
            (Some(of_box), Some(bounds)) => {
                found.instances.push(instance);
                found.boxes.push(bounds);
                found.agreement.push(candidates[place][at].agreement);
                found.candidates.push(candidates[place][at]);
                found.masks.push(match labels.requery {
                    true => of_box,
                    false => mask.clone(),
                });
            }
            // Every mask is empty or holds a point that it should not.
            _ => found.empty.push(instance),
        }
    }
    found
}

/// Whether a mask holds a positive point of another instance or a negative one of its own. A point that
/// is the instance's own too says nothing against it.
fn contradicted(mask: &Bitmap, framed: &Framed, instance: usize) -> bool {
    let own = &framed.points[instance];
    let holds = |point: &([f32; 2], PointLabel)| {
        let [x, y] = point.0;
        // Positions count from the centre of the first pixel; what is off the input is on no mask.
        let inside = x > -0.5 && y > -0.5 && mask.get(x.round() as u32, y.round() as u32);
        inside && !(point.1 == PointLabel::Positive && own.contains(point))
    };
    framed.points.iter().enumerate().any(|(other, points)| {
        let wrong = match other == instance {
            true => PointLabel::Negative,
            false => PointLabel::Positive,
        };
        let mut of_kind = points.iter().filter(|(_, label)| *label == wrong);
        of_kind.any(holds)
    })
}

/// Which of the decoder's masks are asked for.
#[derive(Clone, Copy)]
enum Masks {
    Single,
    /// The single mask, and those for an ambiguous prompt.
    All,
}

/// The decoder's logits for the points of each instance.
fn of_points(
    sam: &Sam,
    embedding: &Tensor<4>,
    framed: &Framed,
    instances: &[usize],
    chunk: usize,
    masks: Masks,
) -> Vec<Vec<Vec<f32>>> {
    let mut by_instance = HashMap::new();
    for (group, batch) in framed.batches(instances, chunk) {
        by_instance.extend(
            group
                .into_iter()
                .zip(answers(sam, embedding, &batch, masks)),
        );
    }
    let taken = |instance| by_instance.remove(instance).unwrap_or_default();
    instances.iter().map(taken).collect()
}

/// The masks that boxes bring.
fn of_boxes(
    sam: &Sam,
    embedding: &Tensor<4>,
    boxes: &[[f32; 4]],
    padded: usize,
    chunk: usize,
) -> Vec<Bitmap> {
    let mut masks = Vec::with_capacity(boxes.len());
    for boxes in boxes.chunks(chunk.max(1)) {
        let batch = PromptBatch {
            boxes: boxes.to_vec(),
            ..Default::default()
        };
        let logits: Vec<Vec<f32>> = answers(sam, embedding, &batch, Masks::Single)
            .into_iter()
            .flatten()
            .collect();
        masks.extend(all_above(&logits, padded));
    }
    masks
}

/// The masks of logits.
fn all_above(logits: &[Vec<f32>], padded: usize) -> Vec<Bitmap> {
    logits
        .par_iter()
        .map(|logits| above(logits, padded, MASK_THRESHOLD))
        .collect()
}

/// The decoder's logits for each prompt of a batch and each of its masks, row-major.
fn answers(
    sam: &Sam,
    embedding: &Tensor<4>,
    batch: &PromptBatch,
    masks: Masks,
) -> Vec<Vec<Vec<f32>>> {
    let embedding = embedding.clone();
    let low_res = match masks {
        Masks::Single => sam.decode(embedding, batch, false).low_res,
        Masks::All => sam.decode_all(embedding, batch).low_res,
    };
    let [_, masks, rows, columns] = low_res.dims();
    let values = values(low_res.without_autodiff());
    let of_prompt = |values: &[f32]| {
        let masks = values.chunks_exact(rows * columns);
        masks.map(<[f32]>::to_vec).collect()
    };
    values
        .chunks_exact(masks * rows * columns)
        .map(of_prompt)
        .collect()
}

/// What a lesson is about: instances, each with the label that its mask is compared with.
#[derive(Debug, Clone)]
pub struct Lesson {
    /// The instances, by number.
    pub instances: Vec<usize>,
    /// Their labels, in the padded input.
    pub labels: Vec<Bitmap>,
    /// Instances decoded at a time.
    pub chunk: usize,
    /// Compute the encoder's blocks again on the way back instead of keeping what is in them.
    pub checkpoint_activations: bool,
    /// The lesson's share of an update: its gradients are those of so much of its loss.
    pub share: f64,
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
    /// The same of the masks for an ambiguous point.
    #[serde(default)]
    pub ambiguous_quality: f64,
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
        self.ambiguous_quality += share * other.ambiguous_quality;
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

impl Gradients {
    /// The same on another device; `student` is the model that they are of.
    pub fn to_device(self, device: &Device, student: &Sam) -> Self {
        Self {
            encoder: self.encoder.to_device(device, &student.image_encoder),
            decoder: self.decoder.to_device(device, &student.mask_decoder),
        }
    }
}

/// The alignment of a step: what is compared, and its weight.
pub struct Aligning<'a> {
    /// The features of both views seen before.
    pub queues: &'a mut Queues,
    /// The features of the instances in the weak view, `[instances, channels]`.
    pub weak: Tensor<2>,
    /// The boxes of the instances, as the prompt encoder takes them.
    pub boxes: &'a [[f32; 4]],
    /// `beta`.
    pub weight: f64,
    /// Whether the strong features of this step keep their gradient.
    pub gradient: bool,
}

/// Predict and compare: steps 5 to 7, down to the gradients of all that trains.
///
/// `strong` is what the frozen parts of the encoder make of the strong view
/// ([`forward_frozen`](resam_sam::sam::ImageEncoder::forward_frozen)). Instances are decoded a chunk at a
/// time, and each chunk is taken back to the embedding before the next one: the memory does not grow
/// with the number of instances.
pub fn learn(
    student: &Sam,
    strong: Tensor<4>,
    framed: &Framed,
    lesson: &Lesson,
    loss: &Loss,
    aligning: Option<Aligning<'_>>,
) -> (LossParts, Gradients) {
    let encoded = Encoded::new(student, strong, lesson.checkpoint_activations);
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
    let total = lesson.instances.len() as f64;
    let places: HashMap<usize, usize> = lesson
        .instances
        .iter()
        .enumerate()
        .map(|(place, &instance)| (instance, place))
        .collect();
    for (group, batch) in framed.batches(&lesson.instances, lesson.chunk) {
        let labels = group
            .iter()
            .map(|instance| &lesson.labels[places[instance]]);
        let labels = label_tensor(labels, framed.geometry.padded, &leaf);
        let of_group = group.len() as f64 / total;
        // The single mask is the first.
        let (single, ambiguous) = match loss.ambiguous_quality > 0.0 {
            true => {
                let all = student.decode_all(leaf.clone(), &batch);
                (all.masks(0..1), Some(all.masks(1..all.count())))
            }
            false => (student.decode(leaf.clone(), &batch, false), None),
        };
        let of_ambiguous =
            ambiguous.map(|masks| quality_loss(masks.low_res, masks.quality, &labels));
        let losses = mask_losses(single.low_res, single.quality, labels);
        parts.focal += of_group * value(&losses.focal);
        parts.dice += of_group * value(&losses.dice);
        parts.quality += of_group * value(&losses.quality);
        let mut sum =
            losses.focal * loss.focal + losses.dice * loss.dice + losses.quality * loss.quality;
        if let Some(of_ambiguous) = of_ambiguous {
            parts.ambiguous_quality += of_group * value(&of_ambiguous);
            sum = sum + of_ambiguous * loss.ambiguous_quality;
        }
        let mut found = (sum * (of_group * lesson.share)).backward();
        add(leaf.grad_remove(&mut found));
        let found = GradientsParams::from_module(&mut found, &student.mask_decoder);
        decoder.accumulate(&student.mask_decoder, found);
    }
    parts.total = loss.focal * parts.focal
        + loss.dice * parts.dice
        + loss.quality * parts.quality
        + loss.ambiguous_quality * parts.ambiguous_quality;
    if let Some(aligning) = aligning {
        let stride = student.image_encoder.stride();
        let strong = box_features(leaf.clone(), aligning.boxes, stride);
        let aligned = aligning
            .queues
            .push(aligning.weak, strong, aligning.gradient);
        if let Some(aligned) = aligned {
            parts.alignment = value(&aligned);
            parts.total += aligning.weight * parts.alignment;
            if aligning.gradient {
                let mut found = (aligned * (aligning.weight * lesson.share)).backward();
                add(leaf.grad_remove(&mut found));
            }
        }
    }
    if let Some(gradient) = of_embedding {
        encoded.backward(student, gradient, &mut encoder);
    }
    let decoder = decoder.grads();
    (parts, Gradients { encoder, decoder })
}

/// An embedding with a way back to the encoder's parameters.
struct Encoded {
    /// The embedding, as the beginning of a graph of its own.
    leaf: Tensor<4>,
    way_back: WayBack,
}

#[expect(
    clippy::large_enum_variant,
    reason = "there is one a lesson, never a list of them"
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

    /// Adds the gradients of what trains in the encoder, given that of the embedding.
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
