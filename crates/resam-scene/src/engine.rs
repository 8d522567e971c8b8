//! Processes windows one after the other: read, encode or fetch from the cache, decode the prompts,
//! place the masks.
//!
//! While the model works on a window, another thread reads the next one. Of a window nothing stays
//! but its masks as runs, so memory does not depend on how many there are.

use std::sync::mpsc;

use rayon::prelude::*;
use resam_geo::Tile;
use resam_prompt::{Prompt, PromptPoint};
use serde::{Deserialize, Serialize};

use crate::answers;
use crate::cache::{Cache, CacheKey};
use crate::clock::Clock;
use crate::error::SceneError;
use crate::journal::{About, Journal, short_hash, to_json};
use crate::model::{Answer, Model, ModelError};
use crate::observer::{Observer, Progress};
use crate::place::{Edges, place};
use crate::plan::{Grid, Plan, PlannedWindow};
use crate::reader::{Cached, Reader, Ready};
use crate::result::{Counts, Failure, Missing};
use crate::source::Source;
use resam_mask::PlacedMask;

/// What a run stores so that nothing is computed twice.
#[derive(Debug, Default)]
pub struct Stores<'a> {
    /// The feature cache, shared with other runs. None: every window is encoded.
    pub cache: Option<&'a Cache>,
    /// The finished windows of this run, until the file is removed. None: a stopped run starts from
    /// the beginning.
    pub journal: Option<&'a mut Journal>,
}

/// A mask for a prompt, placed in the raster.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Piece {
    /// The prompt.
    pub(crate) object: usize,
    pub(crate) mask: PlacedMask,
    pub(crate) score: f32,
    pub(crate) stability: f32,
    #[serde(rename = "agreement")]
    pub(crate) consistency: f32,
    #[serde(rename = "contradicted")]
    pub(crate) violates_prompts: bool,
    pub(crate) edges: Edges,
    /// It is the ground of its window and no object in it.
    pub(crate) fills_window: bool,
    /// The box of what is surely the object, in the raster.
    pub(crate) core: [f64; 4],
}

/// The masks of a window, and the prompts without one.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) missing: Vec<(usize, Missing)>,
}

/// The prompts of a window.
pub(crate) struct Questions {
    /// Prompts in pixels of the tile, each with the number of its object.
    pub(crate) prompts: Vec<(usize, Prompt)>,
    /// Points on other objects, in pixels of the tile.
    pub(crate) beside: Vec<PromptPoint>,
    /// The size prior: area of an object in pixels of the tile, where it is known.
    pub(crate) size_prior_px: Option<f64>,
    /// Whether every candidate mask of a prompt is wanted.
    pub(crate) all: bool,
}

/// Makes the prompts of a window and selects among the masks.
pub(crate) trait Questioner: Sync {
    /// The prompts, in pixels of the window's tile.
    fn questions(&self, planned: &PlannedWindow) -> Questions;

    /// Selects among the masks of a window.
    fn keep(&self, _planned: &PlannedWindow, pieces: Vec<Piece>) -> Vec<Piece> {
        pieces
    }
}

pub(crate) struct Engine<'a, 'b, S, M> {
    source: &'a S,
    model: &'a M,
    stores: &'a mut Stores<'b>,
    observer: &'a mut dyn Observer,
    pub(crate) grid: Grid,
    /// Prompts answered at once.
    batch: usize,
    pub(crate) counts: Counts,
    pub(crate) failures: Vec<Failure>,
    /// Prompts asked in all rounds so far.
    asked: usize,
    /// The notice is given once a run.
    cache_problem_told: bool,
}

impl<'a, 'b, S: Source, M: Model> Engine<'a, 'b, S, M> {
    pub(crate) fn new(
        source: &'a S,
        model: &'a M,
        grid: Grid,
        batch: usize,
        stores: &'a mut Stores<'b>,
        observer: &'a mut dyn Observer,
    ) -> Self {
        Self {
            source,
            model,
            stores,
            observer,
            grid,
            batch: batch.max(1),
            counts: Counts::default(),
            failures: Vec::new(),
            asked: 0,
            cache_problem_told: false,
        }
    }

    /// Opens the journal for a run about these prompts and options.
    pub(crate) fn begin(
        &mut self,
        prompts: String,
        options: &impl Serialize,
    ) -> Result<(), SceneError> {
        let (width, height) = self.grid.raster;
        let about = About::from([
            ("raster".into(), format!("{width} x {height} pixels")),
            ("prompts".into(), prompts),
            ("options".into(), to_json(options)),
            ("model".into(), self.model.identity()),
            ("masks".into(), self.model.selection()),
        ]);
        if let Some(journal) = &mut self.stores.journal {
            journal.begin(about)?;
            if let Some(damage) = journal.damage() {
                self.observer.notice(damage);
            }
        }
        Ok(())
    }

