//! From a mask of a tile to a mask of the raster: edges that truncate the mask are found, and
//! coarse pixels are enlarged to those of the raster.

use resam_mask::{Bitmap, Component, Connectivity, MaskError, PixelBox, PlacedMask, components};
use resam_prompt::{Prompt, PromptPoint};
use serde::{Deserialize, Serialize};

use crate::plan::PlannedWindow;

/// Masks end a cell of the model's low-resolution logits before the tile does, so this close to its
/// edge they touch it. In pixels of the tile.
const EDGE: u32 = 4;
/// A part without a point belongs to the object if it has this much of the mask.
const PART: f64 = 0.1;

/// Which edges of its window an object reaches, those of the raster left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Edges(u8);

impl Edges {
    const LEFT: u8 = 1;
    const TOP: u8 = 2;
    const RIGHT: u8 = 4;
    const BOTTOM: u8 = 8;

    pub(crate) fn any(self) -> bool {
        self.0 != 0
    }

    pub(crate) fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// The edges as one at the left, the top, the right and the bottom.
    pub(crate) fn sides(self) -> [bool; 4] {
        [Self::LEFT, Self::TOP, Self::RIGHT, Self::BOTTOM].map(|edge| self.0 & edge != 0)
    }
}

/// A mask with more of the window's valid pixels is the ground, wherever it ends.
const MOST_OF_WINDOW: f64 = 0.9;
/// A mask with more of the pixels of an image that is seen whole has no edge in it.
const MOST_OF_IMAGE: f64 = 0.98;
/// A mask that reaches so many sides of the window is the ground if it has more of its pixels.
const GROUND_SHARES: [f64; 5] = [1.0, 1.0, 1.0, 0.5, 0.5];
/// The area of a box, in areas of the mask, from which the mask is as large as was asked for.
const AS_LARGE: f64 = 0.8;

/// A mask that is placed.
pub(crate) struct Placed {
    pub(crate) mask: PlacedMask,
    /// The edges that its object reaches.
    pub(crate) edges: Edges,
    /// It is the ground of the tile and no object in it.
    pub(crate) fills_window: bool,
    /// The box `[x0, y0, x1, y1]` in the raster of what is surely the object: without specks
    /// elsewhere.
    pub(crate) core: [f64; 4],
}

/// Places the answer to a prompt about a tile. None when no valid pixel is left of it.
///
/// Parts that the tile truncates, that hold no point of the prompt and that are small are removed:
/// they belong to other objects, and another window would show them differently.
pub(crate) fn place(
    mut mask: Bitmap,
    valid: &Bitmap,
    prompt: &Prompt,
    planned: &PlannedWindow,
    raster: (u32, u32),
) -> Result<Option<Placed>, MaskError> {
    mask.and_assign(valid)?;
    let Some(bounds) = mask.bounding_box() else {
        return Ok(None);
    };
    let fills_window = fills_window(&mask, valid.area(), prompt);
    let inner = inner_edges(planned, raster);
    let (mut edges, mut core) = (Edges::default(), bounds);
    if reached(bounds, planned.tile, inner).any() {
        let mut surely: Option<PixelBox> = None;
        let least = PART * mask.area() as f64;
        for part in components(&mask, Connectivity::Eight) {
            let own = part.bounding_box();
            let reached = reached(own, planned.tile, inner);
            if part.area() as f64 >= least || pointed_at(&part, &prompt.points) {
                edges.0 |= reached.0;
                surely = Some(surely.map_or(own, |core| core.union(&own)));
            } else if reached.any() {
                mask.subtract_assign(&part.to_bitmap())?;
            }
        }
        core = surely.unwrap_or(bounds);
    }
    let [across, down] = planned.scale();
    let (left, top) = (planned.window.x as f64, planned.window.y as f64);
    let core = core.scaled(across, down);
    let core = [core.x0 + left, core.y0 + top, core.x1 + left, core.y1 + top];
    let mask = enlarge(&mask, planned)?;
    Ok(mask.map(|mask| Placed {
        mask,
        edges,
        fills_window,
        core,
    }))
}

