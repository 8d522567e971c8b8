//! A run from its first iteration to its report.

use std::time::Instant;

use resam_adapt::feature_cache::FeatureCache;
use resam_adapt::recipe::Supervision;
use resam_adapt::{Examples, Iteration, IterationError, Trainer, TrainerOptions, TrainingPlan};
use resam_report::Report;
use resam_sam::{Adapter, Device, Sam};

use crate::clock::Clock;
use crate::comparison::{Comparison, Models};
use crate::error::TrainError;
use crate::folder::{Begun, Folder, RECIPE, REPORT};
use crate::gallery;
use crate::kept::Kept;
use crate::observer::{Observer, RunProgress};
use crate::prepare::Timing;
use crate::recipe_file::to_toml;
use crate::record::Record;
use crate::result::TrainingResult;
use crate::run_state::RunState;
use crate::settings::Settings;
use crate::summary::Summary;

/// The folder of features that are the same at each view, while the run is on.
const FEATURES: &str = "features";
/// Skipped images of which each is said.
const SKIPPED_SAID: u64 = 5;
/// Parts of a run after each of which the model is validated, unless the recipe says how often.
const VALIDATIONS: f64 = 4.0;

/// What a run learns from, and where.
#[derive(Clone, Copy)]
pub struct TrainingInput<'a> {
    /// The model is on the first of the devices; the samples of a batch are spread over all of
    /// them.
    pub devices: &'a [Device],
    /// The images with their points.
    pub images: &'a dyn Examples,
    /// Images that are not learnt from.
    pub validation: Option<&'a dyn Examples>,
}

/// Adapts a model to images from the points on them, in a folder of its own. The run is finished
/// when its record, `run.json`, is written by who calls this; until then it goes on from its last
/// checkpoint.
///
/// # Errors
/// [`TrainError`]; what the folder holds then is whole, and a run in it can be gone on with.
pub fn train(
    sam: Sam,
    input: TrainingInput<'_>,
    folder: &Folder,
    settings: &Settings,
    observer: &mut dyn Observer,
) -> Result<TrainingResult, TrainError> {
    let supervision = settings.recipe.labels.supervision;
    if supervision == Supervision::Masks && !input.images.has_truth() {
        return Err(TrainError::NoMasks);
    }
    let mut run = Run::begin(sam, input, folder, settings, observer)?;
    if let Some(stopped) = run.learn()? {
        return Ok(stopped);
    }
    run.finish()
}

/// A run on its way.
pub(crate) struct Run<'a> {
    pub(crate) input: TrainingInput<'a>,
    pub(crate) settings: &'a Settings,
    pub(crate) observer: &'a mut dyn Observer,
    pub(crate) trainer: Trainer,
    plan: TrainingPlan,
    /// Iterations that are planned; no bound when the clock ends the run.
    iterations: u64,
    pub(crate) record: Record<'a>,
    /// What the run knew at its last update: what goes into a checkpoint.
    at_update: RunState,
    pub(crate) clock: Clock,
    pub(crate) timing: Timing,
    pub(crate) kept: Kept,
    /// Seconds of an iteration, as a running mean.
    pace: Option<f64>,
}

impl<'a> Run<'a> {
    fn begin(
        sam: Sam,
        input: TrainingInput<'a>,
        folder: &'a Folder,
        settings: &'a Settings,
        observer: &'a mut dyn Observer,
    ) -> Result<Self, TrainError> {
        let recipe = &settings.recipe;
        let iterations = match (settings.iterations, settings.minutes) {
            (Some(iterations), _) => iterations,
            (None, Some(_)) => u64::MAX,
            (None, None) => (recipe.schedule.epochs * input.images.len()) as u64,
        };
        let instances = input.images.instances();
        let options = TrainerOptions {
            device: input.devices[0].clone(),
            input_size: settings.input_size,
            seed: settings.seed,
            iterations,
            instances,
        };
        let mut trainer = Trainer::new(sam, recipe.clone(), options)?;
        trainer.spread_over(input.devices.to_vec());
        let plan = TrainingPlan {
            recipe: recipe.clone(),
            seed: settings.seed,
            input_size: settings.input_size,
            images: input.images.len(),
            instances,
            validation_images: input.validation.map_or(0, |images| images.len()),
            input: settings.input.to_string(),
            inputs: settings.inputs.clone(),
            updates: match settings.minutes {
                // How many there will be is told by the clock.
                Some(_) => 0,
                None => trainer.planned(),
            },
            weights: settings.weights[1].clone(),
        };
        let begun = folder.begin(&plan, settings.start, &mut |text| observer.note(text))?;
        let is_new = matches!(begun, Begun::New);
        // Again where a run goes on: it may be damaged, and is made of what is known.
        let text = to_toml(recipe);
        resam_files::write_atomically(&folder.file(RECIPE), |file| {
            file.write_all(text.as_bytes())
        })?;
        let record = match begun {
            Begun::Resumed { file, state, run } => {
                let from = state.position.iterations;
                let restored = trainer.restore(*state);
                restored.map_err(|reason| TrainError::Unfit { path: file, reason })?;
                let of = match settings.minutes {
                    Some(minutes) => format!("{minutes} minutes"),
                    None => iterations.to_string(),
                };
                observer.note(&format!(
                    "going on with an unfinished run, after image {from} of {of}"
                ));
                Record::resume(folder, *run, from)?
            }
            Begun::New => Record::begin(folder)?,
        };
        if settings.feature_cache > 0 && recipe.repeats() {
            let features = folder.file(FEATURES);
            let cache = FeatureCache::new(&features, settings.feature_cache, &plan)?;
            trainer.cache_features(cache);
        }
        let clock = Clock::new(settings.minutes, record.state.clock);
        let mut run = Self {
            input,
            settings,
            observer,
            trainer,
            plan,
            iterations,
            at_update: record.snapshot(&clock),
            clock,
            record,
            timing: Timing::default(),
            kept: Kept::default(),
            pace: None,
        };
        run.timing.validated = run.record.state.validation_of;
        run.calibrate()?;
        run.say_learning_rate_scale(instances);
        if is_new {
            // From here on the run can be gone on with.
            run.checkpoint()?;
        }
        Ok(run)
    }

