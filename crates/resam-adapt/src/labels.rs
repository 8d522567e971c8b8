//! Pseudo-labels of an image from its points: steps 2 to 4 of the method (prompt, refine, requery).

use std::collections::HashMap;

use burn::tensor::{Device, Tensor};
use rayon::prelude::*;
use resam_mask::{Bitmap, PixelBox};
use resam_sam::prompt_encoder::{PointLabel, PromptBatch};
use resam_sam::{Sam, SamError};
use resam_select::{
    Candidate, MaskPoint, MaskPoints, MaskSource, ModelMask, SizePrior, select, stability,
};

use crate::example::{Example, Framed};
use crate::read::values;
use crate::recipe::Labels;
use crate::refine::{above, refine};
use crate::requery::{input_box, requery_box};
use crate::views::Flip;

/// The logit above which a pixel of the requeried mask belongs to the pseudo-label: SAM's own.
const MASK_THRESHOLD: f32 = 0.0;

/// The pseudo-labels of an image.
#[derive(Debug, Clone, Default)]
pub struct PseudoLabels {
    /// The numbers of the instances that have a label. The lists below have one entry for each.
    pub instances: Vec<usize>,
    /// The label of each, `input_size` x `input_size` pixels.
    pub masks: Vec<Bitmap>,
    /// The box `[x0, y0, x1, y1]` of each in pixels of the input, as the prompt encoder takes it.
    pub boxes: Vec<[f32; 4]>,
    /// The consistency of each: IoU of the point's mask and of its box's mask, from 0 to 1.
    pub consistency: Vec<f64>,
    /// The measures that each was selected by; empty without candidates.
    pub candidates: Vec<Candidate>,
    /// Instances whose refined mask is empty.
    pub empty: Vec<usize>,
    /// The single mask of every prompted instance, in their order.
    pub of_points: Vec<Bitmap>,
}

/// The model that makes labels, and how.
#[derive(Debug, Clone, Copy)]
pub struct LabelContext<'a> {
    /// The model.
    pub model: &'a Sam,
    /// Side of the network's input, in pixels.
    pub input_size: usize,
    /// Where the model runs.
    pub device: &'a Device,
    /// How labels are made.
    pub labels: &'a Labels,
    /// The size prior in pixels of an image, where it is known.
    pub size_prior_px: Option<f64>,
    /// Prompts decoded at a time: bounds the memory.
    pub batch: usize,
}

/// An image in the network's input, after the encoder.
#[derive(Debug, Clone)]
pub struct EncodedView {
    /// The image and its points in the input.
    pub framed: Framed,
    /// Its embedding, `[1, channels, rows, columns]`, without gradient.
    pub embedding: Tensor<4>,
}

