//! How objects are found and what becomes of them.

use std::path::PathBuf;

use resam_crs::Crs;
use resam_export::{CleanOptions, OverlayOptions};
use resam_scene::{AutoOptions, SegmentOptions as WindowOptions};

use super::journal::HeldJournal;
use crate::input::InputSettings;
use crate::model::SelectionOptions;

/// How a model is asked about an image or a scene.
#[derive(Debug, Clone, Default)]
pub struct SegmentOptions {
    /// Which of the model's masks answers a point. Default: as the adapter says, else the one that
    /// the point most likely means ([`Requery`](resam_select::SelectionMode::Requery)).
    pub selection: SelectionOptions,
    /// What becomes of the masks: parts, holes, areas, near duplicates and overlaps.
    pub clean: CleanOptions,
    /// Polygons of the area of interest, in any CRS (GeoJSON, GeoPackage): only what is pointed at
    /// inside it is asked about, and of automatic masks those stay whose inner point is in it.
    /// Default: the whole scene.
    pub aoi: Option<PathBuf>,
    /// Keep embeddings of windows, and answers, for other runs over the scene, at the same time or
    /// later. Default: no.
    pub cache: Option<CacheOptions>,
    /// The journal of a run over a scene: a call that was interrupted goes on from it. Default:
    /// none.
    pub journal: Option<PathBuf>,
    /// Where the journal goes once the result is there. Default: it is closed.
    pub held: Option<HeldJournal>,
    /// Begin afresh where a journal would let the run go on. Default: `false`.
    pub restart: bool,
}

impl SegmentOptions {
    /// Whether something is asked for that only a run in windows does.
    pub(crate) fn asks_for_windows(&self) -> bool {
        self.cache.is_some() || self.aoi.is_some()
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
    /// What overlays show.
    pub overlay: OverlayOptions,
    /// The name of the layer of polygons. Default: that of the first output without its ending.
    pub layer: Option<String>,
    /// Replace files that no run wrote, and GeoPackages with all their layers. Default: `false`.
    pub overwrite: bool,
    /// What no output may be, beside the scene and the points: the model's files.
    pub inputs: Vec<PathBuf>,
}

impl OutputOptions {
    /// The name of the layer of polygons.
    pub(crate) fn layer_of(&self, outputs: &[PathBuf]) -> String {
        let first = outputs.first().and_then(|path| path.file_stem());
        let stem = || first.unwrap_or_default().to_string_lossy().into_owned();
        self.layer.clone().unwrap_or_else(stem)
    }
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
pub(crate) fn of_prompts(settings: &InputSettings, input: u32, zoom: bool) -> WindowOptions {
    WindowOptions {
        zoom,
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
    let clean = &options.clean;
    AutoOptions {
        points_per_side: automatic.points_per_side,
        min_score: automatic.min_score,
        min_stability_score: automatic.min_stability_score,
        min_area: clean.min_area.unwrap_or(0.0),
        max_area: clean.max_area.unwrap_or(f64::INFINITY),
        // A grid asks about an object many times: without a bound, equal masks are still one.
        dedup_iou: clean.dedup_iou.unwrap_or(1.0),
        run: WindowOptions {
            rounds: default.run.rounds,
            ..of_prompts(settings, input, false)
        },
        ..default
    }
}
