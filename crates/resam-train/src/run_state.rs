//! What a run knows beside its trainer: a part of each checkpoint.

use std::collections::BTreeMap;

use resam_adapt::State;
use serde::{Deserialize, Serialize};

use crate::validation::{Validated, Validation};

/// What a run knows beside its trainer. It goes on with this, and not with what it wrote for
/// people.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunState {
    /// Bytes of the metrics that were written until then.
    pub(crate) metrics: u64,
    /// The pretrained model.
    pub(crate) before: Option<Validated>,
    /// The last validation.
    pub(crate) last: Option<Validation>,
    /// The best validation.
    pub(crate) best: Option<Validated>,
    /// The updates after which the model did best.
    pub(crate) best_update: Option<u64>,
    /// Validations since the best one.
    pub(crate) without_better: usize,
    /// The updates and the parts of the run that were done at the last validation.
    pub(crate) validated: (u64, f64),
    /// Images that validation is of; none while it is not known.
    pub(crate) validation_of: Option<usize>,
    /// Images that could not be read, with the reason.
    pub(crate) failed: BTreeMap<String, String>,
    /// Seconds of learning.
    pub(crate) seconds: f64,
    /// Seconds on the clock, and those that are kept for the last validation.
    pub(crate) clock: [f64; 2],
    /// Why it ended before its plan, if it did.
    pub(crate) ended_early: Option<String>,
    /// Whether all is learnt, and what is left is to choose and to write.
    pub(crate) learnt: bool,
}

impl RunState {
    /// That of a checkpoint.
    pub(crate) fn of(state: &State) -> Result<Self, String> {
        let run: Self =
            serde_json::from_value(state.run.clone()).map_err(|error| error.to_string())?;
        let best = run.best_update.unwrap_or(0);
        if best > state.position.updates || run.best_update.is_some() && run.best.is_none() {
            return Err(format!("its best state, after {best} updates, cannot be"));
        }
        let times = [run.seconds, run.clock[0], run.clock[1]];
        if times.iter().all(|time| time.is_finite() && *time >= 0.0) {
            Ok(run)
        } else {
            Err(format!("its times cannot be: {times:?}"))
        }
    }

    /// As a part of a checkpoint.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        // Numbers and words: writing them cannot fail.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Takes a validation in, after so many updates; whether it is the best so far. The first one
    /// is that of the pretrained model, which is no state of the run.
    pub(crate) fn compare(&mut self, found: Validated, updates: u64) -> bool {
        self.last = Some(found.validation);
        if self.before.is_none() {
            self.before = Some(found);
            return false;
        }
        let better = |best: &Validated| found.validation.value() > best.validation.value();
        let better = self.best.as_ref().is_none_or(better);
        if better {
            self.best = Some(found);
            self.best_update = Some(updates);
            self.without_better = 0;
        } else {
            self.without_better += 1;
        }
        better
    }
}
