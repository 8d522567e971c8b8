//! What is noticed of images, gathered by kind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// Names of images by what was noticed of them. Filled by several threads.
#[derive(Debug, Default)]
pub(crate) struct Notes(Mutex<BTreeMap<String, BTreeSet<String>>>);

impl Notes {
    pub(crate) fn add(&self, image: &str, notes: &[String]) {
        // A poisoned lock guards names alone, which are whole.
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for note in notes {
            let names = gathered.entry(note.clone()).or_default();
            names.insert(image.to_owned());
        }
    }

    /// One line a kind, with the first image and the number of the others.
    pub(crate) fn lines(&self) -> Vec<String> {
        let gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |(note, names): (&String, &BTreeSet<String>)| {
            let first = names.first()?;
            Some(match names.len() - 1 {
                0 => format!("`{first}`: {note}"),
                others => format!("`{first}` and {others} more: {note}"),
            })
        };
        gathered.iter().filter_map(line).collect()
    }
}
