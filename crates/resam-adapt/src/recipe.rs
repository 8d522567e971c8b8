//! A recipe: every number and every switch of the method, in one place that a file can hold.

use resam_sam::{AdapterPlan, EncoderLayers};
use resam_select::{MaskSelection, SelectionMode};
use serde::{Deserialize, Serialize};

/// Everything that decides how a model is adapted, beside the data and the seed.
///
/// In a file (TOML) each section is a table; what is left out has the value of the recipe that the
/// file begins from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// How long, and how much at a time.
    pub schedule: Schedule,
    /// The two views of an image.
    pub views: Views,
    /// From points to pseudo-labels.
    pub labels: Labels,
    /// The alignment of the two views.
    pub alignment: Alignment,
    /// What a mask is judged by.
    pub loss: Loss,
    /// What trains.
    pub adapter: AdapterSettings,
    /// How it trains.
    pub optimizer: OptimizerSettings,
    /// Which steps are left out.
    pub guard: Guard,
}

/// How long, and how much at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// Passes over all images.
    pub epochs: usize,
    /// Images whose gradients make one update.
    pub batch: usize,
    /// Instances of an image that are asked at a visit, drawn anew each time; 0 asks all of them.
    pub instances: usize,
    /// Instances decoded at a time: bounds the memory.
    pub chunk: usize,
    /// Compute the encoder's blocks again on the way back instead of keeping what is in them: less
    /// memory, more time, the same gradients to rounding.
    pub checkpoint_activations: bool,
    /// Each chunk is an update of its own, as published, rather than a part of its image's.
    pub update_each_chunk: bool,
    /// Updates between two looks at how the model does; 0 looks once an epoch.
    pub check_every: usize,
    /// Looks without a better one after which a run ends; 0 never ends early.
    pub patience: usize,
}

/// The two views of an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Views {
    /// Mirror images at random.
    pub flip: bool,
    /// Probability of each of the six changes of colour in the strong view.
    pub photometric: f64,
    /// Views of an image that differ: after so many passes they repeat, and what does not learn is
    /// computed once for each ([`crate::feature_cache`]). 0, as published: every view is a new one.
    pub distinct: usize,
    /// Parts of an image that show its small objects closer, at most, those with the most objects
    /// first: where `labels.selection.zoom` asks for them, labels are made of them too, and they
    /// are learnt from in turn with the whole.
    pub parts: usize,
}

/// What makes the labels that a step learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Supervision {
    /// Pseudo-labels from points, the method.
    Points,
    /// The true masks: the ceiling of the method.
    Masks,
}

/// Which model makes the pseudo-labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Teacher {
    /// The model that trains, as published.
    Student,
    /// The model as it came.
    Frozen,
    /// A slowly moving mean of the models on the way.
    Mean,
}

/// From points to pseudo-labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Labels {
    /// What makes the labels.
    pub supervision: Supervision,
    /// Which model makes the pseudo-labels.
    pub teacher: Teacher,
    /// The share of the mean that stays at each update, with `teacher = "mean"`.
    pub teacher_decay: f64,
    /// The bound on `p (1 - H)` that refined pixels are above.
    pub certainty: f64,
    /// The label is the mask that the box brings; else it is the point's, and the box's only judges
    /// it.
    pub requery: bool,
    /// The smallest IoU of point mask and box mask at which an instance is learnt from.
    pub least_agreement: f64,
    /// Learn from this top fraction of the labels by consistency, where a calibration
    /// ([`crate::size_prior`]) tells which they are. 1 learns from all that are consistent enough.
    pub surest: f64,
    /// Which of the model's masks a point means: with `mode = "requery"` one that is selected among
    /// all of them, with `mode = "single"`, as published, the single mask.
    #[serde(alias = "choice")]
    pub selection: MaskSelection,
    /// Pair masks and labels by position rather than by instance, as published: an empty instance
    /// shifts those after it.
    pub pair_by_position: bool,
    /// Encode the weak view a second time for the requery, as published.
    pub encode_twice: bool,
}

impl Labels {
    /// Whether only the top fraction of the labels teaches, where it is known which they are. True
    /// masks are all consistent.
    pub fn takes_top_fraction(&self) -> bool {
        self.supervision == Supervision::Points && self.surest < 1.0
    }
}

/// The alignment of the two views (SSA).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Alignment {
    /// Pairs of features that are compared.
    pub queue: usize,
    /// The weight that `weight / (1 + exp(-(epoch - (epochs + 1) / 2)))` rises to.
    pub weight: f64,
    /// Features of the step at hand keep their gradient. Published: none has one.
    pub gradient: bool,
}

/// What a mask is judged by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Loss {
    /// Weight of the focal loss.
    pub focal: f64,
    /// Weight of the dice loss.
    pub dice: f64,
    /// Weight of the squared error of the predicted quality.
    pub quality: f64,
    /// Weight of the squared error of the predicted quality of the masks for an ambiguous point,
    /// which are not learnt themselves. Published: only the single mask's is.
    pub ambiguous_quality: f64,
}

