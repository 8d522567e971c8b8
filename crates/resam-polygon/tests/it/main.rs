//! What this crate promises, as statements.

mod exact;
mod rasterize;
mod regularize;
mod simplify;

use geo::{Coord, LineString, MultiPolygon, Polygon};
use proptest::prelude::*;
use resam_mask::Bitmap;
use resam_polygon::{Object, PolygonOptions};

/// An image drawn with `#` for the pixels set.
fn draw(rows: &[&str]) -> Bitmap {
    let set = |x: u32, y: u32| rows[y as usize].as_bytes()[x as usize] == b'#';
    Bitmap::from_fn(rows[0].len() as u32, rows.len() as u32, set).expect("a small drawing")
}

/// The polygons of one mask at the top-left corner of the raster.
fn polygons_of(mask: &Bitmap, options: &PolygonOptions) -> MultiPolygon<f64> {
    let object = Object { mask, x: 0, y: 0 };
    resam_polygon::polygons(&[object], options).remove(0)
}

fn simplified(tolerance: f64) -> PolygonOptions {
    PolygonOptions {
        simplify: Some(tolerance),
        ..PolygonOptions::default()
    }
}

/// Images from nearly empty to nearly full, rich in corners that touch.
fn masks() -> impl Strategy<Value = Bitmap> {
    (1..24_u32, 1..24_u32, 0.05..0.95_f64).prop_flat_map(|(width, height, density)| {
        let pixel = prop::bool::weighted(density);
        prop::collection::vec(pixel, (width * height) as usize).prop_map(move |pixels| {
            Bitmap::from_fn(width, height, |x, y| pixels[(y * width + x) as usize])
                .expect("a small size")
        })
    })
}

/// Values up to `values` for images of one size: noise, or its blurred regions.
fn label_image(values: u32) -> impl Strategy<Value = (u32, Vec<u32>)> {
    (3..36_u32, 3..36_u32, 0..4_u32).prop_flat_map(move |(width, height, blurs)| {
        let labels = prop::collection::vec(0..values, (width * height) as usize);
        labels.prop_map(move |mut labels| {
            for _ in 0..blurs {
                labels = blurred(&labels, width as usize);
            }
            (width, labels)
        })
    })
}

/// The most frequent label round each pixel.
fn blurred(labels: &[u32], width: usize) -> Vec<u32> {
    let height = labels.len() / width;
    let around = |value: usize, limit: usize| value.saturating_sub(1)..(value + 2).min(limit);
    let frequent = (0..labels.len()).map(|index| {
        let (x, y) = (index % width, index / width);
        let mut counts = [0_u32; 16];
        for row in around(y, height) {
            for column in around(x, width) {
                counts[labels[row * width + column] as usize] += 1;
            }
        }
        (0..16)
            .max_by_key(|&label| counts[label as usize])
            .unwrap_or(0)
    });
    frequent.collect()
}

/// A mask for each value of a label image.
fn masks_of(width: u32, labels: &[u32]) -> Vec<Bitmap> {
    let height = labels.len() as u32 / width;
    let last = labels.iter().max().copied().unwrap_or(0);
    let mask = |label| {
        Bitmap::from_fn(width, height, |x, y| {
            labels[(y * width + x) as usize] == label
        })
        .expect("a small size")
    };
    (0..=last)
        .map(mask)
        .filter(|mask| !mask.is_empty())
        .collect()
}

fn objects(masks: &[Bitmap]) -> Vec<Object<'_>> {
    masks
        .iter()
        .map(|mask| Object { mask, x: 0, y: 0 })
        .collect()
}

fn rings(polygons: &MultiPolygon<f64>) -> Vec<&LineString<f64>> {
    let rings = |polygon| std::iter::once(Polygon::exterior(polygon)).chain(polygon.interiors());
    polygons.iter().flat_map(rings).collect()
}

/// The corners of a ring, the first not repeated.
fn corners(ring: &LineString<f64>) -> &[Coord<f64>] {
    &ring.0[..ring.0.len() - 1]
}
