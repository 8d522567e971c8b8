//! The run over a scene with prompts: plan, segment, requery, remove duplicates.

use std::collections::BTreeMap;

use resam_prompt::{PointedObject, PromptPoint};
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};
use serde::Serialize;

use crate::edge_requery::{Known, requery_truncated};
use crate::engine::{Engine, Questioner, Questions, Stores};
use crate::error::SceneError;
use crate::model::Model;
use crate::observer::Observer;
use crate::plan::{Grid, Need, Plan, PlannedWindow};
use crate::prompts::{extent, identity, is_askable, within};
use crate::result::{Failure, Missing, SceneResult, SegmentedObject};
use crate::source::Source;
use crate::zoom::zoom;

/// How often a window's side may be doubled: 16 times the input of SAM is 16,384 pixels, whose
/// largest mask takes 32 MiB while it is enlarged.
pub(crate) const MOST_LEVELS: u32 = 4;

/// Options of [`segment`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SegmentOptions {
    /// Side of a window at full resolution, in pixels of the raster, at most 16,384. Smaller
    /// windows magnify the pixels for the model, larger ones shrink them. Default: the model's
    /// input size.
    pub window: Option<u32>,
    /// Least distance of an object's points from its window's edge in pixels, except at the edge of
    /// the raster. Default: 64.
    pub margin: u32,
    /// Most requeries of an object that reaches its window's edge. Default: 5.
    pub rounds: u32,
    /// How often a window's side may be doubled for a larger object, at most 4. Default: 4.
    pub levels: u32,
    /// Prompts that are decoded at once. Default: 64.
    pub batch: usize,
    /// Multi-scale refinement: prompt small objects a second time, in windows of half the side.
    /// Default: no.
    pub zoom: bool,
}

impl Default for SegmentOptions {
    fn default() -> Self {
        Self {
            window: None,
            margin: 64,
            rounds: 5,
            levels: MOST_LEVELS,
            batch: 64,
            zoom: false,
        }
    }
}

impl SegmentOptions {
    pub(crate) fn grid(&self, source: &impl Source, input: u32) -> Result<Grid, SceneError> {
        let side = self.window.unwrap_or(input);
        let wrong = |what: String, hint| Err(SceneError::Options { what, hint });
        if input == 0 || side <= self.margin.saturating_mul(2) {
            return wrong(
                format!(
                    "a window of {side} pixels has no room between margins of {}",
                    self.margin
                ),
                "use a larger window or a smaller margin",
            );
        }
        if side > 1 << 14 {
            return wrong(
                format!(
                    "a window of {side} pixels is larger than the largest of {}",
                    1 << 14
                ),
                "use a smaller window: larger objects are seen in coarser windows anyway",
            );
        }
        if self.levels > MOST_LEVELS {
            return wrong(
                format!(
                    "windows cannot be doubled {} times, but {MOST_LEVELS}",
                    self.levels
                ),
                "use fewer levels",
            );
        }
        let raster = (source.width(), source.height());
        if raster.0 == 0 || raster.1 == 0 {
            return wrong("the raster has no pixels".into(), "name another raster");
        }
        // Enlarged masks are bounded, whatever the first window's side is.
        let most = (0..=self.levels)
            .rev()
            .find(|level| side << level <= 1 << 14);
        Ok(Grid {
            raster,
            side,
            input,
            margin: self.margin,
            levels: most.unwrap_or(0),
        })
    }
}

/// The prompts of the objects of a scene.
struct Asking<'a> {
    objects: &'a [PointedObject],
    /// Positive points of all objects, with their objects' numbers.
    points: RTree<GeomWithData<[f64; 2], usize>>,
}

impl<'a> Asking<'a> {
    fn new(objects: &'a [PointedObject]) -> Self {
        let points = objects.iter().enumerate().flat_map(|(at, object)| {
            let positive = object.points.iter().filter(|point| point.positive);
            positive.map(move |point| GeomWithData::new([point.x, point.y], at))
        });
        let points = RTree::bulk_load(points.collect());
        Self { objects, points }
    }
}

