//! A rectangle of whole pixels.

use std::fmt;

use serde::Serialize;

/// A rectangle of pixels of a raster. It may stick out of the raster, or lie beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Window {
    /// The leftmost column.
    pub x: i64,
    /// The topmost row.
    pub y: i64,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl fmt::Display for Window {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            x,
            y,
            width,
            height,
        } = self;
        write!(formatter, "{width} x {height} at {x}, {y}")
    }
}