    /// The share of the run that is done.
    fn share_done(&self) -> f64 {
        let done = || self.trainer.position().iterations as f64 / self.iterations as f64;
        self.clock.share().unwrap_or_else(done)
    }

    fn goes_on(&self) -> bool {
        let iterations = self.trainer.position().iterations;
        iterations < self.iterations && (!self.clock.is_over() || self.owes_an_update())
    }

    /// Whether the minutes are over before the first update: it is made all the same, if one pass
    /// over the images makes it.
    fn owes_an_update(&self) -> bool {
        let position = self.trainer.position();
        let batch = self.trainer.recipe().schedule.batch;
        position.updates == 0 && position.iterations < self.input.images.len().max(batch) as u64
    }

    /// Learns to the end of the plan. The result of a run that was interrupted, or nothing.
    fn learn(&mut self) -> Result<Option<TrainingResult>, TrainError> {
        if self.record.state.learnt {
            return Ok(None);
        }
        if self.record.state.before.is_none() && self.trainer.position().iterations == 0 {
            self.validate_before()?;
            self.record.state.validation_of = self.timing.validated;
            self.remember();
            self.checkpoint()?;
        }
        self.say_what_the_clock_allows();
        let every = self.settings.checkpoint_every.max(1);
        let mut checkpointed = self.trainer.position().updates / every;
        while self.goes_on() {
            let done = self.trainer.position().updates;
            if let Some(updates) = self.clock.planned(done, self.seconds_of_update()) {
                self.trainer.plan_updates(updates);
            }
            if self.observer.interrupted() {
                self.checkpoint()?;
                return Ok(Some(self.record.result(self.trainer.position(), true, 0)));
            }
            let read = self.iterate()?;
            self.remember();
            if !read {
                continue;
            }
            if self.validate_if_due()? {
                break;
            }
            let updates = self.trainer.position().updates;
            if updates / every > checkpointed {
                checkpointed = updates / every;
                self.checkpoint()?;
            }
        }
        Ok(None)
    }

    /// Validates when it is due. Whether the run ends early.
    fn validate_if_due(&mut self) -> Result<bool, TrainError> {
        let updates = self.trainer.position().updates;
        // The parts of the run that are done.
        let part = (self.share_done() * VALIDATIONS).floor();
        let validated = self.record.state.validated;
        let schedule = &self.settings.recipe.schedule;
        let due = match schedule.validate_every {
            0 => part > validated.1,
            every => updates >= validated.0 + every as u64,
        };
        if !due || !self.goes_on() || !self.clock.allows_on_the_way(self.timing.validation) {
            return Ok(false);
        }
        self.record.state.validated = (updates, part);
        let found = self.validate_now()?;
        let better = match found {
            Some(found) => self
                .record
                .validated(&self.trainer, found, &mut *self.observer)?,
            None => false,
        };
        let ends = schedule.patience > 0 && self.record.state.without_better >= schedule.patience;
        if ends {
            let reason = format!("no better result in {} validations", schedule.patience);
            self.record.state.ended_early = Some(reason);
        }
        self.remember();
        if better {
            // The best state is one of the checkpoints.
            self.checkpoint()?;
        }
        Ok(ends)
    }

    /// Remembers what is known, if the run could go on from here: what comes after an update and
    /// before the next is done again.
    fn remember(&mut self) {
        if self.trainer.is_at_update() {
            self.at_update = self.record.snapshot(&self.clock);
        }
    }

    /// Writes the state as of the last update. What it says was written is made to last before.
    fn checkpoint(&self) -> Result<(), TrainError> {
        self.record.sync()?;
        let run = &self.at_update;
        let state = self.trainer.state(self.plan.clone(), run.to_json())?;
        let keep = self.settings.keep_checkpoints;
        self.record.folder.write(&state, run, keep)
    }

