//! Automatic mask generation, as SAM's `SamAutomaticMaskGenerator` (arXiv 2304.02643, appendix B)
//! does it: a grid of points is prompted, masks of low score, low stability or wrong size are
//! filtered out, and duplicates are removed.
//!
//! Windows overlap, and each point is prompted in the window in which it is most central, so an
//! object smaller than half the overlap is never truncated there. A mask that reaches its window's
//! edge is dropped if a neighbouring window has the whole of it. Otherwise its point is requeried
//! ([`edge_requery`](crate::edge_requery)); of the new masks, the one with the highest IoU with the
//! truncated mask is kept.

use std::collections::BTreeMap;

use resam_geo::Window;
use resam_mask::Places;
use resam_prompt::{Prompt, PromptPoint};
use serde::Serialize;

use crate::edge_requery::{Known, requery_truncated};
use crate::engine::{Engine, Piece, Questioner, Questions, Stores};
use crate::error::SceneError;
use crate::ground::Ground;
use crate::merge::{by_score, same_objects};
use crate::model::Model;
use crate::observer::Observer;
use crate::plan::{Grid, PlannedWindow};
use crate::region::{Region, inner_point};
use crate::result::{Counts, SceneResult, SegmentedObject};
use crate::run::{MOST_LEVELS, SegmentOptions, finish, to_object};
use crate::source::Source;

/// A mask that covers more than this share of its window and reaches the edge is background, not an
/// object.
const GROUND: f64 = 0.5;
/// The least IoU of a requeried mask with the truncated mask, within the window of the latter.
const ALIKE: f64 = 0.5;

/// Options of [`segment_all`]. The defaults of `points_per_side`, `min_score` and
/// `min_stability_score` are those of SAM's `SamAutomaticMaskGenerator`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AutoOptions {
    /// Points along the side of a window. Default: 32.
    pub points_per_side: u32,
    /// Pixels of the raster that neighbouring windows share. Default: a quarter of a window's side.
    pub overlap: Option<u32>,
    /// The least score of a mask: the IoU that the model predicts (SAM's `pred_iou_thresh`).
    /// Default: 0.88.
    pub min_score: f32,
    /// The least stability score of a mask (SAM's `stability_score_thresh`). Default: 0.95.
    pub min_stability_score: f32,
    /// Masks whose IoU is at least this are one object; in (0, 1]. SAM removes duplicate boxes with
    /// `box_nms_thresh`; here the IoU of the masks counts. Default: 0.7.
    pub dedup_iou: f64,
    /// The least area of an object in square metres, or in pixels where the raster has no CRS.
    /// Default: 0.
    pub min_area: f64,
    /// The largest area of an object, in the same unit. Default: no limit.
    pub max_area: f64,
    /// The area of interest: windows that it does not touch are left out, and so are objects whose
    /// inner point is not in it. Default: the whole raster.
    pub region: Option<Region>,
    /// Window side, margin, rounds, levels, batch and overlap, as with prompts. Its `zoom` and
    /// `dedup_iou` are not used.
    pub run: SegmentOptions,
}

impl Default for AutoOptions {
    fn default() -> Self {
        Self {
            points_per_side: 32,
            overlap: None,
            min_score: 0.88,
            min_stability_score: 0.95,
            dedup_iou: 0.7,
            min_area: 0.0,
            max_area: f64::INFINITY,
            region: None,
            run: SegmentOptions {
                rounds: 3,
                levels: MOST_LEVELS,
                ..SegmentOptions::default()
            },
        }
    }
}

/// The windows and points of a scene without prompts.
struct Lattice<'a> {
    grid: Grid,
    options: &'a AutoOptions,
    ground: &'a Ground,
    /// Origins of the windows along both axes.
    origins: [Vec<i64>; 2],
    /// Pixels of the raster between points, and the number of points along both axes.
    spacing: f64,
    points: [u64; 2],
}

