//! From pixels to the ground: coordinates, areas, lengths.

use resam_crs::{Crs, CrsError, area_and_perimeter};
use resam_geo::GeoTransform;

/// Side of the square over which the size of a pixel is measured, in metres: areas on the ellipsoid
/// are good to about a tenth of a square metre, which a single pixel may not have.
const MEASURED: f64 = 1000.0;

/// The georeference of a raster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ground {
    /// The CRS; without it there are no metres.
    pub crs: Option<Crs>,
    /// From pixels to the CRS; without it coordinates are pixels.
    pub transform: Option<GeoTransform>,
}

impl Ground {
    /// The georeference of a scene. Metres need both a CRS and a transform.
    pub fn of(scene: &resam_geo::Scene) -> Self {
        Self::of_raster(scene.raster())
    }

    /// The georeference of a raster.
    pub fn of_raster(raster: &resam_geo::Raster) -> Self {
        Self {
            crs: raster.crs().cloned(),
            transform: raster.geo_transform(),
        }
    }

    /// The CRS of coordinates on the map; none where they are pixels.
    pub fn map_crs(&self) -> Option<&Crs> {
        self.transform.and(self.crs.as_ref())
    }

    /// Whether areas are square metres, and not square pixels.
    pub fn has_metres(&self) -> bool {
        self.crs.is_some() && self.transform.is_some()
    }

    /// The coordinates of a point of the raster: those of the CRS, or pixels without a transform.
    pub fn to_map(&self, x: f64, y: f64) -> (f64, f64) {
        match &self.transform {
            Some(transform) => transform.apply(x, y),
            None => (x, y),
        }
    }

    /// The pixel (`x`, `y`) of a point on the map, in a raster of `size`, its width and height. A
    /// longitude counts modulo 360 degrees: rasters reach from 0 to 360, or over the antimeridian.
    /// Without a transform the point is in pixels already.
    pub fn to_pixels(&self, x: f64, y: f64, size: (u32, u32)) -> (f64, f64) {
        let Some(transform) = &self.transform else {
            return (x, y);
        };
        // A transform without an inverse puts no point anywhere.
        let place = transform.invert(x + self.turn(x, y, size), y);
        place.unwrap_or((f64::NAN, f64::NAN))
    }

    /// Degrees of longitude that take a point on the map into a raster of `size`: 0, or a whole
    /// turn where only that does.
    pub(crate) fn turn(&self, x: f64, y: f64, size: (u32, u32)) -> f64 {
        let Some(transform) = &self.transform else {
            return 0.0;
        };
        let (width, height) = (f64::from(size.0), f64::from(size.1));
        let is_inside = |turn: &f64| {
            let place = transform.invert(x + turn, y);
            place.is_some_and(|(column, row)| {
                (0.0..width).contains(&column) && (0.0..height).contains(&row)
            })
        };
        if is_inside(&0.0) || !self.crs.as_ref().is_some_and(Crs::is_geographic) {
            return 0.0;
        }
        [360.0, -360.0].into_iter().find(is_inside).unwrap_or(0.0)
    }

    /// Area of the pixel at a point of the raster (`x`, `y` in pixels), in square metres on the
    /// ellipsoid; 1 where there are no metres.
    ///
    /// # Errors
    /// When the point has no place on the ellipsoid.
    pub fn pixel_area(&self, x: f64, y: f64) -> Result<f64, CrsError> {
        let (Some(crs), Some(transform)) = (&self.crs, &self.transform) else {
            return Ok(1.0);
        };
        let square = |side: f64| {
            let corners = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)];
            corners.map(|(across, down)| transform.apply(x + across * side, y + down * side))
        };
        let (_, perimeter) = area_and_perimeter(crs, &square(1.0), &[])?;
        let side = (4.0 * MEASURED / perimeter).clamp(1.0, 1e5).round();
        let (area, _) = area_and_perimeter(crs, &square(side), &[])?;
        Ok(area / (side * side))
    }

    /// Area and perimeter of a polygon in map coordinates, its holes subtracted: in square metres
    /// and metres on the ellipsoid, or in pixels where there are no metres.
    ///
    /// # Errors
    /// When a vertex has no place on the ellipsoid.
    pub fn measure(
        &self,
        exterior: &[(f64, f64)],
        interiors: &[Vec<(f64, f64)>],
    ) -> Result<(f64, f64), CrsError> {
        if let (Some(crs), Some(_)) = (&self.crs, &self.transform) {
            return area_and_perimeter(crs, exterior, interiors);
        }
        let to_pixels = |ring: &[(f64, f64)]| -> Vec<(f64, f64)> {
            let pixel = |&(x, y): &(f64, f64)| match &self.transform {
                Some(transform) => transform.invert(x, y).unwrap_or((x, y)),
                None => (x, y),
            };
            ring.iter().map(pixel).collect()
        };
        let (mut area, mut perimeter) = plane(&to_pixels(exterior));
        for interior in interiors {
            let (hole, edge) = plane(&to_pixels(interior));
            area -= hole;
            perimeter += edge;
        }
        Ok((area, perimeter))
    }
}

/// Area and perimeter of a ring in the plane, whichever way it runs and whether it is closed or
/// not.
fn plane(ring: &[(f64, f64)]) -> (f64, f64) {
    let next = ring.iter().cycle().skip(1);
    let (mut twice, mut perimeter) = (0.0, 0.0);
    for (a, b) in ring.iter().zip(next) {
        twice += a.0 * b.1 - b.0 * a.1;
        perimeter += (b.0 - a.0).hypot(b.1 - a.1);
    }
    (f64::abs(twice) / 2.0, perimeter)
}
