//! A coordinate reference system with its name, PROJ string and WKT.

use std::fmt;
use std::sync::Arc;

use proj4rs::Proj;

use crate::error::CrsError;
use crate::proj_string::ProjString;
use crate::{epsg, wkt};

/// The most characters of an invalid text that a message repeats.
const SHOWN: usize = 60;

/// A geographic or projected coordinate reference system. A clone shares its data.
///
/// Two are equal if they have the same EPSG code. If one has no code, they are equal if they have
/// the same parameters.
#[derive(Clone)]
pub struct Crs(Arc<Definition>);

struct Definition {
    epsg: Option<u32>,
    name: String,
    proj_string: String,
    wkt: Wkt,
    parameters: ProjString,
    proj: Proj,
}

/// The source of the well-known text.
enum Wkt {
    /// The registry.
    Registered(&'static str),
    /// The WKT 1 from which the CRS was read.
    Given(String),
    /// The parameters: the text is written when it is needed.
    Made,
}

impl Crs {
    /// The CRS with this code in the EPSG registry. Four other codes for Web Mercator (900913,
    /// 102100, 102113, 3785) are accepted as EPSG:3857.
    ///
    /// # Errors
    /// [`CrsError`] when the code is unknown, or when its CRS is not supported: geocentric,
    /// vertical, in gradians, or with an unsupported projection.
    pub fn from_epsg(code: u32) -> Result<Self, CrsError> {
        let entry = epsg::find(code).ok_or(CrsError::UnknownCode { code })?;
        let name =
            wkt::name(entry.wkt).map_or_else(|| format!("EPSG:{}", entry.code), ToOwned::to_owned);
        if let Some(unit) = epsg::unit_other_than_degrees(&entry) {
            return Err(CrsError::NotDegrees { name, unit });
        }
        let code = Some(u32::from(entry.code));
        let proj_string = epsg::proj_string(&entry);
        Self::build(code, name, &proj_string, Wkt::Registered(entry.wkt))
    }

    /// The CRS of a PROJ string. Messages and files use `name`. A string that is equivalent to an
    /// EPSG code (WGS 84, NAD83 and their UTM zones, Web Mercator) gives the CRS of that code with
    /// its own name.
    ///
    /// # Errors
    /// [`CrsError`] when the string is malformed, or needs an unsupported projection or a grid.
    pub fn from_proj(name: &str, proj_string: &str) -> Result<Self, CrsError> {
        Self::from_proj_and_wkt(name, proj_string, None)
    }

    /// Reads a CRS in one of its usual forms: `EPSG:32636`, `32636`, `OGC:CRS84`,
    /// `urn:ogc:def:crs:EPSG::32636`, `http://www.opengis.net/def/crs/EPSG/0/32636`, a PROJ string,
    /// WKT 1 (OGC 01-009) or WKT 2 (ISO 19162). The EPSG code in a WKT is used if it is known, else
    /// the projection parameters.
    ///
    /// # Errors
    /// [`CrsError`] when the text has none of these forms, and as [`Crs::from_epsg`] and
    /// [`Crs::from_proj`].
    pub fn parse(text: &str) -> Result<Self, CrsError> {
        let text = text
            .trim()
            .trim_start_matches('\u{feff}')
            .trim_end_matches('\0');
        if let Some(code) = epsg::code_in(text) {
            return Self::from_epsg(code);
        }
        if ProjString::looks_like(text) {
            return match ProjString::init_code(text) {
                Some(code) => Self::from_epsg(code),
                None => Self::from_proj("user-defined CRS", text),
            };
        }
        if wkt::looks_like(text) {
            let read = wkt::read(text)?;
            // A registered code beats parameters, but an unknown one does not hide them.
            if let Some(code) = read.epsg.filter(|&code| epsg::find(code).is_some()) {
                return Self::from_epsg(code);
            }
            let text = read.is_wkt1.then(|| text.to_owned());
            return Self::from_proj_and_wkt(&read.name, &read.proj_string()?, text);
        }
        Err(CrsError::NotUnderstood { text: shown(text) })
    }

    /// WGS 84 in degrees, longitude first: EPSG:4326 with the axes of `OGC:CRS84`.
    pub fn wgs84() -> Self {
        Self::from_epsg(4326).expect("EPSG:4326 is in the registry")
    }

    /// The EPSG code, if it has one.
    pub fn epsg(&self) -> Option<u32> {
        self.0.epsg
    }

    /// The name, such as `WGS 84 / UTM zone 36N`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether coordinates are longitude and latitude in degrees.
    pub fn is_geographic(&self) -> bool {
        self.0.proj.is_latlong()
    }

