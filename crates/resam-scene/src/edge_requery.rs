//! Objects that reach the edge of their window are requeried in a window around their mask, at a
//! coarser scale if the mask is larger than a window.

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
    /// It reaches the window's edge, and no larger window is left.
    pub(crate) truncated: bool,
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
            truncated: false,
        }
    }
}

/// Requeries the objects that reach an edge until none does or `rounds` rounds are done. `extent`
/// is the box `[x0, y0, x1, y1]` of an object's prompt in pixels of the raster, and `choose` picks
/// one of the new masks, given the mask so far.
pub(crate) fn requery_truncated<S: Source, M: Model>(
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
            if known.truncated || !known.piece.edges.any() {
                continue;
            }
            match need(&engine.grid, object, known, extent(object), round) {
                Some(need) => needs.push(need),
                None => known.truncated = true,
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
                    None => known.truncated = true,
                }
            }
        })?;
        for failure in &engine.failures[failed_before..] {
            if let Failure::Window { prompts, .. } = failure {
                for object in prompts {
                    known
                        .entry(*object)
                        .and_modify(|known| known.truncated = true);
                }
            }
        }
    }
    for known in known.values_mut() {
        known.truncated |= known.piece.edges.any();
    }
    Ok(())
}

/// The box that the next window has to hold: the mask so far, extended by half its length beyond
/// each edge that it reaches, if there is room. None if no window is large enough.
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
    // An object that reaches an edge again is larger than its mask so far.
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