impl LabelContext<'_> {
    /// Resizes an image to the input, not mirrored, and encodes it.
    ///
    /// # Errors
    /// [`SamError::Image`] for an image without pixels.
    pub fn encode(&self, example: &Example) -> Result<EncodedView, SamError> {
        let framed = Framed::new(example, self.input_size, Flip::default())?;
        let embedding = self.embed(&framed);
        Ok(EncodedView { framed, embedding })
    }

    /// The embedding of an image in the input, `[1, channels, rows, columns]`, without gradient.
    pub fn embed(&self, framed: &Framed) -> Tensor<4> {
        let input = framed.input(&framed.weak, self.device);
        self.model.image_encoder.forward(input)
    }

    /// Encodes an image and makes labels of all its instances.
    ///
    /// # Errors
    /// As [`encode`](Self::encode) and [`pseudo_labels`](Self::pseudo_labels).
    pub fn label(&self, example: &Example) -> Result<(EncodedView, PseudoLabels), SamError> {
        let view = self.encode(example)?;
        let all: Vec<usize> = (0..example.instances.len()).collect();
        let prior = self.size_prior(&view.framed);
        let labels = self.pseudo_labels(&view.framed, &view.embedding, &all, prior)?;
        Ok((view, labels))
    }

    /// The size prior in pixels of the input, where the mask selection uses it and it is known.
    pub fn size_prior(&self, framed: &Framed) -> Option<SizePrior> {
        let selection = self.labels.selection.with_size_prior(self.size_prior_px);
        let prior = selection.size_prior();
        prior.map(|prior| prior.magnified(framed.pixels_of_input()))
    }

    /// Prompt, refine and requery: steps 2 to 4. `embedding` is that of the weak view, `[1,
    /// channels, rows, columns]`, without gradient; `prior` is the size prior in pixels of the
    /// input. With [`SelectionMode::Requery`](resam_select::SelectionMode) labels are selected
    /// among the candidates of a point.
    ///
    /// # Errors
    /// [`SamError::Failed`] when the device fails.
    pub fn pseudo_labels(
        &self,
        framed: &Framed,
        embedding: &Tensor<4>,
        instances: &[usize],
        prior: Option<SizePrior>,
    ) -> Result<PseudoLabels, SamError> {
        let source = InputMasks {
            context: self,
            framed,
            embedding,
        };
        if self.labels.selection.requeries() {
            source.selected_labels(instances, prior)
        } else {
            source.refined_labels(instances)
        }
    }

    /// The single masks of the points of instances, in the padded input.
    ///
    /// # Errors
    /// [`SamError::Failed`] when the device fails.
    pub fn point_masks(
        &self,
        framed: &Framed,
        embedding: &Tensor<4>,
        instances: &[usize],
    ) -> Result<Vec<Bitmap>, SamError> {
        let source = InputMasks {
            context: self,
            framed,
            embedding,
        };
        let logits = source.of_points(instances, Masks::Single)?.into_iter();
        Ok(all_above(
            &logits.flatten().collect::<Vec<_>>(),
            framed.geometry.padded,
        ))
    }
}

/// The masks of a model in the padded input, for the points of an image.
struct InputMasks<'a> {
    context: &'a LabelContext<'a>,
    framed: &'a Framed,
    embedding: &'a Tensor<4>,
}

impl InputMasks<'_> {
    /// The published labels: the refined single mask of the point, and the mask of its box.
    fn refined_labels(&self, instances: &[usize]) -> Result<PseudoLabels, SamError> {
        let settings = self.context.labels;
        // One mask is asked for each.
        let asked = self.of_points(instances, Masks::Single)?.into_iter();
        let asked: Vec<Vec<f32>> = asked.flatten().collect();
        let padded = self.framed.geometry.padded;
        let refined = refine(&asked, padded, settings.entropy_threshold);
        let mut found = PseudoLabels {
            of_points: all_above(&asked, padded),
            ..Default::default()
        };
        let mut coarse = Vec::new();
        for ((&instance, refined), of_point) in instances.iter().zip(&refined).zip(&found.of_points)
        {
            match requery_box(refined) {
                Some(bounds) => {
                    found.instances.push(instance);
                    found.boxes.push(bounds);
                    coarse.push(of_point.clone());
                }
                None => found.empty.push(instance),
            }
        }
        let of_boxes = self.of_boxes(&found.boxes)?;
        let pairs = of_boxes.iter().zip(&coarse);
        // Masks of one input have one size.
        found.consistency = pairs
            .map(|(of_box, of_point)| of_box.iou(of_point).unwrap_or(0.0))
            .collect();
        found.masks = if settings.requery { of_boxes } else { coarse };
        Ok(found)
    }

    /// Labels that are selected among the candidates of the model.
    fn selected_labels(
        &self,
        instances: &[usize],
        prior: Option<SizePrior>,
    ) -> Result<PseudoLabels, SamError> {
        let settings = self.context.labels;
        let points = MaskPoints {
            of_prompts: self
                .framed
                .points
                .iter()
                .map(|of| mask_points(of))
                .collect(),
            beside: Vec::new(),
        };
        let selected = select(self, instances, &points, &settings.selection, prior)?;
        let mut found = PseudoLabels::default();
        for (&instance, selected) in instances.iter().zip(selected) {
            // The single mask is the first.
            found.of_points.push(selected.masks[0].bitmap.clone());
            let mask = &selected.mask().bitmap;
            match (&selected.of_box, requery_box(mask)) {
                (Some(of_box), Some(bounds)) => {
                    let label = if settings.requery { of_box } else { mask };
                    found.instances.push(instance);
                    found.boxes.push(bounds);
                    found.consistency.push(selected.candidate.consistency);
                    found.candidates.push(selected.candidate);
                    found.masks.push(label.clone());
                }
                // Every mask is empty or holds a point that it should not.
                _ => found.empty.push(instance),
            }
        }
        Ok(found)
    }

    /// The decoder's logits for the points of each instance.
    fn of_points(&self, instances: &[usize], masks: Masks) -> Result<Vec<Vec<Vec<f32>>>, SamError> {
        let mut by_instance = HashMap::new();
        for (group, batch) in self.framed.batches(instances, self.context.batch) {
            by_instance.extend(group.into_iter().zip(self.answers(&batch, masks)?));
        }
        let taken = |instance| by_instance.remove(instance).unwrap_or_default();
        Ok(instances.iter().map(taken).collect())
    }

    /// The masks of boxes.
    fn of_boxes(&self, boxes: &[[f32; 4]]) -> Result<Vec<Bitmap>, SamError> {
        let mut masks = Vec::with_capacity(boxes.len());
        for boxes in boxes.chunks(self.context.batch.max(1)) {
            let batch = PromptBatch {
                boxes: boxes.to_vec(),
                ..Default::default()
            };
            let logits = self.answers(&batch, Masks::Single)?.into_iter();
            masks.extend(all_above(
                &logits.flatten().collect::<Vec<_>>(),
                self.framed.geometry.padded,
            ));
        }
        Ok(masks)
    }

    /// The decoder's logits for each prompt of a batch and each of its masks, row-major.
    fn answers(&self, batch: &PromptBatch, masks: Masks) -> Result<Vec<Vec<Vec<f32>>>, SamError> {
        let (model, embedding) = (self.context.model, self.embedding.clone());
        let low_res = match masks {
            Masks::Single => model.decode(embedding, batch, false).low_res,
            Masks::All => model.decode_all(embedding, batch).low_res,
        };
        let [_, masks, rows, columns] = low_res.dims();
        let values = values(low_res.without_autodiff())?;
        let of_prompt = |values: &[f32]| {
            let masks = values.chunks_exact(rows * columns);
            masks.map(<[f32]>::to_vec).collect()
        };
        let of_prompts = values.chunks_exact(masks * rows * columns);
        Ok(of_prompts.map(of_prompt).collect())
    }
}

