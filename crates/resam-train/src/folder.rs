//! The folder of a run.
//!
//! | file | what it is |
//! |---|---|
//! | `adapter_config.json`, `adapter_model.safetensors` | the adapter, a PEFT directory: the folder itself is what `--adapter` takes |
//! | `config.toml` | the recipe, whole |
//! | `run.json` | how the run came about, and what came out: the last file of a finished run |
//! | `metrics.jsonl` | a line for each iteration and for each validation |
//! | `events.out.tfevents.*` | the same for TensorBoard |
//! | `report.html` | the run to look at |
//! | `checkpoints/update-000120.safetensors` | the state after so many updates: the last few, and those that did best on the validation images until then |
//! | `checkpoints/best.safetensors` | the state that the adapter is made of |
//!
//! A run goes on from a checkpoint and from nothing else. Whatever it wrote after the checkpoint is
//! written again.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use resam_adapt::{State, StateError, TrainingPlan};
use resam_files::{FolderLock, disk, remove_strays};
use resam_sam::adapter;

use crate::error::TrainError;
use crate::run_state::RunState;
use crate::settings::Start;

/// The beginning and the end of a checkpoint's name.
const NAME: [&str; 2] = ["update-", ".safetensors"];

/// The recipe, the first file of a run.
pub(crate) const RECIPE: &str = "config.toml";
/// What the run writes down on its way.
pub(crate) const METRICS: &str = "metrics.jsonl";
/// The report.
pub(crate) const REPORT: &str = "report.html";
/// The record of a run, the last file.
const RECORD: &str = "run.json";
/// The folder of the states.
const STATES: &str = "checkpoints";
/// Files of a run beside its checkpoints.
const FILES: [&str; 6] = [
    adapter::CONFIG,
    adapter::FACTORS,
    RECIPE,
    METRICS,
    REPORT,
    RECORD,
];
/// How the names of TensorBoard's files begin.
const EVENTS: &str = "events.out.tfevents.";
/// What becomes of the states of a run that is removed: the name of a stray.
const REMOVED: &str = ".resam-checkpoints.part";

/// The folder of a run, which nobody else writes to as long as this value lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Given back before the folder is removed, where nothing was written to it.
    lock: Option<FolderLock>,
    is_new: bool,
    /// What each state calls the best, as far as it was looked at.
    best_of: RefCell<BTreeMap<u64, Option<u64>>>,
}

/// How a run begins in its folder.
#[derive(Debug)]
pub(crate) enum Begun {
    /// A new run.
    New,
    /// A run that goes on from a state.
    Resumed {
        /// The file of the state.
        file: PathBuf,
        /// Where it goes on from.
        state: Box<State>,
        /// What the run knows beside.
        run: Box<RunState>,
    },
}

impl Folder {
    /// Makes the folder if there is none, and locks it. Removes what runs that were killed left
    /// unfinished.
    ///
    /// # Errors
    /// [`TrainError::Lock`] when another run writes to it, or when it cannot be written to.
    pub fn lock(path: &Path) -> Result<Self, TrainError> {
        let is_new = !path.exists();
        disk::create_dir_all(path)?;
        let lock = FolderLock::take(path)?;
        let folder = Self {
            path: path.to_owned(),
            lock: Some(lock),
            is_new,
            best_of: RefCell::default(),
        };
        remove_strays(path)?;
        remove_strays(&folder.file(STATES))?;
        Ok(folder)
    }

    /// Finds out how a run begins: with the newest state of an unfinished one that is whole, or
    /// anew. `note` is told what is passed over.
    ///
    /// # Errors
    /// [`TrainError::Finished`], [`TrainError::OtherSettings`], [`TrainError::NothingToResume`], as
    /// `start` says; [`TrainError::State`] when there are states and none is whole.
    pub(crate) fn begin(
        &self,
        plan: &TrainingPlan,
        start: Start,
        note: &mut dyn FnMut(&str),
    ) -> Result<Begun, TrainError> {
        let path = || self.path.clone();
        if start == Start::Restart {
            self.clear()?;
        }
        if [adapter::CONFIG, RECORD]
            .iter()
            .all(|name| self.file(name).exists())
        {
            return Err(TrainError::Finished { path: path() });
        }
        if let Some((file, state, run)) = self.newest(note)? {
            if let Err(error) = state.plan.check_same(plan) {
                let StateError::OtherPlan { differences } = error else {
                    return Err(error.into());
                };
                let difference = differences.join("; ");
                return Err(TrainError::OtherSettings {
                    path: path(),
                    difference,
                });
            }
            // Those after it are damaged, and come again.
            for newer in self
                .states()
                .split_off(&(state.position.updates + 1))
                .values()
            {
                disk::remove_file(newer)?;
            }
            let state = Box::new(state);
            return Ok(Begun::Resumed {
                file,
                state,
                run: Box::new(run),
            });
        }
        let was_begun = self.file(RECIPE).exists();
        if start == Start::Resume && !was_begun {
            return Err(TrainError::NothingToResume { path: path() });
        }
        if was_begun {
            note("the run was stopped before its first checkpoint: it begins again");
        }
        self.clear()?;
        disk::create_dir_all(self.file(STATES))?;
        Ok(Begun::New)
    }

