//! The whole state of a run in one file, from which it goes on bit for bit.
//!
//! A file is safetensors. Its tensors are what trains (`student.` and a path in the model), the mean
//! of the models on the way (`mean.`), the features of both views (`queue.weak`, `queue.strong`,
//! `[pairs, channels]`) and the state of the optimisers (`optimizer.encoder`, `optimizer.decoder`,
//! bytes of Burn's own format). Its metadata holds the rest as JSON.
//!
//! Random numbers need no state: a stream belongs to a visit ([`crate::draws`]). Gradients that have
//! not become an update are not kept: a run goes on from its last update, and visits again what came
//! after it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use resam_checkpoint::{Checkpoint, Dtype, TensorToWrite, write_safetensors};
use serde::{Deserialize, Serialize};

use crate::recipe::{FORMER_NAMES, Recipe};
use crate::reinforce::Queues;
use crate::trained::Trained;
use crate::trainer::Position;

/// The layout of the file; another one is refused.
const FORMAT: u32 = 3;

/// The state of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// What does not change on the way.
    pub plan: Plan,
    /// Where the run is.
    pub position: Position,
    /// What trains.
    pub student: Trained,
    /// The mean of the models on the way, when it teaches.
    pub mean: Option<Trained>,
    /// The features of both views.
    pub queues: Queues,
    /// The states of the encoder's and the decoder's optimiser, in Burn's own format.
    pub optimizers: [Vec<u8>; 2],
}

/// What does not change on the way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The recipe.
    pub recipe: Recipe,
    /// The seed of everything random.
    pub seed: u64,
    /// Side of the network's input, in pixels.
    pub input_size: usize,
    /// Images of the run.
    pub images: usize,
    /// Updates that the run is planned for.
    pub updates: u64,
    /// SHA-256 of the weights.
    pub weights: String,
}

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

impl Plan {
    /// Whether a run that was begun with this plan can go on with another: they are the same.
    ///
    /// # Errors
    /// [`StateError::OtherPlan`] with each setting that differs.
    pub fn check_same(&self, now: &Self) -> Result<(), StateError> {
        let [then, now] = [self, now].map(Self::values);
        let missing = "nothing".to_owned();
        let names: std::collections::BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        let differences: Vec<String> = names
            .into_iter()
            .filter(|name| then.get(*name) != now.get(*name))
            .map(|name| {
                let [was, is] = [&then, &now].map(|plan| plan.get(name).unwrap_or(&missing));
                format!("`{name}` was {was} and is {is}")
            })
            .collect();
        match differences.is_empty() {
            true => Ok(()),
            false => Err(StateError::OtherPlan { differences }),
        }
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
        if let Some(mean) = &self.mean {
            add("mean", mean);
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
        for (bytes, name) in self.optimizers.iter().zip(["encoder", "decoder"]) {
            if !bytes.is_empty() {
                tensors.push(TensorToWrite {
                    name: format!("optimizer.{name}"),
                    dtype: Dtype::U8,
                    shape: vec![bytes.len()],
                    bytes: Cow::Borrowed(bytes),
                });
            }
        }
        let json = |value: serde_json::Result<String>| value.unwrap_or_default();
        let metadata = BTreeMap::from([
            ("resam_state".to_owned(), FORMAT.to_string()),
            ("plan".to_owned(), json(serde_json::to_string(&self.plan))),
            (
                "position".to_owned(),
                json(serde_json::to_string(&self.position)),
            ),
            ("mean".to_owned(), self.mean.is_some().to_string()),
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
        fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
            serde_json::from_str(text).map_err(|error| error.to_string())
        }
        let stored = metadata("plan")?;
        let plan: Plan = parse(stored).map_err(refuse)?;
        // What it does not say would be this version's, and the run go on otherwise than it began.
        let said = flat(&parse(stored).map_err(refuse)?);
        let is_said = |name: &str| {
            let formerly = FORMER_NAMES.iter().find(|(_, now)| {
                name.strip_prefix("recipe.")
                    .is_some_and(|name| name == *now)
            });
            said.contains_key(name)
                || formerly.is_some_and(|(then, _)| said.contains_key(&format!("recipe.{then}")))
        };
        let values = plan.values();
        if let Some(unsaid) = values.keys().find(|name| !is_said(name)) {
            return Err(refuse(format!(
                "it was written before there was `{unsaid}`"
            )));
        }
        let position: Position = parse(metadata("position")?).map_err(refuse)?;
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
            let channels = info.shape.get(1).copied().unwrap_or(1).max(1);
            let weak = file.read_f32("queue.weak")?;
            let strong = file.read_f32("queue.strong")?;
            let pairs = weak.chunks(channels).zip(strong.chunks(channels));
            queues
                .pairs
                .extend(pairs.map(|(weak, strong)| [weak.to_vec(), strong.to_vec()]));
        }
        let bytes = |name: &str| match file.get(name) {
            Some(_) => file.bytes(name).map(Cow::into_owned),
            None => Ok(Vec::new()),
        };
        Ok(Self {
            position,
            student: trained("student.")?,
            mean: match metadata("mean")?.as_str() {
                "true" => Some(trained("mean.")?),
                _ => None,
            },
            queues,
            optimizers: [bytes("optimizer.encoder")?, bytes("optimizer.decoder")?],
            plan,
        })
    }
}