impl MaskSource for InputMasks<'_> {
    type Answer = ();
    type Error = SamError;

    fn all_masks(&self, prompts: &[usize]) -> Result<Vec<Vec<ModelMask<()>>>, SamError> {
        let logits = self.of_points(prompts, Masks::All)?;
        let of_prompt = |logits: &Vec<Vec<f32>>| {
            let bitmaps = all_above(logits, self.framed.geometry.padded).into_iter();
            let masks = bitmaps.zip(logits).map(|(bitmap, logits)| ModelMask {
                bitmap,
                stability: stability(logits),
                answer: (),
            });
            masks.collect()
        };
        Ok(logits.iter().map(of_prompt).collect())
    }

    /// Training takes the published boxes, from the centres of pixels to centres; inference takes
    /// boxes along the outer edges.
    fn box_masks(&self, boxes: &[PixelBox]) -> Result<Vec<Bitmap>, SamError> {
        self.of_boxes(&boxes.iter().map(input_box).collect::<Vec<_>>())
    }
}

/// Which of the decoder's masks are read.
#[derive(Clone, Copy)]
enum Masks {
    Single,
    /// The single mask, and those for an ambiguous prompt.
    All,
}

/// Points in pixels of the input, for the mask selection.
fn mask_points(points: &[([f32; 2], PointLabel)]) -> Vec<MaskPoint> {
    let points = points.iter().map(|&([x, y], label)| {
        // Positions count from the centre of the first pixel; what is off the input is on no mask.
        let inside = x > -0.5 && y > -0.5;
        MaskPoint {
            position: [x, y].map(f64::from),
            pixel: inside.then(|| [x, y].map(|at| at.round() as u32)),
            positive: label == PointLabel::Positive,
        }
    });
    points.collect()
}

/// The masks of logits.
fn all_above(logits: &[Vec<f32>], padded: usize) -> Vec<Bitmap> {
    logits
        .par_iter()
        .map(|logits| above(logits, padded, MASK_THRESHOLD))
        .collect()
}
