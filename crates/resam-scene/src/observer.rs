//! Progress of a run over a scene.

use crate::plan::Plan;
use crate::result::Failure;

/// The progress of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// The round: 0 is the first, later ones requery objects that reach an edge.
    pub round: u32,
    /// Windows of this round that are done.
    pub windows_done: usize,
    /// Windows of this round.
    pub windows: usize,
    /// Objects prompted in all rounds so far, requeries included. The grid points of
    /// [`segment_all`](crate::segment_all) are not counted.
    pub objects_done: usize,
    /// Seconds until the round is done, from the windows done so far; none before the first.
    pub seconds_left: Option<f64>,
}

/// Gets the events of a run. The default methods do nothing.
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

/// No observer.
impl Observer for () {}
