//! Areas and lengths on the ellipsoid.

use geographiclib_rs::{Geodesic, PolygonArea, Winding};

use crate::error::CrsError;
use crate::{Crs, Transform};

/// The area in square metres and the perimeter in metres of a polygon on the ellipsoid of its CRS.
/// Vertices are transformed to longitude and latitude, and edges are geodesics (Karney, *Algorithms
/// for geodesics*, 2013).
///
/// Vertices are `(x, y)` in the CRS. Rings may be closed or open and have either orientation. Holes
/// are subtracted from the area, and their boundaries are added to the perimeter. Rings of fewer
/// than three different vertices have no area. Polygons across the antimeridian or a pole are
/// measured correctly; a polygon that covers more than half the Earth is not.
///
/// # Errors
/// [`CrsError`] when a vertex has no longitude and latitude.
pub fn area_and_perimeter(
    crs: &Crs,
    exterior: &[(f64, f64)],
    interiors: &[Vec<(f64, f64)>],
) -> Result<(f64, f64), CrsError> {
    let to_degrees = Transform::new(crs, &crs.geographic_base()?)?;
    let (equatorial, polar) = crs.ellipsoid();
    let geodesic = Geodesic::new(equatorial, (equatorial - polar) / equatorial);
    let measure = |ring: &[(f64, f64)]| -> Result<(f64, f64), CrsError> {
        let mut sum = PolygonArea::new(&geodesic, Winding::CounterClockwise);
        let open = match ring {
            [first, rest @ .., last] if !rest.is_empty() && first == last => {
                &ring[..ring.len() - 1]
            }
            _ => ring,
        };
        for &(x, y) in open {
            let (longitude, latitude) = to_degrees.forward(x, y)?;
            sum.add_point(latitude, longitude);
        }
        if open.is_empty() {
            return Ok((0.0, 0.0));
        }
        let (length, area, _) = sum.compute(true);
        Ok((area.abs(), length))
    };
    let (mut area, mut perimeter) = measure(exterior)?;
    for interior in interiors {
        let (hole, length) = measure(interior)?;
        area -= hole;
        perimeter += length;
    }
    Ok((area.max(0.0), perimeter))
}
