//! Collects the layers of a scene, in metres, before they are painted.

use crate::geometry::{Ring, bounds, moved, swept};
use crate::layer::{Effect, Label, Layer, Paint};
use crate::light::Light;
use crate::scene::Class;

/// An object that has been put.
pub(crate) struct Subject {
    pub(crate) class: Class,
    /// Its outline in pixels.
    pub(crate) rings: Vec<Ring>,
}

/// Orders of layers on the ground; the order of an object above the ground is its height in metres.
pub(crate) mod order {
    /// The ground itself.
    pub(crate) const GROUND: f32 = -9.0;
    /// Parcels, lots, yards.
    pub(crate) const LOT: f32 = -8.0;
    /// Ponds, rivers, basins.
    pub(crate) const WATER: f32 = -7.0;
    /// Wakes.
    pub(crate) const WAKE: f32 = -6.5;
    /// Kerbs, pavements, quays.
    pub(crate) const PAVEMENT: f32 = -6.0;
    /// Drives and car parks.
    pub(crate) const DRIVE: f32 = -5.5;
    /// Roads; the wider ones lie on top, by their width in kilometres.
    pub(crate) const ROAD: f32 = -5.0;
    /// Sports courts and pools.
    pub(crate) const COURT: f32 = -3.0;
    /// Lines on courts.
    pub(crate) const LINE: f32 = -2.0;
}

/// Collects layers and objects. Layers outside the image are dropped.
pub(crate) struct Stage {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Metres a pixel.
    pub(crate) gsd: f64,
    pub(crate) light: Light,
    /// Whether a radar will look; it sees walls that face it.
    pub(crate) radar: bool,
    pub(crate) layers: Vec<Layer>,
    pub(crate) subjects: Vec<Subject>,
}

impl Stage {
    /// An empty stage.
    pub(crate) fn new(width: u32, height: u32, gsd: f64, light: Light, radar: bool) -> Self {
        Self {
            width,
            height,
            gsd,
            light,
            radar,
            layers: Vec::new(),
            subjects: Vec::new(),
        }
    }

    /// Width and height of the image in metres.
    pub(crate) fn extent(&self) -> [f64; 2] {
        [
            f64::from(self.width) * self.gsd,
            f64::from(self.height) * self.gsd,
        ]
    }

    /// Corners that make a circle of this radius in metres look round.
    pub(crate) fn corners(&self, radius: f64) -> usize {
        let pixels = radius / self.gsd;
        ((pixels * 2.5) as usize).clamp(10, 120)
    }

    /// An object whose outline is given in metres. Whether the image shows it is not told: draws
    /// that depended on that would make the layout depend on the ground sampling distance.
    pub(crate) fn object(
        &mut self,
        class: Class,
        order: f32,
        rings: &[Ring],
        echo: f32,
        paint: impl Paint + 'static,
    ) {
        let id = self.subjects.len() as u32 + 1;
        let label = Label::Object(id);
        if let Some(rings) = self.push(order, rings, surface(paint, echo), label) {
            self.subjects.push(Subject { class, rings });
        }
    }

    /// A layer that is not an object and belongs to none.
    pub(crate) fn ground(
        &mut self,
        order: f32,
        rings: &[Ring],
        echo: f32,
        paint: impl Paint + 'static,
    ) {
        self.push(order, rings, surface(paint, echo), Label::Clear);
    }

    /// A detail of the object below, which keeps the pixels.
    pub(crate) fn detail(
        &mut self,
        order: f32,
        rings: &[Ring],
        echo: f32,
        paint: impl Paint + 'static,
    ) {
        self.push(order, rings, surface(paint, echo), Label::Keep);
    }

    /// The shadow of an upright body between two heights, on everything of lower order.
    pub(crate) fn shadow(&mut self, order: f32, rings: &[Ring], from: f64, to: f64) {
        let [right, down] = self.light.shadow;
        let rings = swept(rings, [right * from, down * from], [right * to, down * to]);
        self.push(order, &rings, Effect::Shadow(1.0), Label::Keep);
    }

    /// A soft darkening, such as the ground under an edge.
    pub(crate) fn dim(&mut self, order: f32, rings: &[Ring], strength: f32) {
        self.push(order, rings, Effect::Shadow(strength), Label::Keep);
    }

    /// The bright line that a radar sees at the corner between the ground and a wall that faces it
    /// (a double bounce).
    pub(crate) fn corner_echo(&mut self, order: f32, rings: &[Ring], echo: f32) {
        if !self.radar {
            return;
        }
        let [sun_right, sun_down, _] = self.light.towards;
        let towards = [f64::from(sun_right), f64::from(sun_down)];
        let thickness = (1.5 * self.gsd).max(0.8);
        for ring in rings {
            for (start, end) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                let [x, y] = crate::geometry::direction(*start, *end);
                // The ring runs clockwise, so this points out of it.
                let facing = y * towards[0] - x * towards[1];
                if facing > 0.25 {
                    let line = vec![*start, *end];
                    let quad = crate::geometry::stroke(&line, thickness);
                    let paint = crate::paints::Plain::flat([0.7; 3]);
                    self.detail(order, &[quad], echo * facing as f32, paint);
                }
            }
        }
    }

    /// Adds a layer. Returns its rings in pixels, or `None` if it lies outside the image.
    fn push(
        &mut self,
        order: f32,
        rings: &[Ring],
        effect: Effect,
        label: Label,
    ) -> Option<Vec<Ring>> {
        let rings = in_pixels(rings, self.gsd);
        let [left, top, right, bottom] = bounds(&rings);
        // Blur and the coarse colours of a satellite reach a few pixels in from outside.
        const REACH: f64 = 32.0;
        let seen = right > -REACH
            && bottom > -REACH
            && left < f64::from(self.width) + REACH
            && top < f64::from(self.height) + REACH;
        if !seen {
            return None;
        }
        let kept = matches!(label, Label::Object(_)).then(|| rings.clone());
        self.layers.push(Layer {
            order,
            rings,
            bounds: [left, top, right, bottom],
            effect,
            label,
        });
        Some(kept.unwrap_or_default())
    }
}

fn surface(paint: impl Paint + 'static, echo: f32) -> Effect {
    Effect::Surface {
        paint: Box::new(paint),
        echo,
    }
}

fn in_pixels(rings: &[Ring], gsd: f64) -> Vec<Ring> {
    let mut scaled = moved(rings, [0.0, 0.0]);
    for point in scaled.iter_mut().flatten() {
        *point = point.map(|metres| metres / gsd);
    }
    scaled
}