impl<'a> Lattice<'a> {
    fn new(grid: Grid, options: &'a AutoOptions, ground: &'a Ground) -> Result<Self, SceneError> {
        let wrong = |what: String, hint| Err(SceneError::Options { what, hint });
        let overlap = options.overlap.unwrap_or(grid.side / 4);
        if overlap >= grid.side {
            return wrong(
                format!("windows of {} pixels cannot share {overlap}", grid.side),
                "a quarter of a window is a good value",
            );
        }
        if options.points_per_side == 0 || options.points_per_side > grid.side {
            return wrong(
                format!("{} points along a window's side", options.points_per_side),
                "use from 1 point up to one for each pixel; 32 is a good value",
            );
        }
        if !(options.dedup_iou > 0.0 && options.dedup_iou <= 1.0) {
            return wrong(
                "objects are the same from an IoU above 0 and up to 1 on".into(),
                "0.7 is a good value",
            );
        }
        let spacing = f64::from(grid.side) / f64::from(options.points_per_side);
        let along = |raster: u32| -> Vec<i64> {
            let last = i64::from(raster.saturating_sub(grid.side));
            let steps = last.div_euclid(i64::from(grid.side - overlap)) + 1;
            // As many as it takes, at even distances.
            let count = if last % i64::from(grid.side - overlap) == 0 {
                steps
            } else {
                steps + 1
            };
            (0..count)
                .map(|at| at * last / (count - 1).max(1))
                .collect()
        };
        let points = |raster: u32| (f64::from(raster) / spacing + 0.5).floor() as u64;
        Ok(Self {
            grid,
            options,
            ground,
            origins: [along(grid.raster.0), along(grid.raster.1)],
            spacing,
            points: [points(grid.raster.0).max(1), points(grid.raster.1).max(1)],
        })
    }

    fn windows(&self) -> Vec<PlannedWindow> {
        let [columns, rows] = &self.origins;
        let along = |&y: &i64| columns.iter().map(move |&x| [x, y]);
        rows.iter()
            .flat_map(along)
            .map(|origin| self.grid.window(origin, 0))
            .filter(|planned| self.is_of_interest(planned))
            .collect()
    }

    fn is_of_interest(&self, planned: &PlannedWindow) -> bool {
        let Some(region) = &self.options.region else {
            return true;
        };
        let Window {
            x,
            y,
            width,
            height,
        } = planned.window;
        let (x, y) = (x as f64, y as f64);
        region.touches([x, y, x + f64::from(width), y + f64::from(height)])
    }

    fn point(&self, number: usize) -> PromptPoint {
        let (column, row) = (
            number as u64 % self.points[0],
            number as u64 / self.points[0],
        );
        let at = |index: u64, raster: u32| {
            // A raster narrower than a step has its point in the middle.
            (index as f64 + 0.5) * self.spacing.min(f64::from(raster))
        };
        PromptPoint {
            x: at(column, self.grid.raster.0),
            y: at(row, self.grid.raster.1),
            positive: true,
        }
    }

    /// The indices of the points along an axis that are most central in the window at an origin.
    fn own(&self, axis: usize, origin: i64) -> std::ops::Range<u64> {
        let origins = &self.origins[axis];
        let place = origins.partition_point(|&other| other < origin);
        let side = self.grid.side as i64;
        // Halfway between the middles of neighbours.
        let border = |a: i64, b: i64| (a + b + side) as f64 / 2.0;
        let first_from = |position: f64| {
            let index = (position / self.spacing - 0.5).ceil().max(0.0) as u64;
            index.min(self.points[axis])
        };
        let from = match place.checked_sub(1).and_then(|before| origins.get(before)) {
            Some(&before) => first_from(border(before, origin)),
            None => 0,
        };
        let to = match origins.get(place + 1) {
            Some(&after) => first_from(border(origin, after)),
            None => self.points[axis],
        };
        from..to
    }

    /// How many points a window has of its own.
    fn count(&self, planned: &PlannedWindow) -> usize {
        let [columns, rows] = [(0, planned.window.x), (1, planned.window.y)]
            .map(|(axis, origin)| self.own(axis, origin))
            .map(|own| own.end.saturating_sub(own.start));
        (columns * rows) as usize
    }

    fn is_good(&self, piece: &Piece) -> bool {
        piece.score >= self.options.min_score && piece.stability >= self.options.min_stability_score
    }

    /// Whether the area is within the limits. A mask that reaches an edge may still grow.
    fn is_of_size(&self, piece: &Piece, may_grow: bool) -> bool {
        if self.options.min_area <= 0.0 && self.options.max_area == f64::INFINITY {
            return true;
        }
        let [x0, y0, x1, y1] = piece.mask.bounds().map(|edge| edge as f64);
        // Where no area can be measured, no mask is filtered out.
        let Ok(pixel) = self.ground.pixel_area((x0 + x1) / 2.0, (y0 + y1) / 2.0) else {
            return true;
        };
        let area = piece.mask.area() as f64 * pixel;
        (may_grow || area >= self.options.min_area) && area <= self.options.max_area
    }
}