/// What trains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdapterSettings {
    /// Rank in the image encoder.
    pub encoder_rank: usize,
    /// Which layers of its blocks.
    pub encoder_layers: EncoderLayers,
    /// The first block with adapters.
    pub start_block: usize,
    /// Rank in the mask decoder.
    pub decoder_rank: usize,
    /// The decoder's tokens train.
    pub decoder_tokens: bool,
}

impl AdapterSettings {
    /// As the model takes it.
    pub fn plan(&self) -> AdapterPlan {
        AdapterPlan {
            encoder_rank: self.encoder_rank,
            encoder_layers: self.encoder_layers,
            start_block: self.start_block,
            decoder_rank: self.decoder_rank,
            decoder_tokens: self.decoder_tokens,
        }
    }
}

/// How the rate of learning falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decay {
    /// To a tenth at each of `decay_at`.
    Steps,
    /// In a straight line to zero at the end.
    Linear,
}

/// How it trains: Adam.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptimizerSettings {
    /// The rate of learning.
    pub learning_rate: f64,
    /// Its factor for what trains in the decoder.
    pub decoder_factor: f64,
    /// Adam's, added to the gradient.
    pub weight_decay: f64,
    /// Updates over which the rate rises to its full height.
    pub warmup: usize,
    /// The most that a run learns from each instance, in updates at the full rate: where it would
    /// be more, because instances are few or the run is long, the rate is lower by as much. 0, as
    /// published: no bound.
    pub updates_per_instance: f64,
    /// Instances from which on the rate is full; with fewer it is lower in proportion, for what few
    /// have in common is not what others have. 0, as published: any number.
    pub few_instances: usize,
    /// How it falls.
    pub decay: Decay,
    /// The updates at which it falls to a tenth, with `decay = "steps"`.
    pub decay_at: Vec<usize>,
}

/// Which steps are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guard {
    /// How many times the mean of the last losses a loss may be.
    pub factor: f64,
    /// The last losses.
    pub window: usize,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch: 1,
            instances: 8,
            chunk: 8,
            checkpoint_activations: false,
            update_each_chunk: false,
            check_every: 0,
            patience: 0,
        }
    }
}

impl Default for Views {
    fn default() -> Self {
        Self {
            flip: true,
            photometric: 0.2,
            distinct: 1,
            parts: 2,
        }
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self {
            supervision: Supervision::Points,
            teacher: Teacher::Frozen,
            teacher_decay: 0.99,
            certainty: crate::refine::CERTAINTY,
            requery: false,
            least_agreement: 0.7,
            surest: 0.6,
            selection: MaskSelection::default(),
            pair_by_position: false,
            encode_twice: false,
        }
    }
}

impl Default for Alignment {
    fn default() -> Self {
        Self {
            queue: 32,
            weight: 4.0,
            gradient: true,
        }
    }
}

impl Default for Loss {
    fn default() -> Self {
        Self {
            focal: crate::losses::FOCAL_WEIGHT,
            dice: 1.0,
            quality: 1.0,
            ambiguous_quality: 1.0,
        }
    }
}

impl Default for AdapterSettings {
    fn default() -> Self {
        Self {
            encoder_rank: 4,
            encoder_layers: EncoderLayers::QueryValue,
            start_block: 8,
            decoder_rank: 16,
            decoder_tokens: true,
        }
    }
}

impl Default for OptimizerSettings {
    fn default() -> Self {
        Self {
            learning_rate: 2.5e-4,
            decoder_factor: 2.0,
            weight_decay: 0.0,
            warmup: 20,
            updates_per_instance: 1.0,
            few_instances: 25,
            decay: Decay::Linear,
            decay_at: Vec::new(),
        }
    }
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            factor: 4.0,
            window: 50,
        }
    }
}

/// The settings of the paper for a data set: block of the first adapter, epochs, updates at which
/// the rate falls.
struct PaperSettings {
    start_block: usize,
    epochs: usize,
    decay_at: [usize; 2],
}

/// Values that had another name in recipes and checkpoints of earlier versions: the dotted name
/// then, and now. `labels.choice.candidates` was `true` for the mode "requery" and `false` for
/// "single".
pub const FORMER_NAMES: [(&str, &str); 5] = [
    ("labels.choice.candidates", "labels.selection.mode"),
    (
        "labels.choice.stability_weight",
        "labels.selection.stability_weight",
    ),
    ("labels.choice.size_weight", "labels.selection.size_weight"),
    (
        "labels.choice.usual_weight",
        "labels.selection.size_prior_weight",
    ),
    ("labels.choice.closer", "labels.selection.zoom"),
];

impl Recipe {
    /// The published code's behaviour, with the settings of NWPU VHR-10, the paper's most varied
    /// set.
    pub fn published() -> Self {
        Self::of_paper(PaperSettings {
            start_block: 6,
            epochs: 10,
            decay_at: [2000, 4000],
        })
    }

