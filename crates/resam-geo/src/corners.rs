//! The corners of a raster on its map and on the Earth.

use resam_crs::{Crs, Transform};

use crate::geo_transform::GeoTransform;
use crate::info::Corner;

/// Upper left, upper right, lower right and lower left corner.
pub(crate) fn corners(
    width: u32,
    height: u32,
    geo_transform: &GeoTransform,
    crs: Option<&Crs>,
) -> Vec<Corner> {
    let to_degrees = crs.and_then(|crs| Transform::new(crs, &Crs::wgs84()).ok());
    let (width, height) = (f64::from(width), f64::from(height));
    [
        ("upper left", 0.0, 0.0),
        ("upper right", width, 0.0),
        ("lower right", width, height),
        ("lower left", 0.0, height),
    ]
    .map(|(name, column, row)| {
        let (x, y) = geo_transform.apply(column, row);
        let place = to_degrees
            .as_ref()
            .and_then(|transform| transform.forward(x, y).ok());
        Corner {
            name,
            x,
            y,
            longitude: place.map(|(longitude, _)| longitude),
            latitude: place.map(|(_, latitude)| latitude),
        }
    })
    .to_vec()
}
