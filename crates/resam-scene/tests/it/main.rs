//! What this crate promises, as statements.

mod automatic;
mod caching;
mod covering;
mod failures;
mod faults;
mod gathering;
mod resuming;
mod seams;
mod synthetic_scene;
mod zoom;

use resam_scene::{PointedObject, PromptPoint};

/// An object with one positive point.
fn object(id: impl ToString, x: f64, y: f64) -> PointedObject {
    PointedObject::new(id.to_string(), vec![positive(x, y)])
}

fn positive(x: f64, y: f64) -> PromptPoint {
    PromptPoint::positive(x, y)
}

/// Pseudo-random numbers, the same on every machine (splitmix64).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// From `low` up to `high`.
    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
