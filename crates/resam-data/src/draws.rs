//! Seeded draws of points from true masks, for benchmarks.
//!
//! The key of the ChaCha8 generator is the seed, the image's id, the instance's id and a word that
//! tells positive (1) from negative (0) points, each as 8 little-endian bytes. A draw depends on
//! nothing else: not on other objects, their order, threads or the number of points of the other
//! kind. The first points stay the same when more are drawn.

use std::collections::HashMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use resam_mask::Bitmap;
use resam_prompt::PromptPoint;

/// Draws points for one object: `positives` uniformly from its mask, then `negatives` uniformly
/// from the rest of the image. Points are centres of pixels, all different; there are fewer when
/// the mask, or the rest, has fewer pixels, and none on an empty mask.
pub fn draw_points(
    mask: &Bitmap,
    positives: usize,
    negatives: usize,
    seed: u64,
    image_id: u64,
    instance_id: u64,
) -> Vec<PromptPoint> {
    let mut points = Vec::new();
    for (positive, count) in [(true, positives), (false, negatives)] {
        let mut key = [0; 32];
        let words = [seed, image_id, instance_id, u64::from(positive)];
        for (bytes, word) in key.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *bytes = word.to_le_bytes();
        }
        let mut generator = ChaCha8Rng::from_seed(key);
        let inside = mask.area();
        let all = u64::from(mask.width()) * u64::from(mask.height());
        let pixels = if positive { inside } else { all - inside };
        let ranks = draw_ranks(&mut generator, pixels, count);
        points.extend(
            pixels_of_ranks(mask, positive, &ranks)
                .into_iter()
                .map(|(x, y)| PromptPoint {
                    x: f64::from(x) + 0.5,
                    y: f64::from(y) + 0.5,
                    positive,
                }),
        );
    }
    points
}

/// Shuffles in place, by the seed alone.
pub(crate) fn shuffle(items: &mut [u64], seed: u64) {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    for place in (1..items.len()).rev() {
        let other = below(&mut generator, place as u64 + 1);
        items.swap(place, usize::try_from(other).unwrap_or(place));
    }
}

/// `count` different numbers below `pixels`, or all of them when there are fewer, in random order.
///
/// These are the first places of a Fisher-Yates shuffle; only the places that were swapped are
/// kept, so memory goes with `count` and not with the image.
fn draw_ranks(generator: &mut impl Rng, pixels: u64, count: usize) -> Vec<u64> {
    let mut swapped: HashMap<u64, u64> = HashMap::new();
    (0..pixels)
        .take(count)
        .map(|place| {
            let other = place + below(generator, pixels - place);
            let moved = swapped.get(&place).copied().unwrap_or(place);
            swapped.insert(other, moved).unwrap_or(other)
        })
        .collect()
}

/// A uniform number below `bound`, which is not zero. Draws that would favour small numbers are
/// thrown away.
fn below(generator: &mut impl Rng, bound: u64) -> u64 {
    let fair = u64::MAX - u64::MAX % bound;
    loop {
        let number = generator.next_u64();
        if number < fair {
            return number % bound;
        }
    }
}

/// The pixels of these ranks among those inside (or outside) the mask, counted row by row.
fn pixels_of_ranks(mask: &Bitmap, inside: bool, ranks: &[u64]) -> Vec<(u32, u32)> {
    let mut order: Vec<usize> = (0..ranks.len()).collect();
    order.sort_by_key(|&place| ranks[place]);
    let mut wanted = order.into_iter().peekable();
    let mut pixels = vec![(0, 0); ranks.len()];
    let mut rank = 0;
    for y in 0..mask.height() {
        for x in 0..mask.width() {
            if mask.get(x, y) != inside {
                continue;
            }
            while let Some(place) = wanted.next_if(|&place| ranks[place] == rank) {
                pixels[place] = (x, y);
            }
            rank += 1;
        }
        if wanted.peek().is_none() {
            break;
        }
    }
    pixels
}
