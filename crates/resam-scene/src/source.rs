//! The raster that windows are read from.

use resam_geo::{RasterError, Tile, Window};

/// A raster that is read by window. [`resam_geo::Scene`] is one.
pub trait Source: Sync {
    /// Width in pixels.
    fn width(&self) -> u32;

    /// Height in pixels.
    fn height(&self) -> u32;

    /// The pixels of a window, resampled to `width` x `height` pixels, as RGB of 8 bits with a mask
    /// of valid pixels. Pixels outside the raster and nodata are black and not valid.
    ///
    /// # Errors
    /// When the file cannot be read there.
    fn read(&self, window: Window, width: u32, height: u32) -> Result<Tile, RasterError>;
}

impl Source for resam_geo::Scene {
    fn width(&self) -> u32 {
        self.width()
    }

    fn height(&self) -> u32 {
        self.height()
    }

    fn read(&self, window: Window, width: u32, height: u32) -> Result<Tile, RasterError> {
        resam_geo::Scene::read(self, window, width, height)
    }
}
