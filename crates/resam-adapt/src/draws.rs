//! Random numbers that are the same on every machine, whatever the number of threads.
//!
//! A stream depends on a purpose and a number (an epoch, an iteration), not on the draws before it,
//! so a run resumes without a saved state. The generator is ChaCha8.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// The order of the images in an epoch.
    Order = 1,
    /// The views of an image.
    Views = 2,
    /// The initial values of the LoRA factors.
    Factors = 3,
    /// The instances of an image in an iteration.
    Instances = 4,
}

/// The stream of a seed for a purpose and a number.
pub fn stream(seed: u64, purpose: Purpose, number: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    let words = [seed, purpose as u64, number, 0];
    for (bytes, word) in key.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    ChaCha8Rng::from_seed(key)
}

/// A new stream, seeded with one number of `random`.
pub fn branch(random: &mut ChaCha8Rng) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(random.next_u64())
}

/// A uniform number in `[low, high)`.
pub fn uniform(random: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    // The 53 bits that a number between 0 and 1 has.
    let unit = (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    low + unit * (high - low)
}

/// True with this probability, from 0 to 1.
pub fn chance(random: &mut ChaCha8Rng, probability: f64) -> bool {
    uniform(random, 0.0, 1.0) < probability
}

/// A uniform whole number below `bound`, which must not be 0.
pub fn below(random: &mut ChaCha8Rng, bound: u64) -> u64 {
    // What lies above the last whole multiple of the bound would favour small numbers.
    let fair = u64::MAX - u64::MAX % bound;
    loop {
        let number = random.next_u64();
        if number < fair {
            return number % bound;
        }
    }
}

/// Shuffles the items (Fisher-Yates).
pub fn shuffle<T>(random: &mut ChaCha8Rng, items: &mut [T]) {
    for place in (1..items.len()).rev() {
        items.swap(place, below(random, place as u64 + 1) as usize);
    }
}