    /// Processes the windows of a round; `done` gets the result of each, in their order.
    pub(crate) fn round(
        &mut self,
        windows: Vec<PlannedWindow>,
        prompts: usize,
        questioner: &impl Questioner,
        mut done: impl FnMut(&PlannedWindow, Found),
    ) -> Result<(), SceneError> {
        let plan = self.plan(windows, prompts);
        self.observer.planned(&plan);
        if plan.round == 0 {
            self.counts.planned_windows = plan.windows.len();
        }
        self.counts.rounds = plan.round + 1;
        let names: Vec<String> = plan
            .windows
            .iter()
            .map(|planned| name(plan.round, planned))
            .collect();
        // Masks as runs, which the result holds anyway.
        let known = names.iter().map(|name| {
            let journal = self.stores.journal.as_mut();
            journal.and_then(|journal| journal.take::<Found>(name))
        });
        let known: Vec<Option<Found>> = known.collect();
        let unknown: Vec<&PlannedWindow> = plan
            .windows
            .iter()
            .zip(&known)
            .filter_map(|(planned, known)| known.is_none().then_some(planned))
            .collect();
        let reader = Reader {
            source: self.source,
            cache: self.stores.cache,
            identity: self.model.identity(),
            selection: self.model.selection(),
            batch: self.batch,
            questioner,
        };
        let (sender, receiver) = mpsc::sync_channel(1);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for planned in unknown {
                    // Nobody listens any more once the run has stopped.
                    if sender.send(reader.read(planned)).is_err() {
                        return;
                    }
                }
            });
            let worked = self.work(&plan, &names, known, &receiver, questioner, &mut done);
            // The reader ends when nobody listens any more.
            drop(receiver);
            worked
        })
    }

    fn work(
        &mut self,
        plan: &Plan,
        names: &[String],
        known: Vec<Option<Found>>,
        receiver: &mpsc::Receiver<Result<Ready, String>>,
        questioner: &impl Questioner,
        done: &mut impl FnMut(&PlannedWindow, Found),
    ) -> Result<(), SceneError> {
        let mut clock = Clock::new(plan, &known, self.model.pace());
        for (at, (planned, known)) in plan.windows.iter().zip(known).enumerate() {
            if self.observer.stop() {
                return Err(SceneError::Stopped);
            }
            self.counts.windows += 1;
            let is_known = known.is_some();
            let found = if let Some(known) = known {
                self.counts.resumed += 1;
                Ok(known)
            } else {
                let ready = receiver.recv();
                let ready = ready.unwrap_or_else(|_| Err("nothing was read".into()));
                let found = ready.and_then(|ready| self.answer_window(planned, ready, questioner));
                clock.done(planned.objects.len());
                found
            };
            match found {
                Ok(found) => {
                    if !is_known && let Some(journal) = &mut self.stores.journal {
                        journal.write(&names[at], &found)?;
                    }
                    done(planned, found);
                }
                Err(reason) => self.fail(Failure::Window {
                    window: planned.window,
                    prompts: planned.objects.clone(),
                    reason,
                }),
            }
            self.asked += planned.objects.len();
            self.observer.progress(&Progress {
                round: plan.round,
                windows_done: at + 1,
                windows: plan.windows.len(),
                objects_done: self.asked,
                seconds_left: clock.seconds_left(),
            });
        }
        Ok(())
    }

    pub(crate) fn fail(&mut self, failure: Failure) {
        self.observer.failed(&failure);
        self.failures.push(failure);
    }

    /// Decodes the prompts of a window.
    fn answer_window(
        &mut self,
        planned: &PlannedWindow,
        ready: Ready,
        questioner: &impl Questioner,
    ) -> Result<Found, String> {
        let Ready {
            tile,
            key,
            questions,
            missing,
            answers_key,
            cached,
        } = ready;
        let mut found = Found {
            missing,
            ..Found::default()
        };
        if questions.prompts.is_empty() {
            self.counts.without_data += usize::from(tile.valid.is_empty());
            return Ok(found);
        }
        let mut answers = Vec::with_capacity(questions.prompts.len());
        match cached {
            Cached::Answers(known) => {
                self.counts.cached += 1;
                self.counts.cached_answers += 1;
                answers = known;
            }
            Cached::Embedding(bytes) => {
                let embedding = self.embedding(&tile, &key, bytes)?;
                for batch in questions.prompts.chunks(self.batch) {
                    answers.append(&mut self.answers(&embedding, batch, &questions)?);
                }
                if self.stores.cache.is_some() {
                    self.keep(&answers_key, &answers::to_bytes(&answers));
                }
            }
        }
        let mut answers = answers.into_iter();
        for batch in questions.prompts.chunks(self.batch) {
            let own = answers.by_ref().take(batch.len()).collect();
            let mut pieces = Vec::new();
            for piece in self.place(planned, &tile, batch, own)? {
                match piece {
                    Ok(piece) => pieces.push(piece),
                    Err(object) => found.missing.push((object, Missing::Empty)),
                }
            }
            found.pieces.append(&mut pieces);
        }
        found.pieces = questioner.keep(planned, found.pieces);
        Ok(found)
    }

    fn embedding(
        &mut self,
        tile: &Tile,
        key: &CacheKey,
        cached: Option<Vec<u8>>,
    ) -> Result<M::Embedding, String> {
        let size = (tile.image.width(), tile.image.height());
        let cached = cached.and_then(|bytes| self.model.embedding_from_bytes(&bytes, size).ok());
        if let Some(embedding) = cached {
            self.counts.cached += 1;
            return Ok(embedding);
        }
        self.counts.encoded += 1;
        let embedding = self.model.encode(&tile.image).map_err(as_text)?;
        if self.stores.cache.is_some() {
            let bytes = self.model.embedding_to_bytes(&embedding).map_err(as_text)?;
            self.keep(key, &bytes);
        }
        Ok(embedding)
    }

    /// Writes an entry of the cache; a cache that does not take it is told once.
    fn keep(&mut self, key: &CacheKey, bytes: &[u8]) {
        let Some(cache) = self.stores.cache else {
            return;
        };
        let problem = match cache.put(key, bytes) {
            Ok(true) => None,
            Ok(false) => Some(
                "the cache is full with what this run needs: another run will compute the rest again"
                    .to_owned(),
            ),
            Err(error) => Some(format!(
                "the cache is used and nothing is added to it: {error}"
            )),
        };
        if let Some(problem) = problem
            && !self.cache_problem_told
        {
            self.observer.notice(&problem);
            self.cache_problem_told = true;
        }
    }

    /// The masks for each prompt of a batch.
    fn answers(
        &self,
        embedding: &M::Embedding,
        batch: &[(usize, Prompt)],
        questions: &Questions,
    ) -> Result<Vec<Vec<Answer>>, String> {
        let prompts: Vec<Prompt> = batch.iter().map(|(_, prompt)| prompt.clone()).collect();
        let answers = if questions.all {
            self.model
                .decode_all(embedding, &prompts)
                .map_err(as_text)?
        } else {
            // The model sees the prompts of its own batch; the other points are passed beside them.
            let mut beside = questions.beside.clone();
            let own = |number: &usize| batch.iter().any(|(object, _)| object == number);
            for (object, prompt) in &questions.prompts {
                if !own(object) {
                    beside.extend(prompt.points.iter().filter(|point| point.positive));
                }
            }
            let answers = self
                .model
                .decode(embedding, &prompts, &beside, questions.size_prior_px)
                .map_err(as_text)?;
            answers.into_iter().map(|answer| vec![answer]).collect()
        };
        if answers.len() != prompts.len() {
            return Err(format!(
                "{} answers to {} prompts",
                answers.len(),
                prompts.len()
            ));
        }
        Ok(answers)
    }

    /// Places the answers of a batch; for a prompt of which no mask is left, its number.
    fn place(
        &self,
        planned: &PlannedWindow,
        tile: &Tile,
        batch: &[(usize, Prompt)],
        answers: Vec<Vec<Answer>>,
    ) -> Result<Vec<Result<Piece, usize>>, String> {
        let raster = self.grid.raster;
        let placed = batch
            .par_iter()
            .zip(answers)
            .map(|((object, prompt), answers)| {
                let mut pieces = Vec::new();
                for Answer {
                    mask,
                    score,
                    stability,
                    consistency,
                    violates_prompts,
                } in answers
                {
                    if let Some(placed) = place(mask, &tile.valid, prompt, planned, raster)? {
                        pieces.push(Ok(Piece {
                            object: *object,
                            mask: placed.mask,
                            score,
                            stability,
                            consistency,
                            violates_prompts,
                            edges: placed.edges,
                            fills_window: placed.fills_window,
                            core: placed.core,
                        }));
                    }
                }
                if pieces.is_empty() {
                    pieces.push(Err(*object));
                }
                Ok(pieces)
            });
        let placed: Result<Vec<_>, resam_mask::MaskError> = placed.collect();
        let placed = placed.map_err(|error| format!("the model's answer: {error}"))?;
        Ok(placed.into_iter().flatten().collect())
    }

    pub(crate) fn plan(&self, windows: Vec<PlannedWindow>, prompts: usize) -> Plan {
        let input = u64::from(self.grid.input);
        let pixels = input * input;
        // Two tiles with what is valid of them, the masks of a batch, and the runs of all objects.
        let own = 2 * (3 * pixels + pixels / 8) + self.batch as u64 * pixels / 4;
        let runs = prompts as u64 * 4096;
        let seconds = self
            .model
            .pace()
            .map(|pace| windows.len() as f64 * pace.encode + prompts as f64 * pace.decode);
        Plan {
            round: self.counts.rounds,
            windows,
            prompts,
            memory: self.model.bytes() + own + runs,
            seconds,
        }
    }
}

/// The name of a window in a journal: the round, where it lies and what is asked.
fn name(round: u32, planned: &PlannedWindow) -> String {
    short_hash(to_json(&(round, planned)).as_bytes())
}

fn as_text(error: ModelError) -> String {
    error.to_string()
}
