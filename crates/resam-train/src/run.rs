//! A run from its first visit to its report.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Instant, SystemTime};

use resam_adapt::feature_cache::FeatureCache;
use resam_adapt::recipe::Supervision;
use resam_adapt::size_prior::CALIBRATION_IMAGES;
use resam_adapt::{Examples, Plan, Position, Recipe, Trainer, Visit, VisitError};
use resam_report::{EventFile, MetricsFile};
use resam_sam::{Adapter, Device, Sam, SamError};
use serde_json::json;

use crate::clock::Clock;
use crate::error::RunError;
use crate::folder::Folder;
use crate::gallery;
use crate::measure::{Measure, measure};
use crate::settings::to_toml;

/// The folder of what is the same at each visit of a view, while the run is on.
const LOOKS: &str = "looks";
/// Visits that taught nothing, of which so many are said.
const SKIPPED_SAID: u64 = 5;
/// Parts of a run after each of which the model is looked at, unless the recipe says how often.
const LOOKS_A_RUN: f64 = 4.0;

/// How a run goes, beside its recipe.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The recipe.
    pub recipe: Recipe,
    /// The seed of everything random.
    pub seed: u64,
    /// Side of the network's input, in pixels.
    pub input_size: usize,
    /// Visits of an image in all; the recipe's epochs when `None`.
    pub steps: Option<u64>,
    /// Minutes that the run may take, from its start to its last measure; in place of a number of
    /// visits.
    pub minutes: Option<f64>,
    /// Bytes on disk in which to keep what is the same at each visit of a view; see
    /// [`resam_adapt::feature_cache`].
    pub keep_looks: u64,
    /// Go on with the run that the folder holds.
    pub resume: bool,
    /// Updates between two checkpoints.
    pub checkpoint_every: u64,
    /// Checkpoints that are kept, beside the best.
    pub keep: usize,
    /// What the weights are called, and their SHA-256.
    pub weights: [String; 2],
}

/// Where a run is, for who watches it.
#[derive(Debug, Clone)]
pub struct Progress<'a> {
    /// Visits done, and all that are planned.
    pub visits: [u64; 2],
    /// The visit that was done last.
    pub visit: &'a Visit,
    /// What it took, in seconds.
    pub seconds: f64,
    /// Seconds that are left, when minutes were given.
    pub seconds_left: Option<f64>,
    /// The last measure on held-out images.
    pub measure: Option<Measure>,
}

