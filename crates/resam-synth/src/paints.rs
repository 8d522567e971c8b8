//! The paints that many kinds of objects share.

use crate::geometry::Frame;
use crate::layer::{Paint, Place};
use crate::noise::{blend, scaled, step, wave};

/// One colour, a little brighter and darker from place to place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain {
    pub(crate) colour: [f32; 3],
    /// Strength of the noise of tens of metres, metres, decimetres and pixels.
    pub(crate) noise: [f32; 4],
    pub(crate) opacity: f32,
}

impl Plain {
    /// Without any noise.
    pub(crate) fn flat(colour: [f32; 3]) -> Self {
        Self::noisy(colour, [0.0; 4])
    }

    /// With noise of tens of metres, metres, decimetres and pixels.
    pub(crate) fn noisy(colour: [f32; 3], noise: [f32; 4]) -> Self {
        Self {
            colour,
            noise,
            opacity: 1.0,
        }
    }

    /// Asphalt, concrete and other hard ground.
    pub(crate) fn hard(colour: [f32; 3]) -> Self {
        Self::noisy(colour, [0.05, 0.06, 0.03, 0.03])
    }

    /// Worn road paint.
    pub(crate) fn marking(colour: [f32; 3], opacity: f32) -> Self {
        Self {
            opacity,
            ..Self::noisy(colour, [0.0, 0.05, 0.1, 0.05])
        }
    }

    /// A glaze that lets this much of what lies below be seen.
    pub(crate) fn glaze(colour: [f32; 3], opacity: f32) -> Self {
        Self {
            opacity,
            ..Self::noisy(colour, [0.0, 0.04, 0.0, 0.0])
        }
    }
}

impl Paint for Plain {
    fn at(&self, place: &Place) -> [f32; 4] {
        let [broad, medium, fine, grain] = self.noise;
        let factor = 1.0
            + broad * place.broad
            + medium * place.medium
            + fine * place.fine
            + grain * place.grain;
        with_opacity(scaled(self.colour, factor), self.opacity)
    }
}

/// Two colours that change over from place to place: grass and bare soil.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mottled {
    pub(crate) one: [f32; 3],
    pub(crate) other: [f32; 3],
    /// How much of the change each scale brings, tens of metres, metres and decimetres.
    pub(crate) scales: [f32; 3],
    /// Where the balance lies, -1 (all the one colour) to 1.
    pub(crate) balance: f32,
    /// Brightness noise from pixel to pixel.
    pub(crate) grain: f32,
}

impl Paint for Mottled {
    fn at(&self, place: &Place) -> [f32; 4] {
        let [broad, medium, fine] = self.scales;
        let sum = broad * place.broad + medium * place.medium + fine * place.fine;
        let share = step(-0.6, 0.6, sum + self.balance);
        let factor = 1.0 + self.grain * (place.grain + 0.6 * place.fine);
        with_opacity(scaled(blend(self.one, self.other, share), factor), 1.0)
    }
}

/// Parallel rows: crops, plough lines, a mown pitch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    pub(crate) frame: Frame,
    /// Distance of rows in metres.
    pub(crate) period: f32,
    pub(crate) row: [f32; 3],
    pub(crate) gap: [f32; 3],
    /// How hard the change from row to gap is, 1 (a wave) and more (bands).
    pub(crate) hardness: f32,
    /// How much of the rows is left; less where they are finer than pixels.
    pub(crate) contrast: f32,
    /// Strength of the noise of tens of metres, metres, decimetres and pixels.
    pub(crate) noise: [f32; 4],
}

impl Rows {
    /// Rows that fade where the image is too coarse to show them.
    pub(crate) fn new(
        frame: Frame,
        period: f64,
        gsd: f64,
        row: [f32; 3],
        gap: [f32; 3],
        noise: [f32; 4],
    ) -> Self {
        Self {
            frame,
            period: period as f32,
            row,
            gap,
            hardness: 1.3,
            contrast: resolved(period, gsd),
            noise,
        }
    }
}

impl Paint for Rows {
    fn at(&self, place: &Place) -> [f32; 4] {
        let [_, across] = self.frame.local(place.x, place.y);
        // Rows are not quite straight.
        let phase = (across + 0.12 * place.medium) / self.period;
        let height = (wave(phase) * self.hardness).clamp(-1.0, 1.0) * self.contrast;
        let [broad, medium, fine, grain] = self.noise;
        let factor = 1.0
            + broad * place.broad
            + medium * place.medium
            + fine * place.fine
            + grain * place.grain;
        let colour = blend(self.gap, self.row, 0.5 + 0.5 * height);
        with_opacity(scaled(colour, factor), 1.0)
    }
}

/// How much of a pattern of this period the image can show: 1 from four pixels a period on, 0 from
/// two down.
pub(crate) fn resolved(period: f64, gsd: f64) -> f32 {
    ((period / gsd - 2.0) / 2.0).clamp(0.0, 1.0) as f32
}

/// A colour with its opacity.
pub(crate) fn with_opacity([red, green, blue]: [f32; 3], opacity: f32) -> [f32; 4] {
    [red, green, blue, opacity]
}
