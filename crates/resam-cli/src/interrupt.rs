//! Ctrl-C: the first asks a run to stop, the second stops it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use resam::{Error, ErrorKind, Result};

use crate::failure::AT_RUN_TIME;

/// What was asked, and what the run at hand stops after. A process has one handler, and may have
/// several runs, one after another.
static ASKED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
static UNIT: Mutex<Option<&str>> = Mutex::new(None);

/// Becomes true when the run is asked to stop, which it does after `unit`.
pub(crate) fn asked_to_stop(unit: &'static str) -> Result<Arc<AtomicBool>> {
    let mut of_run = UNIT
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if of_run.replace(unit).is_none() {
        ctrlc::set_handler(move || {
            // The second time there is no waiting. Files are whole: they have their names last.
            if ASKED.swap(true, Ordering::SeqCst) {
                std::process::exit(AT_RUN_TIME.into());
            }
            let unit = UNIT.lock().map_or(None, |unit| *unit).unwrap_or("step");
            eprintln!(
                "\nstopping after the {unit} at hand; what is done is kept, and the same command goes on \
                 (Ctrl-C again stops at once)"
            );
        })
        .map_err(|error| Error::new(ErrorKind::Io, error))?;
    }
    Ok(ASKED.clone())
}