/// Who watches a run.
pub trait Observer {
    /// A visit was done.
    fn visited(&mut self, progress: &Progress<'_>);
    /// Something is worth saying: a skipped step, an image that cannot be read, a measure.
    fn note(&mut self, text: &str);
    /// The run is asked to stop after the visit at hand.
    fn interrupted(&self) -> bool;
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// It was interrupted: it can be resumed, and has no adapter yet.
    pub interrupted: bool,
    /// Why it ended before its plan, if it did.
    pub ended_early: Option<String>,
    /// Updates made.
    pub updates: u64,
    /// Visits done.
    pub visits: u64,
    /// Visits that taught nothing.
    pub skipped: u64,
    /// Images that could not be read, with the reason.
    pub failed: BTreeMap<String, String>,
    /// How the model did on held-out images as it came.
    pub before: Option<Measure>,
    /// How the chosen one does.
    pub after: Option<Measure>,
    /// The update whose model the adapter is.
    pub chosen: u64,
    /// Seconds of learning, without measures.
    pub seconds: f64,
}

/// Adapts a model to images from the points on them, in a folder of its own.
///
/// The model is on the first of the devices; the samples of a batch are spread over all of them.
///
/// # Errors
/// [`RunError`]; what the folder holds then is whole, and a run in it can be resumed.
pub fn adapt(
    sam: Sam,
    devices: &[Device],
    images: &dyn Examples,
    held_out: Option<&dyn Examples>,
    path: &Path,
    settings: &Settings,
    observer: &mut dyn Observer,
) -> Result<Outcome, RunError> {
    let recipe = &settings.recipe;
    let device = &devices[0];
    if recipe.labels.supervision == Supervision::Masks && !images.has_truth() {
        return Err(RunError::NoMasks);
    }
    let visits = match (settings.steps, settings.minutes) {
        (Some(steps), _) => steps,
        (None, Some(_)) => u64::MAX,
        (None, None) => (recipe.schedule.epochs * images.len()) as u64,
    };
    let [weights, sha256] = &settings.weights;
    let size = settings.input_size;
    let instances = images.instances();
    let mut trainer = Trainer::new(
        sam,
        recipe.clone(),
        device,
        size,
        settings.seed,
        visits,
        instances,
    )?;
    trainer.spread_over(devices.to_vec());
    let plan = Plan {
        recipe: recipe.clone(),
        seed: settings.seed,
        input_size: size,
        images: images.len(),
        updates: match settings.minutes {
            // How many there will be is told by the clock.
            Some(_) => 0,
            None => trainer.planned(),
        },
        weights: sha256.clone(),
    };
    let mut record = match settings.resume {
        true => {
            let (folder, file, state) = Folder::resume(path, &plan)?;
            let from = state.position.visits;
            trainer
                .restore(state)
                .map_err(|reason| RunError::Unfit { path: file, reason })?;
            let of = match settings.minutes {
                Some(minutes) => format!("{minutes} minutes"),
                None => visits.to_string(),
            };
            observer.note(&format!("going on after visit {from} of {of}"));
            Record::resume(folder, from)?
        }
        false => {
            let folder = Folder::begin(path)?;
            let text = to_toml(recipe);
            resam_files::write_atomically(&folder.file("config.toml"), |file| {
                file.write_all(text.as_bytes())
            })?;
            Record::begin(folder)?
        }
    };
    let looks = record.folder.file(LOOKS);
    if settings.keep_looks > 0 && recipe.repeats() {
        trainer.cache_features(FeatureCache::new(&looks, settings.keep_looks)?);
    }
    let mut clock = Clock::new(settings.minutes, record.seconds);
    calibrate(&mut trainer, images, observer)?;
    let restraint = trainer.restraint();
    if settings.minutes.is_none() && restraint < 1.0 {
        observer.note(&format!(
            "{instances} objects are few for {} updates: each moves the model {restraint:.2} times as far as usual, \
             so that it does not forget what they do not show",
            trainer.planned(),
        ));
    }
    let model_measure = |trainer: &Trainer| -> Result<Option<Measure>, SamError> {
        let Some(images) = held_out else {
            return Ok(None);
        };
        let model = trainer.model();
        measure(&trainer.label_context(&model), images).map(Some)
    };
    // Before anything is learnt the adapter changes nothing: the first measure is the model's as it
    // came.
    if record.before.is_none()
        && trainer.position().visits == 0
        && let Some(found) = model_measure(&trainer)?
    {
        record.measured(&trainer, found, observer)?;
        clock.last_measure_takes();
    }
    let mut seconds = record.seconds;
    let mut ended_early = None;
    let mut checkpointed = trainer.position().updates;
    let done = |trainer: &Trainer| trainer.position().visits as f64 / visits as f64;
    let done = clock.share().unwrap_or_else(|| done(&trainer));
    // The updates and the parts of the run that were done at the last look.
    let mut checked = (checkpointed, (done * LOOKS_A_RUN).floor());
    while trainer.position().visits < visits && !clock.is_over() {
        let planned = clock.planned(trainer.position().updates);
        if let Some(updates) = planned {
            trainer.plan_updates(updates);
        }
        if observer.interrupted() {
            record.folder.write(&trainer.state(plan)?, settings.keep)?;
            return Ok(record.outcome(trainer.position(), true, None, seconds));
        }
        let started = Instant::now();
        let visit = match trainer.visit(images) {
            Ok(visit) => visit,
            // The device failed: the last checkpoint is where the run goes on from.
            Err(VisitError::Model(error)) => return Err(error.into()),
            Err(VisitError::Unreadable { image, reason }) => {
                let name = images.name(image);
                if record.failed.insert(name.clone(), reason.clone()).is_none() {
                    observer.note(&format!("`{name}` is passed over: {reason}"));
                }
                continue;
            }
        };
        let took = started.elapsed().as_secs_f64();
        seconds += took;
        record.visited(&trainer, &visit, images, took, seconds)?;
        let position = trainer.position().clone();
        if let Some(reason) = &visit.skipped
            && position.skipped <= SKIPPED_SAID
        {
            let name = images.name(visit.image);
            observer.note(&format!("`{name}` taught nothing: {reason}"));
            if position.skipped == SKIPPED_SAID {
                observer.note("the next that teach nothing are in `metrics.jsonl` only");
            }
        }
        let done = clock
            .share()
            .unwrap_or_else(|| position.visits as f64 / visits as f64);
        observer.visited(&Progress {
            visits: [position.visits, visits],
            seconds_left: clock.seconds_left(),
            visit: &visit,
            seconds: took,
            measure: record.last,
        });
        let due = match recipe.schedule.check_every {
            0 => (done * LOOKS_A_RUN).floor() > checked.1,
            every => position.updates >= checked.0 + every as u64,
        };
        if due && position.visits < visits && !clock.is_over() {
            checked = (position.updates, (done * LOOKS_A_RUN).floor());
            if let Some(found) = model_measure(&trainer)?
                && record.measured(&trainer, found, observer)?
            {
                trainer.state(plan.clone())?.write(&record.best_file())?;
            }
            let patience = recipe.schedule.patience;
            if patience > 0 && record.without_better >= patience {
                ended_early = Some(format!("no better measure in {patience} looks"));
                break;
            }
        }
        if position.updates >= checkpointed + settings.checkpoint_every.max(1) {
            checkpointed = position.updates;
            record
                .folder
                .write(&trainer.state(plan.clone())?, settings.keep)?;
        }
    }
    record
        .folder
        .write(&trainer.state(plan.clone())?, settings.keep)?;
    let reached = trainer.position().clone();
    if let Some(found) = model_measure(&trainer)?
        && !record.measured(&trainer, found, observer)?
        && record.best_file().exists()
    {
        // An earlier model did better: it is the one that is kept.
        let best = record.best_file();
        let state = resam_adapt::State::read(&best)?;
        trainer
            .restore(state)
            .map_err(|reason| RunError::Unfit { path: best, reason })?;
    } else {
        trainer.state(plan)?.write(&record.best_file())?;
    }
    let model = trainer.model();
    let mut adapter = Adapter::of(&model);
    if recipe.adapter.decoder_tokens {
        adapter = adapter.with_tokens(&model);
    }
    adapter.base_sha256 = Some(sha256.clone());
    // What selected the labels selects the answers too.
    adapter.requery = recipe.labels.selection.requeries();
    adapter.once = !recipe.labels.selection.zoom;
    adapter.usual_area = trainer.position().size_prior_px;
    adapter.save(record.folder.path(), weights)?;
    record.chosen = trainer.position().updates;
    let outcome = record.outcome(&reached, false, ended_early, seconds);
    let shown = held_out.filter(|held| !held.is_empty()).unwrap_or(images);
    observer.note("the adapter is written; drawing the report");
    let items = gallery::items(&trainer, shown)?;
    let report = gallery::report(&outcome, settings, &record.metrics()?, items);
    report.write(record.folder.file("report.html"))?;
    if looks.exists() {
        fs_err::remove_dir_all(&looks)?;
    }
    Ok(outcome)
}

/// Estimates the size prior and which labels are in the top fraction, where that matters and is not
/// known.
fn calibrate(
    trainer: &mut Trainer,
    images: &dyn Examples,
    observer: &mut dyn Observer,
) -> Result<(), SamError> {
    if !trainer.wants_calibration(images.len()) {
        return Ok(());
    }
    let count = CALIBRATION_IMAGES.min(images.len());
    observer.note(&format!(
        "looking at {count} images for what is usual in them"
    ));
    trainer.calibrate(images, &|| !observer.interrupted())?;
    if let Some(area) = trainer.position().size_prior_px {
        observer.note(&format!("usually an object has about {area:.0} pixels"));
    }
    let bound = trainer.min_consistency();
    if bound > trainer.recipe().labels.least_agreement {
        observer.note(&format!(
            "labels that agree to {bound:.2} or more teach; the others are not sure enough"
        ));
    }
    Ok(())
}

/// What a run writes down on its way.
struct Record {
    folder: Folder,
    metrics: MetricsFile,
    events: EventFile,
    before: Option<Measure>,
    last: Option<Measure>,
    best: Option<Measure>,
    without_better: usize,
    failed: BTreeMap<String, String>,
    seconds: f64,
    chosen: u64,
}

impl Record {
    fn begin(folder: Folder) -> Result<Self, RunError> {
        let metrics = MetricsFile::create(folder.file("metrics.jsonl"))?;
        let events = EventFile::create(folder.path(), SystemTime::now())?;
        Ok(Self::new(folder, metrics, events))
    }

