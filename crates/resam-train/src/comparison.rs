//! Three ways to answer, compared object by object: the pretrained model with SAM's single mask,
//! with the mask selection of the run, and the adapted model with the same selection.

use std::cell::RefCell;
use std::collections::BTreeMap;

use resam_adapt::{Example, Examples, Trainer};
use resam_mask::Bitmap;
use resam_sam::SamError;

use crate::answers::{Answer, Answering};
use crate::kept::Kept;
use crate::observer::Observer;
use crate::validation::mean;

/// Images that are compared where none is kept for validation.
pub(crate) const MOST_LEARNT_FROM: usize = 8;

/// The scores of an object: of the single mask, before and after.
#[derive(Debug, Clone)]
pub(crate) struct ObjectScores {
    pub(crate) name: String,
    pub(crate) class: Option<String>,
    /// Pixels of the true mask, or else of the adapted model's.
    pub(crate) area: u64,
    pub(crate) single: f64,
    pub(crate) before: f64,
    pub(crate) after: f64,
}

/// An image of which the models were asked.
#[derive(Debug, Clone)]
pub(crate) struct ImageScores {
    /// Its number in the images.
    pub(crate) index: usize,
    pub(crate) name: String,
    pub(crate) objects: Vec<ObjectScores>,
}

impl ImageScores {
    /// The mean of a score over the objects.
    pub(crate) fn mean(&self, score: fn(&ObjectScores) -> f64) -> f64 {
        let scores: Vec<f64> = self.objects.iter().map(score).collect();
        mean(&scores)
    }
}

/// All images of which the models were asked.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) images: Vec<ImageScores>,
    /// Whether scores are IoU with true masks; else they are consistency.
    pub(crate) has_truth: bool,
}

/// The models that are compared.
pub(crate) struct Models {
    before: Answering,
    after: Answering,
    /// What is asked about an image is asked once.
    kept: RefCell<Kept>,
}

/// The masks of an image's objects.
pub(crate) struct Masks {
    pub(crate) single: Vec<Bitmap>,
    pub(crate) before: Vec<Bitmap>,
    pub(crate) after: Vec<Bitmap>,
}

impl Models {
    /// The models of a run, with the answers that are known.
    pub(crate) fn new(
        trainer: &Trainer,
        images: &dyn Examples,
        kept: Kept,
    ) -> Result<Self, SamError> {
        Ok(Self {
            before: Answering::new(trainer, trainer.frozen().clone(), images)?,
            after: Answering::new(trainer, trainer.model(), images)?,
            kept: RefCell::new(kept),
        })
    }

    fn answers(&self, index: usize, example: &Example) -> Result<[Vec<Answer>; 3], SamError> {
        let mut kept = self.kept.borrow_mut();
        let [before, single] = if let Some(known) = kept.before(index) {
            known
        } else {
            let answers = self.before.about_with_single(example)?;
            kept.keep_before(index, &answers);
            answers
        };
        let after = if let Some(known) = kept.after(index) {
            known
        } else {
            let answers = self.after.about(example)?;
            kept.keep_after(index, &answers);
            answers
        };
        Ok([single, before, after])
    }

    pub(crate) fn masks(&self, index: usize, example: &Example) -> Result<Masks, SamError> {
        let [single, before, after] = self
            .answers(index, example)?
            .map(|answers| answers.into_iter().map(|answer| answer.mask).collect());
        Ok(Masks {
            single,
            before,
            after,
        })
    }
}

