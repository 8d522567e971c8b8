//! Which windows are read.
//!
//! Every object lies in a window with a margin around it, except where the raster itself ends;
//! objects share windows, because encoding one takes far longer than answering a prompt.
//! [`cover`](crate::cover) finds as few windows as it can. Each object then goes to the window in
//! which it is most central, and each window is moved so that its objects are in its middle.

use std::collections::{BTreeMap, HashMap};

use resam_geo::Window;
use serde::Serialize;

use crate::cover::{Reach, cover};

/// A window to be read and encoded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedWindow {
    /// Its place in pixels of the raster. It lies inside the raster.
    pub window: Window,
    /// Width and height in pixels at which it is read: its own, or less if it is larger than the
    /// model's input.
    pub tile: (u32, u32),
    /// How many times the window's side was doubled.
    pub level: u32,
    /// The objects prompted in it, as indices in ascending order.
    pub objects: Vec<usize>,
}

impl PlannedWindow {
    /// Pixels of the raster for each pixel of the tile, across and down.
    pub fn scale(&self) -> [f64; 2] {
        [
            f64::from(self.window.width) / f64::from(self.tile.0),
            f64::from(self.window.height) / f64::from(self.tile.1),
        ]
    }

    /// Takes a point from pixels of the raster to pixels of the tile.
    pub fn to_tile(&self, x: f64, y: f64) -> [f64; 2] {
        let [across, down] = self.scale();
        [
            (x - self.window.x as f64) / across,
            (y - self.window.y as f64) / down,
        ]
    }
}

/// The windows of a round, with the memory and time that they take.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The round: 0 is the first, later ones requery objects that reach an edge.
    pub round: u32,
    /// The windows, in the order in which they are processed.
    pub windows: Vec<PlannedWindow>,
    /// Number of prompts in all windows.
    pub prompts: usize,
    /// Most bytes of memory, the model included. It does not depend on the raster's size.
    pub memory: u64,
    /// Seconds, if [`Model::pace`](crate::Model::pace) is known. What the cache or the journal
    /// saves is not subtracted.
    pub seconds: Option<f64>,
}

/// The raster, and how windows are laid on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    /// Width and height of the raster.
    pub(crate) raster: (u32, u32),
    /// Side of a window at full resolution, in pixels of the raster.
    pub(crate) side: u32,
    /// The longest side of a tile.
    pub(crate) input: u32,
    /// Pixels that objects keep from a window's edge, at full resolution.
    pub(crate) margin: u32,
    /// How often the side may be doubled.
    pub(crate) levels: u32,
}

/// A box `[x0, y0, x1, y1]` of the raster that a window has to hold, for an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    pub(crate) object: usize,
    pub(crate) bounds: [f64; 4],
    /// The window's side is doubled at least so often.
    pub(crate) level: u32,
}

impl Grid {
    pub(crate) fn side(&self, level: u32) -> u32 {
        self.side.saturating_mul(1 << level.min(31))
    }

    pub(crate) fn margin(&self, level: u32) -> f64 {
        f64::from(self.margin) * f64::from(level).exp2()
    }

    /// Pixels between the margins of a window.
    pub(crate) fn room(&self, level: u32) -> f64 {
        f64::from(self.side(level)) - 2.0 * self.margin(level)
    }

    /// The origins from which a window of a level holds a box; none if it is too large.
    fn reach(&self, [x0, y0, x1, y1]: [f64; 4], level: u32) -> Option<Reach> {
        let margin = self.margin(level);
        let axis = |from: f64, to: f64, raster: u32| {
            let side = self.side(level).min(raster);
            let last = f64::from(raster - side);
            // At the raster's edge there is nothing to keep away from.
            let first = (to + margin - f64::from(side)).ceil().clamp(0.0, last);
            let last = (from - margin).floor().clamp(0.0, last);
            (first <= last).then_some([first as i64, last as i64])
        };
        Some(Reach {
            x: axis(x0, x1, self.raster.0)?,
            y: axis(y0, y1, self.raster.1)?,
        })
    }

    /// The finest level whose window holds a box, from a level on.
    pub(crate) fn level(&self, bounds: [f64; 4], from: u32) -> Option<u32> {
        (from..=self.levels).find(|&level| self.reach(bounds, level).is_some())
    }

    /// The window of a level at an origin, without objects.
    pub(crate) fn window(&self, [x, y]: [i64; 2], level: u32) -> PlannedWindow {
        let (width, height) = (
            self.side(level).min(self.raster.0),
            self.side(level).min(self.raster.1),
        );
        let longest = width.max(height);
        let read = |side: u32| {
            if longest <= self.input {
                return side;
            }
            let read = f64::from(side) * f64::from(self.input) / f64::from(longest);
            (read.round() as u32).max(1)
        };
        PlannedWindow {
            window: Window {
                x,
                y,
                width,
                height,
            },
            tile: (read(width), read(height)),
            level,
            objects: Vec::new(),
        }
    }