impl Questioner for Asking<'_> {
    fn questions(&self, planned: &PlannedWindow) -> Questions {
        let prompts = planned
            .objects
            .iter()
            .map(|&at| (at, planned.prompt(&self.objects[at])));
        let window = planned.window;
        let upper = [
            (window.x + i64::from(window.width)) as f64,
            (window.y + i64::from(window.height)) as f64,
        ];
        let area = AABB::from_corners([window.x as f64, window.y as f64], upper);
        let mut beside: Vec<PromptPoint> = self
            .points
            .locate_in_envelope(&area)
            .filter(|point| planned.objects.binary_search(&point.data).is_err())
            .map(|point| {
                let [x, y] = planned.to_tile(point.geom()[0], point.geom()[1]);
                PromptPoint {
                    x,
                    y,
                    positive: true,
                }
            })
            .collect();
        // The order of an R-tree is not defined.
        beside.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
        Questions {
            prompts: prompts.collect(),
            beside,
            size_prior_px: None,
            all: false,
        }
    }
}

/// The windows of the first round of a run over prompts, for a model whose input has `input` pixels
/// a side. Prompts outside the raster are left out.
///
/// # Errors
/// [`SceneError::Options`] when the options contradict each other or the raster has no pixels.
pub fn windows<S: Source>(
    source: &S,
    objects: &[PointedObject],
    options: &SegmentOptions,
    input: u32,
) -> Result<Vec<PlannedWindow>, SceneError> {
    let grid = options.grid(source, input)?;
    let (objects, _) = askable(objects, grid.raster);
    Ok(grid.plan(&needs(&grid, &objects)).0)
}

/// The windows of the first round of a run over prompts, with memory and time, without running it.
/// Prompts outside the raster are left out.
///
/// # Errors
/// [`SceneError::Options`] when the options contradict each other or the raster has no pixels.
pub fn plan<S: Source, M: Model>(
    source: &S,
    objects: &[PointedObject],
    options: &SegmentOptions,
    model: &M,
) -> Result<Plan, SceneError> {
    let grid = options.grid(source, model.input_size())?;
    let (objects, _) = askable(objects, grid.raster);
    let needs = needs(&grid, &objects);
    let (windows, too_large) = grid.plan(&needs);
    let mut stores = Stores::default();
    let mut observer = ();
    let engine = Engine::new(
        source,
        model,
        grid,
        options.batch,
        &mut stores,
        &mut observer,
    );
    let prompts = needs.len() - too_large.len();
    Ok(engine.plan(windows, prompts))
}

