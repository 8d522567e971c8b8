//! The journal of a run over a scene: what it is about, and where it lies.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use resam_geo::Scene as RasterScene;
use resam_scene::{JOURNAL_ENDING, Journal, OnChange};
use resam_select::MaskSelection;
use sha2::{Digest, Sha256};

use super::options::SegmentOptions;
use crate::error::Result;
use crate::scene::Scene;

/// Where the journal of a run lies whose first output is `output`.
pub(crate) fn beside(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(JOURNAL_ENDING);
    PathBuf::from(name)
}

/// What a run over a scene is about.
pub(super) struct Question<'a> {
    pub(super) scene: &'a Scene,
    pub(super) seen: &'a RasterScene,
    pub(super) selection: &'a MaskSelection,
}

impl Question<'_> {
    /// What must be the same for a run to go on, in words and values.
    fn about(&self) -> Result<[(&'static str, String); 7]> {
        Ok([
            ("scene", self.scene.path().display().to_string()),
            ("files of the scene", files(self.scene)?),
            ("bands", format!("{:?}", self.seen.bands())),
            ("stretch", format!("{:?}", self.seen.stretch_limits())),
            (
                "seen as",
                format!("{:?}", self.scene.input_settings().seen_as),
            ),
            ("mask selection", format!("{:?}", self.selection)),
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ])
    }
}

/// Sizes and times of the files of a scene.
fn files(scene: &Scene) -> Result<String> {
    let mut digest = Sha256::new();
    let mut bytes = 0;
    for path in scene.files() {
        let file = fs_err::metadata(path)?;
        let modified = file.modified().ok();
        let modified = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = modified.map_or(0, |time| time.as_nanos());
        bytes += file.len();
        digest.update(format!("{} {} {modified}\n", path.display(), file.len()));
    }
    let digest = digest.finalize();
    let digest: String = digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(format!(
        "{} of {bytes} bytes ({digest})",
        scene.files().len()
    ))
}

/// The journal of a run, where the options say.
pub(super) fn journal_of(
    question: &Question<'_>,
    options: &SegmentOptions,
) -> Result<Option<Journal>> {
    let Some(path) = &options.journal else {
        return Ok(None);
    };
    let on_change = if options.restart {
        OnChange::Afresh
    } else {
        OnChange::Refuse
    };
    let about = question.about()?.into_iter();
    let journal = about.fold(Journal::new(path, on_change), |journal, (name, value)| {
        journal.about(name, value)
    });
    Ok(Some(journal))
}

/// The journal of a run for whoever writes its outputs: as long as it is held, no other run has it.
#[derive(Debug, Clone, Default)]
pub struct HeldJournal(Arc<Mutex<Option<Journal>>>);

impl HeldJournal {
    pub(super) fn hold(&self, journal: Option<Journal>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = journal;
    }

    /// Removes the journal: what the run would go on from is not needed any more.
    pub(super) fn remove(&self) -> Result<()> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(held.take().map_or(Ok(()), Journal::remove)?)
    }
}
