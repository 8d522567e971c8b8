//! One file a subcommand: the engine is called, and what comes out is printed.

pub(crate) mod adapt;
pub(crate) mod bench;
pub(crate) mod convert;
pub(crate) mod demo;
pub(crate) mod disk_usage;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod expect;
pub(crate) mod info;
pub(crate) mod inspect;
pub(crate) mod manual;
pub(crate) mod merge;
pub(crate) mod pull;
pub(crate) mod segment;
pub(crate) mod train_nano;

use crate::arguments::Common;

/// How a run ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything was done.
    Done,
    /// Everything was tried, and what failed was named.
    SomeFailed,
}

impl Outcome {
    /// `Done` unless something failed.
    pub(crate) fn failed_if(failed: bool) -> Self {
        if failed { Self::SomeFailed } else { Self::Done }
    }
}

/// A note on standard error, unless the run is quiet.
pub(crate) fn note(common: &Common, text: &str) {
    if !common.quiet {
        eprintln!("note: {text}");
    }
}
