//! The folder of a run.
//!
//! | file | what it is |
//! |---|---|
//! | `adapter_config.json`, `adapter_model.safetensors` | the adapter, a PEFT directory: the folder itself is what `--adapter` takes |
//! | `config.toml` | the recipe, whole |
//! | `run.json` | how the run came about, and what came out |
//! | `metrics.jsonl` | a line for each iteration and for each validation |
//! | `events.out.tfevents.*` | the same for TensorBoard |
//! | `report.html` | the run to look at |
//! | `checkpoints/update-000120.safetensors` | the state after so many updates: the last few |
//! | `checkpoints/best.safetensors` | the state that did best on the validation images |

use std::path::{Path, PathBuf};

use resam_adapt::{State, StateError, TrainingPlan};
use resam_files::disk;

use crate::error::TrainError;
use crate::settings::Start;

/// The beginning and the end of a checkpoint's name.
const NAME: [&str; 2] = ["update-", ".safetensors"];

/// Files of a run beside its checkpoints.
const FILES: [&str; 6] = [
    "adapter_config.json",
    "adapter_model.safetensors",
    "config.toml",
    "metrics.jsonl",
    "report.html",
    "run.json",
];
/// How the names of TensorBoard's files begin.
const EVENTS: &str = "events.out.tfevents.";

/// The folder of a run.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// A folder in which a run begins or goes on.
#[derive(Debug)]
pub enum Begun {
    /// A new run.
    New(Folder),
    /// A run that goes on.
    Resumed {
        /// The folder.
        folder: Folder,
        /// The file of the state.
        file: PathBuf,
        /// Where it goes on from.
        state: Box<State>,
    },
}

impl Folder {
    /// The folder of a run: new, or with the newest state of an unfinished one that can be read.
    ///
    /// # Errors
    /// [`TrainError::Finished`], [`TrainError::OtherSettings`], [`TrainError::NothingToResume`], as
    /// `start` says; [`TrainError::State`] when no state can be read.
    pub fn open(path: &Path, plan: &TrainingPlan, start: Start) -> Result<Begun, TrainError> {
        let folder = Self(path.to_owned());
        if start == Start::Restart {
            folder.clear()?;
        }
        let names = ["adapter_config.json", "report.html"];
        if names.iter().all(|name| folder.file(name).exists()) {
            let path = path.to_owned();
            return Err(TrainError::Finished { path });
        }
        match folder.newest()? {
            Some((file, state)) => {
                if let Err(error) = state.plan.check_same(plan) {
                    let StateError::OtherPlan { differences } = error else {
                        return Err(error.into());
                    };
                    return Err(TrainError::OtherSettings {
                        path: path.to_owned(),
                        difference: differences.join("; "),
                    });
                }
                let state = Box::new(state);
                Ok(Begun::Resumed {
                    folder,
                    file,
                    state,
                })
            }
            None if start == Start::Resume => {
                let path = path.to_owned();
                Err(TrainError::NothingToResume { path })
            }
            None => {
                // A run that was stopped before its first checkpoint has nothing to keep.
                folder.clear()?;
                disk::create_dir_all(folder.file("checkpoints"))?;
                Ok(Begun::New(folder))
            }
        }
    }

    /// Removes the features that were kept for the time of the run.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn remove_features(&self) -> Result<(), TrainError> {
        // The second name is of versions before this one.
        for folder in ["features", "looks"].map(|name| self.file(name)) {
            if folder.is_dir() {
                disk::remove_dir_all(folder)?;
            }
        }
        Ok(())
    }

    /// The newest state that can be read, if there is any file of one.
    fn newest(&self) -> Result<Option<(PathBuf, State)>, TrainError> {
        let mut failure = None;
        for file in self.checkpoints().into_iter().rev() {
            match State::read(&file) {
                Ok(state) => return Ok(Some((file, state))),
                // The one before may still be whole.
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map_or(Ok(None), |error| Err(error.into()))
    }

    /// Removes the files of a run, and no others.
    fn clear(&self) -> Result<(), TrainError> {
        let entries = std::fs::read_dir(&self.0).into_iter().flatten().flatten();
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if FILES.contains(&&*name) || name.starts_with(EVENTS) {
                disk::remove_file(entry.path())?;
            }
        }
        for file in self.checkpoints() {
            disk::remove_file(file)?;
        }
        let best = self.file("checkpoints/best.safetensors");
        if best.exists() {
            disk::remove_file(best)?;
        }
        self.remove_features()
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The states of the run, oldest first; not the best one.
    pub fn checkpoints(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.file("checkpoints"));
        let mut found: Vec<(u64, PathBuf)> = entries
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let number = name.strip_prefix(NAME[0])?.strip_suffix(NAME[1])?;
                Some((number.parse().ok()?, entry.path()))
            })
            .collect();
        found.sort();
        found.into_iter().map(|(_, path)| path).collect()
    }

    /// Writes a state, then removes all but the last `keep`.
    ///
    /// # Errors
    /// [`TrainError::State`] when it cannot be written; what was there before is still there then.
    pub fn write(&self, state: &State, keep: usize) -> Result<(), TrainError> {
        let [before, after] = NAME;
        let name = format!("{before}{:06}{after}", state.position.updates);
        state.write(&self.file("checkpoints").join(name))?;
        let states = self.checkpoints();
        for old in &states[..states.len().saturating_sub(keep.max(1))] {
            disk::remove_file(old)?;
        }
        Ok(())
    }
}
