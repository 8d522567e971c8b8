//! A rectangle of whole pixels.

use std::fmt;

use serde::Serialize;

/// A rectangle of pixels of a raster. It may lie partly or wholly outside the raster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Window {
    /// The first column.
    pub x: i64,
    /// The first row.
    pub y: i64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
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
