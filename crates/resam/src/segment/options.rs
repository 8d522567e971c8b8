//! How objects are found and what becomes of them.

use std::path::PathBuf;

use resam_crs::Crs;
use resam_scene::{AutoOptions, Overlap, SegmentOptions as WindowOptions};

use crate::input::InputSettings;
use crate::model::SelectionOptions;

/// How a model is asked about an image or a scene.
#[derive(Debug, Clone, Default)]
pub struct SegmentOptions {
    /// Which of the model's masks answers a point. Default: as the adapter says, else the one that
    /// the point most likely means ([`Requery`](resam_select::SelectionMode::Requery)).
    pub selection: SelectionOptions,
    /// Objects whose IoU is at least this are one object. Default: none are.
    pub dedup_iou: Option<f64>,
    /// What becomes of pixels that several objects have. Default: each object keeps them.
    pub overlap: Overlap,
    /// Leave out objects of less area, in square metres (square pixels without a CRS). Default:
    /// none.
    pub min_area: Option<f64>,
    /// Leave out objects of more area, in square metres (square pixels without a CRS). Default:
    /// none.
    pub max_area: Option<f64>,
    /// Keep embeddings of windows, and answers, for other runs over the scene. Default: no.
    pub cache: Option<CacheOptions>,
    /// The journal of a run over a scene: a call that was interrupted goes on from it. Default:
    /// none.
    pub journal: Option<PathBuf>,
    /// Begin afresh where a journal would let the run go on. Default: `false`.
    pub restart: bool,
}

impl SegmentOptions {
    /// Whether something is asked for that only a run in windows does.
    pub(crate) fn asks_for_windows(&self) -> bool {
        self.dedup_iou.is_some() || self.overlap != Overlap::Keep || self.cache.is_some()
    }
}

/// Where embeddings of windows are kept.
#[derive(Debug, Clone)]
pub struct CacheOptions {
    /// The folder, made if it is not there.
    pub folder: PathBuf,
    /// Bytes that it may take.
    pub bytes: u64,
}

/// How whatever there is is found, without points: SAM's automatic mask generation.
#[derive(Debug, Clone)]
pub struct AutomaticOptions {
    /// Points along the side of a window. Default: 32.
    pub points_per_side: u32,
    /// The least IoU that the model predicts for a mask. Default: 0.88.
    pub min_score: f32,
    /// The least stability score of a mask. Default: 0.95.
    pub min_stability_score: f32,
}

impl Default for AutomaticOptions {
    fn default() -> Self {
        Self {
            points_per_side: 32,
            min_score: 0.88,
            min_stability_score: 0.95,
        }
    }
}

/// How objects become polygons in files.
#[derive(Debug, Clone, Default)]
pub struct OutputOptions {
    /// CRS of the polygons. Default: the scene's; GeoJSON is always longitude and latitude.
    pub out_crs: Option<Crs>,
    /// Simplify outlines by up to so many pixels; shared edges stay shared. Default: no.
    pub simplify: Option<f64>,
    /// Give buildings their right angles. Default: `false`.
    pub regularize: bool,
    /// Fill holes of up to so many square metres (square pixels without a CRS). Default: no.
    pub fill_holes: Option<f64>,
}

/// How windows are laid for a network whose input has `input` pixels a side.
pub(crate) fn windows(settings: &InputSettings, input: u32) -> WindowOptions {
    // Small windows have small margins.
    let most = settings.window.unwrap_or(input) / 8;
    let default = WindowOptions::default();
    WindowOptions {
        window: settings.window,
        margin: default.margin.min(most),
        ..default
    }
}

/// The options of a run in windows for the objects of prompts.
pub(crate) fn of_prompts(
    options: &SegmentOptions,
    settings: &InputSettings,
    input: u32,
    zoom: bool,
) -> WindowOptions {
    WindowOptions {
        zoom,
        dedup_iou: options.dedup_iou,
        overlap: options.overlap,
        ..windows(settings, input)
    }
}

/// The options of a run in windows for whatever there is.
pub(crate) fn of_everything(
    automatic: &AutomaticOptions,
    options: &SegmentOptions,
    settings: &InputSettings,
    input: u32,
) -> AutoOptions {
    let default = AutoOptions::default();
    AutoOptions {
        points_per_side: automatic.points_per_side,
        min_score: automatic.min_score,
        min_stability_score: automatic.min_stability_score,
        min_area: options.min_area.unwrap_or(0.0),
        max_area: options.max_area.unwrap_or(f64::INFINITY),
        dedup_iou: options.dedup_iou.unwrap_or(default.dedup_iou),
        run: WindowOptions {
            dedup_iou: None,
            rounds: default.run.rounds,
            ..of_prompts(options, settings, input, false)
        },
        ..default
    }
}
