//! Scenes whose pixels are not square on the ground, seen with square ones.

use crate::geo_transform::GeoTransform;
use crate::raster::Raster;
use crate::scene::Scene;

/// Pixels whose sides differ by less are as good as square.
const ALMOST: f64 = 1.1;
/// Sides that differ by more are no ground sampling distance.
const MOST: f64 = 64.0;

impl Raster {
    /// Width and height of a pixel on the ground in multiples of the shorter one, in the middle of
    /// the raster. `[1.0, 1.0]` without a place, and where they differ by less than a tenth.
    pub fn pixel_shape(&self) -> [f64; 2] {
        let Some(transform) = self.geo_transform() else {
            return [1.0; 2];
        };
        let (mut across, down) = transform.pixel_size();
        if self.crs().is_some_and(resam_crs::Crs::is_geographic) && !transform.is_rotated() {
            let (width, height) = (f64::from(self.width()), f64::from(self.height()));
            let (_, latitude) = transform.apply(width / 2.0, height / 2.0);
            across *= latitude.to_radians().cos();
        }
        let shorter = across.min(down);
        let shape = [across / shorter, down / shorter];
        let longest = shape[0].max(shape[1]);
        if (ALMOST..=MOST).contains(&longest) {
            shape
        } else {
            [1.0; 2]
        }
    }
}

impl Scene {
    /// The scene with pixels that are square on the ground: windows and sizes are in pixels of the
    /// shorter side. Nothing changes where they are square already.
    #[must_use]
    pub fn seen_square(mut self) -> Self {
        let shape = self.raster().pixel_shape();
        let grow = |side: u32, factor: f64| (f64::from(side) * factor).round() as u32;
        self.size = (
            grow(self.raster().width(), shape[0]),
            grow(self.raster().height(), shape[1]),
        );
        self
    }

    /// Width in pixels as they are seen.
    pub fn width(&self) -> u32 {
        self.size.0
    }

    /// Height in pixels as they are seen.
    pub fn height(&self) -> u32 {
        self.size.1
    }

    /// Seen pixels in one pixel of the raster, across and down.
    pub fn seen_pixels(&self) -> [f64; 2] {
        let raster = self.raster();
        [
            f64::from(self.size.0) / f64::from(raster.width()),
            f64::from(self.size.1) / f64::from(raster.height()),
        ]
    }

    /// Whether pixels are seen in another shape than they are stored.
    pub fn is_reshaped(&self) -> bool {
        self.size != (self.raster().width(), self.raster().height())
    }

    /// From seen pixels to the map.
    pub fn seen_transform(&self) -> Option<GeoTransform> {
        let [across, down] = self.seen_pixels();
        let transform = self.raster().geo_transform()?;
        Some(transform.of_window(0.0, 0.0, 1.0 / across, 1.0 / down))
    }

    /// What to tell of pixels that are seen in another shape than they are stored.
    pub fn shape_note(&self) -> Option<String> {
        let (width, height) = self.raster().geo_transform()?.pixel_size();
        self.is_reshaped().then(|| {
            format!(
                "its pixels of {width} x {height} are not square on the ground: the model sees square ones"
            )
        })
    }
}
