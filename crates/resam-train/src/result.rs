//! How a run ended.

use std::collections::BTreeMap;

use crate::gain::Gain;
use crate::validation::Validation;

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingResult {
    /// It was interrupted: it can be gone on with, and has no adapter yet.
    pub interrupted: bool,
    /// Why it ended before its plan, if it did.
    pub ended_early: Option<String>,
    /// Updates made.
    pub updates: u64,
    /// Iterations done.
    pub iterations: u64,
    /// Iterations without a confident pseudo-label, or left out by the loss-spike filter.
    pub skipped: u64,
    /// Images that could not be read, with the reason.
    pub failed: BTreeMap<String, String>,
    /// How the pretrained model's single masks did on the validation images.
    pub before_single: Option<Validation>,
    /// How the pretrained model did on the validation images, with the same mask selection.
    pub before: Option<Validation>,
    /// How the chosen model does.
    pub after: Option<Validation>,
    /// What the chosen model gains over the pretrained one with the same mask selection: in IoU
    /// over the images, or in consistency over the instances.
    pub gain: Option<Gain>,
    /// The update whose model the adapter is.
    pub chosen: u64,
    /// Seconds of learning, without validation.
    pub seconds: f64,
}

impl TrainingResult {
    /// Whether the adapter changes anything: an update was made.
    pub fn has_learnt(&self) -> bool {
        self.chosen > 0
    }

    /// What came out, in a sentence or two.
    pub fn verdict(&self) -> String {
        if !self.has_learnt() {
            return "nothing was learnt: no update was made. This adapter changes nothing; what you see is \
                    mask selection"
                .to_owned();
        }
        let (Some(before), Some(after)) = (self.before, self.after) else {
            let updates = self.chosen;
            return format!(
                "{updates} updates were made; nothing was kept for validation, so nothing is known of their \
                 use"
            );
        };
        let (word, then) = match &self.gain {
            Some(gain) if gain.is_clear() && gain.mean > 0.0 => ("learning helped", ""),
            Some(gain) if gain.is_clear() => ("learning did harm", ""),
            _ => (
                "no clear gain",
                ": what you see is mask selection more than learning",
            ),
        };
        let error = match self.gain {
            Some(gain) if gain.count > 1 => format!(", standard error {:.4}", gain.standard_error),
            _ => String::new(),
        };
        let of = match before.iou {
            Some(_) => format!("{} validation images", before.images),
            None => format!(
                "{} objects in {} validation images",
                before.instances, before.images
            ),
        };
        format!(
            "{word}: {} {:.4} pretrained, {:.4} adapted, with the same mask selection, on {of} \
             ({:+.4}{error}){then}",
            before.name(),
            before.value(),
            after.value(),
            after.value() - before.value(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(chosen: u64, after: Option<f64>, gain: Option<f64>) -> TrainingResult {
        let validation = |iou| Validation {
            images: 8,
            instances: 40,
            iou: Some(iou),
            ..Validation::default()
        };
        TrainingResult {
            interrupted: false,
            ended_early: None,
            updates: chosen,
            iterations: 4,
            skipped: 0,
            failed: BTreeMap::new(),
            before_single: None,
            before: after.map(|_| validation(0.5)),
            after: after.map(validation),
            gain: gain.map(|mean| Gain {
                mean,
                standard_error: 0.01,
                count: 8,
            }),
            chosen,
            seconds: 1.0,
        }
    }

    #[test]
    fn a_verdict_says_what_was_learnt_and_what_is_not_known() {
        let nothing = result(0, Some(0.5), Some(0.0));
        assert!(!nothing.has_learnt());
        assert!(nothing.verdict().contains("This adapter changes nothing"));
        let unknown = result(3, None, None);
        assert!(unknown.has_learnt());
        assert!(unknown.verdict().contains("nothing is known"));
        for (after, word) in [
            (
                0.55,
                "learning helped: IoU 0.5000 pretrained, 0.5500 adapted",
            ),
            (0.51, "no clear gain"),
            (0.45, "learning did harm"),
        ] {
            let verdict = result(3, Some(after), Some(after - 0.5)).verdict();
            assert!(verdict.starts_with(word), "{verdict}");
        }
    }
}
