//! Colours that go together.

use crate::random::Draws;

/// The colours of one picture.
pub(crate) struct Palette {
    /// The main colour of the backdrop.
    pub(crate) backdrop: [f32; 3],
    /// A second one for its pattern.
    pub(crate) pattern: [f32; 3],
    hues: Vec<f64>,
    vivid: f64,
    bright: f64,
}

impl Palette {
    /// A few hues, how vivid they are, and a backdrop that may be vivid as well.
    pub(crate) fn new(draws: &mut Draws) -> Self {
        let first = draws.unit();
        let hues = match draws.below(4) {
            0 => vec![first, first + 0.08, first - 0.07],
            1 => vec![first, first + 0.5, first + 0.45],
            2 => vec![first, first + 0.33, first + 0.66],
            _ => (0..5).map(|_| draws.unit()).collect(),
        };
        let vivid = draws.range(0.35, 0.95);
        let bright = draws.range(0.6, 0.98);
        let hue = if draws.chance(0.5) {
            draws.pick(&hues)
        } else {
            draws.unit()
        };
        let saturation = draws.pick(&[0.12, 0.35, 0.6, 0.85]) * draws.range(0.6, 1.1);
        let value = draws.range(0.22, 1.0);
        let backdrop = from_hue(hue, saturation.min(1.0), value);
        let pattern = if draws.chance(0.5) {
            from_hue(draws.pick(&hues), vivid * 0.8, draws.range(0.2, 0.95))
        } else {
            draws.tint(backdrop, 0.3, 0.05)
        };
        Self {
            backdrop,
            pattern,
            hues,
            vivid,
            bright,
        }
    }

    /// The colour of one more thing.
    pub(crate) fn thing(&self, draws: &mut Draws) -> [f32; 3] {
        if draws.chance(0.10) {
            // White, grey or black.
            let value = draws.pick(&[0.08, 0.45, 0.93]);
            return draws.tint([value; 3], 0.1, 0.02);
        }
        let hue = draws.pick(&self.hues) + draws.around(0.03);
        let saturation = (self.vivid + draws.around(0.18)).clamp(0.1, 1.0);
        let value = (self.bright + draws.around(0.2)).clamp(0.15, 1.0);
        from_hue(hue, saturation, value)
    }
}

/// Red, green and blue of hue (a turn is 1), saturation and value.
fn from_hue(hue: f64, saturation: f64, value: f64) -> [f32; 3] {
    let turn = (hue - hue.floor()) * 6.0;
    [5.0, 3.0, 1.0].map(|offset| {
        let place = (turn + offset) % 6.0;
        let share = place.min(4.0 - place).clamp(0.0, 1.0);
        (value - value * saturation * share) as f32
    })
}
