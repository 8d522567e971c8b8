//! Renders layers to an image and its instances, tile by tile.
//!
//! Tiles lie on a fixed grid. Each is painted separately, with a margin as wide as the sensor's
//! point spread function, so the result does not depend on the threads.

use image::RgbImage;
use rayon::prelude::*;
use resam_mask::{Bitmap, MaskError};

use crate::layer::Layer;
use crate::noise::Area;
use crate::scene::{Class, Instance, Scene};
use crate::sensor::Optics;
use crate::stage::Subject;
use crate::tile::{Ground, Tile};

/// Side of a tile in pixels, without its margin.
const TILE: u32 = 192;

/// All inputs of the renderer.
pub(crate) struct Recipe {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) ground: Ground,
    pub(crate) optics: Optics,
    pub(crate) layers: Vec<Layer>,
    /// The objects by id - 1.
    pub(crate) subjects: Vec<Subject>,
    /// Fewest visible pixels of an instance.
    pub(crate) min_pixels: u64,
    /// Smallest visible share of an instance's outline, 0 to 1.
    pub(crate) min_visible: f64,
}

/// A finished tile.
struct Finished {
    x: u32,
    y: u32,
    width: u32,
    pixels: Vec<u8>,
    labels: Vec<u32>,
}

/// Paints the scene. The size has been checked.
pub(crate) fn render(mut recipe: Recipe) -> Result<Scene, MaskError> {
    // The sort is stable, so that layers of equal order stay in the order in which they were added.
    recipe
        .layers
        .sort_by(|left, right| left.order.total_cmp(&right.order));
    let (width, height) = (recipe.width, recipe.height);
    let bands = bands(&recipe);
    let corners: Vec<(u32, u32)> = (0..height)
        .step_by(TILE as usize)
        .flat_map(|y| (0..width).step_by(TILE as usize).map(move |x| (x, y)))
        .collect();
    let tiles: Vec<Finished> = corners
        .into_par_iter()
        .map(|(x, y)| finish_tile(&recipe, &bands[(y / TILE) as usize], x, y))
        .collect();
    let mut image = RgbImage::new(width, height);
    let mut labels = vec![0_u32; width as usize * height as usize];
    let samples: &mut [u8] = &mut image;
    for tile in &tiles {
        let columns = tile.width as usize;
        let rows = tile.labels.chunks_exact(columns);
        let pixel_rows = tile.pixels.chunks_exact(columns * 3);
        for ((y, row), pixels) in (tile.y..).zip(rows).zip(pixel_rows) {
            let start = y as usize * width as usize + tile.x as usize;
            labels[start..start + columns].copy_from_slice(row);
            samples[start * 3..(start + columns) * 3].copy_from_slice(pixels);
        }
    }
    drop(tiles);
    let instances = instances(&recipe, &labels)?;
    Ok(Scene { image, instances })
}

/// The layers that touch each row of tiles, in their order.
fn bands(recipe: &Recipe) -> Vec<Vec<&Layer>> {
    let margin = recipe.optics.margin() as f64;
    let mut bands = vec![Vec::new(); recipe.height.div_ceil(TILE) as usize];
    let last = bands.len() - 1;
    for layer in &recipe.layers {
        // Conversions saturate: layers above the image count to the first row.
        let row = |y: f64| ((y / f64::from(TILE)) as usize).min(last);
        let (from, to) = (row(layer.bounds[1] - margin), row(layer.bounds[3] + margin));
        for band in &mut bands[from..=to] {
            band.push(layer);
        }
    }
    bands
}

fn finish_tile(recipe: &Recipe, band: &[&Layer], x: u32, y: u32) -> Finished {
    let margin = recipe.optics.margin();
    let width = TILE.min(recipe.width - x);
    let height = TILE.min(recipe.height - y);
    let area = Area {
        x: x as i32 - margin as i32,
        y: y as i32 - margin as i32,
        width: width as usize + 2 * margin,
        height: height as usize + 2 * margin,
    };
    let mut tile = Tile::new(area, recipe.ground);
    for layer in band.iter().filter(|layer| touches(layer, area)) {
        tile.paint(layer, recipe.ground);
    }
    let inner_row = |row: usize| {
        let start = (row + margin) * area.width + margin;
        start..start + width as usize
    };
    let labels = (0..height as usize)
        .flat_map(|row| tile.label[inner_row(row)].iter().copied())
        .collect();
    let pixels = recipe.optics.expose(tile, recipe.ground);
    let pixels = (0..height as usize)
        .flat_map(|row| pixels[inner_row(row)].iter().flatten().copied())
        .collect();
    Finished {
        x,
        y,
        width,
        pixels,
        labels,
    }
}

fn touches(layer: &Layer, area: Area) -> bool {
    let [left, top, right, bottom] = layer.bounds;
    right > f64::from(area.x)
        && bottom > f64::from(area.y)
        && left < f64::from(area.x) + area.width as f64
        && top < f64::from(area.y) + area.height as f64
}

/// Left, top, right and bottom of a label, and its number of pixels.
#[derive(Clone, Copy)]
struct Extent {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
    pixels: u64,
}

fn instances(recipe: &Recipe, labels: &[u32]) -> Result<Vec<Instance>, MaskError> {
    let nothing = Extent {
        left: u32::MAX,
        top: u32::MAX,
        right: 0,
        bottom: 0,
        pixels: 0,
    };
    let mut extents = vec![nothing; recipe.subjects.len()];
    for (y, row) in (0..).zip(labels.chunks_exact(recipe.width as usize)) {
        for (x, &label) in (0..).zip(row) {
            if label > 0 {
                let extent = &mut extents[label as usize - 1];
                extent.left = extent.left.min(x);
                extent.right = extent.right.max(x + 1);
                extent.top = extent.top.min(y);
                extent.bottom = y + 1;
                extent.pixels += 1;
            }
        }
    }
    let listed: Vec<(u32, Extent, &Subject)> = (1..)
        .zip(&extents)
        .zip(&recipe.subjects)
        .map(|((id, &extent), subject)| (id, extent, subject))
        .filter(|(_, extent, subject)| is_listed(recipe, extent, subject))
        .collect();
    listed
        .into_par_iter()
        .map(|(id, extent, subject)| {
            let mask = Bitmap::from_fn(
                extent.right - extent.left,
                extent.bottom - extent.top,
                |x, y| {
                    let (x, y) = (extent.left + x, extent.top + y);
                    labels[y as usize * recipe.width as usize + x as usize] == id
                },
            )?;
            Ok(Instance {
                id,
                class: subject.class,
                x: extent.left,
                y: extent.top,
                mask,
                outline: subject.rings.clone(),
            })
        })
        .collect()
}

fn is_listed(recipe: &Recipe, extent: &Extent, subject: &Subject) -> bool {
    let whole: f64 = subject
        .rings
        .iter()
        .map(|ring| crate::geometry::signed_area(ring))
        .sum();
    // A sea that fills the image has no edge and cannot be segmented.
    let everything = u64::from(recipe.width) * u64::from(recipe.height);
    extent.pixels >= recipe.min_pixels.max(1)
        && extent.pixels as f64 >= recipe.min_visible * whole
        && (extent.pixels < everything || subject.class != Class::Water)
}
