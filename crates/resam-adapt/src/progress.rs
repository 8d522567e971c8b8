//! The state of a run, and the report of an iteration.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::optimizer_state::OptimizerState;
use crate::recipe::Recipe;
use crate::reinforce::Queues;
use crate::step::LossParts;
use crate::trained::Trained;

/// The position of a run: what a checkpoint holds beside tensors. The aliases are the names in
/// checkpoints of earlier versions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Epochs that are done.
    pub epoch: usize,
    /// Iterations of the current epoch that are done.
    #[serde(alias = "visited")]
    pub iterations_of_epoch: usize,
    /// Iterations that are done, one image each.
    #[serde(alias = "visits")]
    pub iterations: u64,
    /// Updates that were made.
    pub updates: u64,
    /// Iterations that were skipped: for their loss, or without a confident pseudo-label.
    pub skipped: u64,
    /// The last losses of training samples that were not skipped, oldest first.
    pub losses: VecDeque<f64>,
    /// The size prior, in pixels of an image, once it is known.
    #[serde(alias = "usual_area")]
    pub size_prior_px: Option<f64>,
    /// The consistency from which on a label is in the top fraction, once it is known.
    #[serde(alias = "sure_agreement")]
    pub top_consistency: Option<f64>,
}

impl Position {
    /// The position after one more iteration of a run over so many images.
    #[must_use]
    pub fn after_iteration(&self, images: usize) -> Self {
        let mut position = self.clone();
        position.iterations += 1;
        position.iterations_of_epoch += 1;
        if position.iterations_of_epoch >= images {
            position.iterations_of_epoch = 0;
            position.epoch += 1;
        }
        position
    }

    /// Checks that it is the position of a run of this plan.
    ///
    /// # Errors
    /// What cannot be.
    pub fn check(&self, plan: &TrainingPlan) -> Result<(), String> {
        let of_epoch = self.iterations_of_epoch;
        let whole = self.epoch.checked_mul(plan.images);
        let whole = whole.and_then(|whole| whole.checked_add(of_epoch));
        if of_epoch >= plan.images.max(1)
            || whole.map(|whole| whole as u64) != Some(self.iterations)
        {
            return Err(format!(
                "iteration {} of epoch {} with {} images is not iteration {}",
                of_epoch, self.epoch, plan.images, self.iterations
            ));
        }
        if self.skipped > self.iterations {
            return Err(format!(
                "{} of {} iterations are skipped",
                self.skipped, self.iterations
            ));
        }
        let window = plan.recipe.loss_spike_filter.window;
        if self.losses.len() > window || self.losses.iter().any(|loss| !loss.is_finite()) {
            return Err(format!("its losses are not the last {window}"));
        }
        let is = |value: Option<f64>, fits: fn(f64) -> bool| value.is_none_or(fits);
        if !is(self.size_prior_px, |area| area.is_finite() && area > 0.0)
            || !is(self.top_consistency, |bound| (0.0..=1.0).contains(&bound))
        {
            return Err("its size prior or its bound of consistency cannot be".to_owned());
        }
        Ok(())
    }
}

/// The report of an iteration: one image was trained on, or skipped.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Iteration {
    /// The image, by number.
    pub image: usize,
    /// The epoch, from 0.
    pub epoch: usize,
    /// Instances that were prompted.
    pub asked: usize,
    /// Instances that were trained on.
    pub learnt: usize,
    /// Instances whose refined mask was empty.
    pub empty: usize,
    /// Mean consistency of the instances with a label: the IoU of point mask and box mask.
    pub consistency: Option<f64>,
    /// The losses.
    pub losses: Option<LossParts>,
    /// The learning rate of the update that followed.
    pub learning_rate: f64,
    /// Why the iteration was skipped.
    pub skipped: Option<String>,
}

/// The settings of a run, which do not change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingPlan {
    /// The recipe.
    pub recipe: Recipe,
    /// The seed of everything random.
    pub seed: u64,
    /// Side of the network's input, in pixels.
    pub input_size: usize,
    /// Images of the run.
    pub images: usize,
    /// Objects with points, in all images.
    pub instances: usize,
    /// Images that are kept for validation.
    pub validation_images: usize,
    /// How images are given to the network, in words.
    pub input: String,
    /// What is learnt from: a fingerprint of each image, file of annotations and set of points, by
    /// name.
    pub inputs: BTreeMap<String, String>,
    /// Updates that the run is planned for.
    pub updates: u64,
    /// SHA-256 of the weights.
    pub weights: String,
}

/// The whole state of a run: what a checkpoint holds.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The settings.
    pub plan: TrainingPlan,
    /// The position.
    pub position: Position,
    /// The trained parameters.
    pub student: Trained,
    /// The exponential moving average of the trained parameters, with `teacher = "ema"`.
    pub ema: Option<Trained>,
    /// The features of both views.
    pub queues: Queues,
    /// The states of the encoder's and the decoder's optimizer.
    pub optimizers: [OptimizerState; 2],
    /// What the run knows beside the trainer, as JSON.
    pub run: serde_json::Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_of_an_earlier_version_is_read() {
        let earlier = r#"{"epoch": 2, "visited": 3, "visits": 11, "updates": 5, "skipped": 1,
            "losses": [0.5], "usual_area": 40.5, "sure_agreement": 0.75}"#;
        let expected = Position {
            epoch: 2,
            iterations_of_epoch: 3,
            iterations: 11,
            updates: 5,
            skipped: 1,
            losses: VecDeque::from([0.5]),
            size_prior_px: Some(40.5),
            top_consistency: Some(0.75),
        };
        let read: Position = serde_json::from_str(earlier).expect("a position");
        assert_eq!(read, expected);
        let written = serde_json::to_string(&read).expect("numbers");
        assert!(written.contains("\"iterations\":11"), "{written}");
        assert_eq!(
            serde_json::from_str::<Position>(&written).expect("the same"),
            read
        );
    }

    #[test]
    fn an_epoch_ends_with_its_last_image() {
        let mut position = Position::default();
        for _ in 0..5 {
            position = position.after_iteration(3);
        }
        let found = (
            position.epoch,
            position.iterations_of_epoch,
            position.iterations,
        );
        assert_eq!(found, (1, 2, 5));
    }
}
