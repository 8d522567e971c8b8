//! A recipe: every number and every switch of the method, in one place that a file can hold.
//!
//! | module | idea |
//! |---|---|
//! | this one | the keys and what each means |
//! | `presets` | the default recipe, and the published ones |
//! | `check` | which values a run can go with |
//! | [`reference`](fn@reference) | every key with its documentation, for people |
//! | [`rename_former`] | keys of earlier versions |
//!
//! "Refine", "Requery" and "Reinforce" are the parts of the paper's method (arXiv 2511.21606).
//! "Published" is its published code.

mod check;
mod former_names;
mod presets;
mod reference;

use documented::DocumentedFields;
use resam_sam::{AdapterPlan, EncoderLayers};
use resam_select::MaskSelection;
use serde::{Deserialize, Serialize};

pub use former_names::{Node, Renamed, rename_former};
pub use reference::{KeyDoc, reference};

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
    /// The loss of a mask.
    pub loss: Loss,
    /// What trains.
    pub adapter: AdapterSettings,
    /// How it trains.
    pub optimizer: OptimizerSettings,
    /// Which training samples are skipped for their loss.
    pub loss_spike_filter: LossSpikeFilter,
}

/// How long, and how much at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// Passes over all training images, from 1 up.
    pub epochs: usize,
    /// Images whose gradients make one update, from 1 up.
    pub batch: usize,
    /// Instances of an image that an iteration is about, at most; they are drawn anew at each
    /// iteration. 0 takes all of them.
    pub max_instances_per_image: usize,
    /// Instances that the mask decoder takes at a time, from 1 up. It bounds the memory; with
    /// `update_each_decoder_batch = false` it changes results by rounding only.
    pub decoder_batch_size: usize,
    /// Activation checkpointing (arXiv 1604.06174): the blocks of the encoder are computed again in
    /// the backward pass instead of stored. Less memory, more time, the same gradients to rounding.
    pub checkpoint_activations: bool,
    /// Each decoder batch makes an update of its own, as published, instead of a part of the update
    /// of its image.
    pub update_each_decoder_batch: bool,
    /// Updates between two validations. 0 validates four times a run.
    pub validate_every: usize,
    /// Validations without a better one after which a run ends. 0 never ends early.
    pub patience: usize,
}

/// The two views of an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct Views {
    /// Flip both views at random along each axis, with a probability of one half.
    pub flip: bool,
    /// Probability of each of the six photometric changes in the strong view, from 0 to 1.
    pub photometric: f64,
    /// Different views of an image: after so many epochs they repeat, and the feature cache serves
    /// them. 0, as published, makes a new view at each iteration.
    pub distinct: usize,
    /// Parts of an image that show its small objects at twice the scale, at most, those with the
    /// most objects first. They are learnt from in turn with the whole image; they take
    /// `labels.selection.zoom`.
    pub parts: usize,
}

/// What makes the labels that a training sample has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Supervision {
    /// Pseudo-labels from points, the method.
    Points,
    /// The true masks: the upper bound of the method.
    Masks,
}

/// Which model makes the pseudo-labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Teacher {
    /// The model that trains, as published.
    Student,
    /// The pretrained model.
    Frozen,
    /// The exponential moving average of the student (Mean Teacher, arXiv 1703.01780).
    Ema,
}

/// From points to pseudo-labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct Labels {
    /// What the labels are: `"points"`, pseudo-labels from points, or `"masks"`, the true masks,
    /// the upper bound of the method.
    pub supervision: Supervision,
    /// Which model makes the pseudo-labels: `"frozen"`, the pretrained one, `"student"`, the one
    /// that trains, as published, or `"ema"`, the exponential moving average of the student.
    pub teacher: Teacher,
    /// The share of the moving average that stays at each update, from 0 to 1, with `teacher =
    /// "ema"` (Mean Teacher, arXiv 1703.01780).
    pub ema_decay: f64,
    /// Refine: a pixel of probability `p` is kept when `p (1 - H)` is above this, from 0 to 1; `H =
    /// -(p ln p + (1 - p) ln(1 - p))` is its entropy in nats. It takes `labels.selection.mode =
    /// "single"`.
    pub entropy_threshold: f64,
    /// Requery: the pseudo-label is the mask that the box brings. Otherwise it is the mask of the
    /// point, and the box's mask only measures its consistency.
    pub requery: bool,
    /// The smallest consistency of an instance that is learnt from, from 0 to 1: the IoU of the
    /// point's mask and of the mask that its box brings.
    pub min_consistency: f64,
    /// Learn from this top fraction of the pseudo-labels by consistency, from 0 to 1, where a
    /// calibration on the first images says which they are. 1 learns from all that reach
    /// `min_consistency`.
    pub top_fraction: f64,
    /// Which of the model's masks a point means.
    pub selection: MaskSelection,
    /// Pair masks and labels by position instead of by instance, as published: an empty instance
    /// shifts those after it.
    pub pair_by_position: bool,
    /// Encode the weak view a second time for the requery, as published. It changes no result.
    pub encode_twice: bool,
}