/// Finds the object of each prompt.
///
/// Prompts share windows. An object that reaches its window's edge is requeried in a window around
/// it, at a coarser scale if it is larger than one window. A window that cannot be read, encoded or
/// decoded is a failure of the result, and the run goes on. The same input gives the same result,
/// whether the run was stopped in between or not. Points and boxes of `objects` are in pixels of
/// the raster.
///
/// # Errors
/// [`SceneError::Options`], [`SceneError::Stopped`] when the observer asks for it, and the errors
/// of the journal: [`SceneError::File`], [`SceneError::InUse`], [`SceneError::Changed`] and
/// [`SceneError::NotAJournal`].
pub fn segment<S: Source, M: Model>(
    source: &S,
    objects: &[PointedObject],
    options: &SegmentOptions,
    model: &M,
    stores: &mut Stores<'_>,
    observer: &mut dyn Observer,
) -> Result<SceneResult, SceneError> {
    let grid = options.grid(source, model.input_size())?;
    let mut engine = Engine::new(source, model, grid, options.batch, stores, observer);
    engine.begin(identity(objects), options)?;
    let (objects, outside) = askable(objects, grid.raster);
    for prompt in outside {
        let reason = Missing::Outside;
        engine.fail(Failure::Object { prompt, reason });
    }
    let needs = needs(&grid, &objects);
    let (windows, too_large) = grid.plan(&needs);
    for &prompt in &too_large {
        let reason = Missing::TooLarge;
        engine.fail(Failure::Object { prompt, reason });
    }

    let asking = Asking::new(&objects);
    let mut known: BTreeMap<usize, Known> = BTreeMap::new();
    let mut missing = Vec::new();
    let prompts = needs.len() - too_large.len();
    engine.round(windows, prompts, &asking, |planned, found| {
        missing.extend(found.missing);
        for piece in found.pieces {
            known.insert(piece.object, Known::new(piece, planned));
        }
    })?;
    missing.sort_unstable_by_key(|(prompt, _)| *prompt);
    for (prompt, reason) in missing {
        engine.fail(Failure::Object { prompt, reason });
    }
    let extent_of = |object: usize| extent(&objects[object], false);
    if options.zoom {
        let is_ambiguous = |object: usize| objects[object].bounds.is_none();
        zoom(
            &mut engine,
            &mut known,
            &asking,
            model,
            is_ambiguous,
            extent_of,
        )?;
    }
    requery_truncated(
        &mut engine,
        &mut known,
        &asking,
        options.rounds,
        extent_of,
        |_, answers| answers.into_iter().next(),
    )?;

    let mut found = Vec::new();
    for (prompt, known) in known {
        if known.piece.fills_window {
            let reason = Missing::FillsWindow;
            engine.fail(Failure::Object { prompt, reason });
        } else {
            found.push(to_object(known, vec![prompt]));
        }
    }
    Ok(finish(&mut engine, found))
}

pub(crate) fn to_object(known: Known, prompts: Vec<usize>) -> SegmentedObject {
    let [across, down] = known.planned.scale();
    SegmentedObject {
        id: 0,
        prompts,
        mask: known.piece.mask,
        score: known.piece.score,
        stability_score: known.piece.stability,
        scale: across.max(down),
        truncated: known.truncated,
    }
}

/// Numbers the objects and gathers the result.
pub(crate) fn finish<S: Source, M: Model>(
    engine: &mut Engine<'_, '_, S, M>,
    mut objects: Vec<SegmentedObject>,
) -> SceneResult {
    for (id, object) in (1..).zip(&mut objects) {
        object.id = id;
    }
    engine.counts.truncated = objects.iter().filter(|object| object.truncated).count();
    SceneResult {
        objects,
        failures: std::mem::take(&mut engine.failures),
        counts: engine.counts,
    }
}

/// The objects without the points outside the raster, and the indices of those that have no prompt
/// left: they stay in the list without points, so that indices do not change.
fn askable(objects: &[PointedObject], raster: (u32, u32)) -> (Vec<PointedObject>, Vec<usize>) {
    let mut outside = Vec::new();
    let objects = objects.iter().enumerate().map(|(at, object)| {
        if is_askable(object, raster) {
            return within(object, raster);
        }
        outside.push(at);
        PointedObject {
            points: Vec::new(),
            bounds: None,
            ..object.clone()
        }
    });
    (objects.collect(), outside)
}

/// The boxes that the windows of the first round have to hold. A distant negative point that would
/// need a coarser window is left out.
fn needs(grid: &Grid, objects: &[PointedObject]) -> Vec<Need> {
    let need = |(object, asked): (usize, &PointedObject)| {
        let positive = extent(asked, false)?;
        let whole = extent(asked, true)?;
        let level = grid.level(positive, 0).unwrap_or(0);
        let bounds = if grid.level(whole, 0) == Some(level) {
            whole
        } else {
            positive
        };
        Some(Need {
            object,
            bounds,
            level,
        })
    };
    objects.iter().enumerate().filter_map(need).collect()
}