    /// One iteration. `false` when the image could not be read.
    fn iterate(&mut self) -> Result<bool, TrainError> {
        let images = self.input.images;
        let started = Instant::now();
        let done = match self.trainer.iterate(images) {
            Ok(done) => done,
            // The device failed: the last checkpoint is where the run goes on from.
            Err(IterationError::Model(error)) => return Err(error.into()),
            Err(IterationError::Unreadable { image, reason }) => {
                let name = images.name(image);
                let known = self
                    .record
                    .state
                    .failed
                    .insert(name.clone(), reason.clone());
                if known.is_none() {
                    self.observer.note(&format!(
                        "`{name}` cannot be read and is left out: {reason}"
                    ));
                }
                return Ok(false);
            }
        };
        let seconds = started.elapsed().as_secs_f64();
        self.record.state.seconds += seconds;
        self.record
            .iterated(&self.trainer, &done, images, seconds)?;
        self.say_skipped(&done);
        let pace = self.pace.map_or(seconds, |pace| 0.9 * pace + 0.1 * seconds);
        self.pace = Some(pace);
        let count = self.trainer.position().iterations;
        // By the clock the number of iterations is known at the end.
        let left = match self.clock.seconds_left() {
            Some(left) => (left / pace.max(1e-3)) as u64,
            None => self.iterations.saturating_sub(count),
        };
        self.observer.iterated(&RunProgress {
            iterations: [count, count + left],
            last: &done,
            seconds,
            pace,
            seconds_left: pace * left as f64 + self.seconds_after_learning(),
            validation: self.record.state.last,
        });
        Ok(true)
    }

    fn say_skipped(&mut self, done: &Iteration) {
        let skipped = self.trainer.position().skipped;
        if let Some(reason) = &done.skipped
            && skipped <= SKIPPED_SAID
        {
            let name = self.input.images.name(done.image);
            self.observer
                .note(&format!("`{name}` is skipped: {reason}"));
            if skipped == SKIPPED_SAID {
                self.observer
                    .note("the next images that are skipped are in `metrics.jsonl` only");
            }
        }
    }

    /// Chooses the best model, writes the adapter and the report.
    fn finish(mut self) -> Result<TrainingResult, TrainError> {
        self.record.state.learnt = true;
        self.remember();
        self.checkpoint()?;
        let reached = self.trainer.position().clone();
        let last = self.validate_now()?;
        if let Some(found) = last.clone() {
            self.record
                .validated(&self.trainer, found, &mut *self.observer)?;
        }
        let folder = self.record.folder;
        match self.record.state.best_update {
            Some(updates) if self.record.best_is_kept_over(last.as_ref()) => {
                let (path, state) = folder.read_state(updates)?;
                let restored = self.trainer.restore(state);
                restored.map_err(|reason| TrainError::Unfit { path, reason })?;
                self.kept.forget_after();
            }
            _ => self.record.state.best = last,
        }
        // Without what only a run that goes on needs, so that it is the same whenever it is made.
        let state = self
            .trainer
            .state(self.plan.clone(), serde_json::Value::Null)?;
        state.write(&folder.best_file())?;
        self.adapter()
            .save(folder.path(), &self.settings.weights[0])?;
        let chosen = self.trainer.position().updates;
        let result = self.record.result(&reached, false, chosen);
        let validation = self.input.validation.filter(|images| !images.is_empty());
        let shown = validation.unwrap_or(self.input.images);
        self.observer
            .note("the adapter is written; drawing the report");
        let report = self.report(&result, shown, validation.is_some())?;
        report.write(folder.file(REPORT))?;
        folder.remove_features()?;
        Ok(result)
    }

    /// The report, with pictures of the images `shown`.
    fn report(
        &mut self,
        result: &TrainingResult,
        shown: &dyn Examples,
        is_validation: bool,
    ) -> Result<Report, TrainError> {
        let models = Models::new(&self.trainer, shown, std::mem::take(&mut self.kept))?;
        let validated = self.timing.validated.unwrap_or(shown.len());
        let validated = is_validation.then_some(validated);
        let comparison = Comparison::of(&models, shown, validated, &mut *self.observer)?;
        let gallery = gallery::sections(
            &self.trainer,
            shown,
            &models,
            &comparison,
            &mut *self.observer,
        )?;
        let images = self.input.images;
        let summary = Summary {
            result,
            settings: self.settings,
            metrics: &self.record.metrics()?,
            comparison: &comparison,
            learnt_from: [images.len(), images.instances()],
            is_validation,
        };
        Ok(summary.report(gallery))
    }

    /// What was learnt, with how the model is to be asked: what selected the labels selects the
    /// answers too.
    fn adapter(&self) -> Adapter {
        let recipe = &self.settings.recipe;
        let model = self.trainer.model();
        let mut adapter = Adapter::of(&model);
        if recipe.adapter.decoder_tokens {
            adapter = adapter.with_tokens(&model);
        }
        adapter.base_sha256 = Some(self.settings.weights[1].clone());
        let mut selection = recipe.labels.selection;
        selection.size_prior_px = self.trainer.position().size_prior_px;
        adapter.mask_selection = Some(selection);
        adapter.input = Some(self.settings.input.clone());
        adapter
    }
}
