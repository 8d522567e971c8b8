//! The whole state of a run in one file, from which it resumes bit for bit.
//!
//! A file is safetensors. Its tensors are what trains (`student.` and a path in the model), their
//! moving average (`ema.`), the features of both views (`queue.weak`, `queue.strong`, `[pairs,
//! channels]`) and the state of the optimizers (`optimizer.encoder.`, `optimizer.decoder.` and the
//! number and field of a parameter). Its metadata holds the rest as JSON, and a checksum of all:
//! what is read is what was written, or refused.
//!
//! Random numbers need no state: a stream belongs to an iteration ([`crate::draws`]). Gradients
//! that have not become an update are not kept: a run resumes from its last update and repeats what
//! came after it.

use std::collections::BTreeMap;
use std::path::Path;

use resam_checkpoint::{Checkpoint, TensorToWrite, write_safetensors};

use crate::optimizer_state::{Number, OptimizerState};
use crate::progress::{Position, State, TrainingPlan};
use crate::recipe::rename_former;
use crate::reinforce::Queues;
use crate::trained::Trained;

/// The layout of the file.
const FORMAT: u32 = 5;
/// How the names of the tensors of both optimizers begin.
const OPTIMIZERS: [&str; 2] = ["optimizer.encoder.", "optimizer.decoder."];
/// The differences that are told one by one.
const DIFFERENCES_SAID: usize = 5;

/// A state that cannot be written, read or used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file.
    #[error(transparent)]
    File(#[from] resam_checkpoint::CheckpointError),
    /// The file is no state of a run, or one of another version.
    #[error(
        "`{path}` is no checkpoint that this version can go on from: {reason}\n\nhint: begin anew in \
         another folder, or use the version of resam that wrote it"
    )]
    NotAState {
        /// The file.
        path: String,
        /// What it lacks.
        reason: String,
    },
    /// The run was begun with other settings.
    #[error(
        "the run was begun with other settings: {}\n\nhint: leave the settings as they were to go on, \
         or begin anew in another folder",
        differences.join("; ")
    )]
    OtherPlan {
        /// What differs: the name, what it was, what it is now.
        differences: Vec<String>,
    },
}

impl TrainingPlan {
    /// Checks that a run of this plan can resume with the plan `now`: they are the same.
    ///
    /// # Errors
    /// [`StateError::OtherPlan`] with each setting that differs.
    pub fn check_same(&self, now: &Self) -> Result<(), StateError> {
        let [then, now] = [self, now].map(Self::values);
        let missing = "nothing".to_owned();
        let names: std::collections::BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        let differs = |name: &&String| then.get(*name) != now.get(*name);
        let mut differences: Vec<String> = names
            .into_iter()
            .filter(differs)
            .map(
                |name| match (name.strip_prefix("inputs."), then.get(name), now.get(name)) {
                    (Some(file), Some(_), Some(_)) => format!("`{file}` has changed"),
                    (Some(file), Some(_), None) => format!("`{file}` is not there any more"),
                    (Some(file), None, _) => format!("`{file}` was not there"),
                    (None, was, is) => {
                        let [was, is] = [was, is].map(|value| value.unwrap_or(&missing));
                        format!("`{name}` was {was} and is {is}")
                    }
                },
            )
            .collect();
        if differences.is_empty() {
            return Ok(());
        }
        if differences.len() > DIFFERENCES_SAID {
            let more = differences.len() - DIFFERENCES_SAID;
            differences.truncate(DIFFERENCES_SAID);
            differences.push(format!("and {more} more"));
        }
        Err(StateError::OtherPlan { differences })
    }

    /// Each value by its dotted name.
    fn values(&self) -> BTreeMap<String, String> {
        // A plan is numbers and words: writing it cannot fail.
        flat(&serde_json::to_value(self).unwrap_or_default())
    }
}

/// Each value by its dotted name.
fn flat(value: &serde_json::Value) -> BTreeMap<String, String> {
    fn walk(at: &str, value: &serde_json::Value, into: &mut BTreeMap<String, String>) {
        match value {
            serde_json::Value::Object(fields) => {
                for (name, value) in fields {
                    let at = if at.is_empty() {
                        name.clone()
                    } else {
                        format!("{at}.{name}")
                    };
                    walk(&at, value, into);
                }
            }
            value => {
                into.insert(at.to_owned(), value.to_string());
            }
        }
    }
    let mut flat = BTreeMap::new();
    walk("", value, &mut flat);
    flat
}

