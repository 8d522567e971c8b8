//! The journal of a run over a scene: what it is about, and where it lies.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use resam_files::disk;
use resam_geo::Scene as RasterScene;
use resam_prompt::PointedObject;
use resam_scene::{Journal, Model as _, OnChange};
use resam_select::MaskSelection;
use sha2::{Digest, Sha256};

use super::options::SegmentOptions;
use super::windows::Search;
use crate::error::Result;
use crate::scene::Scene;
use crate::scene_model::SceneModel;

/// The end of a journal's name.
const ENDING: &str = ".resam-journal";

/// Where the journal of a run lies whose first output is `output`.
pub(crate) fn beside(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(ENDING);
    PathBuf::from(name)
}

/// What a run over a scene is about.
pub(super) struct Question<'a> {
    pub(super) scene: &'a Scene,
    pub(super) seen: &'a RasterScene,
    pub(super) prompts: &'a [PointedObject],
    pub(super) selection: &'a MaskSelection,
    pub(super) model: &'a SceneModel<'a>,
    pub(super) search: &'a Search,
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

/// The journal of a run: with a cache in there, named by the question, so that the same question
/// about the same scene finds its answers, whatever is written of them; else where the options say.
pub(super) fn journal_of(
    question: &Question<'_>,
    options: &SegmentOptions,
) -> Result<Option<Journal>> {
    let about = question.about()?;
    let path = match (&options.cache, &options.journal) {
        (Some(cache), _) => {
            let Question {
                prompts,
                model,
                search,
                ..
            } = question;
            let text = format!("{about:?} {} {search:?} {prompts:?}", model.identity());
            let digest = Sha256::digest(text.as_bytes());
            let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            cache.folder.join(name + ENDING)
        }
        (None, Some(path)) => path.clone(),
        (None, None) => return Ok(None),
    };
    if options.restart && path.exists() {
        disk::remove_file(&path)?;
    }
    let journal = Journal::new(&path, OnChange::Refuse);
    let journal = about
        .into_iter()
        .fold(journal, |journal, (name, value)| journal.about(name, value));
    Ok(Some(journal))
}
