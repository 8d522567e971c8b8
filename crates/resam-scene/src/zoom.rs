//! The zoom in a scene: small objects are prompted again in windows of half the side, whose pixels
//! the model sees magnified. The numbers and the decisions are those of [`resam_select::zoom`]; the
//! model says which of the two masks to take. A mask that its window truncates is not taken.

use std::collections::{BTreeMap, BTreeSet};

use resam_select::zoom::{SCALE, can_magnify, is_small};
use resam_select::{Candidate, Median, median};

use crate::edge_requery::Known;
use crate::engine::{Engine, Questioner, Questions};
use crate::error::SceneError;
use crate::model::Model;
use crate::plan::{Grid, Need, PlannedWindow, union};
use crate::source::Source;

/// Requeries small objects that `is_ambiguous` names: a box says how far its object reaches, and is
/// not asked about again. `extent` is the box of an object's prompt.
pub(crate) fn zoom<S: Source, M: Model>(
    engine: &mut Engine<'_, '_, S, M>,
    known: &mut BTreeMap<usize, Known>,
    questioner: &impl Questioner,
    model: &M,
    is_ambiguous: impl Fn(usize) -> bool,
    extent: impl Fn(usize) -> Option<[f64; 4]>,
) -> Result<(), SceneError> {
    let grid = Grid {
        side: engine.grid.side / SCALE as u32,
        // A scene keeps half its windows' own margin, where an image keeps a share of a part's
        // side.
        margin: engine.grid.margin / SCALE as u32,
        levels: 0,
        ..engine.grid
    };
    // A raster smaller than a window fills the input alone.
    let shown = engine
        .grid
        .side
        .min(engine.grid.raster.0.max(engine.grid.raster.1));
    if !can_magnify(f64::from(grid.input), f64::from(shown) / SCALE as f64) {
        return Ok(());
    }
    let small = known.iter().filter_map(|(&object, known)| {
        let seen = if known.piece.violates_prompts {
            // The mask so far is not the object.
            extent(object)?
        } else {
            extent(object).map_or(known.piece.core, |own| union(own, known.piece.core))
        };
        let is_needed = known.planned.level == 0
            && is_ambiguous(object)
            && is_small(seen, f64::from(grid.side));
        is_needed.then_some(Need {
            object,
            bounds: seen,
            level: 0,
        })
    });
    let needs: Vec<Need> = small.collect();
    if needs.is_empty() {
        return Ok(());
    }
    engine.counts.zoom_requeries += needs.len();
    // Half a window and its margins fit a window.
    let (windows, _) = grid.plan(&needs);
    let zoomed = Zoomed {
        inner: questioner,
        median_areas: median_areas(known, &windows),
    };
    let mut found_zoomed: BTreeMap<usize, Known> = BTreeMap::new();
    engine.round(windows, needs.len(), &zoomed, |planned, found| {
        for piece in found.pieces {
            // The first window has the whole of what this one truncates.
            if !piece.edges.any() {
                found_zoomed.insert(piece.object, Known::new(piece, planned));
            }
        }
    })?;
    let mut together: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
    for (&object, known) in known.iter() {
        together
            .entry(place(&known.planned))
            .or_default()
            .push(object);
    }
    for objects in together.into_values() {
        let pairs: Vec<_> = objects
            .iter()
            .map(|object| {
                let zoomed = found_zoomed.get(object);
                (candidate(&known[object]), zoomed.map(candidate))
            })
            .collect();
        for (object, meant) in objects.into_iter().zip(model.is_zoom_meant(&pairs)) {
            if meant && let Some(zoomed) = found_zoomed.remove(&object) {
                known.insert(object, zoomed);
            }
        }
    }
    Ok(())
}

fn candidate(known: &Known) -> Candidate {
    Candidate {
        consistency: f64::from(known.piece.consistency),
        stability: f64::from(known.piece.stability),
        area: known.piece.mask.area(),
        violates_prompts: known.piece.violates_prompts,
    }
}

/// Where a window begins.
type Place = [i64; 2];

fn place(planned: &PlannedWindow) -> Place {
    [planned.window.x, planned.window.y]
}

/// For each zoomed window the size prior: the median of the areas in the first windows of its
/// objects, in pixels of the raster. In a zoomed window an object is often alone. Of two areas in
/// the middle it is the upper one, where images take the mean of their logarithms.
fn median_areas(known: &BTreeMap<usize, Known>, windows: &[PlannedWindow]) -> BTreeMap<Place, f64> {
    let mut seen: BTreeMap<Place, Vec<f64>> = BTreeMap::new();
    for known in known.values().filter(|known| !known.piece.violates_prompts) {
        let areas = seen.entry(place(&known.planned)).or_default();
        areas.push(known.piece.mask.area() as f64);
    }
    let medians = windows.iter().filter_map(|planned| {
        let before = planned
            .objects
            .iter()
            .filter_map(|object| known.get(object));
        let before: BTreeSet<Place> = before.map(|known| place(&known.planned)).collect();
        let areas = before.iter().filter_map(|place| seen.get(place)).flatten();
        let mut areas: Vec<f64> = areas.copied().collect();
        let is_known = !areas.is_empty();
        is_known.then(|| (place(planned), median(&mut areas, Median::UpperMiddle)))
    });
    medians.collect()
}

/// The same prompts, with the size prior.
struct Zoomed<'a, Q> {
    inner: &'a Q,
    median_areas: BTreeMap<Place, f64>,
}

impl<Q: Questioner> Questioner for Zoomed<'_, Q> {
    fn questions(&self, planned: &PlannedWindow) -> Questions {
        let [across, down] = planned.scale();
        let area = self.median_areas.get(&place(planned));
        Questions {
            size_prior_px: area.map(|pixels| pixels / (across * down)),
            ..self.inner.questions(planned)
        }
    }
}