    /// Windows that hold all needs, in the order in which they are processed, and the objects that
    /// no window is large enough for.
    pub(crate) fn plan(&self, needs: &[Need]) -> (Vec<PlannedWindow>, Vec<usize>) {
        let mut levels: BTreeMap<u32, Vec<(Need, Reach)>> = BTreeMap::new();
        let mut too_large = Vec::new();
        for need in needs {
            let level = self.level(need.bounds, need.level);
            match level.and_then(|level| Some((level, self.reach(need.bounds, level)?))) {
                Some((level, reach)) => levels.entry(level).or_default().push((*need, reach)),
                None => too_large.push(need.object),
            }
        }
        let mut windows = Vec::new();
        for (level, placed) in levels {
            windows.extend(self.plan_level(level, &placed));
        }
        (windows, too_large)
    }

    fn plan_level(&self, level: u32, placed: &[(Need, Reach)]) -> Vec<PlannedWindow> {
        let reaches: Vec<Reach> = placed.iter().map(|(_, reach)| *reach).collect();
        let origins = cover(&reaches);
        let side = i64::from(self.side(level));
        let mut cells: HashMap<[i64; 2], Vec<usize>> = HashMap::new();
        for (at, &[x, y]) in origins.iter().enumerate() {
            let cell = [x.div_euclid(side), y.div_euclid(side)];
            cells.entry(cell).or_default().push(at);
        }
        let mut held: Vec<Vec<usize>> = vec![Vec::new(); origins.len()];
        for (at, (need, reach)) in placed.iter().enumerate() {
            let columns = reach.x[0].div_euclid(side)..=reach.x[1].div_euclid(side);
            let rows = reach.y[0].div_euclid(side)..=reach.y[1].div_euclid(side);
            let near = rows.flat_map(|row| columns.clone().map(move |column| [column, row]));
            let holding = near
                .filter_map(|cell| cells.get(&cell))
                .flatten()
                .filter(|&&window| reach.holds(origins[window]));
            let central = holding.max_by(|&&a, &&b| {
                let room = |window: usize| self.room_around(need.bounds, origins[window], level);
                // Of equals the first.
                room(a).total_cmp(&room(b)).then(b.cmp(&a))
            });
            // The cover has a window for each.
            if let Some(&window) = central {
                held[window].push(at);
            }
        }
        held.retain(|held| !held.is_empty());
        let mut windows: Vec<PlannedWindow> = held
            .iter()
            .map(|held| self.centred(level, held.iter().map(|&at| &placed[at])))
            .collect();
        // Row after row of windows, so that what the file is made of is read together.
        windows.sort_by_key(|planned| {
            let Window { x, y, .. } = planned.window;
            (y.div_euclid(side), x, y)
        });
        windows
    }

    /// Pixels between a box and the nearest edge of a window; edges of the raster do not count.
    fn room_around(&self, [x0, y0, x1, y1]: [f64; 4], [x, y]: [i64; 2], level: u32) -> f64 {
        let axis = |from: f64, to: f64, origin: i64, raster: u32| {
            let side = self.side(level).min(raster);
            let before = if origin <= 0 {
                f64::INFINITY
            } else {
                from - origin as f64
            };
            let end = origin + i64::from(side);
            let after = if end >= i64::from(raster) {
                f64::INFINITY
            } else {
                end as f64 - to
            };
            before.min(after)
        };
        axis(x0, x1, x, self.raster.0).min(axis(y0, y1, y, self.raster.1))
    }

    /// The window that holds all of some needs, with their common box in its middle.
    fn centred<'a>(
        &self,
        level: u32,
        held: impl Iterator<Item = &'a (Need, Reach)>,
    ) -> PlannedWindow {
        let mut common = Reach {
            x: [i64::MIN, i64::MAX],
            y: [i64::MIN, i64::MAX],
        };
        let mut around = [
            f64::INFINITY,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NEG_INFINITY,
        ];
        let mut objects = Vec::new();
        for (need, reach) in held {
            for (common, own) in [(&mut common.x, reach.x), (&mut common.y, reach.y)] {
                *common = [common[0].max(own[0]), common[1].min(own[1])];
            }
            around = union(around, need.bounds);
            objects.push(need.object);
        }
        let origin = |from: f64, to: f64, raster: u32, common: [i64; 2]| {
            let side = f64::from(self.side(level).min(raster));
            (((from + to - side) / 2.0).round() as i64).clamp(common[0], common[1])
        };
        let x = origin(around[0], around[2], self.raster.0, common.x);
        let y = origin(around[1], around[3], self.raster.1, common.y);
        objects.sort_unstable();
        PlannedWindow {
            objects,
            ..self.window([x, y], level)
        }
    }
}

/// The smallest box `[x0, y0, x1, y1]` that holds both.
pub(crate) fn union(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [
        a[0].min(b[0]),
        a[1].min(b[1]),
        a[2].max(b[2]),
        a[3].max(b[3]),
    ]
}
