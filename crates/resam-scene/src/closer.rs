//! Objects that turn out to be small are asked about again in windows of half the side, whose pixels the
//! model sees enlarged. The model says which of the two answers is meant; one that the window cuts off is not.

use std::collections::{BTreeMap, BTreeSet};

use crate::again::Known;
use crate::engine::{Engine, Questioner, Questions};
use crate::error::SceneError;
use crate::model::{Evidence, Model};
use crate::plan::{Grid, Need, PlannedWindow, union};
use crate::source::Source;

/// A pixel of the raster is seen at most so many times as large, or there is no closer look: it would show
/// nothing finer.
const MOST_ENLARGED: f64 = 3.0;
/// A small object's box is at most this share of the closer window's side.
const LARGEST: f64 = 0.5;

/// Asks again about what is small. `extent` is the box of what points at an object.
pub(crate) fn ask_closer<S: Source, M: Model>(
    engine: &mut Engine<'_, '_, S, M>,
    known: &mut BTreeMap<usize, Known>,
    questioner: &impl Questioner,
    model: &M,
    extent: impl Fn(usize) -> Option<[f64; 4]>,
) -> Result<(), SceneError> {
    let grid = Grid {
        side: engine.grid.side / 2,
        margin: engine.grid.margin / 2,
        levels: 0,
        ..engine.grid
    };
    // A raster smaller than a window fills the input alone.
    let shown = engine
        .grid
        .side
        .min(engine.grid.raster.0.max(engine.grid.raster.1));
    if f64::from(grid.input) > MOST_ENLARGED * f64::from(shown) / 2.0 {
        return Ok(());
    }
    let largest = LARGEST * f64::from(grid.side);
    let small = known.iter().filter_map(|(&object, known)| {
        let seen = match known.piece.contradicted {
            // What was seen is surely not the object.
            true => extent(object)?,
            false => extent(object).map_or(known.piece.core, |own| union(own, known.piece.core)),
        };
        let [x0, y0, x1, y1] = seen;
        let is_small = known.planned.level == 0 && (x1 - x0).max(y1 - y0) <= largest;
        is_small.then_some(Need {
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
    let closer = Closer {
        inner: questioner,
        usual: usual_areas(known, &windows),
    };
    let mut found_closer: BTreeMap<usize, Known> = BTreeMap::new();
    engine.round(windows, needs.len(), &closer, |planned, found| {
        for piece in found.pieces {
            // What a window cuts off was seen whole before.
            if !piece.edges.any() {
                found_closer.insert(piece.object, Known::new(piece, planned));
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
                let closer = found_closer.get(object);
                (evidence(&known[object]), closer.map(evidence))
            })
            .collect();
        for (object, meant) in objects.into_iter().zip(model.is_closer_meant(&pairs)) {
            if let (true, Some(closer)) = (meant, found_closer.remove(&object)) {
                known.insert(object, closer);
            }
        }
    }
    Ok(())
}

fn evidence(known: &Known) -> Evidence {
    Evidence {
        agreement: known.piece.agreement,
        stability: known.piece.stability,
        area: known.piece.mask.area(),
        contradicted: known.piece.contradicted,
    }
}

/// Where a window begins.
type Place = [i64; 2];

fn place(planned: &PlannedWindow) -> Place {
    [planned.window.x, planned.window.y]
}

/// For each window the middle one of the areas that were seen in the windows in which its objects were
/// asked about first, in pixels of the raster: in a closer window an object is often alone.
fn usual_areas(known: &BTreeMap<usize, Known>, windows: &[PlannedWindow]) -> BTreeMap<Place, f64> {
    let mut seen: BTreeMap<Place, Vec<u64>> = BTreeMap::new();
    for known in known.values().filter(|known| !known.piece.contradicted) {
        let areas = seen.entry(place(&known.planned)).or_default();
        areas.push(known.piece.mask.area());
    }
    let usual = windows.iter().filter_map(|planned| {
        let before = planned
            .objects
            .iter()
            .filter_map(|object| known.get(object));
        let before: BTreeSet<Place> = before.map(|known| place(&known.planned)).collect();
        let areas = before.iter().filter_map(|place| seen.get(place)).flatten();
        let mut areas: Vec<u64> = areas.copied().collect();
        areas.sort_unstable();
        let middle = *areas.get(areas.len() / 2)?;
        Some((place(planned), middle as f64))
    });
    usual.collect()
}

/// Asks the same questions with what is known of the size of objects.
struct Closer<'a, Q> {
    inner: &'a Q,
    usual: BTreeMap<Place, f64>,
}

impl<Q: Questioner> Questioner for Closer<'_, Q> {
    fn questions(&self, planned: &PlannedWindow) -> Questions {
        let [across, down] = planned.scale();
        let usual = self.usual.get(&place(planned));
        Questions {
            usual: usual.map(|pixels| pixels / (across * down)),
            ..self.inner.questions(planned)
        }
    }
}