impl Labels {
    /// Whether only the top fraction of the labels is learnt from, where it is known which they
    /// are. True masks are all consistent.
    pub fn takes_top_fraction(&self) -> bool {
        self.supervision == Supervision::Points && self.top_fraction < 1.0
    }
}

/// The alignment of the two views (SSA).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct Alignment {
    /// Reinforce: pairs of features in the queues that are compared. 0 switches the alignment off.
    pub queue: usize,
    /// Reinforce: the weight that `beta = weight / (1 + exp(-(epoch - (epochs + 1) / 2)))` rises
    /// to, from 0 up. 0 switches the alignment off.
    pub weight: f64,
    /// The features of the training sample keep their gradient. Published: none has one, so that
    /// nothing is learnt from the alignment.
    pub gradient: bool,
}

/// The loss of a mask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct Loss {
    /// Weight of the focal loss (arXiv 1708.02002), from 0 up.
    pub focal: f64,
    /// Weight of the dice loss (arXiv 1606.04797), from 0 up.
    pub dice: f64,
    /// Weight of the squared error of the IoU that the model predicts for the single mask, from 0
    /// up (SAM, section 3, "Losses and training").
    pub iou_head: f64,
    /// Weight of the squared error of the IoU that the model predicts for the masks of an ambiguous
    /// point, from 0 up. The masks themselves are not learnt. Published: 0.
    pub multimask_iou: f64,
}

/// What trains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct AdapterSettings {
    /// Rank of the LoRA factors in the image encoder (arXiv 2106.09685, section 4). 0 adapts none
    /// of its layers.
    pub encoder_rank: usize,
    /// Which layers of the encoder's blocks are adapted: `"query-value"`, as published,
    /// `"attention"` or `"all"`, with the layers of the MLP.
    pub encoder_layers: EncoderLayers,
    /// The first block of the encoder that is adapted, from 0.
    pub start_block: usize,
    /// Rank of the LoRA factors on every linear layer of the mask decoder. 0, as published, adapts
    /// none of them.
    pub decoder_rank: usize,
    /// The mask decoder's own tokens train, whole.
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

/// How the learning rate falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decay {
    /// To a tenth at each of the milestones.
    Steps,
    /// In a straight line to zero at the end.
    Linear,
}

/// How it trains: Adam.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct OptimizerSettings {
    /// The learning rate of Adam (arXiv 1412.6980), from 0 up.
    pub learning_rate: f64,
    /// Factor of the learning rate in the mask decoder, from 0 up.
    pub decoder_lr_scale: f64,
    /// Weight decay of Adam, from 0 up: so much of each parameter is added to its gradient.
    pub weight_decay: f64,
    /// Updates over which the learning rate rises to its full height.
    pub warmup: usize,
    /// The most updates at the full learning rate for each instance, from 0 up. Where a run would
    /// make more, because instances are few or it is long, the learning rate is scaled down by as
    /// much. 0, as published: no bound.
    pub max_updates_per_instance: f64,
    /// Instances of all images from which on the learning rate is full. With fewer it is scaled
    /// down in proportion. 0, as published: any number.
    pub full_rate_min_instances: usize,
    /// How the learning rate falls: `"linear"`, to zero at the end of the run, or `"steps"`, as
    /// published, to a tenth at each of the milestones.
    pub decay: Decay,
    /// The updates at which the learning rate falls to a tenth, with `decay = "steps"`.
    pub milestones: Vec<usize>,
}

/// Which training samples are skipped for their loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct LossSpikeFilter {
    /// A training sample is skipped when its loss is above so many times the mean of the last ones,
    /// from 0 up.
    pub factor: f64,
    /// How many of the last losses the mean is of. 0 skips nothing but losses that are not finite.
    pub window: usize,
}

impl Recipe {
    /// Whether views of an image repeat with labels that stay the same, so that the feature cache
    /// can serve them.
    pub fn repeats(&self) -> bool {
        self.views.distinct > 0 && self.labels.teacher == Teacher::Frozen
    }
}
