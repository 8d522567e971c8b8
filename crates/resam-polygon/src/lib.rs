//! Polygons from masks: pixel-exact, simplified together, squared, filtered, and always valid.
//!
//! One convention holds everywhere: the point (0, 0) is the top-left corner of the raster, `x` grows
//! to the right and `y` downwards, and the centre of the first pixel is (0.5, 0.5). Exterior rings
//! run counter-clockwise as seen on the screen and holes clockwise, which becomes the order that
//! GeoJSON (RFC 7946) wants where the map has north up.
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

mod arcs;
mod direction;
mod outline;
mod parts;
mod rasterize;
mod regularize;
mod simplify;
mod squares;
mod vertex_grid;

use geo::MultiPolygon;
use resam_mask::Bitmap;

pub use rasterize::rasterize;

/// What is done to the outlines of masks; the default is nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PolygonOptions {
    /// How far a simplified outline may be from the exact one, in pixels (the Hausdorff distance).
    ///
    /// All objects are simplified together: what two of them share stays shared, so that neighbours
    /// neither overlap nor leave gaps. No ring changes its area by more than a twentieth, hence tiny
    /// objects stay as they are. Below 1 most steps of slanting outlines stay, because the steps of
    /// pixels are of that size. `None`, and anything that is not above zero, keeps outlines exact.
    pub simplify: Option<f64>,
    /// Whether objects with right angles, such as buildings, get them back.
    ///
    /// Each object is squared by itself, so neighbours may come to overlap by a fraction of a pixel.
    /// A part keeps its outline as [`simplify`](Self::simplify) left it where squaring it would
    /// break [`min_iou`](Self::min_iou), change its area by more than a twentieth, or hide walls
    /// that are not at right angles; so do objects of more than 100 parts. Details below about three
    /// times the tolerance of `simplify` (below three pixels without it) are levelled, holes too.
    pub regularize: bool,
    /// The least overlap (intersection over union, counted in pixels, from 0 to 1) of a squared part
    /// with its exact outline.
    pub min_iou: f64,
    /// Holes of at most this area, in square pixels, are filled, and whatever lies in them becomes
    /// part of the object around; infinity fills all, `None` none.
    pub fill_holes: Option<f64>,
    /// Parts of an object of less than this area, in square pixels, go away, after holes are filled;
    /// zero keeps all.
    pub min_area: f64,
}

impl Default for PolygonOptions {
    fn default() -> Self {
        Self {
            simplify: None,
            regularize: false,
            min_iou: 0.85,
            fill_holes: None,
            min_area: 0.0,
        }
    }
}

/// A mask and where it lies.
#[derive(Debug, Clone, Copy)]
pub struct Object<'a> {
    /// The pixels of the object.
    pub mask: &'a Bitmap,
    /// Column of the raster that the first column of the mask is at; beyond 2^50 it counts as that.
    pub x: i64,
    /// Row of the raster that the first row of the mask is at; beyond 2^50 it counts as that.
    pub y: i64,
}

/// The polygons of objects, in pixels of the raster: one multipolygon for each object, in their
/// order, empty where nothing is left of it.
///
/// A multipolygon has a polygon with its holes for each 4-connected part of the mask, and is valid by
/// the OGC Simple Features specification whatever the mask and the options. Without options its
/// pixels are those of the mask, bit for bit ([`rasterize`]). The same input gives the same output,
/// on every machine.
pub fn polygons(objects: &[Object<'_>], options: &PolygonOptions) -> Vec<MultiPolygon<f64>> {
    let exact: Vec<Vec<parts::Part>> = objects
        .iter()
        .map(|object| parts::parts(object, options))
        .collect();
    let outlines = match options.simplify {
        Some(tolerance) if tolerance > 0.0 => simplify::simplify(&exact, tolerance),
        _ => exact.clone(),
    };
    let both = exact.iter().zip(&outlines);
    both.map(|(exact, outlines)| {
        let outlines = outlines.iter().map(parts::Part::to_polygon).collect();
        if options.regularize {
            MultiPolygon(regularize::regularize(exact, outlines, options))
        } else {
            MultiPolygon(outlines)
        }
    })
    .collect()
}
