//! Cleaning of a mask: small holes are filled, and parts that are not the object are removed.
//!
//! Parts are 4-connected, as polygons are. What is small is told by the size of the object, so the
//! same rule serves a car and a harbour.

use crate::{Bitmap, Component, Connectivity, PlacedMask, components};

/// A hole of at most this share of its part, holes included, is a pinhole.
const PINHOLE: f64 = 0.01;
/// A part of less than this share of the object is a speck.
const SPECK: f64 = 0.1;
/// A part belongs to the object if its gap to it is at most this share of the object's size: the
/// side of a square of its area.
const GAP: f64 = 0.1;

/// Which parts of a mask are the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Parts {
    /// The parts with a point, and the parts near them of at least a tenth of their area. Without
    /// a point on the mask, the largest part takes the place of those with a point.
    #[default]
    Main,
    /// The parts with a point; the largest without a point on the mask.
    Point,
    /// The largest part.
    Largest,
    /// All parts.
    All,
}

/// How a mask is cleaned. By default, small holes and parts go by the size of the object.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CleanRule {
    /// Which parts are the object.
    pub parts: Parts,
    /// Holes of up to so many pixels are filled, with the parts in them. By default those of up to
    /// a hundredth of their part, and none with [`Parts::All`].
    pub fill_holes: Option<f64>,
    /// Parts of less than so many pixels are removed, after holes are filled.
    pub min_area: f64,
}

/// What was removed or filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Change {
    /// How many parts or holes.
    pub count: usize,
    /// Their pixels.
    pub pixels: u64,
}

impl std::ops::AddAssign for Change {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.pixels += other.pixels;
    }
}

/// A mask without what is not the object. Its area is that of the mask before, and the pixels of
/// the filled holes, less those of the removed parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Cleaned {
    /// The mask; none if nothing is left.
    pub mask: Option<PlacedMask>,
    /// Holes that were filled.
    pub filled_holes: Change,
    /// Parts that were removed.
    pub removed_parts: Change,
}

impl PlacedMask {
    /// The mask without small holes and without the parts that are not the object. `points` are
    /// positions `[x, y]` on the object, in continuous pixels of the raster. Cleaning a clean mask
    /// changes nothing.
    pub fn clean(&self, rule: &CleanRule, points: &[[f64; 2]]) -> Cleaned {
        let mut mask = self.bitmap();
        let before = mask.area();
        let mut filled_holes = Change::default();
        let outlined = components(&mask, Connectivity::Four);
        let holes: Vec<Hole> = outlined
            .iter()
            .flat_map(|part| small_holes(part, rule))
            .collect();
        for hole in &holes {
            hole.pixels.add_to(&mut mask, hole.origin);
        }
        filled_holes.count = holes.len();
        filled_holes.pixels = mask.area() - before;

        let parts = if holes.is_empty() {
            outlined
        } else {
            components(&mask, Connectivity::Four)
        };
        let is_large = |part: &Component| part.area() as f64 >= rule.min_area;
        // Not `<`: a bound that is not a number keeps everything.
        let (mut kept, mut gone): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .partition(|part| rule.min_area.is_nan() || is_large(part));
        let local = points.iter().filter_map(|&[x, y]| {
            let pixel = |at: f64, origin: i64| u32::try_from(at.floor() as i64 - origin).ok();
            Some([pixel(x, self.x())?, pixel(y, self.y())?])
        });
        let is_object = object_parts(&kept, rule.parts, &local.collect::<Vec<_>>());
        let mut is_object = is_object.into_iter();
        let (object, others) = kept
            .drain(..)
            .partition::<Vec<_>, _>(|_| is_object.next().unwrap_or(true));
        gone.extend(others);
        let removed_parts = Change {
            count: gone.len(),
            pixels: gone.iter().map(Component::area).sum(),
        };
        let mask = if gone.is_empty() && holes.is_empty() {
            Some(self.clone())
        } else {
            let mut clean = Bitmap::blank(mask.width(), mask.height());
            for part in &object {
                part.add_to(&mut clean, [0, 0]);
            }
            Self::new(&clean, self.x(), self.y())
        };
        Cleaned {
            mask,
            filled_holes,
            removed_parts,
        }
    }
}

/// A hole with what lies in it, in a picture that begins at a pixel of the mask.
struct Hole {
    pixels: Component,
    origin: [u32; 2],
}

/// The holes of a part that a rule fills.
fn small_holes(part: &Component, rule: &CleanRule) -> Vec<Hole> {
    let area = part.area();
    let bounds = part.bounding_box();
    let is_solid = bounds.area() <= area as f64;
    if is_solid || (rule.fill_holes.is_none() && rule.parts == Parts::All) {
        return Vec::new();
    }
    let (own, origin) = part.cut_out();
    let (width, height) = (own.width(), own.height());
    let mut beside = Bitmap::blank(width, height);
    for y in 0..height {
        beside.set_run(y, 0, width);
    }
    // Both have one size, so this cannot fail.
    let _ = beside.subtract_assign(&own);
    let mut holes = components(&beside, Connectivity::Four);
    holes.retain(|hole| {
        let [columns, rows] = hole.bounds();
        columns.start > 0 && columns.end < width && rows.start > 0 && rows.end < height
    });
    let whole = area + holes.iter().map(Component::area).sum::<u64>();
    let largest = rule.fill_holes.unwrap_or(PINHOLE * whole as f64);
    holes.retain(|hole| hole.area() as f64 <= largest);
    let holes = holes.into_iter();
    holes.map(|pixels| Hole { pixels, origin }).collect()
}

/// For each part whether it is of the object.
fn object_parts(parts: &[Component], rule: Parts, points: &[[u32; 2]]) -> Vec<bool> {
    // Of equal ones the first.
    let areas: Vec<u64> = parts.iter().map(Component::area).collect();
    let most = areas.iter().copied().max().unwrap_or(0);
    let largest = areas.iter().position(|&area| area == most);
    let mut kept = vec![rule == Parts::All; parts.len()];
    let Some(largest) = largest.filter(|_| rule != Parts::All) else {
        return kept;
    };
    if rule != Parts::Largest {
        for (part, kept) in parts.iter().zip(&mut kept) {
            *kept = points.iter().any(|&[x, y]| part.holds(x, y));
        }
    }
    let own = |kept: &[bool]| {
        let areas = areas.iter().zip(kept).filter(|(_, kept)| **kept);
        areas.map(|(area, _)| *area as f64).sum::<f64>()
    };
    // A point on a speck means the part beside it.
    let is_speck = rule == Parts::Main && own(&kept) < SPECK * most as f64;
    if is_speck || !kept.contains(&true) {
        kept[largest] = true;
    }
    if rule != Parts::Main {
        return kept;
    }
    let area = own(&kept);
    let others: Vec<usize> = (0..parts.len())
        .filter(|&at| !kept[at] && areas[at] as f64 >= SPECK * area)
        .collect();
    if others.is_empty() {
        return kept;
    }
    // A gap of one pixel is two pixels wide from pixel to pixel, and always near.
    let reach = (GAP * area.sqrt()).round().max(1.0) as u32 + 1;
    let mut near = Bitmap::blank(parts[largest].width(), parts[largest].height());
    for (part, _) in parts.iter().zip(&kept).filter(|(_, kept)| **kept) {
        part.add_with_margin(&mut near, reach);
    }
    for at in others {
        kept[at] = parts[at].meets(&near);
    }
    kept
}