impl Questioner for Lattice<'_> {
    fn questions(&self, planned: &PlannedWindow) -> Questions {
        let columns = self.own(0, planned.window.x);
        let rows = self.own(1, planned.window.y);
        let numbers = rows.flat_map(|row| {
            columns
                .clone()
                .map(move |column| (row * self.points[0] + column) as usize)
        });
        let prompts = numbers.map(|number| (number, about(self.point(number), planned)));
        Questions {
            prompts: prompts.collect(),
            beside: Vec::new(),
            size_prior_px: None,
            all: true,
        }
    }

    fn keep(&self, planned: &PlannedWindow, pieces: Vec<Piece>) -> Vec<Piece> {
        let pixels = f64::from(planned.window.width) * f64::from(planned.window.height);
        let is_ground = |piece: &Piece| {
            let large = piece.mask.area() as f64 > GROUND * pixels;
            piece.fills_window || piece.edges.count() > 2 || piece.edges.any() && large
        };
        let kept = |piece: &Piece| {
            self.is_good(piece) && self.is_of_size(piece, piece.edges.any()) && !is_ground(piece)
        };
        distinct(
            pieces.into_iter().filter(kept).collect(),
            self.options.dedup_iou,
        )
    }
}

/// The prompts of grid points whose masks reach an edge.
struct Requeried<'a> {
    points: &'a [PromptPoint],
}

impl Questioner for Requeried<'_> {
    fn questions(&self, planned: &PlannedWindow) -> Questions {
        let prompt = |&at: &usize| (at, about(self.points[at], planned));
        Questions {
            prompts: planned.objects.iter().map(prompt).collect(),
            beside: Vec::new(),
            size_prior_px: None,
            all: true,
        }
    }
}

fn about(point: PromptPoint, planned: &PlannedWindow) -> Prompt {
    let [x, y] = planned.to_tile(point.x, point.y);
    Prompt {
        points: vec![PromptPoint { x, y, ..point }],
        ..Prompt::default()
    }
}

/// The mask of the highest score of each group whose IoU is at least `dedup_iou`.
fn distinct(pieces: Vec<Piece>, dedup_iou: f64) -> Vec<Piece> {
    let masks: Vec<_> = pieces
        .iter()
        .map(|piece| (&piece.mask, piece.score))
        .collect();
    let stands_for = same_objects(&masks, dedup_iou);
    let pieces = pieces.into_iter().enumerate();
    pieces
        .filter(|(at, _)| stands_for[*at] == *at)
        .map(|(_, piece)| piece)
        .collect()
}

/// Finds the objects of a scene without prompts: SAM's automatic mask generation, over windows.
/// `ground` says what a pixel measures on the ground. The objects are ordered by the top row of
/// their box, then by its left column.
///
/// # Errors
/// As [`segment`](crate::segment).
pub fn segment_all<S: Source, M: Model>(
    source: &S,
    ground: &Ground,
    options: &AutoOptions,
    model: &M,
    stores: &mut Stores<'_>,
    observer: &mut dyn Observer,
) -> Result<SceneResult, SceneError> {
    let grid = options.run.grid(source, model.input_size())?;
    let lattice = Lattice::new(grid, options, ground)?;
    let mut engine = Engine::new(source, model, grid, options.run.batch, stores, observer);
    engine.begin("none".into(), options)?;
    let (mut whole, mut cut) = (Vec::new(), Vec::new());
    let windows = lattice.windows();
    let prompts = windows.iter().map(|planned| lattice.count(planned)).sum();
    engine.round(windows, prompts, &lattice, |planned, found| {
        for piece in found.pieces {
            let list = if piece.edges.any() {
                &mut cut
            } else {
                &mut whole
            };
            list.push(Known::new(piece, planned));
        }
    })?;

    let cut = nothing_better(cut, &whole, options.dedup_iou);
    let points: Vec<PromptPoint> = cut
        .iter()
        .map(|known| lattice.point(known.piece.object))
        .collect();
    let mut known: BTreeMap<usize, Known> = cut.into_iter().enumerate().collect();
    let again = Requeried { points: &points };
    let extent = |at: usize| {
        let PromptPoint { x, y, .. } = points[at];
        Some([x, y, x, y])
    };
    requery_truncated(
        &mut engine,
        &mut known,
        &again,
        options.run.rounds,
        extent,
        |known, answers| most_alike(&lattice, known, answers),
    )?;

    let requeried = known.into_values();
    let of_size = requeried
        .filter(|known| !known.piece.fills_window && lattice.is_of_size(&known.piece, false));
    whole.extend(of_size);
    let mut objects: Vec<SegmentedObject> =
        distinct_objects(whole, options.dedup_iou, &mut engine.counts);
    if let Some(region) = &options.region {
        objects.retain(|object| {
            let [x, y] = inner_point(&object.mask);
            region.holds(x, y)
        });
    }
    objects.sort_by_key(|object| {
        let [x0, y0, ..] = object.mask.bounds();
        (y0, x0)
    });
    Ok(finish(&mut engine, objects))
}

