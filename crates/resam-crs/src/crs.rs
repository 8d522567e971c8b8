//! A coordinate reference system with its name, PROJ string and WKT.

use std::fmt;
use std::sync::Arc;

use proj4rs::Proj;

use crate::error::CrsError;
use crate::proj_string::ProjString;
use crate::{epsg, esri, wkt};

/// The most characters of an invalid text that a message repeats.
const SHOWN: usize = 60;

/// A geographic or projected coordinate reference system. A clone shares its data.
///
/// Two are equal if they have the same code. If one has no code, or one of another authority, they
/// are equal if they have the same parameters.
#[derive(Clone)]
pub struct Crs(Arc<Definition>);

/// Who gave a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Authority {
    Epsg,
    Esri,
}

impl Authority {
    fn name(self) -> &'static str {
        match self {
            Self::Epsg => "EPSG",
            Self::Esri => "ESRI",
        }
    }
}

struct Definition {
    code: Option<(Authority, u32)>,
    name: String,
    proj_string: String,
    wkt: Wkt,
    parameters: ProjString,
    proj: Proj,
    /// Half axes of the ellipsoid in metres: equatorial, polar. Some projections are computed on a
    /// sphere, but their longitudes and latitudes are still those of the ellipsoid.
    ellipsoid: (f64, f64),
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
        let entry = epsg::find(code).ok_or(CrsError::UnknownCode {
            authority: "EPSG",
            code,
        })?;
        let name =
            wkt::name(entry.wkt).map_or_else(|| format!("EPSG:{}", entry.code), ToOwned::to_owned);
        if let Some(unit) = epsg::unit_other_than_degrees(&entry) {
            return Err(CrsError::NotDegrees { name, unit });
        }
        let code = Some((Authority::Epsg, u32::from(entry.code)));
        let parameters = ProjString::registered(&entry)?;
        let proj_string = epsg::proj_string(&entry).trim().to_owned();
        Self::build(
            code,
            name,
            proj_string,
            parameters,
            Wkt::Registered(entry.wkt),
        )
    }

    /// The CRS with this code in the registry of ESRI, such as 54009 for Mollweide. A code that
    /// ESRI has from EPSG gives the CRS of EPSG.
    ///
    /// # Errors
    /// As [`Crs::from_epsg`].
    pub fn from_esri(code: u32) -> Result<Self, CrsError> {
        let Some(entry) = esri::find(code).filter(|_| !epsg::is_web_mercator(code)) else {
            return Self::from_epsg(code).map_err(|error| match error {
                CrsError::UnknownCode { authority: _, code } => CrsError::UnknownCode {
                    authority: "ESRI",
                    code,
                },
                error => error,
            });
        };
        let own = Some((Authority::Esri, code));
        let name = entry.name().to_owned();
        match entry {
            esri::Entry::Projected {
                base: (authority, base),
                projection,
                ..
            } => {
                let base = match authority {
                    "EPSG" => Self::from_epsg(base)?,
                    _ => Self::from_esri(base)?,
                };
                Self::on_base(own, &name, &base, projection)
            }
            esri::Entry::Geographic {
                numbers: [axis, flattening, meridian],
                datum,
                ..
            } => {
                let ellipsoid = if flattening == "0" {
                    format!("+R={axis}")
                } else {
                    format!("+a={axis} +rf={flattening}")
                };
                let mut text = format!("+proj=longlat {ellipsoid}");
                // The datum may be one of EPSG, whose shift is known.
                let parameters = ProjString::read(&name, &text)?;
                if let Some(known) = epsg::geographic_on(datum)
                    && let Ok(known) = ProjString::registered(&known)
                    && known.same_ellipsoid(&parameters)
                {
                    text = format!("+proj=longlat {}", known.datum_text());
                }
                if meridian != "0" {
                    text += &format!(" +pm={meridian}");
                }
                let parameters = ProjString::read(&name, &text)?;
                Self::build(own, name, text, parameters, Wkt::Made)
            }
        }
    }

    /// A projection, as PROJ writes it without a datum, on the datum of a geographic CRS.
    ///
    /// # Errors
    /// As [`Crs::from_proj`].
    pub fn projected_on(base: &Self, name: &str, projection: &str) -> Result<Self, CrsError> {
        Self::on_base(None, name, base, projection)
    }

    fn on_base(
        code: Option<(Authority, u32)>,
        name: &str,
        base: &Self,
        projection: &str,
    ) -> Result<Self, CrsError> {
        let text = format!("{projection} {}", base.parameters().datum_text());
        let parameters = ProjString::read(name, &text)?;
        if code.is_none()
            && let Some(known) = parameters.registered_code()
        {
            return Self::from_epsg(known);
        }
        Self::build(code, name.to_owned(), text, parameters, Wkt::Made)
    }

    /// A geographic CRS on the datum with this EPSG code, such as 6326 for WGS 84.
    pub fn on_datum(code: u32) -> Option<Self> {
        Self::from_epsg(epsg::geographic_on_datum(code)?).ok()
    }

    /// The same CRS with coordinates in another unit of so many metres, which no registry has.
    ///
    /// # Errors
    /// When the CRS is geographic, or the unit is no positive number.
    pub fn with_unit(&self, metres: f64) -> Result<Self, CrsError> {
        let refuse = |problem: String| CrsError::Parameter {
            name: self.name().to_owned(),
            problem,
        };
        if self.is_geographic() {
            return Err(refuse("a unit of length for degrees".to_owned()));
        }
        if !(metres.is_finite() && metres > 0.0) {
            return Err(refuse(format!("its unit is {metres} m")));
        }
        let name = format!("{} in units of {metres} m", self.name());
        let text = self.parameters().with_unit(metres).to_string();
        let parameters = ProjString::read(&name, &text)?;
        Self::build(None, name, text, parameters, Wkt::Made)
    }

    /// The CRS with this code in the registry of an authority, in upper or lower case; `None` if
    /// the authority is not known here.
    pub fn of_authority(authority: &str, code: u32) -> Option<Result<Self, CrsError>> {
        match &*authority.to_ascii_lowercase() {
            "epsg" => Some(Self::from_epsg(code)),
            "esri" => Some(Self::from_esri(code)),
            _ => None,
        }
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
        if let Some((authority, code)) = epsg::code_in(text) {
            return match authority {
                "esri" => Self::from_esri(code),
                _ => Self::from_epsg(code),
            };
        }
        if ProjString::looks_like(text) {
            return match ProjString::init_code(text) {
                Some(code) => Self::from_epsg(code),
                None => Self::from_proj("user-defined CRS", text),
            };
        }
        if wkt::looks_like(text) {
            return Self::from_wkt(text);
        }
        Err(CrsError::NotUnderstood { text: shown(text) })
    }

    /// Well-known text is believed whole: its parameters count, and its code, or the registry's
    /// code for its name, only if it has the same parameters.
    fn from_wkt(text: &str) -> Result<Self, CrsError> {
        let read = wkt::read(text)?;
        let coded = match read.code {
            Some(("EPSG", code)) => Self::from_epsg(code).ok(),
            Some((_, code)) => Self::from_esri(code).ok(),
            None => None,
        };
        let named = || match esri::named(&read.name)? {
            ("EPSG", code) => Self::from_epsg(code).ok(),
            (_, code) => Self::from_esri(code).ok(),
        };
        let given = read.is_wkt1.then(|| text.to_owned());
        let own = read
            .proj_string()
            .and_then(|proj| Self::from_proj_and_wkt(&read.name, &proj, given));
        match (own, coded) {
            (Ok(own), coded) => {
                let registered = coded.filter(|crs| crs.agrees_with(&own));
                let registered = registered.or_else(|| named().filter(|crs| crs.agrees_with(&own)));
                Ok(registered.unwrap_or(own))
            }
            // A projection whose name is not known here, and a code that is.
            (Err(CrsError::UnsupportedProjection { .. }), Some(coded)) => Ok(coded),
            (Err(error), _) => Err(error),
        }
    }

    /// WGS 84 in degrees, longitude first: EPSG:4326 with the axes of `OGC:CRS84`.
    pub fn wgs84() -> Self {
        Self::from_epsg(4326).expect("EPSG:4326 is in the registry")
    }

    /// The EPSG code, if it has one.
    pub fn epsg(&self) -> Option<u32> {
        match self.0.code {
            Some((Authority::Epsg, code)) => Some(code),
            _ => None,
        }
    }

    /// The code with its authority, `EPSG` or `ESRI`, if it has one.
    pub fn authority_code(&self) -> Option<(&'static str, u32)> {
        self.0
            .code
            .map(|(authority, code)| (authority.name(), code))
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
                let text = wkt::write(self.name(), &self.0.parameters, self.ellipsoid(), meridian);
                match (self.authority_code(), text.strip_suffix(']')) {
                    (Some((authority, code)), Some(open)) => {
                        format!(r#"{open},AUTHORITY["{authority}","{code}"]]"#)
                    }
                    _ => text,
                }
            }
        }
    }

    /// Longitude and latitude on the same datum.
    pub(crate) fn geographic_base(&self) -> Result<Self, CrsError> {
        let base = self.0.parameters.geographic_base();
        let name = format!("longitude and latitude of {}", self.name());
        Self::build(None, name, base.to_string(), base, Wkt::Made)
    }

    /// The same CRS with the relation to WGS 84 of `other`, if both are on the same datum.
    pub(crate) fn tied_as(&self, other: &Self) -> Result<Self, CrsError> {
        let (own, others) = (self.datum_name(), other.datum_name());
        let parameters = &self.0.parameters;
        if own.is_none() || own != others || parameters.same_datum(&other.0.parameters) {
            return Ok(self.clone());
        }
        let tied = parameters.tied_as(&other.0.parameters);
        let name = self.name().to_owned();
        Self::build(self.0.code, name, tied.to_string(), tied, Wkt::Made)
    }

    /// The realization of NAD83 that the name says. They differ from each other and from WGS 84 by
    /// a metre or two, which no parameter says.
    pub(crate) fn realization(&self) -> Option<&'static str> {
        let name = crate::methods::plain(self.name());
        let (_, behind) = name
            .split_once("nad83")
            .or_else(|| name.split_once("nad1983"))?;
        let known = [
            "harn", "csrs", "cors96", "nsrs2007", "2011", "pa11", "ma11", "fbn",
        ];
        known.into_iter().find(|known| behind.starts_with(known))
    }

    /// The registry's definition.
    pub(crate) fn registered_wkt(&self) -> Option<&'static str> {
        match &self.0.wkt {
            Wkt::Registered(text) => Some(text),
            Wkt::Given(_) | Wkt::Made => None,
        }
    }

    /// The name of the datum, if the registry has it.
    fn datum_name(&self) -> Option<&str> {
        self.registered_wkt().and_then(wkt::datum_name)
    }

    /// Half axes of the ellipsoid in metres: equatorial, polar.
    pub fn ellipsoid(&self) -> (f64, f64) {
        self.0.ellipsoid
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
        let proj_string = proj_string.trim().to_owned();
        Self::build(None, name.to_owned(), proj_string, parameters, wkt)
    }

    fn build(
        code: Option<(Authority, u32)>,
        name: String,
        proj_string: String,
        parameters: ProjString,
        wkt: Wkt,
    ) -> Result<Self, CrsError> {
        let proj = parameters.build(&name)?;
        let base = parameters.geographic_base().build(&name)?;
        Ok(Self(Arc::new(Definition {
            code,
            name,
            proj_string,
            wkt,
            ellipsoid: base.ellipse_parameters(),
            parameters,
            proj,
        })))
    }
}

impl PartialEq for Crs {
    fn eq(&self, other: &Self) -> bool {
        match (self.0.code, other.0.code) {
            (Some(one), Some(another)) if one.0 == another.0 => one.1 == another.1,
            _ => self.0.parameters == other.0.parameters,
        }
    }
}

impl fmt::Debug for Crs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Crs")
            .field("code", &self.0.code)
            .field("name", &self.0.name)
            .field("proj_string", &self.0.proj_string)
            .finish()
    }
}

/// `WGS 84 / UTM zone 36N (EPSG:32636)`, or the name alone.
impl fmt::Display for Crs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())?;
        match self.authority_code() {
            Some((authority, code)) => write!(formatter, " ({authority}:{code})"),
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
