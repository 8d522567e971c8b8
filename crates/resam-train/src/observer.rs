//! Who watches a run.

use resam_adapt::Iteration;

use crate::validation::Validation;

/// Where a run is.
#[derive(Debug, Clone)]
pub struct RunProgress<'a> {
    /// Iterations done, and all that there will be; by the clock that is an estimate.
    pub iterations: [u64; 2],
    /// The iteration that was done last.
    pub last: &'a Iteration,
    /// What it took, in seconds.
    pub seconds: f64,
    /// Seconds that an iteration takes, as a running mean.
    pub pace: f64,
    /// Seconds that are left to the end of the run, with the last validation and the report.
    pub seconds_left: f64,
    /// The last validation.
    pub validation: Option<Validation>,
}

/// Who watches a run.
pub trait Observer {
    /// An iteration was done.
    fn iterated(&mut self, progress: &RunProgress<'_>);
    /// So many of other things than iterations are done; `what` is a plural.
    fn step(&mut self, _what: &'static str, _done: usize, _total: usize) {}
    /// So many pictures of the report are drawn.
    fn drawn(&mut self, _done: usize, _total: usize) {}
    /// Something is worth saying: a skipped image, one that cannot be read, a validation.
    fn note(&mut self, text: &str);
    /// Whether the run is asked to stop after the iteration at hand.
    fn interrupted(&self) -> bool;
}
