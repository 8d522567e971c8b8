//! Polygons from masks: pixel-exact, or simplified together so that neighbours keep their common
//! boundary, or with right angles for buildings. Every polygon is valid by the OGC Simple Features
//! specification.
//!
//! | item | what it is |
//! |---|---|
//! | [`polygons`](polygons()) | masks to multipolygons, in pixels of the raster |
//! | [`PolygonOptions`] | simplification and right angles |
//! | [`outlines`] | the same, and which parts have no right angles |
//! | [`Object`] | a mask and its place in the raster |
//! | [`rasterize`](rasterize()) | a multipolygon to a mask |
//!
//! ```
//! use resam_mask::Bitmap;
//! use resam_polygon::{Object, PolygonOptions, polygons, rasterize};
//!
//! let mask = Bitmap::from_fn(8, 6, |x, y| (2..7).contains(&x) && (1..5).contains(&y))?;
//! let object = Object { mask: &mask, x: 100, y: 200 };
//! let outlines = polygons(&[object], &PolygonOptions::default());
//! assert_eq!(outlines[0].0[0].exterior().0[0], (102.0, 201.0).into());
//! assert_eq!(rasterize(&outlines[0], 100, 200, 8, 6)?, mask);
//! # Ok::<(), resam_mask::MaskError>(())
//! ```
//!
//! Coordinates are continuous pixels of the raster. The point (0, 0) is its top-left corner, `x`
//! grows to the right and `y` downwards, and the centre of the first pixel is (0.5, 0.5). Exterior
//! rings run counter-clockwise on the screen and holes clockwise. In a map with north up this is
//! the ring order of GeoJSON (RFC 7946).
//!
//! # Limits
//!
//! It knows no map coordinates and writes no files: `resam-vector` does. Right angles are made for
//! one object at a time, so squared neighbours can overlap by a fraction of a pixel.

mod arcs;
mod direction;
mod outline;
mod parts;
mod rasterize;
mod regularize;
mod simplify;
mod smooth;
mod squares;
mod vertex_grid;

use geo::MultiPolygon;
use resam_mask::Bitmap;

pub use rasterize::rasterize;

/// How masks become polygons. By default, outlines are pixel-exact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PolygonOptions {
    /// The tolerance of the simplification: the largest Hausdorff distance of a simplified outline
    /// from the exact one, in pixels. `None`, and values that are not greater than 0, keep outlines
    /// exact.
    ///
    /// All objects are simplified together (Visvalingam and Whyatt, 1993, with topological checks).
    /// Neighbours keep their common boundary, so they neither overlap nor leave gaps. No ring
    /// changes its area by more than a twentieth, so tiny objects stay exact. With a tolerance
    /// below 1, most pixel steps of slanting outlines stay.
    pub simplify: Option<f64>,
    /// Whether to make right angles on objects that have them, such as buildings.
    ///
    /// Each object is squared separately, so neighbours can overlap by a fraction of a pixel. A
    /// part gets a smooth outline if the squared one would violate [`min_iou`](Self::min_iou),
    /// change the area by more than a twentieth, or hide walls that are not at right angles.
    /// Objects of more than 100 parts are not squared. Details and holes smaller than about three
    /// times the tolerance of `simplify` (three pixels without it) are removed.
    ///
    /// A smooth outline has no stairs of pixels and is at most the tolerance of `simplify` away
    /// from the exact one, but at least a pixel.
    pub regularize: bool,
    /// The smallest IoU of a squared part with its exact outline, counted in pixels, from 0 to 1.
    pub min_iou: f64,
}

impl Default for PolygonOptions {
    fn default() -> Self {
        Self {
            simplify: None,
            regularize: false,
            min_iou: 0.85,
        }
    }
}

/// A mask and its place in the raster.
#[derive(Debug, Clone, Copy)]
pub struct Object<'a> {
    /// The pixels of the object.
    pub mask: &'a Bitmap,
    /// The column of the raster at which the mask begins, clamped to 2^50 in absolute value.
    pub x: i64,
    /// The row of the raster at which the mask begins, clamped to 2^50 in absolute value.
    pub y: i64,
}

/// The polygons of objects, in continuous pixels of the raster: one multipolygon for each object,
/// in order. It is empty if no part of the object is left.
///
/// A multipolygon has one polygon, with holes, for each 4-connected part of the mask. It is valid
/// by the OGC Simple Features specification (06-103r4) for every mask and all options. With the
/// default options, [`rasterize`] gives back the mask exactly. The same input gives the same output
/// on every machine.
pub fn polygons(objects: &[Object<'_>], options: &PolygonOptions) -> Vec<MultiPolygon<f64>> {
    let outlines = outlines(objects, options).into_iter();
    outlines.map(|outline| outline.polygons).collect()
}

/// The polygons of an object, and what they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// The polygons.
    pub polygons: MultiPolygon<f64>,
    /// Parts that have no right angles, where these were asked for: their outline is smooth.
    pub smoothed: usize,
}

/// As [`polygons`](polygons()), and for each object how many of its parts have no right angles.
pub fn outlines(objects: &[Object<'_>], options: &PolygonOptions) -> Vec<Outline> {
    let exact: Vec<Vec<parts::Part>> = objects.iter().map(parts::parts).collect();
    if options.regularize {
        let regularized = exact.iter().map(|exact| {
            let (polygons, smoothed) = regularize::regularize(exact, options);
            let polygons = MultiPolygon(polygons);
            Outline { polygons, smoothed }
        });
        return regularized.collect();
    }
    let outlines = match options.simplify {
        Some(tolerance) if tolerance > 0.0 => simplify::simplify(&exact, tolerance),
        _ => exact,
    };
    let outline = |parts: &Vec<parts::Part>| Outline {
        polygons: parts.iter().map(parts::Part::to_polygon).collect(),
        smoothed: 0,
    };
    outlines.iter().map(outline).collect()
}