    /// Forgets what was written after the state that the run goes on from.
    fn resume(folder: Folder, visits: u64) -> Result<Self, RunError> {
        let path = folder.file("metrics.jsonl");
        let metrics = MetricsFile::resume(&path, |line| {
            line["visits"].as_u64().is_some_and(|done| done <= visits)
        })?;
        let events = EventFile::resume(folder.path(), SystemTime::now(), visits)?;
        let mut record = Self::new(folder, metrics, events);
        for line in record.metrics()? {
            if let Some(found) = line.get("measure") {
                if let Ok(found) = serde_json::from_value::<Measure>(found.clone()) {
                    record.compare(found);
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

    fn best_file(&self) -> std::path::PathBuf {
        self.folder.file("checkpoints/best.safetensors")
    }

    fn metrics(&self) -> Result<Vec<serde_json::Value>, RunError> {
        Ok(MetricsFile::read(self.folder.file("metrics.jsonl"))?)
    }

    /// Whether a measure is the best so far; the first one is that of the model as it came.
    fn compare(&mut self, found: Measure) -> bool {
        self.last = Some(found);
        if self.before.is_none() {
            self.before = Some(found);
            return false;
        }
        let better = |best: Measure| found.value() > best.value();
        let better = self.best.is_none_or(better);
        if better {
            self.best = Some(found);
            self.without_better = 0;
        } else {
            self.without_better += 1;
        }
        better
    }

    fn measured(
        &mut self,
        trainer: &Trainer,
        found: Measure,
        observer: &mut dyn Observer,
    ) -> Result<bool, RunError> {
        let better = self.compare(found);
        let position = trainer.position();
        self.metrics.append(&json!({
            "visits": position.visits,
            "updates": position.updates,
            "measure": found,
        }))?;
        self.scalar("held-out/agreement", position.visits, found.agreement)?;
        let mut text = format!(
            "after {} updates, {} held-out images: agreement {:.3}",
            position.updates, found.images, found.agreement
        );
        if let Some(iou) = found.iou {
            self.scalar("held-out/iou", position.visits, iou)?;
            text += &format!(", IoU {iou:.4}");
        }
        observer.note(&text);
        Ok(better)
    }

    fn visited(
        &mut self,
        trainer: &Trainer,
        visit: &Visit,
        images: &dyn Examples,
        took: f64,
        elapsed: f64,
    ) -> Result<(), RunError> {
        let position = trainer.position();
        self.metrics.append(&json!({
            "visits": position.visits,
            "updates": position.updates,
            "image_name": images.name(visit.image),
            "visit": visit,
            "seconds": took,
            "elapsed": elapsed,
        }))?;
        let mut scalars = vec![("time/visit", took)];
        if let Some(losses) = &visit.losses {
            scalars.extend([
                ("loss/total", losses.total),
                ("loss/focal", losses.focal),
                ("loss/dice", losses.dice),
                ("loss/quality", losses.quality),
                ("loss/ambiguous_quality", losses.ambiguous_quality),
                ("loss/alignment", losses.alignment),
            ]);
        }
        scalars.extend(
            visit
                .agreement
                .map(|agreement| ("labels/agreement", agreement)),
        );
        for (tag, value) in scalars {
            self.scalar(tag, position.visits, value)?;
        }
        Ok(self.events.flush()?)
    }

    fn scalar(&mut self, tag: &str, step: u64, value: f64) -> Result<(), RunError> {
        Ok(self.events.scalar(tag, step, value, SystemTime::now())?)
    }

    fn outcome(
        &self,
        position: &Position,
        interrupted: bool,
        ended_early: Option<String>,
        seconds: f64,
    ) -> Outcome {
        Outcome {
            interrupted,
            ended_early,
            updates: position.updates,
            visits: position.visits,
            skipped: position.skipped,
            failed: self.failed.clone(),
            before: self.before,
            after: self.best,
            chosen: self.chosen,
            seconds,
        }
    }
}
