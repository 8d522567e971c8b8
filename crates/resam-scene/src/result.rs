//! The result of a run over a scene: objects, failures, counts.

use resam_geo::Window;
use resam_mask::PlacedMask;

use resam_prompt::PointedObject;

/// Prompts that the description of a failed window names.
const NAMED: usize = 8;

/// A segmented object.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentedObject {
    /// From 1 on, without gaps, in the order of the objects: the id in vectors and label rasters.
    pub id: u32,
    /// Its prompts, as indices of the objects given: one, or several that were merged. Empty in a
    /// run without prompts.
    pub prompts: Vec<usize>,
    /// Its mask, in pixels of the raster.
    pub mask: PlacedMask,
    /// The IoU that the model predicts for the mask (SAM's `predicted_iou`).
    pub score: f32,
    /// SAM's stability score, from 0 to 1.
    pub stability_score: f32,
    /// Pixels of the raster for each pixel of the tile, along an axis; 1 is full resolution.
    pub scale: f64,
    /// It reaches the edge of its last window, so a part of it may be missing.
    pub truncated: bool,
}

/// Why there is no object for a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Missing {
    /// Its points lie where the raster has no data.
    NoData,
    /// The mask was empty.
    Empty,
    /// The mask has no edge in its window: it is the ground and no object.
    FillsWindow,
    /// Its points are farther from each other than the coarsest window is wide.
    TooLarge,
    /// It has neither a positive point nor a box in the raster.
    Outside,
    /// Objects with a higher score have all of its pixels.
    Covered,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::NoData => "its points lie where the raster has no data",
            Self::Empty => "the mask is empty",
            Self::FillsWindow => "the mask fills its window: no object has an edge there",
            Self::TooLarge => "its points are farther apart than the coarsest window is wide",
            Self::Outside => "it has no positive point in the raster",
            Self::Covered => "objects with a higher score have all of its pixels",
        })
    }
}

/// A window or an object that failed.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// A window that could not be read, encoded or decoded.
    Window {
        /// The window, in pixels of the raster.
        window: Window,
        /// Its prompts. Those of a later round keep the mask of an earlier one.
        prompts: Vec<usize>,
        /// Why.
        reason: String,
    },
    /// A prompt without an object.
    Object {
        /// Which.
        prompt: usize,
        /// Why.
        reason: Missing,
    },
}

impl Failure {
    /// The failure in one line, with the ids of the prompts.
    pub fn describe(&self, prompts: &[PointedObject]) -> String {
        let name = |at: usize| prompts.get(at).map_or("?", |prompt| prompt.id.as_str());
        match self {
            Self::Window {
                window,
                prompts: asked,
                reason,
            } => {
                let names: Vec<&str> = asked.iter().take(NAMED).map(|&at| name(at)).collect();
                let more = if asked.len() > names.len() {
                    ", ..."
                } else {
                    ""
                };
                format!(
                    "window at {},{} of {} x {} ({}{more}): {reason}",
                    window.x,
                    window.y,
                    window.width,
                    window.height,
                    names.join(", ")
                )
            }
            Self::Object { prompt, reason } => format!("object {}: {reason}", name(*prompt)),
        }
    }
}

/// Counts of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Counts {
    /// Windows of the first round.
    pub planned_windows: usize,
    /// Windows of all rounds.
    pub windows: usize,
    /// Times that the encoder ran.
    pub encoded: usize,
    /// Windows whose embedding or answers came from the cache.
    pub cached: usize,
    /// Windows whose answers came from the cache, so that nothing was decoded.
    pub cached_answers: usize,
    /// Windows that came from the journal.
    pub resumed: usize,
    /// Windows without one valid pixel.
    pub without_data: usize,
    /// Rounds, the first included.
    pub rounds: u32,
    /// Requeries of objects that reach the edge of their window.
    pub edge_requeries: usize,
    /// Requeries of small objects in zoomed windows.
    pub zoom_requeries: usize,
    /// Objects that were merged into another one.
    pub merged: usize,
    /// Objects that reach the edge of their last window.
    pub truncated: usize,
}

/// The result of a run over a scene.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SceneResult {
    /// The objects, in the order of their first prompts; without prompts from top to bottom.
    pub objects: Vec<SegmentedObject>,
    /// A window or an object that failed.
    pub failures: Vec<Failure>,
    /// Counts of a run.
    pub counts: Counts,
}

impl SceneResult {
    /// Number of windows that could not be read, encoded or decoded.
    pub fn failed_windows(&self) -> usize {
        let windows = self.failures.iter();
        let windows = windows.filter(|failure| matches!(failure, Failure::Window { .. }));
        windows.count()
    }
}
