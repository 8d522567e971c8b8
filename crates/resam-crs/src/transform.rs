//! Transformation of points between coordinate reference systems.

use crate::Crs;
use crate::error::CrsError;

/// A transformation of points from one coordinate reference system to another and back. Projections
/// are those of PROJ, computed by `proj4rs`; datum shifts are Helmert transformations with 3 or 7
/// parameters.
///
/// Projections accept longitudes beyond 180 degrees (190 is -170). If only the name of the datum
/// changes, longitudes stay unchanged.
///
/// Datum shifts are two-dimensional: points are assumed to lie on the ellipsoid. If both systems
/// are on WGS 84, or on datums that are equal to it on a map (NAD83, ETRS89, GDA94), points agree
/// with those of PROJ to less than a millimetre. If a shift is needed, the accuracy is that of the
/// registry's Helmert parameters, 1 to 10 metres; see [`Transform::caution`].
#[derive(Debug, Clone, PartialEq)]
pub struct Transform {
    from: Crs,
    to: Crs,
    /// The definition with which `to` is computed. The registry sometimes has different shifts to
    /// WGS 84 for systems on the same datum, between which there is no shift.
    computed: Crs,
    same: bool,
}

impl Transform {
    /// A transformation between two systems.
    ///
    /// # Errors
    /// [`CrsError`] when a projection can be computed only in the direction that is not needed.
    pub fn new(from: &Crs, to: &Crs) -> Result<Self, CrsError> {
        for crs in [from, to] {
            if !(crs.proj().has_forward() && crs.proj().has_inverse()) {
                return Err(CrsError::UnsupportedProjection {
                    name: crs.name().to_owned(),
                    projection: crs.proj().projname().to_owned(),
                });
            }
        }
        Ok(Self {
            same: from == to,
            computed: to.tied_as(from)?,
            from: from.clone(),
            to: to.clone(),
        })
    }

    /// The source CRS.
    pub fn from(&self) -> &Crs {
        &self.from
    }

    /// The target CRS.
    pub fn to(&self) -> &Crs {
        &self.to
    }

    /// Transforms a point from the source to the target CRS. `x` is longitude in degrees or easting
    /// in the unit of the CRS, `y` latitude or northing.
    ///
    /// # Errors
    /// [`CrsError`] when a coordinate is not finite, or when the point has no coordinates in the
    /// target CRS, such as a pole in Web Mercator.
    pub fn forward(&self, x: f64, y: f64) -> Result<(f64, f64), CrsError> {
        self.take(&self.from, &self.computed, x, y)
    }

    /// Transforms a point from the target to the source CRS.
    ///
    /// # Errors
    /// As [`Transform::forward`].
    pub fn inverse(&self, x: f64, y: f64) -> Result<(f64, f64), CrsError> {
        self.take(&self.computed, &self.from, x, y)
    }

    /// One sentence about a limited accuracy; `None` if points agree with those of PROJ.
    pub fn caution(&self) -> Option<String> {
        let (from, to) = (self.from.parameters(), self.computed.parameters());
        if self.same {
            return None;
        }
        if from.same_datum(to) {
            let (one, other) = (self.from.realization(), self.to.realization());
            let named = if one.is_some() { &self.from } else { &self.to };
            return (one != other).then(|| {
                format!(
                    "{named} is on a realization of NAD83 that is taken for equal to WGS 84: \
                     positions are good to 1 to 2 metres"
                )
            });
        }
        let untied = [&self.from, &self.to]
            .into_iter()
            .find(|crs| !crs.parameters().is_tied());
        Some(match untied {
            Some(crs) => format!(
                "the datum of {crs} is not tied to another one here: no shift is applied, and positions may be off by up to some hundred metres"
            ),
            None => format!(
                "{} and {} are on different datums: the shift between them is good to some metres, 1 to 10 as a rule",
                self.from, self.to
            ),
        })
    }

    fn take(&self, from: &Crs, to: &Crs, x: f64, y: f64) -> Result<(f64, f64), CrsError> {
        let refuse = |problem: String| CrsError::Point {
            x,
            y,
            from: from.name().to_owned(),
            to: to.name().to_owned(),
            problem,
        };
        if !(x.is_finite() && y.is_finite()) {
            return Err(refuse("a coordinate is not a finite number".to_owned()));
        }
        if from.is_geographic() && y.abs() > 90.0 {
            return Err(refuse("the latitude is beyond a pole".to_owned()));
        }
        if self.same {
            return Ok((x, y));
        }
        let mut point = if from.is_geographic() {
            (x.to_radians(), y.to_radians(), 0.0)
        } else {
            (x, y, 0.0)
        };
        proj4rs::transform::transform(from.proj(), to.proj(), &mut point)
            .map_err(|error| refuse(error.to_string()))?;
        let (mut x, mut y, _) = point;
        if to.is_geographic() {
            (x, y) = (x.to_degrees(), y.to_degrees());
        }
        if !(x.is_finite() && y.is_finite()) {
            return Err(refuse("it lies at infinity".to_owned()));
        }
        Ok((x, y))
    }
}
