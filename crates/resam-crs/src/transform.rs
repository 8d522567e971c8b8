//! Points taken from one coordinate reference system to another.

use crate::Crs;
use crate::error::CrsError;

/// Takes points from one coordinate reference system to another and back.
///
/// Longitudes beyond 180 degrees are taken as they are by projections (190 is -170) and stay as
/// they are where only the name of the datum changes.
///
/// The datum shift is two-dimensional: points are taken to lie on the ellipsoid. Where both systems
/// are on WGS 84, or on datums that are the same for a map (NAD83, ETRS89, GDA94), points agree with
/// PROJ's to less than a millimetre. Where a shift is needed, they are as good as the
/// Helmert parameters of the registry: 1 to 10 metres; see [`Transform::caution`].
#[derive(Debug, Clone, PartialEq)]
pub struct Transform {
    from: Crs,
    to: Crs,
    /// What `to` is computed with: the registry sometimes ties one datum to WGS 84 by different
    /// parameters in different systems, between which there is no shift.
    computed: Crs,
    same: bool,
}

impl Transform {
    /// A transformation between two systems.
    ///
    /// # Errors
    /// When the projection of one can only be computed in the other direction.
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

    /// The system that points come from.
    pub fn from(&self) -> &Crs {
        &self.from
    }

    /// The system that points are taken to.
    pub fn to(&self) -> &Crs {
        &self.to
    }

    /// Takes a point over.
    ///
    /// # Errors
    /// When a coordinate is not finite, or the point has no place in the other system, such as a
    /// pole in Web Mercator.
    pub fn forward(&self, x: f64, y: f64) -> Result<(f64, f64), CrsError> {
        self.take(&self.from, &self.computed, x, y)
    }

    /// Takes a point back.
    ///
    /// # Errors
    /// As [`Transform::forward`].
    pub fn inverse(&self, x: f64, y: f64) -> Result<(f64, f64), CrsError> {
        self.take(&self.computed, &self.from, x, y)
    }

    /// What a user should know about the accuracy, in one sentence; nothing where points are as
    /// exact as PROJ's.
    pub fn caution(&self) -> Option<String> {
        let (from, to) = (self.from.parameters(), self.computed.parameters());
        if self.same || from.same_datum(to) {
            return None;
        }
        let untied = [&self.from, &self.to]
            .into_iter()
            .find(|crs| !crs.parameters().is_tied());
        Some(match untied {
            Some(crs) => format!(
                "the datum of {crs} is not tied to another one here: no shift is applied, and positions may be off by up to some hundred metres"
            ),
            None => format!(
                "{} and {} are on different datums: the shift between them is good to some metres",
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
