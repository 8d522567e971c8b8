//! What a run over a scene brings: objects, failures, counts.

use resam_geo::Window;
use resam_mask::PlacedMask;

use resam_prompt::PointedObject;

/// Prompts that the description of a failed window names.
const NAMED: usize = 8;

/// An object that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentedObject {
    /// From 1 on, without gaps, in the order of the objects: the id in vectors and label rasters.
    pub id: u32,
    /// Which prompts it answers, as indices of what was asked: one, or several that were merged.
    /// Empty where nobody pointed at it.
    pub prompts: Vec<usize>,
    /// Its pixels.
    pub mask: PlacedMask,
    /// The IoU that the model expects.
    pub score: f32,
    /// How little the mask depends on where the line is drawn, from 0 to 1.
    pub stability_score: f32,
    /// Pixels of the raster for each pixel that the model saw, along each axis; 1 is full
    /// resolution.
    pub scale: f64,
    /// It reaches the edge of the last window that it was asked in, so some of it may be missing.
    pub truncated: bool,
}

/// Why there is no object for a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Missing {
    /// Its points lie where the raster has no data.
    NoData,
    /// The mask was empty.
    Empty,
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
            Self::TooLarge => "its points are farther apart than the coarsest window is wide",
            Self::Outside => "it has no positive point in the raster",
            Self::Covered => "objects with a higher score have all of its pixels",
        })
    }
}

/// What could not be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// A window that could not be read, encoded or answered.
    Window {
        /// The window, in pixels of the raster.
        window: Window,
        /// The prompts that were asked in it. Those of a later round keep what an earlier one
        /// brought.
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
    /// What could not be done, in one line, with the user's names of the prompts.
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

/// What was done, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Counts {
    /// Windows of the first round.
    pub planned_windows: usize,
    /// Windows of all rounds.
    pub windows: usize,
    /// Times that the encoder ran.
    pub encoded: usize,
    /// Embeddings that the cache had.
    pub cached: usize,
    /// Windows that the journal had.
    pub resumed: usize,
    /// Windows without one valid pixel.
    pub without_data: usize,
    /// Rounds, the first included.
    pub rounds: u32,
    /// Objects that were asked about again because they reached an edge, each time counted.
    pub edge_requeries: usize,
    /// Objects that were asked about again because they are small, in a window that shows them
    /// closer.
    pub zoom_requeries: usize,
    /// Objects that turned out to be another one.
    pub merged: usize,
    /// Objects that reach the edge of the last window that they were asked in.
    pub truncated: usize,
}

/// What a run over a scene brings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SceneResult {
    /// The objects, in the order of their first prompts; without prompts from top to bottom.
    pub objects: Vec<SegmentedObject>,
    /// What could not be done.
    pub failures: Vec<Failure>,
    /// What was done, counted.
    pub counts: Counts,
}

impl SceneResult {
    /// Windows that could not be read, encoded or answered.
    pub fn failed_windows(&self) -> usize {
        let windows = self.failures.iter();
        let windows = windows.filter(|failure| matches!(failure, Failure::Window { .. }));
        windows.count()
    }
}
