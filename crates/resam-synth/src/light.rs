//! The sun on flat ground, slopes and in shadow.

use crate::geometry::Point;
use crate::spec::Sun;

/// Share of the light that comes from the sky and reaches slopes that the sun does not.
const SKY: f32 = 0.42;

/// Sunlight, computed once for each scene.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Light {
    /// Unit vector towards the sun: right, down, up.
    pub(crate) towards: [f32; 3],
    /// The offset of the shadow of a point at a height of one metre, in metres, right and down.
    pub(crate) shadow: Point,
}

impl Light {
    pub(crate) fn new(sun: Sun) -> Self {
        let radians = std::f64::consts::PI / 180.0;
        let (azimuth_sin, azimuth_cos) = libm::sincos(sun.azimuth * radians);
        let (sin, cos) = libm::sincos(sun.elevation * radians);
        let reach = cos / sin;
        Self {
            towards: [
                (azimuth_sin * cos) as f32,
                (-azimuth_cos * cos) as f32,
                sin as f32,
            ],
            shadow: [-azimuth_sin * reach, azimuth_cos * reach],
        }
    }

    /// Brightness of a slope relative to flat ground; the normal's right, down and up parts need
    /// not be of unit length.
    pub(crate) fn on_slope(&self, normal: [f32; 3]) -> f32 {
        let squared: f32 = normal.iter().map(|part| part * part).sum();
        let dot: f32 = normal
            .iter()
            .zip(&self.towards)
            .map(|(part, sun)| part * sun)
            .sum();
        let direct = (dot / squared.max(1e-12).sqrt()).max(0.0) / self.towards[2];
        (SKY + (1.0 - SKY) * direct).min(1.28)
    }
}
