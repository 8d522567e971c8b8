//! What a run writes down on its way: metrics as JSON lines and for TensorBoard.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

use resam_adapt::{Examples, Iteration, Position, Trainer};
use resam_report::{EventFile, MetricsFile};
use serde_json::json;

use crate::error::TrainError;
use crate::folder::Folder;
use crate::gain::Gain;
use crate::observer::Observer;
use crate::result::TrainingResult;
use crate::validation::{Validated, Validation};

/// What a run writes down on its way.
pub(crate) struct Record {
    pub(crate) folder: Folder,
    metrics: MetricsFile,
    events: EventFile,
    pub(crate) before: Option<Validated>,
    pub(crate) last: Option<Validation>,
    pub(crate) best: Option<Validated>,
    pub(crate) without_better: usize,
    pub(crate) failed: BTreeMap<String, String>,
    pub(crate) seconds: f64,
    pub(crate) chosen: u64,
}

impl Record {
    pub(crate) fn begin(folder: Folder) -> Result<Self, TrainError> {
        let metrics = MetricsFile::create(folder.file("metrics.jsonl"))?;
        let events = EventFile::create(folder.path(), SystemTime::now())?;
        Ok(Self::new(folder, metrics, events))
    }

    /// Forgets what was written after the state that the run goes on from.
    pub(crate) fn resume(folder: Folder, iterations: u64) -> Result<Self, TrainError> {
        let path = folder.file("metrics.jsonl");
        let metrics = MetricsFile::resume(&path, |line| {
            line["iterations"]
                .as_u64()
                .is_some_and(|done| done <= iterations)
        })?;
        let events = EventFile::resume(folder.path(), SystemTime::now(), iterations)?;
        let mut record = Self::new(folder, metrics, events);
        for line in record.metrics()? {
            if let Some(found) = line.get("validation") {
                if let Ok(validation) = serde_json::from_value(found.clone()) {
                    let values = serde_json::from_value(line["values"].clone());
                    record.compare(Validated {
                        validation,
                        single: serde_json::from_value(line["single"].clone()).unwrap_or(None),
                        values: values.unwrap_or_default(),
                    });
                }
            } else if let Some(seconds) = line["elapsed"].as_f64() {
                record.seconds = seconds;
            }
        }
        Ok(record)
    }

    fn new(folder: Folder, metrics: MetricsFile, events: EventFile) -> Self {
        Self {
            folder,
            metrics,
            events,
            before: None,
            last: None,
            best: None,
            without_better: 0,
            failed: BTreeMap::new(),
            seconds: 0.0,
            chosen: 0,
        }
    }

    pub(crate) fn best_file(&self) -> PathBuf {
        self.folder.file("checkpoints/best.safetensors")
    }

    pub(crate) fn metrics(&self) -> Result<Vec<serde_json::Value>, TrainError> {
        Ok(MetricsFile::read(self.folder.file("metrics.jsonl"))?)
    }

    /// Whether a validation is the best so far; the first one is that of the pretrained model.
    fn compare(&mut self, found: Validated) -> bool {
        self.last = Some(found.validation);
        if self.before.is_none() {
            self.before = Some(found);
            return false;
        }
        let better = |best: &Validated| found.validation.value() > best.validation.value();
        let better = self.best.as_ref().is_none_or(better);
        if better {
            self.best = Some(found);
            self.without_better = 0;
        } else {
            self.without_better += 1;
        }
        better
    }

    /// Whether the best validation so far is kept in place of the last one.
    pub(crate) fn best_is_kept_over(&self, last: Option<&Validated>) -> bool {
        match (&self.best, last) {
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
        Ok(self.compare(found))
    }

    pub(crate) fn iterated(
        &mut self,
        trainer: &Trainer,
        visit: &Iteration,
        images: &dyn Examples,
        [seconds, elapsed]: [f64; 2],
    ) -> Result<(), TrainError> {
        let position = trainer.position();
        self.metrics.append(&json!({
            "iterations": position.iterations,
            "updates": position.updates,
            "image_name": images.name(visit.image),
            "iteration": visit,
            "seconds": seconds,
            "elapsed": elapsed,
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
        let (before, best) = (self.before.as_ref()?, self.best.as_ref()?);
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
        ended_early: Option<String>,
        seconds: f64,
    ) -> TrainingResult {
        TrainingResult {
            interrupted,
            ended_early,
            updates: position.updates,
            iterations: position.iterations,
            skipped: position.skipped,
            failed: self.failed.clone(),
            before_single: self.before.as_ref().and_then(|before| before.single),
            before: self.before.as_ref().map(|before| before.validation),
            after: self.best.as_ref().map(|best| best.validation),
            gain: self.gain(),
            chosen: self.chosen,
            seconds,
        }
    }
}
