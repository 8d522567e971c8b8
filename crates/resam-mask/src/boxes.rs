/// An axis-aligned box in continuous pixel coordinates.
///
/// The box of the first pixel is (0, 0) to (1, 1). A box whose second corner is not below and to
/// the right of the first is empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PixelBox {
    /// Left edge.
    pub x0: f64,
    /// Top edge.
    pub y0: f64,
    /// Right edge, outside the box.
    pub x1: f64,
    /// Bottom edge, outside the box.
    pub y1: f64,
}

impl PixelBox {
    /// The box from the corner (`x0`, `y0`) to the corner (`x1`, `y1`).
    pub fn new(x0: f64, y0: f64, x1: f64, y1: f64) -> Self {
        Self { x0, y0, x1, y1 }
    }

    /// The box of COCO's `[x, y, width, height]`.
    pub fn from_coco([x, y, width, height]: [f64; 4]) -> Self {
        Self::new(x, y, x + width, y + height)
    }

    /// COCO's `[x, y, width, height]` of the box.
    pub fn to_coco(&self) -> [f64; 4] {
        [self.x0, self.y0, self.width(), self.height()]
    }

    /// Width, zero if the box is empty that way.
    pub fn width(&self) -> f64 {
        (self.x1 - self.x0).max(0.0)
    }

    /// Height, zero if the box is empty that way.
    pub fn height(&self) -> f64 {
        (self.y1 - self.y0).max(0.0)
    }

    /// Area, zero if the box is empty.
    pub fn area(&self) -> f64 {
        self.width() * self.height()
    }

    /// Whether a point lies in the box; the left and top edges belong to it, the others do not.
    pub fn contains(&self, x: f64, y: f64) -> bool {
        (self.x0..self.x1).contains(&x) && (self.y0..self.y1).contains(&y)
    }

    /// The intersection of both boxes; `None` if it has no area.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        let common = Self::new(
            self.x0.max(other.x0),
            self.y0.max(other.y0),
            self.x1.min(other.x1),
            self.y1.min(other.y1),
        );
        (common.area() > 0.0).then_some(common)
    }

    /// The smallest box that holds both.
    pub fn union(&self, other: &Self) -> Self {
        Self::new(
            self.x0.min(other.x0),
            self.y0.min(other.y0),
            self.x1.max(other.x1),
            self.y1.max(other.y1),
        )
    }

    /// Intersection over union of the areas; zero where the boxes do not overlap.
    pub fn iou(&self, other: &Self) -> f64 {
        self.intersect(other).map_or(0.0, |common| {
            let intersection = common.area();
            intersection / (self.area() + other.area() - intersection)
        })
    }

    /// The box scaled by a horizontal and a vertical factor.
    pub fn scaled(&self, horizontal: f64, vertical: f64) -> Self {
        Self::new(
            self.x0 * horizontal,
            self.y0 * vertical,
            self.x1 * horizontal,
            self.y1 * vertical,
        )
    }
}
