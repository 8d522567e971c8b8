//! The affine transform from pixels to the coordinates of a CRS.

use serde::Serialize;

/// An affine transform from pixels to the coordinates of a CRS, as GDAL's six numbers `[x0, a, b,
/// y0, d, e]`: `X = x0 + a x + b y` and `Y = y0 + d x + e y` (GDAL's geotransform).
///
/// Pixel (0, 0) is the top-left corner of the raster. The transforms of files that georeference
/// pixel centres are shifted by half a pixel when they are read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GeoTransform(pub [f64; 6]);

impl GeoTransform {
    /// The identity.
    pub const IDENTITY: Self = Self([0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);

    /// The map coordinates of the point (`x`, `y`), in continuous pixels.
    pub fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        let [x0, a, b, y0, d, e] = self.0;
        (x0 + a * x + b * y, y0 + d * x + e * y)
    }

    /// The point, in continuous pixels, that has these map coordinates; `None` if the transform has
    /// no inverse.
    pub fn invert(&self, map_x: f64, map_y: f64) -> Option<(f64, f64)> {
        if !self.is_invertible() {
            return None;
        }
        let [x0, a, b, y0, d, e] = self.0;
        let (east, north) = (map_x - x0, map_y - y0);
        let determinant = a * e - b * d;
        Some((
            (e * east - b * north) / determinant,
            (a * north - d * east) / determinant,
        ))
    }

    /// Whether the transform has an inverse.
    pub fn is_invertible(&self) -> bool {
        let [_, a, b, _, d, e] = self.0;
        let determinant = a * e - b * d;
        self.0.iter().all(|number| number.is_finite()) && determinant.is_normal()
    }

    /// Width and height of a pixel in units of the CRS, measured along its sides.
    pub fn pixel_size(&self) -> (f64, f64) {
        let [_, a, b, _, d, e] = self.0;
        (a.hypot(d), b.hypot(e))
    }

    /// Whether the sides of a pixel are not parallel to the axes of the CRS.
    pub fn is_rotated(&self) -> bool {
        let [_, _, b, _, d, _] = self.0;
        b != 0.0 || d != 0.0
    }

    /// The transform of a window that begins at the pixel (`x`, `y`) and has pixels `scale_x` times
    /// as wide and `scale_y` times as high.
    pub fn of_window(&self, x: f64, y: f64, scale_x: f64, scale_y: f64) -> Self {
        let (x0, y0) = self.apply(x, y);
        let [_, a, b, _, d, e] = self.0;
        Self([x0, a * scale_x, b * scale_y, y0, d * scale_x, e * scale_y])
    }
}
