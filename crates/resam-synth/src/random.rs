//! Seeded random numbers. Each purpose has its own stream, so that one more house does not move a
//! ship.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    /// The stream of a seed for a purpose and a number within it.
    pub(crate) fn new(seed: u64, purpose: &str, number: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&number.to_le_bytes());
        for (place, byte) in key[16..].iter_mut().zip(purpose.bytes()) {
            *place = byte;
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 32 random bits.
    pub(crate) fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Uniform from 0, included, to 1, excluded.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform between two numbers.
    pub(crate) fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Any angle in radians.
    pub(crate) fn angle(&mut self) -> f64 {
        self.range(0.0, std::f64::consts::TAU)
    }

    /// Log-uniform between two numbers, as sizes are distributed.
    pub(crate) fn log_range(&mut self, low: f64, high: f64) -> f64 {
        low * libm::exp(libm::log(high / low) * self.unit())
    }

    /// Zero mean and this standard deviation, at most 2.5 times it.
    pub(crate) fn around(&mut self, deviation: f64) -> f64 {
        let sum: f64 = (0..4).map(|_| self.unit()).sum();
        (sum - 2.0) * deviation * 1.732_050_8 * 0.72
    }

    /// A whole number below the bound, which is at least 1.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((self.unit() * bound as f64) as usize).min(bound.saturating_sub(1))
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of the items, of which there is at least one.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// A colour near another one: brighter or darker as a whole, and a little off in each channel.
    pub(crate) fn tint(&mut self, colour: [f32; 3], brightness: f64, hue: f64) -> [f32; 3] {
        let all = 1.0 + self.around(brightness);
        colour.map(|channel| channel * (all + self.around(hue)) as f32)
    }
}