impl State {
    /// Writes the state, whole or not at all.
    ///
    /// # Errors
    /// [`StateError::File`]; what was there before is still there then.
    pub fn write(&self, path: &Path) -> Result<(), StateError> {
        let mut tensors = Vec::new();
        let mut add = |kind: &str, trained: &Trained| {
            for (name, (shape, values)) in trained {
                let name = format!("{kind}.{name}");
                tensors.push(TensorToWrite::from_f32(name, shape, values));
            }
        };
        add("student", &self.student);
        if let Some(ema) = &self.ema {
            add("ema", ema);
        }
        for (view, name) in ["queue.weak", "queue.strong"].into_iter().enumerate() {
            let rows = self.queues.pairs.iter().map(|pair| &pair[view]);
            let values: Vec<f32> = rows.flatten().copied().collect();
            if !values.is_empty() {
                let pairs = self.queues.pairs.len();
                let shape = [pairs, values.len() / pairs];
                tensors.push(TensorToWrite::from_f32(name, &shape, &values));
            }
        }
        for (optimizer, of) in self.optimizers.iter().zip(OPTIMIZERS) {
            for (name, (shape, values)) in &optimizer.tensors {
                tensors.push(TensorToWrite::from_f32(
                    format!("{of}{name}"),
                    shape,
                    values,
                ));
            }
        }
        let numbers = self
            .optimizers
            .each_ref()
            .map(|optimizer| &optimizer.numbers);
        let json = |value: serde_json::Result<String>| value.unwrap_or_default();
        let metadata = BTreeMap::from([
            ("resam_state".to_owned(), FORMAT.to_string()),
            ("plan".to_owned(), json(serde_json::to_string(&self.plan))),
            (
                "position".to_owned(),
                json(serde_json::to_string(&self.position)),
            ),
            ("ema".to_owned(), self.ema.is_some().to_string()),
            (
                "optimizers".to_owned(),
                json(serde_json::to_string(&numbers)),
            ),
            ("run".to_owned(), self.run.to_string()),
        ]);
        Ok(write_safetensors(path, &tensors, &metadata)?)
    }

    /// Reads a state.
    ///
    /// # Errors
    /// [`StateError`] when the file is not one, is cut short, or is of another version.
    pub fn read(path: &Path) -> Result<Self, StateError> {
        let file = Checkpoint::open(path)?;
        let refuse = |reason: String| StateError::NotAState {
            path: path.display().to_string(),
            reason,
        };
        let metadata = |name: &str| {
            let found = file.metadata().get(name);
            found.ok_or_else(|| refuse(format!("it has no `{name}`")))
        };
        let format = metadata("resam_state")?;
        if *format != FORMAT.to_string() {
            return Err(refuse(format!("its layout is {format}, not {FORMAT}")));
        }
        if file.checksum().is_none() {
            return Err(refuse("it has no checksum".to_owned()));
        }
        fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
            serde_json::from_str(text).map_err(|error| error.to_string())
        }
        let mut stored: serde_json::Value = parse(metadata("plan")?).map_err(refuse)?;
        if let Some(recipe) = stored.get_mut("recipe") {
            rename_former(recipe).map_err(refuse)?;
        }
        // A missing value would be this version's default, and the resumed run would differ.
        let said = flat(&stored);
        let plan: TrainingPlan =
            serde_json::from_value(stored).map_err(|error| refuse(error.to_string()))?;
        let values = plan.values();
        if let Some(unsaid) = values.keys().find(|name| !said.contains_key(*name)) {
            return Err(refuse(format!(
                "it was written before there was `{unsaid}`"
            )));
        }
        let position: Position = parse(metadata("position")?).map_err(refuse)?;
        position.check(&plan).map_err(refuse)?;
        let trained = |kind: &str| -> Result<Trained, StateError> {
            let mut trained = Trained::new();
            for stored in file.names() {
                let Some(name) = stored.strip_prefix(kind) else {
                    continue;
                };
                let shape = file.get(stored).map(|info| info.shape.clone());
                let values = file.read_f32(stored)?;
                trained.insert(name.to_owned(), (shape.unwrap_or_default(), values));
            }
            Ok(trained)
        };
        let mut queues = Queues::new(plan.recipe.alignment.queue);
        if let Some(info) = file.get("queue.weak") {
            let &[pairs, channels] = &*info.shape else {
                return Err(refuse("its queues are no matrices".to_owned()));
            };
            let same = file.get("queue.strong").map(|strong| &strong.shape) == Some(&info.shape);
            if !same || channels == 0 || pairs > queues.capacity {
                return Err(refuse("its queues do not fit each other".to_owned()));
            }
            let weak = file.read_f32("queue.weak")?;
            let strong = file.read_f32("queue.strong")?;
            let pairs = weak.chunks(channels).zip(strong.chunks(channels));
            queues
                .pairs
                .extend(pairs.map(|(weak, strong)| [weak.to_vec(), strong.to_vec()]));
        }
        let numbers: [BTreeMap<String, Number>; 2] =
            parse(metadata("optimizers")?).map_err(refuse)?;
        let mut optimizers = <[OptimizerState; 2]>::default();
        for ((optimizer, numbers), of) in optimizers.iter_mut().zip(numbers).zip(OPTIMIZERS) {
            optimizer.numbers = numbers;
            optimizer.tensors = trained(of)?;
        }
        Ok(Self {
            position,
            student: trained("student.")?,
            ema: match metadata("ema")?.as_str() {
                "true" => Some(trained("ema.")?),
                _ => None,
            },
            queues,
            optimizers,
            run: parse(metadata("run")?).map_err(refuse)?,
            plan,
        })
    }
}
