//! The default recipe, and the published ones.

use resam_sam::EncoderLayers;
use resam_select::MaskSelection;

use super::{
    AdapterSettings, Alignment, Decay, Labels, Loss, LossSpikeFilter, OptimizerSettings, Recipe,
    Schedule, Supervision, Teacher, Views,
};

impl Default for Schedule {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch: 1,
            max_instances_per_image: 8,
            decoder_batch_size: 8,
            checkpoint_activations: false,
            update_each_decoder_batch: false,
            validate_every: 0,
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
            ema_decay: 0.99,
            entropy_threshold: crate::refine::ENTROPY_THRESHOLD,
            requery: false,
            min_consistency: 0.7,
            top_fraction: 0.6,
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
            iou_head: 1.0,
            multimask_iou: 1.0,
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
            decoder_lr_scale: 2.0,
            weight_decay: 0.0,
            warmup: 20,
            max_updates_per_instance: 1.0,
            full_rate_min_instances: 25,
            decay: Decay::Linear,
            milestones: Vec::new(),
        }
    }
}

impl Default for LossSpikeFilter {
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
    milestones: [usize; 2],
}

impl Recipe {
    /// The published code's behaviour, with the settings of NWPU VHR-10, the paper's most varied
    /// set.
    pub fn published() -> Self {
        Self::of_paper(&PaperSettings {
            start_block: 6,
            epochs: 10,
            milestones: [2000, 4000],
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
                milestones: [8000, 15000],
            },
            "hrsid" => PaperSettings {
                start_block: 1,
                epochs: 5,
                milestones: [1500, 2000],
            },
            _ => return None,
        };
        Some(Self::of_paper(&settings))
    }

    /// The names that [`preset`](Self::preset) knows.
    pub const PRESETS: [&str; 5] = ["default", "published", "whu", "hrsid", "nwpu"];

    fn of_paper(settings: &PaperSettings) -> Self {
        Self {
            schedule: Schedule {
                epochs: settings.epochs,
                batch: 1,
                max_instances_per_image: 0,
                decoder_batch_size: 50,
                checkpoint_activations: false,
                update_each_decoder_batch: true,
                validate_every: 0,
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
                ema_decay: 0.0,
                entropy_threshold: crate::refine::ENTROPY_THRESHOLD,
                requery: true,
                min_consistency: 0.0,
                top_fraction: 1.0,
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
                multimask_iou: 0.0,
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
                decoder_lr_scale: 1.0,
                weight_decay: 1e-4,
                warmup: 250,
                max_updates_per_instance: 0.0,
                full_rate_min_instances: 0,
                decay: Decay::Steps,
                milestones: settings.milestones.to_vec(),
            },
            loss_spike_filter: LossSpikeFilter::default(),
        }
    }
}