    /// Metres in one unit of the coordinates; for a geographic CRS, metres in one degree of the
    /// equator. Grid distances are not ground distances; [`crate::area_and_perimeter`] measures on
    /// the ground.
    pub fn metres_per_unit(&self) -> f64 {
        if self.is_geographic() {
            self.ellipsoid().0.to_radians()
        } else {
            self.0.proj.to_meter()
        }
    }

    /// The PROJ string of the CRS.
    pub fn proj_string(&self) -> &str {
        &self.0.proj_string
    }

    /// WKT 1 (OGC 01-009), which GeoPackage, GDAL and QGIS read: that of the registry, or one
    /// written from the parameters. A projection without a name in WKT 1 is written as an
    /// `EXTENSION` node with the PROJ string, as GDAL does.
    pub fn wkt(&self) -> String {
        match &self.0.wkt {
            Wkt::Registered(text) => (*text).to_owned(),
            Wkt::Given(text) => text.clone(),
            Wkt::Made => {
                // A tenth of a milliarcsecond is a rounding error.
                let meridian = self.0.proj.from_greenwich().to_degrees();
                let meridian = (meridian * 1e11).round() / 1e11;
                wkt::write(self.name(), &self.0.parameters, self.ellipsoid(), meridian)
            }
        }
    }

    /// Longitude and latitude on the same datum.
    pub(crate) fn geographic_base(&self) -> Result<Self, CrsError> {
        let base = self.0.parameters.geographic_base();
        let name = format!("longitude and latitude of {}", self.name());
        Self::build(None, name, &base.to_string(), Wkt::Made)
    }

    /// The same CRS with the relation to WGS 84 of `other`, if both are on the same datum.
    pub(crate) fn tied_as(&self, other: &Self) -> Result<Self, CrsError> {
        let (own, others) = (self.datum_name(), other.datum_name());
        let parameters = &self.0.parameters;
        if own.is_none() || own != others || parameters.same_datum(&other.0.parameters) {
            return Ok(self.clone());
        }
        let tied = parameters.tied_as(&other.0.parameters).to_string();
        Self::build(self.epsg(), self.name().to_owned(), &tied, Wkt::Made)
    }

    /// The name of the datum, if the registry has it.
    fn datum_name(&self) -> Option<&str> {
        match &self.0.wkt {
            Wkt::Registered(text) => wkt::datum_name(text),
            Wkt::Given(_) | Wkt::Made => None,
        }
    }

    /// Half axes of the ellipsoid in metres: equatorial, polar.
    pub(crate) fn ellipsoid(&self) -> (f64, f64) {
        self.0.proj.ellipse_parameters()
    }

    pub(crate) fn proj(&self) -> &Proj {
        &self.0.proj
    }

    pub(crate) fn parameters(&self) -> &ProjString {
        &self.0.parameters
    }

    fn from_proj_and_wkt(
        name: &str,
        proj_string: &str,
        wkt: Option<String>,
    ) -> Result<Self, CrsError> {
        let parameters = ProjString::read(name, proj_string)?;
        if let Some(code) = parameters.registered_code() {
            return Self::from_epsg(code);
        }
        let wkt = wkt.map_or(Wkt::Made, Wkt::Given);
        Self::build(None, name.to_owned(), proj_string, wkt)
    }

    fn build(
        epsg: Option<u32>,
        name: String,
        proj_string: &str,
        wkt: Wkt,
    ) -> Result<Self, CrsError> {
        let parameters = ProjString::read(&name, proj_string)?;
        let proj = parameters.build(&name)?;
        Ok(Self(Arc::new(Definition {
            epsg,
            name,
            proj_string: proj_string.trim().to_owned(),
            wkt,
            parameters,
            proj,
        })))
    }
}

impl PartialEq for Crs {
    fn eq(&self, other: &Self) -> bool {
        match (self.0.epsg, other.0.epsg) {
            (Some(one), Some(another)) => one == another,
            _ => self.0.parameters == other.0.parameters,
        }
    }
}

impl fmt::Debug for Crs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Crs")
            .field("epsg", &self.0.epsg)
            .field("name", &self.0.name)
            .field("proj_string", &self.0.proj_string)
            .finish()
    }
}

/// `WGS 84 / UTM zone 36N (EPSG:32636)`, or the name alone.
impl fmt::Display for Crs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())?;
        match self.epsg() {
            Some(code) => write!(formatter, " (EPSG:{code})"),
            None => Ok(()),
        }
    }
}

/// The beginning of a text, fit for one line of a message.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push_str("...");
    }
    shown
}
