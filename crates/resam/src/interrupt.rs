//! Ctrl-C: the first asks a run to stop, the second stops it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;

/// Becomes true when the run is asked to stop, which it does after `unit`.
pub(crate) fn asked_to_stop(unit: &'static str) -> Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let asked = interrupted.clone();
    ctrlc::set_handler(move || {
        // The second time there is no waiting.
        if asked.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        eprintln!("\nstopping after the {unit} at hand; once more to stop at once");
    })?;
    Ok(interrupted)
}
