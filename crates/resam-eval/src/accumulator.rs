use std::collections::BTreeMap;

use resam_mask::{Bitmap, MaskError};
use serde::Serialize;
use thiserror::Error;

use crate::{ImageScore, Scores};

/// Why an instance could not be scored.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum EvalError {
    /// The predicted mask cannot be compared with the true one.
    #[error("instance {instance} of image {image:?} cannot be scored")]
    Mask {
        /// Identifier of the image.
        image: String,
        /// Identifier of the instance.
        instance: u64,
        /// What is wrong with the masks.
        source: MaskError,
    },

    /// An instance that has been added before.
    #[error("instance {instance} of image {image:?} is scored twice")]
    Duplicate {
        /// Identifier of the image.
        image: String,
        /// Identifier of the instance.
        instance: u64,
    },
}

/// Collects the scores of instances one at a time.
///
/// The scores are kept by image and instance and summed in that order, so a summary does not
/// depend on the order in which the instances were added, not even in its last digit.
#[derive(Debug, Clone, Default)]
pub struct Accumulator {
    images: BTreeMap<String, BTreeMap<u64, Instance>>,
}

#[derive(Debug, Clone)]
struct Instance {
    category: String,
    scores: Scores,
}

impl Accumulator {
    /// An accumulator without instances.
    pub fn new() -> Self {
        Self::default()
    }

    /// Scores an instance, whose id must be unique within its image. Both masks have the size of
    /// the image.
    ///
    /// # Errors
    /// [`EvalError::Mask`] if the masks have different sizes, [`EvalError::Duplicate`] if the
    /// instance has been added before.
    pub fn add(
        &mut self,
        image: &str,
        category: &str,
        instance: u64,
        predicted: &Bitmap,
        truth: &Bitmap,
    ) -> Result<Scores, EvalError> {
        let scores = Scores::of_instance(predicted, truth).map_err(|source| EvalError::Mask {
            image: image.to_owned(),
            instance,
            source,
        })?;
        self.record(image, category, instance, scores)?;
        Ok(scores)
    }

    /// Adds an instance that has been scored elsewhere, on another thread for example.
    ///
    /// # Errors
    /// [`EvalError::Duplicate`] if the instance has been added before.
    pub fn record(
        &mut self,
        image: &str,
        category: &str,
        instance: u64,
        scores: Scores,
    ) -> Result<(), EvalError> {
        let instances = self.images.entry(image.to_owned()).or_default();
        if instances.contains_key(&instance) {
            return Err(EvalError::Duplicate {
                image: image.to_owned(),
                instance,
            });
        }
        instances.insert(
            instance,
            Instance {
                category: category.to_owned(),
                scores,
            },
        );
        Ok(())
    }

    /// The score of each image, in the order of their identifiers.
    pub fn images(&self) -> Vec<ImageScore> {
        let images = self.images.iter().filter_map(|(image, instances)| {
            let scores = Scores::mean(instances.values().map(|instance| &instance.scores))?;
            Some(ImageScore {
                image: image.clone(),
                scores,
                instances: instances.len(),
            })
        });
        images.collect()
    }

    /// The scores over all images; none if there are no instances.
    pub fn summary(&self) -> Option<Summary> {
        let images = self.images();
        let over_images = Scores::mean(images.iter().map(|image| &image.scores))?;
        let over_instances = Scores::mean(self.instances().map(|instance| &instance.scores))?;
        Some(Summary {
            iou: over_images.iou,
            f1: over_images.f1,
            precision: over_images.precision,
            recall: over_images.recall,
            iou_instances: over_instances.iou,
            images: images.len(),
            instances: self.instances().count(),
        })
    }

    /// The scores of each category, in alphabetical order.
    pub fn classes(&self) -> Vec<ClassSummary> {
        let mut categories: BTreeMap<&str, Vec<&Scores>> = BTreeMap::new();
        for instance in self.instances() {
            categories
                .entry(&instance.category)
                .or_default()
                .push(&instance.scores);
        }
        let classes = categories.into_iter().filter_map(|(category, scores)| {
            let instances = scores.len();
            let scores = Scores::mean(scores)?;
            Some(ClassSummary {
                category: category.to_owned(),
                scores,
                instances,
            })
        });
        classes.collect()
    }

    fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.images.values().flat_map(BTreeMap::values)
    }
}

/// The scores as the paper reports them (arXiv 2511.21606): means over the images of the means over
/// their instances, each from 0 to 1.
///
/// Images without instances do not count.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// Intersection over union.
    pub iou: f64,
    /// Harmonic mean of precision and recall, taken for each instance and averaged.
    pub f1: f64,
    /// Share of the predicted pixels that are true.
    pub precision: f64,
    /// Share of the true pixels that were predicted.
    pub recall: f64,
    /// Intersection over union averaged over all instances at once.
    pub iou_instances: f64,
    /// Number of images that have instances.
    pub images: usize,
    /// Number of instances.
    pub instances: usize,
}

/// The scores of one category: the mean over its instances in all images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassSummary {
    /// Name of the category.
    pub category: String,
    /// Mean over the instances; written out as fields of the summary itself.
    #[serde(flatten)]
    pub scores: Scores,
    /// Number of instances.
    pub instances: usize,
}