impl Comparison {
    /// Asks about the first validation images, so many, or a few of the images that were learnt
    /// from. Who asks for a stop gets what is done.
    ///
    /// # Errors
    /// [`SamError::Failed`] when the device did not come to the end of its work.
    pub(crate) fn of(
        models: &Models,
        images: &dyn Examples,
        validated: Option<usize>,
        observer: &mut dyn Observer,
    ) -> Result<Self, SamError> {
        let indices: Vec<usize> = if let Some(count) = validated {
            (0..count.clamp(1, images.len().max(1))).collect()
        } else {
            let step = images.len().div_ceil(MOST_LEARNT_FROM).max(1);
            (0..images.len()).step_by(step).collect()
        };
        let mut comparison = Self {
            images: Vec::new(),
            has_truth: images.has_truth(),
        };
        for (done, &index) in indices.iter().enumerate() {
            observer.step("images compared", done, indices.len());
            if observer.interrupted() {
                break;
            }
            let Ok(example) = images.read(index) else {
                continue;
            };
            let answers = match models.answers(index, &example) {
                Ok(answers) => answers,
                Err(error @ SamError::Failed(_)) => return Err(error),
                Err(_) => continue,
            };
            let objects = comparison.scores(&example, &answers);
            if !objects.is_empty() {
                comparison.images.push(ImageScores {
                    index,
                    name: images.name(index),
                    objects,
                });
            }
        }
        observer.step("images compared", indices.len(), indices.len());
        Ok(comparison)
    }

    fn scores(&self, example: &Example, answers: &[Vec<Answer>; 3]) -> Vec<ObjectScores> {
        let instances = example.instances.iter().enumerate();
        let scores = instances.filter_map(|(index, instance)| {
            let truth = instance.truth.as_ref();
            let score = |answers: &Vec<Answer>| {
                let answer = answers.get(index)?;
                if self.has_truth {
                    answer.mask.iou(truth?).ok()
                } else {
                    Some(answer.consistency)
                }
            };
            let [single, before, after] = answers.each_ref().map(score);
            let answered = answers[2].get(index).map(|answer| answer.mask.area());
            Some(ObjectScores {
                name: instance.name.clone(),
                class: instance.class.clone(),
                area: truth.map(Bitmap::area).or(answered)?,
                single: single?,
                before: before?,
                after: after?,
            })
        });
        scores.collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// What scores are, in a word.
    pub(crate) fn measure(&self) -> &'static str {
        if self.has_truth { "IoU" } else { "consistency" }
    }

    pub(crate) fn objects(&self) -> impl Iterator<Item = &ObjectScores> {
        self.images.iter().flat_map(|image| &image.objects)
    }

    /// The mean of a score as validation has it: over images of the mean over objects where true
    /// masks are known, else over objects.
    pub(crate) fn mean(&self, score: fn(&ObjectScores) -> f64) -> f64 {
        let values: Vec<f64> = if self.has_truth {
            self.images.iter().map(|image| image.mean(score)).collect()
        } else {
            self.objects().map(score).collect()
        };
        mean(&values)
    }

    /// The scores before and after of objects that belong together, by what they belong to.
    pub(crate) fn parted<K: Ord>(
        &self,
        key: impl Fn(&ObjectScores) -> Option<K>,
    ) -> BTreeMap<K, Vec<[f64; 2]>> {
        let mut parts: BTreeMap<K, Vec<[f64; 2]>> = BTreeMap::new();
        for object in self.objects() {
            if let Some(key) = key(object) {
                parts
                    .entry(key)
                    .or_default()
                    .push([object.before, object.after]);
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(index: usize, scores: &[[f64; 2]]) -> ImageScores {
        let object = |&[before, after]: &[f64; 2]| ObjectScores {
            name: String::new(),
            class: Some(if before < 0.5 { "hard" } else { "easy" }.to_owned()),
            area: 10,
            single: 0.0,
            before,
            after,
        };
        ImageScores {
            index,
            name: String::new(),
            objects: scores.iter().map(object).collect(),
        }
    }

    fn comparison() -> Comparison {
        Comparison {
            images: vec![image(0, &[[0.2, 0.4], [0.6, 0.6]]), image(1, &[[0.8, 0.9]])],
            has_truth: true,
        }
    }

    #[test]
    fn the_mean_is_over_images_with_true_masks_and_over_objects_without() {
        let mut found = comparison();
        assert!((found.mean(|one| one.before) - 0.6).abs() < 1e-12);
        found.has_truth = false;
        assert!((found.mean(|one| one.before) - 1.6 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn objects_are_parted_by_class() {
        let parts = comparison().parted(|one| one.class.clone());
        assert_eq!(parts["hard"], [[0.2, 0.4]]);
        assert_eq!(parts["easy"].len(), 2);
    }
}
