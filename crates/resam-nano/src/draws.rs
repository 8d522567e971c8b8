//! Seeded random numbers: one stream a training sample, so that no sample depends on the thread
//! that computes it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    /// The stream of a seed and a number.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&number.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Uniform from 0, included, to 1, excluded.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number below `bound`, which is at least 1.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((self.unit() * bound as f64) as usize).min(bound - 1)
    }

    /// A random item; `None` if there are no items.
    pub(crate) fn one_of<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        match items.len() {
            0 => None,
            count => Some(items[self.below(count)]),
        }
    }

    /// `count` different items in random order, or all of them if there are fewer.
    pub(crate) fn some_of<T>(&mut self, mut items: Vec<T>, count: usize) -> Vec<T> {
        let taken = count.min(items.len());
        for place in 0..taken {
            let other = place + self.below(items.len() - place);
            items.swap(place, other);
        }
        items.truncate(taken);
        items
    }
}
