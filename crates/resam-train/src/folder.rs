//! The folder of a run.
//!
//! | file | what it is |
//! |---|---|
//! | `adapter_config.json`, `adapter_model.safetensors` | the adapter, a PEFT directory: the folder itself is what `--adapter` takes |
//! | `config.toml` | the recipe, whole |
//! | `run.json` | how the run came about, and what came out |
//! | `metrics.jsonl` | a line for each visit of an image and for each measure |
//! | `events.out.tfevents.*` | the same for TensorBoard |
//! | `report.html` | the run to look at |
//! | `checkpoints/update-000120.safetensors` | the state after so many updates: the last few |
//! | `checkpoints/best.safetensors` | the state that did best on held-out images |

use std::path::{Path, PathBuf};

use resam_adapt::{Plan, State};

use crate::error::RunError;

/// The beginning and the end of a checkpoint's name.
const NAME: [&str; 2] = ["update-", ".safetensors"];

/// The folder of a run.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder of a run that begins, made if it is not there.
    ///
    /// # Errors
    /// [`RunError::Taken`] when it holds a run already.
    pub fn begin(path: &Path) -> Result<Self, RunError> {
        let folder = Self(path.to_owned());
        let taken = ["metrics.jsonl", "adapter_config.json"].map(|name| folder.file(name));
        if taken.iter().any(|file| file.exists()) || !folder.checkpoints().is_empty() {
            return Err(RunError::Taken {
                path: path.to_owned(),
            });
        }
        fs_err::create_dir_all(folder.file("checkpoints"))?;
        Ok(folder)
    }

    /// The folder of a run that goes on, with its newest state that can be read.
    ///
    /// # Errors
    /// [`RunError::NothingToResume`]; [`RunError::State`] when the run was begun with another plan, or
    /// no state can be read.
    pub fn resume(path: &Path, plan: &Plan) -> Result<(Self, PathBuf, State), RunError> {
        let folder = Self(path.to_owned());
        let mut failure = None;
        for file in folder.checkpoints().into_iter().rev() {
            match State::read(&file) {
                Ok(state) => {
                    state.plan.check_same(plan)?;
                    return Ok((folder, file, state));
                }
                // The one before may still be whole.
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(match failure {
            Some(error) => error.into(),
            None => RunError::NothingToResume {
                path: path.to_owned(),
            },
        })
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
    /// [`RunError::State`] when it cannot be written; what was there before is still there then.
    pub fn write(&self, state: &State, keep: usize) -> Result<(), RunError> {
        let [before, after] = NAME;
        let name = format!("{before}{:06}{after}", state.position.updates);
        state.write(&self.file("checkpoints").join(name))?;
        let states = self.checkpoints();
        for old in &states[..states.len().saturating_sub(keep.max(1))] {
            fs_err::remove_file(old)?;
        }
        Ok(())
    }
}
