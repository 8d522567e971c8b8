//! A part of an image.

/// A part of an image, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its first column.
    pub x: usize,
    /// Its first row.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Part {
    /// Whether it shows a position, in continuous pixels of the image.
    pub fn holds(&self, x: f64, y: f64) -> bool {
        let within = |at: f64, origin: usize, length: usize| {
            let at = at - origin as f64;
            at >= 0.0 && at < length as f64
        };
        within(x, self.x, self.width) && within(y, self.y, self.height)
    }
}
