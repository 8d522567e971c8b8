//! The paint of roofs.

use crate::geometry::{Frame, Pose};
use crate::layer::{Paint, Place};
use crate::light::Light;
use crate::noise::{mix, scaled, wave};
use crate::paints::{resolved, with_opacity};

/// A rectangle of roof; a roof is the upper envelope of its wings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wing {
    frame: Frame,
    along: f32,
    across: f32,
    /// Whether the ends slope as well.
    hipped: bool,
    /// Brightness of the four slopes: towards +u, -u, +v, -v.
    slopes: [f32; 4],
}

impl Wing {
    /// A wing from its centre to its sides along the ridge and across; the pitch is rise over run.
    pub(crate) fn new(
        pose: &Pose,
        along: f64,
        across: f64,
        hipped: bool,
        pitch: f32,
        light: &Light,
    ) -> Self {
        let frame = pose.frame();
        let slope = |u: f32, v: f32| {
            let right = u * frame.cos - v * frame.sin;
            let down = u * frame.sin + v * frame.cos;
            light.on_slope([right * pitch, down * pitch, 1.0])
        };
        Self {
            frame,
            along: along as f32,
            across: across as f32,
            hipped,
            slopes: [
                slope(1.0, 0.0),
                slope(-1.0, 0.0),
                slope(0.0, 1.0),
                slope(0.0, -1.0),
            ],
        }
    }

    /// Height above the eaves over the pitch, negative outside; the slope's brightness; metres from
    /// the nearest ridge or hip; metres along the eaves.
    fn at(&self, x: f32, y: f32) -> [f32; 4] {
        let [u, v] = self.frame.local(x, y);
        let to_side = self.across - v.abs();
        let to_end = self.along - u.abs();
        if to_end < 0.0 || to_side < 0.0 {
            return [to_end.min(to_side), 1.0, 1.0, u];
        }
        let ridge = v.abs();
        if self.hipped && to_end < to_side {
            let slope = self.slopes[usize::from(u < 0.0)];
            return [to_end, slope, (to_side - to_end).min(ridge), v];
        }
        let slope = self.slopes[2 + usize::from(v < 0.0)];
        let hip = if self.hipped { to_end - to_side } else { 9.0 };
        [to_side, slope, ridge.min(hip), u]
    }
}

/// Tiles or sheets on the slopes of some wings.
#[derive(Debug, Clone)]
pub(crate) struct Pitched {
    pub(crate) wings: Vec<Wing>,
    pub(crate) colour: [f32; 3],
    /// Distance of the courses of tiles in metres, and how much of them can be seen.
    course: [f32; 2],
    /// Half the width of ridge tiles.
    ridge: f32,
    /// How much weather there is on it.
    weather: f32,
}

impl Pitched {
    pub(crate) fn new(wings: Vec<Wing>, colour: [f32; 3], gsd: f64, weather: f64) -> Self {
        let course = 0.9;
        Self {
            wings,
            colour,
            course: [course as f32, 0.05 * resolved(course, gsd)],
            ridge: (0.55 * gsd).max(0.16) as f32,
            weather: weather as f32,
        }
    }
}

impl Paint for Pitched {
    fn at(&self, place: &Place) -> [f32; 4] {
        let mut best = [f32::NEG_INFINITY, 1.0, 1.0, 0.0];
        let mut second = f32::NEG_INFINITY;
        for wing in &self.wings {
            let here = wing.at(place.x, place.y);
            if here[0] > best[0] {
                second = best[0];
                best = here;
            } else {
                second = second.max(here[0]);
            }
        }
        let [height, slope, from_ridge, _] = best;
        // A valley is where the wings are of equal height, inside both.
        let in_valley = second > 0.0 && height - second < 2.0 * self.ridge;
        let line = (1.0 - from_ridge / self.ridge).clamp(0.0, 1.0);
        let courses = self.course[1] * wave(height / self.course[0]);
        let weather = self.weather * (0.7 * place.medium + 0.6 * place.broad)
            + 0.05 * place.fine
            + 0.035 * place.grain;
        let mut factor = slope * (1.0 + courses + weather);
        factor *= mix(1.0, 1.16, line);
        if in_valley {
            factor *= 0.86;
        }
        with_opacity(scaled(self.colour, factor), 1.0)
    }
}

/// A flat roof with a parapet that the sun lights on one side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flat {
    frame: Frame,
    along: f32,
    across: f32,
    colour: [f32; 3],
    /// Width of the parapet.
    parapet: f32,
    /// Brightness of the parapet's sides: +u, -u, +v, -v.
    sides: [f32; 4],
    /// Distance of the seams of sheets in metres, and how much of them can be seen.
    seam: [f32; 2],
}

impl Flat {
    pub(crate) fn new(
        pose: &Pose,
        [along, across]: [f64; 2],
        colour: [f32; 3],
        seams: f64,
        light: &Light,
        gsd: f64,
    ) -> Self {
        let frame = pose.frame();
        // The inner face of the parapet on the side of the sun lies in shadow.
        let side = |u: f32, v: f32| {
            let right = u * frame.cos - v * frame.sin;
            let down = u * frame.sin + v * frame.cos;
            1.0 - 0.22 * (right * light.towards[0] + down * light.towards[1]) + 0.08
        };
        Self {
            frame,
            along: along as f32,
            across: across as f32,
            colour,
            parapet: (0.9 * gsd).max(0.45) as f32,
            sides: [
                side(1.0, 0.0),
                side(-1.0, 0.0),
                side(0.0, 1.0),
                side(0.0, -1.0),
            ],
            seam: [seams as f32, 0.06 * resolved(seams, gsd)],
        }
    }
}

impl Paint for Flat {
    fn at(&self, place: &Place) -> [f32; 4] {
        let [u, v] = self.frame.local(place.x, place.y);
        let (to_end, to_side) = (self.along - u.abs(), self.across - v.abs());
        let factor = if to_end.min(to_side) < self.parapet {
            if to_end < to_side {
                self.sides[usize::from(u < 0.0)]
            } else {
                self.sides[2 + usize::from(v < 0.0)]
            }
        } else {
            1.0 + self.seam[1] * wave(u / self.seam[0])
        };
        let stains = 0.06 * place.broad
            + 0.07 * place.medium * place.medium
            + 0.04 * place.medium
            + 0.025 * place.fine
            + 0.02 * place.grain;
        with_opacity(scaled(self.colour, factor * (1.0 - stains)), 1.0)
    }
}
