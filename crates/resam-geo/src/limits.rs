//! The limits of a stretch, from an overview of moderate size or else from a seeded sample of
//! chunks. So the time does not depend on the size of the raster.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::blocks::{self, Area, Part, Unwritten};
use crate::error::RasterError;
use crate::level::{Level, Pixels};
use crate::raster::Raster;
use crate::sample::SampleKind;
use crate::stretch::{Stretch, StretchLimits, percentile};
use crate::tiff::Fault;

/// The largest level, in pixels, that is read whole.
const MOST_PIXELS: u64 = 1 << 22;
/// An overview of fewer pixels is not representative.
const FEWEST_PIXELS: u64 = 1 << 18;
/// Most values of a band that are kept.
const MOST_VALUES: u64 = 1 << 20;
/// The number of sampled chunks that are read, and of those that are tested to find written ones.
const MOST_CHUNKS: usize = 256;
const MOST_TRIES: usize = 1 << 16;

/// The limits for each of the bands (from 0).
pub(crate) fn limits(
    raster: &Raster,
    bands: &[usize],
    stretch: Stretch,
) -> Result<Vec<StretchLimits>, RasterError> {
    let pairs = match stretch {
        Stretch::None if raster.palette.is_some() => vec![(0.0, 255.0); bands.len()],
        Stretch::None => vec![full_range(raster); bands.len()],
        Stretch::Range(low, high) => vec![(low, high); bands.len()],
        Stretch::MinMax | Stretch::Percentiles(..) => {
            let (low, high) = match stretch {
                Stretch::Percentiles(low, high) => (low, high),
                _ => (0.0, 100.0),
            };
            let named = |fault| RasterError::of(&raster.path, fault);
            let values = sample(&raster.pixels, bands).map_err(named)?;
            if values.iter().all(Vec::is_empty) {
                return Err(RasterError::NothingValid {
                    path: raster.path.clone(),
                });
            }
            let range = |mut values: Vec<f32>| {
                if values.is_empty() {
                    // Nothing of this band is ever shown.
                    return (0.0, 255.0);
                }
                values.sort_unstable_by(f32::total_cmp);
                (percentile(&values, low), percentile(&values, high))
            };
            values.into_iter().map(range).collect()
        }
    };
    let limits = pairs.into_iter().zip(bands).map(|((low, high), band)| {
        let (low, high) = if raster.white_is_zero() {
            (high, low)
        } else {
            (low, high)
        };
        StretchLimits {
            band: band + 1,
            low,
            high,
        }
    });
    Ok(limits.collect())
}

/// The limits of an image of 1, 2 or 4 bits: its whole range of values.
fn full_range(raster: &Raster) -> (f64, f64) {
    let image = raster.pixels.base();
    match image.kind {
        SampleKind::U8 => (0.0, f64::from((1u16 << image.bits) - 1)),
        _ => (0.0, 255.0),
    }
}

/// Valid values of each band, of chunks that were written.
fn sample(pixels: &Pixels, bands: &[usize]) -> Result<Vec<Vec<f32>>, Fault> {
    let level = level_to_sample(pixels);
    let whole = Area::whole(&level.pixels.image);
    let areas = if whole.pixels() <= MOST_PIXELS {
        vec![whole]
    } else {
        sample_of_chunks(pixels, level)?
    };
    let total: u64 = areas.iter().map(Area::pixels).sum();
    // Every n-th pixel is taken, counted through all blocks.
    let step = total.div_ceil(MOST_VALUES).max(1) as usize;
    let mut values = vec![Vec::new(); bands.len()];
    let mut skip = 0;
    for area in areas {
        // Chunks that were never written do not count, even if they mean zeros.
        blocks::for_each_block(pixels, level, area, bands, Unwritten::Nothing, |part| {
            let Part::Read(block) = part else {
                return;
            };
            for (values, plane) in values.iter_mut().zip(&block.planes) {
                let picked = plane.iter().skip(skip).step_by(step);
                values.extend(picked.copied().filter(|value| !value.is_nan()));
            }
            let count = block.planes[0].len();
            skip = (step - (count + step - skip) % step) % step;
        })?;
    }
    Ok(values)
}

/// The smallest level that is large enough to be representative.
fn level_to_sample(pixels: &Pixels) -> &Level {
    let enough = |level: &&Level| Area::whole(&level.pixels.image).pixels() >= FEWEST_PIXELS;
    pixels
        .levels
        .iter()
        .rev()
        .find(enough)
        .unwrap_or(&pixels.levels[0])
}

/// Areas in chunks that were written, drawn with a fixed seed.
fn sample_of_chunks(pixels: &Pixels, level: &Level) -> Result<Vec<Area>, Fault> {
    let image = &level.pixels.image;
    let (across, down) = (image.chunks_across(), image.chunks_down());
    let count = across.saturating_mul(down);
    let mut draws = ChaCha8Rng::seed_from_u64(0);
    let mut areas: Vec<Area> = Vec::new();
    let mut total = 0;
    let tries = if count <= MOST_TRIES as u64 {
        shuffled(count, &mut draws)
    } else {
        // The remainder favours some chunks by less than one in 2^32.
        (0..MOST_TRIES).map(|_| draws.next_u64() % count).collect()
    };
    for chunk in tries {
        let (column, row) = (chunk % across, chunk / across);
        if !blocks::is_written(pixels, &level.pixels, column, row)? {
            continue;
        }
        // One piece of the chunk: a strip may hold the whole raster.
        let mut draw = |count: u64| draws.next_u64() % count.max(1);
        let drawn = blocks::pieces_in_chunk(image, column, row);
        let (piece_column, piece_row) = (draw(drawn.0), draw(drawn.1));
        if let Some(area) = blocks::piece_area(image, column, row, piece_column, piece_row) {
            total += area.pixels();
            areas.push(area);
        }
        if areas.len() >= MOST_CHUNKS || total >= MOST_PIXELS {
            break;
        }
    }
    Ok(areas)
}

/// The numbers below a small count in a random order.
fn shuffled(count: u64, draws: &mut ChaCha8Rng) -> Vec<u64> {
    let mut order: Vec<u64> = (0..count).collect();
    for place in (1..order.len()).rev() {
        order.swap(place, draws.next_u64() as usize % (place + 1));
    }
    order
}