/// The truncated masks of which no other window has the whole; of those that agree where their
/// windows overlap, the largest.
fn nothing_better(mut cut: Vec<Known>, whole: &[Known], dedup_iou: f64) -> Vec<Known> {
    let places = Places::new(whole.iter().map(|known| known.piece.mask.bounds()));
    cut.retain(|known| {
        let near = places.overlapping(known.piece.mask.bounds());
        !near
            .iter()
            .any(|&at| is_seen_alike(known, &whole[at], dedup_iou))
    });
    let areas: Vec<u64> = cut.iter().map(|known| known.piece.mask.area()).collect();
    let mut order: Vec<usize> = (0..cut.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(areas[at]));
    let mut kept = Places::default();
    let mut is_kept = vec![false; cut.len()];
    for at in order {
        let bounds = cut[at].piece.mask.bounds();
        let near = kept.overlapping(bounds);
        is_kept[at] = !near
            .iter()
            .any(|&other| is_seen_alike(&cut[at], &cut[other], dedup_iou));
        if is_kept[at] {
            kept.insert(bounds, at);
        }
    }
    let cut = cut.into_iter().zip(is_kept);
    cut.filter(|(_, is_kept)| *is_kept)
        .map(|(known, _)| known)
        .collect()
}

/// Whether the IoU of two masks is at least `dedup_iou` within the part that both windows show.
fn is_seen_alike(a: &Known, b: &Known, dedup_iou: f64) -> bool {
    let a_there = a.piece.mask.within(seen(b));
    let b_here = b.piece.mask.within(seen(a));
    matches!((a_there, b_here), (Some(a), Some(b)) if a.iou(&b) >= dedup_iou)
}

/// The box in which a mask is known: its window, or the whole plane if it reaches no edge.
fn seen(known: &Known) -> [i64; 4] {
    if !known.piece.edges.any() {
        return [i64::MIN, i64::MIN, i64::MAX, i64::MAX];
    }
    let window = known.planned.window;
    [
        window.x,
        window.y,
        window.x + i64::from(window.width),
        window.y + i64::from(window.height),
    ]
}

/// Of the masks of a requeried point that pass the filters, the one with the highest IoU with the
/// truncated mask.
fn most_alike(lattice: &Lattice<'_>, known: &Known, answers: Vec<Piece>) -> Option<Piece> {
    let likeness = |piece: &Piece| {
        let there = piece.mask.within(seen(known));
        there.map_or(0.0, |there| there.iou(&known.piece.mask))
    };
    let good = answers.into_iter().filter(|piece| lattice.is_good(piece));
    let alike = good.map(|piece| (likeness(&piece), piece));
    let best = alike.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 >= ALIKE).then_some(best.1)
}

/// One object for each group of duplicates: one that is not truncated if there is any, and of those
/// the one of the highest score.
fn distinct_objects(
    known: Vec<Known>,
    dedup_iou: f64,
    counts: &mut Counts,
) -> Vec<SegmentedObject> {
    let rank = |known: &Known| known.piece.score - if known.truncated { 1e3 } else { 0.0 };
    let ranked: Vec<_> = known
        .iter()
        .map(|known| (&known.piece.mask, rank(known)))
        .collect();
    let stands_for = same_objects(&ranked, dedup_iou);
    let order = by_score(known.iter().map(rank));
    let mut known: Vec<Option<Known>> = known.into_iter().map(Some).collect();
    let mut objects = Vec::new();
    for at in order {
        match known[at].take() {
            Some(known) if stands_for[at] == at => objects.push(to_object(known, Vec::new())),
            _ => counts.merged += 1,
        }
    }
    objects
}
