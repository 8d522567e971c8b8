//! Samples as they are stored.

/// The samples of a window, as they are stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bands that were asked for.
    pub bands: usize,
    /// Row after row, pixel after pixel, band after band. Pixels outside the raster, and those of
    /// chunks that were never written, have the nodata value, or zero when there is none.
    pub values: Vec<f64>,
}

impl Samples {
    /// One sample; `band` counts from 0 in the order asked for.
    ///
    /// # Panics
    /// If it lies outside.
    pub fn get(&self, x: u32, y: u32, band: usize) -> f64 {
        assert!(x < self.width && y < self.height && band < self.bands);
        let pixel = y as usize * self.width as usize + x as usize;
        self.values[pixel * self.bands + band]
    }
}
