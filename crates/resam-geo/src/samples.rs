//! The samples of a window.

/// The samples of a window with their stored values.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// Width of the window in pixels.
    pub width: u32,
    /// Height of the window in pixels.
    pub height: u32,
    /// The number of bands that were read.
    pub bands: usize,
    /// The values `[height, width, bands]`, row-major. Pixels outside the raster and pixels of
    /// chunks that were never written have the nodata value, or 0 if there is none.
    pub values: Vec<f64>,
}

impl Samples {
    /// One sample. `band` is the index in the list of bands that were read, from 0.
    ///
    /// # Panics
    /// If the pixel or the band lies outside.
    pub fn get(&self, x: u32, y: u32, band: usize) -> f64 {
        assert!(x < self.width && y < self.height && band < self.bands);
        let pixel = y as usize * self.width as usize + x as usize;
        self.values[pixel * self.bands + band]
    }
}
