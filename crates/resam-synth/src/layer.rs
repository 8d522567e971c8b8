//! The layers of a scene, painted one over the other.

use crate::geometry::Ring;

/// One shape with one paint.
pub(crate) struct Layer {
    /// Layers are painted in ascending order. For an object, the order is the height of its top in
    /// metres.
    pub(crate) order: f32,
    /// Outlines in pixels; outer ones clockwise on the screen.
    pub(crate) rings: Vec<Ring>,
    /// The box around them.
    pub(crate) bounds: [f64; 4],
    /// The effect on the covered pixels.
    pub(crate) effect: Effect,
    /// The owner of the pixels afterwards.
    pub(crate) label: Label,
}

/// The effect of a layer on the pixels that it covers.
pub(crate) enum Effect {
    /// Covers the pixels.
    Surface {
        /// The colour.
        paint: Box<dyn Paint>,
        /// Radar backscatter, 0 (calm water) to 1 and more (metal).
        echo: f32,
    },
    /// Shades the layers below; the number is the share of sunlight that is blocked, 0 to 1.
    Shadow(f32),
}

/// The owner of pixels that a layer covers by at least half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// The object below keeps the pixels: a marking on a road, a chimney on a roof, a shadow.
    Keep,
    /// The pixels belong to no object.
    Clear,
    /// The pixels belong to the object with this number.
    Object(u32),
}

/// A colour that may differ from place to place.
pub(crate) trait Paint: Send + Sync {
    /// Red, green, blue as displayed in full light, and opacity, each 0 to 1.
    fn at(&self, place: &Place) -> [f32; 4];
}

/// Where a paint is asked for its colour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Metres from the image's left edge.
    pub(crate) x: f32,
    /// Metres from the image's top edge.
    pub(crate) y: f32,
    /// Noise of tens of metres, about -1 to 1, as the next ones.
    pub(crate) broad: f32,
    /// Noise of metres.
    pub(crate) medium: f32,
    /// Noise of decimetres.
    pub(crate) fine: f32,
    /// Noise from pixel to pixel.
    pub(crate) grain: f32,
}
