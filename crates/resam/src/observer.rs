//! Who watches long work.

use resam_prompt::Notice;

/// How far work has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress<'a> {
    /// What is counted, a plural: `windows`, `images`.
    pub unit: &'static str,
    /// How many are done.
    pub done: u64,
    /// How many there are, as far as is known now.
    pub total: u64,
    /// Seconds that are left, where the work knows.
    pub seconds_left: Option<f64>,
    /// How it goes, in a few words; may be empty.
    pub detail: &'a str,
}

/// Told what happens during long work. Every method does nothing unless it is written.
pub trait Observer {
    /// A piece of work is done.
    fn progress(&mut self, _progress: &Progress<'_>) {}

    /// Something that the user should know: it is no failure.
    fn note(&mut self, _text: &str) {}

    /// Something that a reader noticed in a file: what it took, or what it left out.
    fn notice(&mut self, notice: &Notice) {
        self.note(&notice.to_string());
    }

    /// Whether the work has to stop after the piece at hand.
    fn interrupted(&self) -> bool {
        false
    }
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}