/// Whether a mask is the ground of its window and no object in it: it has nearly all of the `valid`
/// pixels, or it goes on beyond most sides of the window and has so much of it that its own edges
/// are not seen.
///
/// A mask of an object whose box is as large is what was asked for.
pub(crate) fn fills_window(mask: &Bitmap, valid: u64, prompt: &Prompt) -> bool {
    let Some(bounds) = mask.bounding_box() else {
        return false;
    };
    if is_as_large_as_its_box(mask, prompt) {
        return false;
    }
    // The edge is a cell of the low-resolution logits, of which SAM has 256 along a side.
    let margin = |side: u32| f64::from(side.div_ceil(256).max(EDGE));
    let (width, height) = (mask.width(), mask.height());
    let sides = [
        bounds.x0 < margin(width),
        bounds.y0 < margin(height),
        bounds.x1 + margin(width) > f64::from(width),
        bounds.y1 + margin(height) > f64::from(height),
    ];
    let reached = sides.iter().filter(|&&reached| reached).count();
    let share = mask.area() as f64 / valid.max(1) as f64;
    share > MOST_OF_WINDOW || GROUND_SHARES[reached] < share
}

/// Whether a mask is the ground of an image that is seen whole. Nothing goes on beyond such an
/// image, and somebody may have cut it out around an object: only all of it but specks is the
/// ground.
pub fn fills_image(mask: &Bitmap, prompt: &Prompt) -> bool {
    let all = f64::from(mask.width()) * f64::from(mask.height());
    mask.area() as f64 > MOST_OF_IMAGE * all && !is_as_large_as_its_box(mask, prompt)
}

/// Whether the prompt has a box that asks for a mask of that size.
fn is_as_large_as_its_box(mask: &Bitmap, prompt: &Prompt) -> bool {
    let area = mask.area() as f64;
    prompt
        .bounds
        .is_some_and(|[x0, y0, x1, y1]| (x1 - x0) * (y1 - y0) >= AS_LARGE * area)
}

/// Whether a part holds a positive point.
fn pointed_at(part: &Component, points: &[PromptPoint]) -> bool {
    let bounds = part.bounding_box();
    let near = |point: &&PromptPoint| point.positive && bounds.contains(point.x, point.y);
    let mut near = points.iter().filter(near).peekable();
    if near.peek().is_none() {
        return false;
    }
    let pixels = part.to_bitmap();
    near.any(|point| pixels.get(point.x as u32, point.y as u32))
}

/// The edges of a window at which the raster goes on.
fn inner_edges(planned: &PlannedWindow, (width, height): (u32, u32)) -> Edges {
    let window = planned.window;
    let mut edges = 0;
    for (edge, inner) in [
        (Edges::LEFT, window.x > 0),
        (Edges::TOP, window.y > 0),
        (
            Edges::RIGHT,
            window.x + i64::from(window.width) < i64::from(width),
        ),
        (
            Edges::BOTTOM,
            window.y + i64::from(window.height) < i64::from(height),
        ),
    ] {
        edges |= if inner { edge } else { 0 };
    }
    Edges(edges)
}

fn corners(bounds: PixelBox) -> [u32; 4] {
    [bounds.x0, bounds.y0, bounds.x1, bounds.y1].map(|edge| edge as u32)
}

/// Which of the edges a box of the tile reaches.
fn reached(bounds: PixelBox, (width, height): (u32, u32), inner: Edges) -> Edges {
    let [x0, y0, x1, y1] = corners(bounds);
    let mut edges = 0;
    for (edge, reached) in [
        (Edges::LEFT, x0 < EDGE),
        (Edges::TOP, y0 < EDGE),
        (Edges::RIGHT, x1 + EDGE > width),
        (Edges::BOTTOM, y1 + EDGE > height),
    ] {
        edges |= if reached { edge & inner.0 } else { 0 };
    }
    Edges(edges)
}

/// What smoothing may do to a pixel at most: as much as to the corner of a square, so that a pixel
/// stays on its side of one half.
const KEPT: f32 = 9.0 / 16.0;

