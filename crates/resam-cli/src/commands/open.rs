//! The weights that the command line names: a file, weights that were fetched, or the model that is
//! part of the program.

use std::path::Path;
use std::sync::Once;

use anyhow::Result;
use resam_checkpoint::Checkpoint;
use resam_hub::{home, resolve};

use super::note;
use crate::arguments::Common;

/// Opens the checkpoint of `--weights`. A file that is called like the built-in model is meant.
pub(crate) fn open(text: &Path) -> Result<Checkpoint> {
    if text.as_os_str() == resam_nano::NAME && !text.exists() {
        return Ok(resam_nano::checkpoint()?);
    }
    let file = resolve(text, home().ok().as_deref())?;
    Ok(Checkpoint::open(&file)?)
}

/// The same, for a run: says so, once, when the model is one to show things with.
pub(crate) fn open_for_work(text: &Path, common: &Common) -> Result<Checkpoint> {
    let checkpoint = open(text)?;
    if let Some(notice) = checkpoint.metadata().get(resam_nano::NOTICE_KEY) {
        static SAID: Once = Once::new();
        SAID.call_once(|| note(common, notice));
    }
    Ok(checkpoint)
}