    /// Removes the features that were kept for the time of the run.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub(crate) fn remove_features(&self) -> Result<(), TrainError> {
        // The second name is of versions before this one.
        for folder in ["features", "looks"].map(|name| self.file(name)) {
            if folder.is_dir() {
                disk::remove_dir_all(folder)?;
            }
        }
        Ok(())
    }

    /// The newest state that is whole, if there is any file of one.
    fn newest(
        &self,
        note: &mut dyn FnMut(&str),
    ) -> Result<Option<(PathBuf, State, RunState)>, TrainError> {
        let mut failure = None;
        for (updates, file) in self.states().into_iter().rev() {
            match self.read(updates) {
                Ok((state, run)) => return Ok(Some((file, state, run))),
                // The one before may still be whole.
                Err(error) => {
                    let name = file.file_name().unwrap_or_default().to_string_lossy();
                    let text = error.to_string();
                    let reason = text.split("\n\n").next().unwrap_or_default();
                    note(&format!("the checkpoint `{name}` is passed over: {reason}"));
                    failure = failure.or(Some(error));
                }
            }
        }
        failure.map_or(Ok(None), Err)
    }

    /// The state after so many updates, and the state that it calls the best, whole.
    fn read(&self, updates: u64) -> Result<(State, RunState), TrainError> {
        let (state, run) = self.read_one(updates)?;
        if let Some(best) = run.best_update.filter(|best| *best != updates) {
            self.read_one(best)?;
        }
        Ok((state, run))
    }

    fn read_one(&self, updates: u64) -> Result<(State, RunState), TrainError> {
        let path = self.state_file(updates);
        let state = State::read(&path)?;
        let unfit = |reason| TrainError::Unfit {
            path: path.clone(),
            reason,
        };
        let run = RunState::of(&state).map_err(unfit)?;
        if state.position.updates != updates {
            let found = state.position.updates;
            return Err(unfit(format!("it is the state after {found} updates")));
        }
        Ok((state, run))
    }

    /// Removes the files of a run, and no others.
    fn clear(&self) -> Result<(), TrainError> {
        // The states go together, so that a run is there or not.
        let states = self.file(STATES);
        if states.is_dir() && self.has_only_states() {
            let removed = self.file(REMOVED);
            disk::rename(&states, &removed)?;
            disk::remove_dir_all(&removed)?;
        } else {
            for file in self.states().values() {
                disk::remove_file(file)?;
            }
            let best = self.best_file();
            if best.exists() {
                disk::remove_file(best)?;
            }
        }
        let entries = std::fs::read_dir(&self.path)
            .into_iter()
            .flatten()
            .flatten();
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if FILES.contains(&&*name) || name.starts_with(EVENTS) {
                disk::remove_file(entry.path())?;
            }
        }
        self.remove_features()
    }

    /// Whether nothing of the user's lies among the states.
    fn has_only_states(&self) -> bool {
        let states = self.states().len() + usize::from(self.best_file().is_file());
        let entries = std::fs::read_dir(self.file(STATES));
        entries.is_ok_and(|entries| entries.count() == states)
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The file of the state that the adapter is made of.
    pub(crate) fn best_file(&self) -> PathBuf {
        self.file(STATES).join("best.safetensors")
    }

    fn state_file(&self, updates: u64) -> PathBuf {
        let [before, after] = NAME;
        self.file(STATES)
            .join(format!("{before}{updates:06}{after}"))
    }

    /// The files of the states by their updates; not the best one.
    fn states(&self) -> BTreeMap<u64, PathBuf> {
        let entries = std::fs::read_dir(self.file(STATES));
        let numbered = entries.into_iter().flatten().flatten().filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let number = name.strip_prefix(NAME[0])?.strip_suffix(NAME[1])?;
            let number = number.parse().ok()?;
            // Not of another spelling, such as `update-7`.
            (self.state_file(number) == entry.path()).then(|| (number, entry.path()))
        });
        numbered.collect()
    }

    /// The state that a run calls its best.
    ///
    /// # Errors
    /// As [`State::read`].
    pub(crate) fn read_state(&self, updates: u64) -> Result<(PathBuf, State), TrainError> {
        let (state, _) = self.read_one(updates)?;
        Ok((self.state_file(updates), state))
    }

    /// Writes a state, then removes all but the last `keep` and those that they call the best.
    ///
    /// # Errors
    /// [`TrainError::State`] when it cannot be written; what was there before is still there then.
    pub(crate) fn write(
        &self,
        state: &State,
        run: &RunState,
        keep: usize,
    ) -> Result<(), TrainError> {
        let updates = state.position.updates;
        state.write(&self.state_file(updates))?;
        self.best_of.borrow_mut().insert(updates, run.best_update);
        self.prune(keep)
    }

    /// Removes all but the last `keep` states and those that they call the best.
    fn prune(&self, keep: usize) -> Result<(), TrainError> {
        let states = self.states();
        let old = states.len().saturating_sub(keep.max(1));
        if old == 0 {
            return Ok(());
        }
        let mut known = self.best_of.borrow_mut();
        known.retain(|updates, _| states.contains_key(updates));
        let best: Vec<u64> = states
            .keys()
            .skip(old)
            .filter_map(|&updates| {
                let read = || self.read_one(updates).ok()?.1.best_update;
                *known.entry(updates).or_insert_with(read)
            })
            .collect();
        for (updates, file) in states.iter().take(old) {
            if !best.contains(updates) {
                disk::remove_file(file)?;
            }
        }
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.lock.take();
        // A run that was refused leaves nothing: only an empty folder can be removed.
        if self.is_new {
            disk::remove_dir(&self.path).ok();
        }
    }
}