/// A mask of the tile in pixels of the raster.
///
/// Where the tile is coarser, the mask becomes a picture of 0 and 1 that is smoothed a little (1,
/// 2, 1 along both axes) without any pixel changing sides, is read bilinearly between its pixels,
/// and cut at one half. On rotated rectangles and ellipses this halves the way from what copied
/// pixels lose to nothing: IoU 0.981 instead of 0.976 at 2 times, 0.986 instead of 0.979 at 4
/// times. Straight edges along the axes stay where they are, and lines a pixel wide stay lines.
pub(crate) fn enlarge(
    mask: &Bitmap,
    planned: &PlannedWindow,
) -> Result<Option<PlacedMask>, MaskError> {
    let window = planned.window;
    if planned.tile == (window.width, window.height) {
        return Ok(PlacedMask::new(mask, window.x, window.y));
    }
    let Some(bounds) = mask.bounding_box() else {
        return Ok(None);
    };
    let [x0, y0, x1, y1] = corners(bounds);
    let [across, down] = planned.scale();
    let columns = Axis::new(x0, x1, across, window.width);
    let rows = Axis::new(y0, y1, down, window.height);
    // A row of the smoothed mask, read between its pixels for each target column.
    let blended = |y: u32| -> Vec<f32> {
        let row = smoothed(mask, y);
        let blend = |&(x, next): &(u32, f32)| {
            let after = row.get(x as usize + 1).copied().unwrap_or(0.0);
            row[x as usize] * (1.0 - next) + after * next
        };
        columns.sources.iter().map(blend).collect()
    };
    let mut target = Bitmap::new(columns.sources.len() as u32, rows.sources.len() as u32)?;
    let (mut at, mut upper, mut lower) = (u32::MAX, Vec::new(), Vec::new());
    for (target_y, &(y, next)) in (0..).zip(&rows.sources) {
        if y != at {
            upper = blended(y);
            lower = blended(y + 1);
            at = y;
        }
        for (target_x, (upper, lower)) in (0..).zip(upper.iter().zip(&lower)) {
            if upper * (1.0 - next) + lower * next > 0.5 {
                target.set(target_x, target_y, true);
            }
        }
    }
    let origin = |window: i64, axis: &Axis| window + i64::from(axis.first);
    let (x, y) = (origin(window.x, &columns), origin(window.y, &rows));
    Ok(PlacedMask::new(&target, x, y))
}

/// A row of the mask as values around one half. Beyond its edges a mask goes on as it ends there.
fn smoothed(mask: &Bitmap, y: u32) -> Vec<f32> {
    let last = |side: u32| side.saturating_sub(1);
    let (width, bottom) = (mask.width(), last(mask.height()));
    let sum = |x: u32| -> u32 {
        let at = |y: u32| u32::from(mask.get(x, y.min(bottom)));
        at(y.saturating_sub(1)) + 2 * at(y) + at(y + 1)
    };
    let value = |x: u32| {
        let before = sum(x.saturating_sub(1));
        let after = sum((x + 1).min(last(width)));
        let mean = (before + 2 * sum(x) + after) as f32 / 16.0;
        if mask.get(x, y.min(bottom)) {
            mean.max(KEPT)
        } else {
            mean.min(1.0 - KEPT)
        }
    };
    (0..width).map(value).collect()
}

/// Where the pixels of the raster along one axis lie among those of the mask.
struct Axis {
    /// The first pixel of the window that the mask can reach.
    first: u32,
    /// For each pixel from there on: the pixel of the mask whose centre comes before its own, and
    /// how far it is on the way to the next.
    sources: Vec<(u32, f32)>,
}

impl Axis {
    fn new(from: u32, to: u32, scale: f64, window: u32) -> Self {
        let reach = |pixel: f64| (pixel * scale).clamp(0.0, f64::from(window));
        let first = reach(f64::from(from) - 1.0).floor() as u32;
        let last = reach(f64::from(to) + 1.0).ceil() as u32;
        let tile = (f64::from(window) / scale).round();
        let sources = (first..last).map(|pixel| {
            // Beyond the centres of the outermost pixels these go on to the edge.
            let source = ((f64::from(pixel) + 0.5) / scale - 0.5).clamp(0.0, tile - 1.0);
            (source.floor() as u32, source.fract() as f32)
        });
        let sources = sources.collect();
        Self { first, sources }
    }
}
