//! What a run writes down on its way: metrics as JSON lines and for TensorBoard.

use std::time::SystemTime;

use resam_adapt::{Examples, Iteration, Position, Trainer};
use resam_report::{EventFile, MetricsFile};
use serde_json::json;

use crate::clock::Clock;
use crate::error::TrainError;
use crate::folder::{Folder, METRICS};
use crate::gain::Gain;
use crate::observer::Observer;
use crate::result::TrainingResult;
use crate::run_state::RunState;
use crate::validation::Validated;

/// What a run writes down on its way, and what it knows beside its trainer.
pub(crate) struct Record<'a> {
    pub(crate) folder: &'a Folder,
    metrics: MetricsFile,
    events: EventFile,
    pub(crate) state: RunState,
}

impl<'a> Record<'a> {
    pub(crate) fn begin(folder: &'a Folder) -> Result<Self, TrainError> {
        Ok(Self {
            folder,
            metrics: MetricsFile::create(folder.file(METRICS))?,
            events: EventFile::create(folder.path(), SystemTime::now())?,
            state: RunState::default(),
        })
    }

    /// Removes what was written after the state that the run goes on from.
    pub(crate) fn resume(
        folder: &'a Folder,
        state: RunState,
        iterations: u64,
    ) -> Result<Self, TrainError> {
        let metrics = MetricsFile::resume_at(folder.file(METRICS), state.metrics)?;
        // TensorBoard passes over what it has of this step and later ones.
        let events = EventFile::resume(folder.path(), SystemTime::now(), iterations + 1)?;
        Ok(Self {
            folder,
            metrics,
            events,
            state,
        })
    }

    /// The run's knowledge, and that all of the metrics until now belong to it.
    pub(crate) fn snapshot(&self, clock: &Clock) -> RunState {
        RunState {
            metrics: self.metrics.length(),
            clock: clock.seconds(),
            ..self.state.clone()
        }
    }

    /// Makes the metrics last through a power cut: a state that counts on them follows.
    pub(crate) fn sync(&self) -> Result<(), TrainError> {
        Ok(self.metrics.sync()?)
    }

    pub(crate) fn metrics(&self) -> Result<Vec<serde_json::Value>, TrainError> {
        Ok(MetricsFile::read(self.folder.file(METRICS))?)
    }

    /// Whether the best validation so far is kept in place of the last one.
    pub(crate) fn best_is_kept_over(&self, last: Option<&Validated>) -> bool {
        match (&self.state.best, last) {
            (Some(best), Some(last)) => best.validation.is_kept_over(&last.validation),
            _ => false,
        }
    }

    pub(crate) fn validated(
        &mut self,
        trainer: &Trainer,
        found: Validated,
        observer: &mut dyn Observer,
    ) -> Result<bool, TrainError> {
        let position = trainer.position();
        let validation = found.validation;
        let mut line = json!({
            "iterations": position.iterations,
            "updates": position.updates,
            "validation": validation,
            "values": found.values,
        });
        if let Some(single) = &found.single {
            line["single"] = json!(single);
        }
        self.metrics.append(&line)?;
        self.scalar(
            "validation/consistency",
            position.iterations,
            validation.consistency,
        )?;
        let mut text = format!(
            "after {} updates, {} validation images: consistency {:.3}",
            position.updates, validation.images, validation.consistency
        );
        if let Some(iou) = validation.iou {
            self.scalar("validation/iou", position.iterations, iou)?;
            text += &format!(", IoU {iou:.4}");
        }
        observer.note(&text);
        Ok(self.state.compare(found, position.updates))
    }

    pub(crate) fn iterated(
        &mut self,
        trainer: &Trainer,
        visit: &Iteration,
        images: &dyn Examples,
        seconds: f64,
    ) -> Result<(), TrainError> {
        let position = trainer.position();
        self.metrics.append(&json!({
            "iterations": position.iterations,
            "updates": position.updates,
            "image_name": images.name(visit.image),
            "iteration": visit,
            "seconds": seconds,
            "elapsed": self.state.seconds,
        }))?;
        let mut scalars = vec![("time/iteration", seconds)];
        if let Some(losses) = &visit.losses {
            scalars.extend([
                ("loss/total", losses.total),
                ("loss/focal", losses.focal),
                ("loss/dice", losses.dice),
                ("loss/iou_head", losses.iou_head),
                ("loss/multimask_iou", losses.multimask_iou),
                ("loss/alignment", losses.alignment),
            ]);
        }
        scalars.extend(visit.consistency.map(|value| ("labels/consistency", value)));
        for (tag, value) in scalars {
            self.scalar(tag, position.iterations, value)?;
        }
        Ok(self.events.flush()?)
    }

    fn scalar(&mut self, tag: &str, step: u64, value: f64) -> Result<(), TrainError> {
        Ok(self.events.scalar(tag, step, value, SystemTime::now())?)
    }

    /// What the best model gains over the pretrained one.
    fn gain(&self) -> Option<Gain> {
        let (before, best) = (self.state.before.as_ref()?, self.state.best.as_ref()?);
        if before.values.len() != best.values.len() {
            return None;
        }
        let pairs = best.values.iter().zip(&before.values);
        let pairs: Vec<[f64; 2]> = pairs.map(|(&after, &before)| [after, before]).collect();
        Gain::of_pairs(&pairs)
    }

    pub(crate) fn result(
        &self,
        position: &Position,
        interrupted: bool,
        chosen: u64,
    ) -> TrainingResult {
        let state = &self.state;
        TrainingResult {
            interrupted,
            ended_early: state.ended_early.clone(),
            updates: position.updates,
            iterations: position.iterations,
            skipped: position.skipped,
            failed: state.failed.clone(),
            before_single: state.before.as_ref().and_then(|before| before.single),
            before: state.before.as_ref().map(|before| before.validation),
            after: state.best.as_ref().map(|best| best.validation),
            gain: self.gain(),
            chosen,
            seconds: state.seconds,
        }
    }
}
