//! Whether two definitions are the same on a map.

use crate::proj_string::ProjString;
use crate::{Crs, CrsError, Transform};

/// What counts as the same, in metres and degrees.
const METRES: f64 = 0.01;
const DEGREES: f64 = 1e-7;

impl Crs {
    /// Whether both give the same coordinates to the same longitude and latitude, whatever their
    /// codes and the shifts of their datums: projection, ellipsoid, prime meridian and unit are
    /// compared by what they do around the origin of the projection, to a centimetre.
    pub fn agrees_with(&self, other: &Self) -> bool {
        let ((a, b), (c, d)) = (self.ellipsoid(), other.ellipsoid());
        let alike = (a - c).abs() < METRES
            && (b - d).abs() < METRES
            && (self.prime_meridian() - other.prime_meridian()).abs() < DEGREES
            && self.is_geographic() == other.is_geographic()
            && (self.metres_per_unit() / other.metres_per_unit() - 1.0).abs() < 1e-8;
        if !alike || self.is_geographic() {
            return alike;
        }
        let project = |crs: &Self, (longitude, latitude)| {
            let base = crs.geographic_base().ok()?;
            let transform = Transform::new(&base, crs).ok()?;
            let (x, y) = transform.forward(longitude, latitude).ok()?;
            Some((x * crs.metres_per_unit(), y * crs.metres_per_unit()))
        };
        let mut compared = 0;
        for place in places(self.parameters()) {
            match (project(self, place), project(other, place)) {
                (Some((x, y)), Some((u, v))) if (x - u).hypot(y - v) < METRES => compared += 1,
                (None, None) => {}
                _ => return false,
            }
        }
        compared > 0
    }

    /// Whether both are on the same ellipsoid, to a centimetre.
    pub fn is_on_ellipsoid_of(&self, other: &Self) -> bool {
        self.parameters().same_ellipsoid(other.parameters())
    }

    /// Whether both are on the same ellipsoid and prime meridian and need no shift between them.
    pub fn is_on_datum_of(&self, other: &Self) -> bool {
        self.is_on_ellipsoid_of(other)
            && (self.prime_meridian() - other.prime_meridian()).abs() < DEGREES
            && self.parameters().same_datum(other.parameters())
    }

    /// Longitude and latitude on the same datum.
    ///
    /// # Errors
    /// When the CRS cannot be computed.
    pub fn base(&self) -> Result<Self, CrsError> {
        self.geographic_base()
    }

    /// The EPSG code of a part of the registry's definition: `GEOGCS`, `DATUM` or `SPHEROID`.
    pub fn registered_code_of(&self, part: &str) -> Option<u32> {
        crate::wkt::code_of_part(self.registered_wkt()?, part)
    }

    /// The prime meridian, in degrees east of Greenwich.
    pub fn prime_meridian(&self) -> f64 {
        self.proj().from_greenwich().to_degrees()
    }
}

/// Longitudes and latitudes around the origin of a projection.
fn places(parameters: &ProjString) -> Vec<(f64, f64)> {
    let first = |keys: &[&str]| keys.iter().find_map(|key| parameters.number(key));
    let zone = parameters.number("zone").map(|zone| 6.0 * zone - 183.0);
    let longitude = first(&["lon_0", "lonc"]).or(zone).unwrap_or(0.0);
    let latitude = first(&["lat_0", "lat_1", "lat_ts"]).unwrap_or(0.0);
    [(0.0, 0.3), (1.3, 1.1), (-0.9, -1.7), (2.1, 2.9)]
        .map(|(east, north)| {
            let latitude = if latitude + north > 89.0 {
                latitude - 5.0 - north
            } else if latitude + north < -89.0 {
                latitude + 5.0 + north.abs()
            } else {
                latitude + north
            };
            (longitude + east, latitude)
        })
        .to_vec()
}
