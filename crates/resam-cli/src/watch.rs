//! Watches the engine for a person: a bar, notes, Ctrl-C.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use resam::{Notice, Observer, Weight};

use crate::arguments::Common;
use crate::commands::note;
use crate::interrupt::asked_to_stop;
use crate::progress::Progress as Bar;

/// Watches a run for the command line.
pub(crate) struct Watch<'a> {
    common: &'a Common,
    bar: Option<Bar>,
    /// What the bar counts, and how far it is.
    counted: (&'static str, u64),
    /// Whether Ctrl-C stops the run: there is something that can be gone on from.
    interrupted: Option<Arc<AtomicBool>>,
}

impl<'a> Watch<'a> {
    /// Watches work that Ctrl-C ends at once.
    pub(crate) fn new(common: &'a Common) -> Self {
        Self {
            common,
            bar: None,
            counted: ("", 0),
            interrupted: None,
        }
    }

    /// Watches work that stops after the `unit` at hand when Ctrl-C asks for it.
    pub(crate) fn stopping_after(unit: &'static str, common: &'a Common) -> resam::Result<Self> {
        Ok(Self {
            interrupted: Some(asked_to_stop(unit)?),
            ..Self::new(common)
        })
    }

    /// Takes the bar away.
    pub(crate) fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish();
        }
    }
}

impl Observer for Watch<'_> {
    fn progress(&mut self, progress: &resam::Progress<'_>) {
        let (unit, done) = self.counted;
        let begins = self.bar.is_none() || unit != progress.unit || progress.done < done;
        if begins {
            self.finish();
            self.bar = Some(Bar::new(
                progress.unit,
                progress.total as usize,
                self.common,
            ));
        }
        self.counted = (progress.unit, progress.done);
        if let Some(bar) = &self.bar {
            if begins {
                bar.begin(progress.done, progress.total);
            }
            bar.expect(progress.total);
            bar.say(progress.done, progress.seconds_left, progress.detail);
        }
    }

    fn note(&mut self, text: &str) {
        if !is_news(text) {
            return;
        }
        match &self.bar {
            Some(bar) => bar.pause(|| note(self.common, text)),
            None => note(self.common, text),
        }
    }

    fn notice(&mut self, notice: &Notice) {
        let text = notice.to_string();
        if notice.weight == Weight::Taken {
            return self.note(&text);
        }
        LEFT_OUT.store(true, Ordering::SeqCst);
        if is_news(&text) {
            // What is lost is said to who asked for quiet, too: the exit code tells of it.
            match &self.bar {
                Some(bar) => bar.pause(|| eprintln!("left out: {text}")),
                None => eprintln!("left out: {text}"),
            }
        }
    }

    fn interrupted(&self) -> bool {
        let asked = self.interrupted.as_ref();
        asked.is_some_and(|asked| asked.load(Ordering::SeqCst))
    }
}

/// Whether a reader left something out.
static LEFT_OUT: AtomicBool = AtomicBool::new(false);

/// Whether something of an input was left out, so that not all was done.
pub(crate) fn something_left_out() -> bool {
    LEFT_OUT.load(Ordering::SeqCst)
}

/// Whether a note was not said before: several runs of a process find the same.
pub(crate) fn is_news(text: &str) -> bool {
    static SAID: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    said.get_or_insert_with(HashSet::new)
        .insert(text.to_owned())
}
