//! How the mask of a prompt is selected.

use std::fmt;

use documented::DocumentedFields;
use serde::{Deserialize, Deserializer, Serialize};

use crate::size_prior::SizePrior;

/// What is selected among the masks of a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SelectionMode {
    /// The candidate with the largest score, by the formula of [`MaskSelection`].
    #[default]
    Requery,
    /// The single mask, as published.
    Single,
    /// The one of the masks for an ambiguous prompt with the highest predicted IoU.
    BestScore,
}

impl SelectionMode {
    /// The name of the mode, as recipes and adapters have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requery => "requery",
            Self::Single => "single",
            Self::BestScore => "best-score",
        }
    }
}

/// How the mask of a prompt is selected.
///
/// With [`SelectionMode::Requery`] the candidates of a prompt are the single mask and the masks for
/// an ambiguous prompt, and the one with the largest score is selected:
///
/// ```text
/// score = consistency
///       + stability_weight * stability
///       - size_weight * |ln(area + 1) - m|
///       - size_prior_weight * |ln(area + 1) - u|
///       + 0.2 for the single mask
///       - 1000 for a mask that violates its prompts
/// ```
///
/// `m` is the median of `ln(area + 1)` over the selected masks of the co-occurring instances of the
/// image. Since it depends on the selection, both are found in turns, beginning with the single
/// masks. `u` is `ln(size_prior_px + 1)`; without a size prior its term is 0. The size terms are 0
/// for an object of another kind: one whose single mask violates no prompt and is between `e` and
/// `e^4` times as large as `m` says.
///
/// The other modes use no weight.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct MaskSelection {
    /// What is selected: `"requery"`, the candidate with the largest score, or `"single"`, as
    /// published, the single mask. Answers know `"best-score"` too, the mask of highest predicted
    /// IoU.
    // Read from `candidates = true | false` too, its form in recipes of earlier versions.
    #[serde(alias = "candidates", deserialize_with = "mode_or_candidates")]
    pub mode: SelectionMode,
    /// Weight of a mask's stability (SAM, appendix B), from 0 up.
    pub stability_weight: f64,
    /// Weight of the distance from the median size of the co-occurring instances, in powers of e,
    /// from 0 up.
    pub size_weight: f64,
    /// Weight of the distance from the size prior, in powers of e, from 0 up. 0 judges each image
    /// by itself.
    #[serde(alias = "usual_weight")]
    pub size_prior_weight: f64,
    /// The size prior: the area that objects have in images of the data set, in pixels of an image.
    /// It is estimated, not set in a recipe. Default: not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_prior_px: Option<f64>,
    /// Prompt small objects again in parts of the image, at twice the scale. It takes `mode =
    /// "requery"`.
    #[serde(alias = "closer")]
    pub zoom: bool,
}

impl Default for MaskSelection {
    fn default() -> Self {
        Self {
            mode: SelectionMode::Requery,
            stability_weight: 0.3,
            size_weight: 0.2,
            size_prior_weight: 0.1,
            size_prior_px: None,
            zoom: true,
        }
    }
}

/// In words: `requery, with zoom, size prior 400 px`.
impl fmt::Display for MaskSelection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mode.name())?;
        if self.zooms() {
            f.write_str(", with zoom")?;
        }
        match self.size_prior_px {
            Some(area) => write!(f, ", size prior {area:.0} px"),
            None => Ok(()),
        }
    }
}

impl MaskSelection {
    /// The single mask, as published: no weight, no zoom.
    pub const SINGLE: Self = Self {
        mode: SelectionMode::Single,
        stability_weight: 0.0,
        size_weight: 0.0,
        size_prior_weight: 0.0,
        size_prior_px: None,
        zoom: false,
    };

    /// Whether masks are selected among candidates.
    pub fn requeries(&self) -> bool {
        self.mode == SelectionMode::Requery
    }

    /// Whether small objects are prompted again.
    pub fn zooms(&self) -> bool {
        self.requeries() && self.zoom
    }

    /// Whether a size prior counts.
    pub fn uses_size_prior(&self) -> bool {
        self.requeries() && self.size_prior_weight > 0.0
    }

    /// The size prior, in pixels of an image, where it counts and is known.
    pub fn size_prior(&self) -> Option<SizePrior> {
        let known = self.size_prior_px.filter(|_| self.uses_size_prior());
        known.map(|area| SizePrior::of_dataset(area, self.size_prior_weight))
    }

    /// The same with another size prior, in pixels of an image.
    #[must_use]
    pub fn with_size_prior(self, size_prior_px: Option<f64>) -> Self {
        Self {
            size_prior_px,
            ..self
        }
    }
}

/// Reads a mode, or whether there are candidates.
fn mode_or_candidates<'de, D: Deserializer<'de>>(from: D) -> Result<SelectionMode, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "a mask selection mode: `requery`, `single` or `best-score`"
    )]
    enum Either {
        Candidates(bool),
        Mode(SelectionMode),
    }
    Ok(match Either::deserialize(from)? {
        Either::Candidates(true) => SelectionMode::Requery,
        Either::Candidates(false) => SelectionMode::Single,
        Either::Mode(mode) => mode,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<MaskSelection, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn it_comes_back_from_what_is_written() {
        for mode in [
            SelectionMode::Requery,
            SelectionMode::Single,
            SelectionMode::BestScore,
        ] {
            let selection = MaskSelection {
                mode,
                size_prior_px: Some(250.5),
                ..Default::default()
            };
            let text = serde_json::to_string(&selection).expect("numbers and words");
            assert_eq!(read(&text).expect("the same"), selection);
        }
        assert_eq!(read("{}").expect("defaults"), MaskSelection::default());
        let mode = serde_json::to_string(&SelectionMode::BestScore).expect("a word");
        assert_eq!(mode, "\"best-score\"");
    }

    #[test]
    fn the_names_of_earlier_versions_are_read() {
        let earlier = r#"{"candidates": false, "stability_weight": 0.5, "size_weight": 0.25,
            "usual_weight": 0.75, "closer": false}"#;
        let expected = MaskSelection {
            mode: SelectionMode::Single,
            stability_weight: 0.5,
            size_weight: 0.25,
            size_prior_weight: 0.75,
            size_prior_px: None,
            zoom: false,
        };
        assert_eq!(read(earlier).expect("known"), expected);
        let candidates = read(r#"{"candidates": true}"#).expect("known");
        assert_eq!(candidates.mode, SelectionMode::Requery);
    }

    #[test]
    fn other_names_and_modes_are_refused() {
        assert!(read(r#"{"mode": "best"}"#).is_err());
        assert!(read(r#"{"modes": "single"}"#).is_err());
        assert!(read(r#"{"mode": "single", "candidates": true}"#).is_err());
    }

    #[test]
    fn a_size_prior_counts_where_candidates_are_weighed_by_it() {
        let known = MaskSelection::default().with_size_prior(Some(100.0));
        assert_eq!(known.size_prior(), Some(SizePrior::of_dataset(100.0, 0.1)));
        assert_eq!(MaskSelection::default().size_prior(), None);
        for without in [
            MaskSelection {
                size_prior_weight: 0.0,
                ..known
            },
            MaskSelection {
                mode: SelectionMode::Single,
                ..known
            },
        ] {
            assert_eq!(without.size_prior(), None);
        }
    }
}
