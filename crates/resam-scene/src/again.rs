//! Objects that reach the edge of their window are asked about again, in a window around what was seen
//! of them, and coarser if that is larger than a window.

use std::collections::BTreeMap;

use crate::engine::{Engine, Piece, Questioner};
use crate::error::SceneError;
use crate::model::Model;
use crate::place::Edges;
use crate::plan::{Grid, Need, PlannedWindow, union};
use crate::result::Failure;
use crate::source::Source;

/// What is known of an object: its best mask so far, and the window that showed it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) piece: Piece,
    pub(crate) planned: PlannedWindow,
    /// It reaches the window's edge, and there is nothing more to ask.
    pub(crate) cut: bool,
}

impl Known {
    pub(crate) fn new(piece: Piece, planned: &PlannedWindow) -> Self {
        let planned = PlannedWindow {
            objects: Vec::new(),
            ..planned.clone()
        };
        Self {
            piece,
            planned,
            cut: false,
        }
    }
}

/// Asks again about the objects that reach an edge, round after round, until none does or `rounds` are
/// done. `extent` is the box of what points at an object, and `choose` picks among what a prompt
/// brought, given what was known.
pub(crate) fn ask_again<S: Source, M: Model>(
    engine: &mut Engine<'_, '_, S, M>,
    known: &mut BTreeMap<usize, Known>,
    questioner: &impl Questioner,
    rounds: u32,
    extent: impl Fn(usize) -> Option<[f64; 4]>,
    choose: impl Fn(&Known, Vec<Piece>) -> Option<Piece>,
) -> Result<(), SceneError> {
    for round in 1..=rounds {
        let mut needs = Vec::new();
        for (&object, known) in known.iter_mut() {
            if known.cut || !known.piece.edges.any() {
                continue;
            }
            match need(&engine.grid, object, known, extent(object), round) {
                Some(need) => needs.push(need),
                None => known.cut = true,
            }
        }
        if needs.is_empty() {
            break;
        }
        engine.counts.edge_requeries += needs.len();
        // Every need fits a window, or there would be none.
        let (windows, _) = engine.grid.plan(&needs);
        let failed_before = engine.failures.len();
        engine.round(windows, needs.len(), questioner, |planned, found| {
            let mut answers: BTreeMap<usize, Vec<Piece>> = BTreeMap::new();
            for piece in found.pieces {
                answers.entry(piece.object).or_default().push(piece);
            }
            for object in &planned.objects {
                let Some(known) = known.get_mut(object) else {
                    continue;
                };
                let answers = answers.remove(object).unwrap_or_default();
                match choose(known, answers) {
                    Some(piece) => *known = Known::new(piece, planned),
                    None => known.cut = true,
                }
            }
        })?;
        for failure in &engine.failures[failed_before..] {
            if let Failure::Window { prompts, .. } = failure {
                for object in prompts {
                    known.entry(*object).and_modify(|known| known.cut = true);
                }
            }
        }
    }
    for known in known.values_mut() {
        known.cut |= known.piece.edges.any();
    }
    Ok(())
}

/// What a window has to hold so that the whole object is likely to be in it: what was seen of it, and
/// beyond each edge that it reaches half as much again, if there is room. None if no window is
/// large enough.
fn need(
    grid: &Grid,
    object: usize,
    known: &Known,
    extent: Option<[f64; 4]>,
    round: u32,
) -> Option<Need> {
    let core = known.piece.core;
    let seen = extent.map_or(core, |extent| union(core, extent));
    let within = |bounds: [f64; 4]| {
        let (width, height) = (f64::from(grid.raster.0), f64::from(grid.raster.1));
        [
            bounds[0].max(0.0),
            bounds[1].max(0.0),
            bounds[2].min(width),
            bounds[3].min(height),
        ]
    };
    // An object that reaches an edge once more is larger than it seemed.
    let from = known.planned.level + u32::from(round > 1);
    for level in from..=grid.levels {
        let grown = within(grow(
            seen,
            known.piece.edges,
            grid.room(level),
            grid.margin(level),
        ));
        if grid.level(grown, level) == Some(level) {
            return Some(Need {
                object,
                bounds: grown,
                level,
            });
        }
    }
    None
}

/// A box with room beyond the edges that were reached: half its length, less where a window has not
/// so much room, and at least a margin.
fn grow(bounds: [f64; 4], edges: Edges, room: f64, margin: f64) -> [f64; 4] {
    let mut grown = bounds;
    for axis in 0..2 {
        let length = bounds[axis + 2] - bounds[axis];
        let sides = [edges.sides()[axis], edges.sides()[axis + 2]];
        let reached = sides.iter().filter(|&&side| side).count();
        if reached == 0 {
            continue;
        }
        // Pixels are whole: one of them is kept for rounding.
        let spare = (room - length - 1.0) / reached as f64;
        let more = (length / 2.0).max(2.0 * margin).min(spare).max(margin);
        if sides[0] {
            grown[axis] -= more;
        }
        if sides[1] {
            grown[axis + 2] += more;
        }
    }
    grown
}