    /// The published recipe as the paper runs it on a data set: `whu`, `hrsid` or `nwpu`.
    pub fn preset(name: &str) -> Option<Self> {
        let settings = match name {
            "default" => return Some(Self::default()),
            "published" | "nwpu" => return Some(Self::published()),
            "whu" => PaperSettings {
                start_block: 1,
                epochs: 10,
                decay_at: [8000, 15000],
            },
            "hrsid" => PaperSettings {
                start_block: 1,
                epochs: 5,
                decay_at: [1500, 2000],
            },
            _ => return None,
        };
        Some(Self::of_paper(settings))
    }

    /// The names that [`preset`](Self::preset) knows.
    pub const PRESETS: [&str; 5] = ["default", "published", "whu", "hrsid", "nwpu"];

    /// Whether views of an image repeat with labels that stay the same, so that what is made of
    /// them can be kept.
    pub fn repeats(&self) -> bool {
        self.views.distinct > 0 && self.labels.teacher == Teacher::Frozen
    }

    /// Whether every number is one that a run can go with.
    ///
    /// # Errors
    /// In words: the name, the value, and what it may be.
    pub fn check(&self) -> Result<(), String> {
        let (labels, optimizer) = (&self.labels, &self.optimizer);
        let shares = [
            ("views.photometric", self.views.photometric),
            ("labels.teacher_decay", labels.teacher_decay),
            ("labels.certainty", labels.certainty),
            ("labels.least_agreement", labels.least_agreement),
            ("labels.surest", labels.surest),
        ];
        let sizes = [
            (
                "labels.selection.stability_weight",
                labels.selection.stability_weight,
            ),
            ("labels.selection.size_weight", labels.selection.size_weight),
            (
                "labels.selection.size_prior_weight",
                labels.selection.size_prior_weight,
            ),
            ("alignment.weight", self.alignment.weight),
            ("loss.focal", self.loss.focal),
            ("loss.dice", self.loss.dice),
            ("loss.quality", self.loss.quality),
            ("loss.ambiguous_quality", self.loss.ambiguous_quality),
            ("optimizer.learning_rate", optimizer.learning_rate),
            ("optimizer.decoder_factor", optimizer.decoder_factor),
            ("optimizer.weight_decay", optimizer.weight_decay),
            (
                "optimizer.updates_per_instance",
                optimizer.updates_per_instance,
            ),
            ("guard.factor", self.guard.factor),
        ];
        let counts = [
            ("schedule.epochs", self.schedule.epochs),
            ("schedule.batch", self.schedule.batch),
            ("schedule.chunk", self.schedule.chunk),
        ];
        let share = shares
            .iter()
            .find(|(_, value)| !(0.0..=1.0).contains(value));
        if let Some((name, value)) = share {
            return Err(format!("`{name} = {value}` is not from 0 to 1"));
        }
        let size = sizes
            .iter()
            .find(|(_, value)| !(value.is_finite() && *value >= 0.0));
        if let Some((name, value)) = size {
            return Err(format!("`{name} = {value}` is not a number from 0 up"));
        }
        if let Some((name, _)) = counts.iter().find(|(_, value)| *value == 0) {
            return Err(format!("`{name} = 0` leaves nothing to do"));
        }
        if labels.selection.mode == SelectionMode::BestScore {
            let name = "`labels.selection.mode = \"best-score\"`";
            return Err(format!(
                "{name} makes no labels: it is \"requery\" or \"single\""
            ));
        }
        if labels.selection.size_prior_px.is_some() {
            return Err("`labels.selection.size_prior_px` is estimated, not set".to_owned());
        }
        Ok(())
    }

    fn of_paper(settings: PaperSettings) -> Self {
        Self {
            schedule: Schedule {
                epochs: settings.epochs,
                batch: 1,
                instances: 0,
                chunk: 50,
                checkpoint_activations: false,
                update_each_chunk: true,
                check_every: 0,
                patience: 0,
            },
            views: Views {
                flip: true,
                photometric: 0.5,
                distinct: 0,
                parts: 0,
            },
            labels: Labels {
                supervision: Supervision::Points,
                teacher: Teacher::Student,
                teacher_decay: 0.0,
                certainty: crate::refine::CERTAINTY,
                requery: true,
                least_agreement: 0.0,
                surest: 1.0,
                selection: MaskSelection::SINGLE,
                pair_by_position: true,
                encode_twice: true,
            },
            alignment: Alignment {
                queue: 32,
                weight: 4.0,
                gradient: false,
            },
            loss: Loss {
                ambiguous_quality: 0.0,
                ..Loss::default()
            },
            adapter: AdapterSettings {
                encoder_rank: 4,
                encoder_layers: EncoderLayers::QueryValue,
                start_block: settings.start_block,
                decoder_rank: 0,
                decoder_tokens: false,
            },
            optimizer: OptimizerSettings {
                learning_rate: 5e-4,
                decoder_factor: 1.0,
                weight_decay: 1e-4,
                warmup: 250,
                updates_per_instance: 0.0,
                few_instances: 0,
                decay: Decay::Steps,
                decay_at: settings.decay_at.to_vec(),
            },
            guard: Guard::default(),
        }
    }
}
