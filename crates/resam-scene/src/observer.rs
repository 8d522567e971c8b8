//! Who looks on while a scene is worked on.

use crate::plan::Plan;
use crate::result::Failure;

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Which round: 0 is the plan, later ones ask again about objects that touched an edge.
    pub round: u32,
    /// Windows of this round that are done.
    pub windows_done: usize,
    /// Windows of this round.
    pub windows: usize,
    /// Objects that were asked about in all rounds so far, those without a prompt not counted.
    pub objects_done: usize,
    /// Seconds until the round is done, from its own pace; none before the first window.
    pub seconds_left: Option<f64>,
}

/// Told what happens during a run. Every method does nothing unless it is written.
pub trait Observer {
    /// The windows of a round, before the first of them.
    fn planned(&mut self, _plan: &Plan) {}

    /// A window is done.
    fn progress(&mut self, _progress: &Progress) {}

    /// A window or an object failed; the run goes on.
    fn failed(&mut self, _failure: &Failure) {}

    /// Something that is no failure but worth a line, such as a cache that cannot be written.
    fn notice(&mut self, _text: &str) {}

    /// Whether the run has to stop before the next window.
    fn stop(&mut self) -> bool {
        false
    }
}

/// Nobody looks on.
impl Observer for () {}
