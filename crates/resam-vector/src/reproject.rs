//! Layers transformed to another CRS.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use resam_crs::{Crs, CrsError, Transform};

use crate::{Feature, Layer};

/// The layer in another CRS. Vertices are transformed; edges stay straight between them.
///
/// Longitudes run on beyond 180 degrees within a feature, so that one over the antimeridian stays
/// in one piece instead of going around the Earth the other way.
pub(crate) fn reprojected(layer: &Layer, to: &Crs) -> Result<Layer, (usize, CrsError)> {
    let from = layer.crs.as_ref().unwrap_or(to);
    let transform = Transform::new(from, to).map_err(|error| (0, error))?;
    let features = layer
        .features
        .iter()
        .enumerate()
        .map(|(index, feature)| {
            let geometry =
                geometry(&transform, &feature.geometry).map_err(|error| (index + 1, error))?;
            Ok(Feature {
                geometry,
                attributes: feature.attributes.clone(),
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Layer {
        name: layer.name.clone(),
        crs: Some(to.clone()),
        fields: layer.fields.clone(),
        features,
    })
}

fn geometry(
    transform: &Transform,
    polygons: &MultiPolygon<f64>,
) -> Result<MultiPolygon<f64>, CrsError> {
    let unwrapped = transform.to().is_geographic() && !transform.from().is_geographic();
    let mut first: Option<f64> = None;
    let mut ring = |ring: &LineString<f64>| -> Result<LineString<f64>, CrsError> {
        let mut before = first;
        ring.coords()
            .map(|at| {
                let (mut x, y) = transform.forward(at.x, at.y)?;
                if let Some(before) = before.filter(|_| unwrapped) {
                    x += 360.0 * ((before - x) / 360.0).round();
                }
                before = Some(x);
                first = first.or(before);
                Ok(Coord { x, y })
            })
            .collect()
    };
    polygons
        .iter()
        .map(|polygon| {
            let exterior = ring(polygon.exterior())?;
            let interiors = polygon
                .interiors()
                .iter()
                .map(&mut ring)
                .collect::<Result<_, _>>()?;
            Ok(Polygon::new(exterior, interiors))
        })
        .collect()
}
