//! What coordinates mean that do not say whether they are pixels or lie on the map.

use resam_crs::{Crs, Transform};
use resam_geo::Raster;
use resam_scene::Ground;

use crate::error::{Error, ErrorKind, Result};

/// What the caller says of coordinates.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Coordinates {
    /// Nothing: they are pixels unless they can be coordinates of the map.
    #[default]
    Unsaid,
    /// They are pixels.
    Pixels,
    /// They are in this CRS.
    In(Crs),
}

/// What coordinates are, once that is settled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading {
    Pixels,
    /// In the raster's own coordinates on the map.
    Own,
    /// Longitude and latitude on WGS 84.
    Degrees,
}

/// Where a raster lies, to place coordinates on it.
pub(crate) struct Placement<'a> {
    raster: &'a Raster,
    ground: Ground,
    size: (u32, u32),
    from_degrees: Option<Transform>,
}

impl<'a> Placement<'a> {
    pub(crate) fn of(raster: &'a Raster) -> Self {
        let ground = Ground::of_raster(raster);
        let degrees = |crs| Transform::new(&Crs::wgs84(), crs).ok();
        Self {
            raster,
            from_degrees: ground.map_crs().and_then(degrees),
            ground,
            size: (raster.width(), raster.height()),
        }
    }

    /// Whether points on the map have pixels here.
    pub(crate) fn has_crs(&self) -> bool {
        self.ground.has_metres()
    }

    /// The pixel of coordinates that are read in one way; `NaN` where they have no place.
    pub(crate) fn pixel(&self, reading: &Reading, [x, y]: [f64; 2]) -> [f64; 2] {
        let (x, y) = match reading {
            Reading::Pixels => return [x, y],
            Reading::Own => (x, y),
            Reading::Degrees => {
                let from = self.from_degrees.as_ref();
                let moved = from.and_then(|from| from.forward(x, y).ok());
                moved.unwrap_or((f64::NAN, f64::NAN))
            }
        };
        self.ground.to_pixels(x, y, self.size).into()
    }

    fn is_inside(&self, [x, y]: [f64; 2]) -> bool {
        (0.0..f64::from(self.size.0)).contains(&x) && (0.0..f64::from(self.size.1)).contains(&y)
    }

    /// How coordinates of which nothing is said are read: on the map where they lie in the raster
    /// so and not as pixels. `what` names them in messages.
    ///
    /// # Errors
    /// [`Ambiguous`] when they lie in the raster either way.
    pub(crate) fn reading(&self, places: &[[f64; 2]], what: &str) -> Result<Reading> {
        if self.ground.transform.is_none() {
            return Ok(Reading::Pixels);
        }
        let inside = |reading: &Reading| {
            let places = places.iter().map(|&place| self.pixel(reading, place));
            places.filter(|&pixel| self.is_inside(pixel)).count()
        };
        let [pixels, own, degrees] =
            [Reading::Pixels, Reading::Own, Reading::Degrees].map(|reading| inside(&reading));
        let (on_map, reading) = if degrees > own {
            (degrees, Reading::Degrees)
        } else {
            (own, Reading::Own)
        };
        if on_map == 0 {
            return Ok(Reading::Pixels);
        }
        if pixels == 0 {
            return Ok(reading);
        }
        // A few of many points may lie in both by chance.
        if 2 * on_map < places.len() {
            return Ok(Reading::Pixels);
        }
        let on_map = self.describe(&reading);
        let scene = self.raster.path().display().to_string();
        let what = what.to_owned();
        Err(Error::new(
            ErrorKind::Input,
            Ambiguous {
                what,
                scene,
                on_map,
            },
        ))
    }

    /// A reading in words.
    pub(crate) fn describe(&self, reading: &Reading) -> String {
        match (reading, self.ground.map_crs()) {
            (Reading::Pixels, _) => "pixels".to_owned(),
            (Reading::Degrees, _) => "longitude and latitude (EPSG:4326)".to_owned(),
            (Reading::Own, Some(crs)) => format!("coordinates in {crs}"),
            (Reading::Own, None) => "coordinates on its map".to_owned(),
        }
    }

    /// The transformation from a CRS to the raster's.
    ///
    /// # Errors
    /// When nothing says where the raster's pixels lie; `what` names the coordinates.
    pub(crate) fn from(&self, crs: &Crs, what: &str) -> Result<Transform> {
        match self.ground.map_crs() {
            Some(own) => Ok(Transform::new(crs, own)?),
            None => Err(self.without_place(crs, what)),
        }
    }

    /// The error for coordinates of a CRS on a raster that has no place in one.
    pub(crate) fn without_place(&self, crs: &Crs, what: &str) -> Error {
        self.without_place_named(crs.name(), what)
    }

    /// The same for coordinates that are called `in_what`.
    pub(crate) fn without_place_named(&self, in_what: &str, what: &str) -> Error {
        let info = self.raster.info();
        let name = self.raster.path().display();
        let stem = self.raster.path().file_stem().unwrap_or_default();
        let stem = stem.to_string_lossy();
        let (why, hint) = if let Some(problem) = &info.crs_problem {
            (
                format!("the CRS of `{name}` is not understood: {problem}"),
                "say the CRS of the raster, or give it a known one with `gdal_edit.py -a_srs EPSG:...`"
                    .to_owned(),
            )
        } else if let Some(count) = info.loose_control_points {
            (
                format!(
                    "`{name}` is tied by {count} control points, which no affine transform fits"
                ),
                format!("warp it first: `gdalwarp -r cubic {name} {stem}_warped.tif`"),
            )
        } else if info.geo_transform.is_some() {
            (
                format!("`{name}` has a transform, and no CRS"),
                "say the CRS of the raster, or give it one with `gdal_edit.py -a_srs EPSG:...`"
                    .to_owned(),
            )
        } else {
            (
                format!("`{name}` does not say where its pixels lie"),
                format!(
                    "give the raster its CRS and its place (`gdal_translate -a_srs ... -a_ullr ... \
                     {name} {stem}_placed.tif`), or the points in pixels: a CSV with the columns x,y"
                ),
            )
        };
        let has_transform = info.geo_transform.is_some();
        Error::new(
            ErrorKind::Input,
            WithoutPlace {
                message: format!("{what} in {in_what}, and {why}"),
                hint,
                has_transform,
            },
        )
    }
}

/// Coordinates may be pixels, and may lie on the map.
#[derive(Debug, thiserror::Error)]
#[error(
    "{what} may be pixels of `{scene}` or {on_map}: they lie in it either way\n\nhint: say which is \
     meant: pixels, or a CRS"
)]
pub struct Ambiguous {
    /// The coordinates.
    pub what: String,
    /// The raster.
    pub scene: String,
    /// What they are if they lie on the map.
    pub on_map: String,
}

/// Coordinates are on the map, and nothing says where the raster lies.
#[derive(Debug, thiserror::Error)]
#[error("{message}\n\nhint: {hint}")]
pub struct WithoutPlace {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// Whether a CRS alone would give the raster a place.
    pub has_transform: bool,
}
