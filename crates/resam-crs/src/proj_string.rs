//! PROJ strings, converted to the form that `proj4rs` computes with.
//!
//! `proj4rs` follows the projections of PROJ, but differs elsewhere: it searches grid files on the
//! disk, relates Web Mercator to WGS 84 with a null grid, and accepts `nan` as a number. These
//! cases are handled here when the string is read.

use proj4rs::Proj;
use proj4rs::errors::Error;

use crate::error::CrsError;

/// The longest accepted string, in bytes.
const LONGEST: usize = 4096;

/// Parameters that do not change coordinates.
const WITHOUT_MEANING: [&str; 9] = [
    "no_defs",
    "wktext",
    "type",
    "title",
    "vunits",
    "vto_meter",
    "geoidgrids",
    "geoid_crs",
    "no_uncertainty",
];

/// The mean shift of NAD27 over the conterminous United States, good to about 10 metres; PROJ
/// takes grids where it has them.
const NAD27_SHIFT: &str = "-8,160,176";

/// The parameters of a PROJ string for the computation: each key once, sorted by key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProjString {
    parameters: Vec<(String, Option<String>)>,
}

/// The relation of a datum to WGS 84.
#[derive(PartialEq)]
enum Tie {
    /// WGS 84, or a datum that is equal to it on a map.
    Wgs84,
    /// A Helmert shift to WGS 84.
    Shift(String),
    /// Unknown.
    Nothing(String),
}

impl ProjString {
    /// Whether a text looks like a PROJ string.
    pub(crate) fn looks_like(text: &str) -> bool {
        text.starts_with('+') || text.starts_with("proj=") || text.starts_with("init=")
    }

    /// The EPSG code of the old form `+init=epsg:4326`.
    pub(crate) fn init_code(text: &str) -> Option<u32> {
        let (_, rest) = text.split_once("init=")?;
        let (authority, code) = rest.split_whitespace().next()?.split_once(':')?;
        authority
            .eq_ignore_ascii_case("epsg")
            .then(|| code.parse().ok())?
    }

    /// The parameters of a text of the caller's: a datum that it does not name is unknown.
    pub(crate) fn read(name: &str, text: &str) -> Result<Self, CrsError> {
        Self::settled(name, text, false)
    }

    /// The parameters of an entry of the registry: its datums on the ellipsoids of GRS 80 and WGS
    /// 84 are equal to WGS 84 on a map where no shift is said.
    pub(crate) fn registered(entry: &crs_definitions::Def) -> Result<Self, CrsError> {
        let name = format!("EPSG:{}", entry.code);
        Self::settled(&name, &crate::epsg::proj_string(entry), true)
    }

    fn settled(name: &str, text: &str, is_registered: bool) -> Result<Self, CrsError> {
        let refuse = |problem: String| CrsError::Parameter {
            name: name.to_owned(),
            problem,
        };
        if text.len() > LONGEST {
            return Err(refuse(format!(
                "a PROJ string of {} bytes, more than {LONGEST}",
                text.len()
            )));
        }
        let mut read = Self {
            parameters: Vec::new(),
        };
        for token in text.split_whitespace() {
            let token = token.strip_prefix('+').unwrap_or(token);
            let (key, value) = match token.split_once('=') {
                Some((key, value)) => (key, Some(value)),
                None => (token, None),
            };
            let is_key = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if key.is_empty() || !key.chars().all(is_key) || value == Some("") {
                return Err(refuse(format!(
                    "`{}` is no parameter",
                    crate::crs::shown(token)
                )));
            }
            // `proj4rs` accepts the words for NaN and infinity as numbers.
            if value.is_some_and(|value| value.parse::<f64>().is_ok_and(|value| !value.is_finite()))
            {
                return Err(refuse(format!("`{key}` is not a finite number")));
            }
            if !WITHOUT_MEANING.contains(&key) && !read.has(key) {
                let value = value.map(ToOwned::to_owned);
                read.parameters.push((key.to_owned(), value));
            }
        }
        read.settle_projection(name)?;
        read.settle_units(name)?;
        read.settle_datum(name, is_registered)?;
        read.parameters.sort();
        Ok(read)
    }

    /// The value of a parameter that has one.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let (_, value) = self.parameters.iter().find(|(at, _)| at == key)?;
        value.as_deref()
    }

    /// The value of a parameter that is a plain number.
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        self.get(key)?.parse().ok()
    }

    /// Whether a parameter is there, with a value or without.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.parameters.iter().any(|(at, _)| at == key)
    }

    /// The keys, in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(|(key, _)| &**key)
    }

    /// The projection of `proj4rs` for these parameters.
    pub(crate) fn build(&self, name: &str) -> Result<Proj, CrsError> {
        Proj::from_proj_string(&self.text()).map_err(|error| match error {
            Error::ProjectionNotFound => CrsError::UnsupportedProjection {
                name: name.to_owned(),
                projection: self.get("proj").unwrap_or_default().to_owned(),
            },
            Error::NoValueParameter(key) | Error::ParameterValueError(key) => CrsError::Parameter {
                name: name.to_owned(),
                problem: format!("the parameter `{key}` lacks a proper value"),
            },
            error => CrsError::Parameter {
                name: name.to_owned(),
                problem: error.to_string(),
            },
        })
    }

    /// Longitude and latitude on the same datum.
    pub(crate) fn geographic_base(&self) -> Self {
        let mut base = self.clone();
        base.parameters
            .retain(|(key, _)| is_of_datum(key) || key == "pm");
        base.set("proj", "longlat");
        base.parameters.sort();
        base
    }

    /// The same projection on the ellipsoid and the datum of `other`.
    pub(crate) fn tied_as(&self, other: &Self) -> Self {
        let mut tied = self.clone();
        tied.parameters.retain(|(key, _)| !is_of_datum(key));
        let of_other = other.parameters.iter().filter(|(key, _)| is_of_datum(key));
        tied.parameters.extend(of_other.cloned());
        tied.parameters.sort();
        tied
    }

    /// Ellipsoid, datum and prime meridian, as PROJ writes them.
    pub(crate) fn datum_text(&self) -> String {
        self.words(|key| is_of_datum(key) || key == "pm")
    }

    /// The same without the prime meridian.
    pub(crate) fn datum_text_without_meridian(&self) -> String {
        self.words(is_of_datum)
    }

    fn words(&self, wanted: impl Fn(&str) -> bool) -> String {
        let mut kept = self.clone();
        kept.parameters.retain(|(key, _)| wanted(key));
        kept.to_string()
    }

    /// The same in another unit, of so many metres.
    pub(crate) fn with_unit(&self, metres: f64) -> Self {
        let mut other = self.clone();
        other.remove(&["units"]);
        other.set("to_meter", &metres.to_string());
        other.parameters.sort();
        other
    }

    /// Whether both are on the same ellipsoid, to a centimetre.
    pub(crate) fn same_ellipsoid(&self, other: &Self) -> bool {
        let axes = |parameters: &Self| {
            let proj = parameters.geographic_base().build("").ok()?;
            Some(proj.ellipse_parameters())
        };
        match (axes(self), axes(other)) {
            (Some((a, b)), Some((c, d))) => (a - c).abs() < 0.01 && (b - d).abs() < 0.01,
            _ => false,
        }
    }

    /// Whether the two are on datums between which no shift is needed.
    pub(crate) fn same_datum(&self, other: &Self) -> bool {
        self.tie() == other.tie()
    }

    /// Whether the relation of the datum to WGS 84 is known.
    pub(crate) fn is_tied(&self) -> bool {
        !matches!(self.tie(), Tie::Nothing(_))
    }

    /// The EPSG code of a definition that is equivalent to the registry's definition of that code.
    pub(crate) fn registered_code(&self) -> Option<u32> {
        let only = |known: &[&str]| {
            self.parameters
                .iter()
                .all(|(key, _)| known.contains(&&**key))
        };
        let metres = self.get("units").is_none_or(|units| units == "m") && !self.has("to_meter");
        let datum = self.get("datum")?;
        let (geographic, north, south) = match datum {
            "WGS84" => (4326, 32_600, Some(32_700)),
            "NAD83" => (4269, 26_900, None),
            _ => return None,
        };
        match self.get("proj")? {
            "longlat" if only(&["proj", "datum"]) => Some(geographic),
            "webmerc" if only(&["proj", "datum", "units"]) && metres => Some(3857),
            "utm" | "tmerc" if metres => {
                let (zone, is_south) = self.utm_zone(&only)?;
                let base = if is_south { south? } else { north };
                // NAD83 has codes for zones 1 to 23 only.
                (datum == "WGS84" || zone <= 23).then_some(base + zone)
            }
            _ => None,
        }
    }

    /// The UTM zone, and whether it is in the south, of `utm` or of `tmerc` with the parameters of
    /// a zone.
    fn utm_zone(&self, only: &dyn Fn(&[&str]) -> bool) -> Option<(u32, bool)> {
        if self.get("proj") == Some("utm") {
            let zone = self.get("zone")?.parse().ok()?;
            let known = only(&["proj", "datum", "units", "zone", "south"]);
            return (known && (1..=60).contains(&zone)).then_some((zone, self.has("south")));
        }
        let is = |key, default: f64, wanted: f64| {
            (!self.has(key) && default == wanted) || self.number(key) == Some(wanted)
        };
        let known = [
            "proj", "datum", "units", "lat_0", "lon_0", "k", "k_0", "x_0", "y_0",
        ];
        let scaled = self.number("k").or_else(|| self.number("k_0")) == Some(0.9996);
        if !(only(&known) && scaled && is("lat_0", 0.0, 0.0) && is("x_0", 0.0, 500_000.0)) {
            return None;
        }
        let south = is("y_0", 0.0, 10_000_000.0);
        let zone = (self.number("lon_0").unwrap_or(0.0) + 183.0) / 6.0;
        ((south || is("y_0", 0.0, 0.0)) && zone.fract() == 0.0 && (1.0..=60.0).contains(&zone))
            .then_some((zone as u32, south))
    }

    fn set(&mut self, key: &str, value: &str) {
        self.parameters.retain(|(at, _)| at != key);
        self.parameters
            .push((key.to_owned(), Some(value.to_owned())));
    }

    fn remove(&mut self, keys: &[&str]) {
        self.parameters.retain(|(at, _)| !keys.contains(&&**at));
    }

    fn settle_projection(&mut self, name: &str) -> Result<(), CrsError> {
        let projection = self
            .get("proj")
            .ok_or_else(|| CrsError::Parameter {
                name: name.to_owned(),
                problem: "the parameter `proj` is missing".to_owned(),
            })?
            .to_ascii_lowercase();
        match &*projection {
            "latlong" | "latlon" | "lonlat" | "longlat" => self.set("proj", "longlat"),
            "geocent" | "cart" => {
                return Err(CrsError::NotHorizontal {
                    name: name.to_owned(),
                    kind: "geocentric",
                });
            }
            "webmerc" => self.set_web_mercator(),
            "merc" if self.is_web_mercator() => self.set_web_mercator(),
            _ => self.set("proj", &projection),
        }
        if self
            .get("axis")
            .is_some_and(|axis| axis == "enu" || axis == "neu")
        {
            // x is east and y is north here, whatever the order.
            self.remove(&["axis"]);
        }
        Ok(())
    }

    /// The sphere with the equatorial radius and a null grid: the old way to write Web Mercator.
    fn is_web_mercator(&self) -> bool {
        let is = |key, wanted: f64| self.number(key).is_none_or(|value| value == wanted);
        let sphere = [self.number("a"), self.number("b").or(self.number("a"))]
            == [Some(6_378_137.0); 2]
            || self.number("R") == Some(6_378_137.0);
        sphere
            && self.get("nadgrids") == Some("@null")
            && is("lat_ts", 0.0)
            && is("k", 1.0)
            && is("k_0", 1.0)
    }

    /// Web Mercator projects the longitudes and latitudes of WGS 84 as if they were on a sphere.
    fn set_web_mercator(&mut self) {
        self.remove(&[
            "a", "b", "R", "ellps", "nadgrids", "towgs84", "lat_ts", "lat_0", "k", "k_0",
        ]);
        for key in ["lon_0", "x_0", "y_0"] {
            if self.number(key) == Some(0.0) {
                self.remove(&[key]);
            }
        }
        self.set("proj", "webmerc");
        self.set("datum", "WGS84");
    }

    /// Checks units: they must be positive, and may be fractions as in PROJ.
    fn settle_units(&mut self, name: &str) -> Result<(), CrsError> {
        let Some(text) = self.get("to_meter").filter(|_| !self.has("units")) else {
            self.remove(&["to_meter"]);
            return Ok(());
        };
        let metres = match text.split_once('/') {
            Some((over, under)) => over
                .parse::<f64>()
                .and_then(|over| under.parse::<f64>().map(|under| over / under)),
            None => text.parse(),
        };
        match metres {
            Ok(metres) if metres.is_finite() && metres > 0.0 => {
                self.set("to_meter", &metres.to_string());
                Ok(())
            }
            _ => Err(CrsError::Parameter {
                name: name.to_owned(),
                problem: format!("`to_meter` is `{}`", crate::crs::shown(text)),
            }),
        }
    }

    /// Replaces grids by shifts, and relates the registry's datums on the GRS 80 and WGS 84
    /// ellipsoids to WGS 84.
    fn settle_datum(&mut self, name: &str, is_registered: bool) -> Result<(), CrsError> {
        if let Some(grids) = self.get("nadgrids").map(ToOwned::to_owned) {
            let first = grids.split(',').next().unwrap_or_default().trim();
            let untied = !self.has("towgs84") && !self.has("datum");
            if untied && !first.starts_with('@') && first != "null" {
                return Err(CrsError::Grid {
                    name: name.to_owned(),
                    grid: crate::crs::shown(first),
                });
            }
            self.remove(&["nadgrids"]);
            if untied && first.ends_with("null") {
                self.set("towgs84", "0,0,0");
            }
        }
        let datum = self.get("datum");
        if datum.is_some_and(|datum| datum.eq_ignore_ascii_case("NAD27")) {
            if !self.has("towgs84") {
                self.set("towgs84", NAD27_SHIFT);
            }
            self.remove(&["datum"]);
            if !self.has("ellps") {
                self.set("ellps", "clrk66");
            }
        }
        let spheroid = ["a", "R", "rf", "f", "es", "e", "b"];
        let of_today = match self.get("ellps") {
            Some(ellipsoid) => matches!(ellipsoid, "WGS84" | "GRS80"),
            None => self.is_of_today(),
        } && (self.has("ellps") || spheroid.iter().any(|key| self.has(key)));
        if is_registered && of_today && !self.has("towgs84") && !self.has("datum") {
            self.set("towgs84", "0,0,0");
        }
        // A CRS without an ellipsoid is on GRS 80, as PROJ has it, and on no known datum.
        let silent = !self.has("ellps") && !spheroid.iter().any(|key| self.has(key));
        if silent && !self.has("datum") {
            self.set("ellps", "GRS80");
        }
        Ok(())
    }

    /// Whether half axis and flattening are those of GRS 80 or WGS 84.
    fn is_of_today(&self) -> bool {
        let polar = match (self.number("b"), self.number("rf")) {
            (Some(polar), _) => polar,
            (None, Some(inverse)) => 6_378_137.0 * (1.0 - 1.0 / inverse),
            (None, None) => return false,
        };
        self.number("a") == Some(6_378_137.0) && (polar - 6_356_752.314).abs() < 0.001
    }

    fn tie(&self) -> Tie {
        let mut ellipsoid = String::new();
        for key in ["ellps", "a", "b", "rf", "R"] {
            if let Some(value) = self.get(key) {
                ellipsoid += &format!("{key}={value} ");
            }
        }
        match (self.get("datum"), self.get("towgs84")) {
            (_, Some(shift)) => {
                let none = shift
                    .split(',')
                    .all(|part| part.trim().parse::<f64>() == Ok(0.0));
                let of_today = self.is_of_today()
                    || self
                        .get("ellps")
                        .is_none_or(|ellipsoid| matches!(ellipsoid, "WGS84" | "GRS80"));
                if none && of_today {
                    Tie::Wgs84
                } else {
                    Tie::Shift(ellipsoid + shift)
                }
            }
            (Some("WGS84" | "NAD83"), None) => Tie::Wgs84,
            (Some(datum), None) => Tie::Shift(datum.to_owned()),
            (None, None) => Tie::Nothing(ellipsoid),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (key, value) in &self.parameters {
            text += &match value {
                Some(value) => format!("+{key}={value} "),
                None => format!("+{key} "),
            };
        }
        text
    }
}

/// The text for `proj4rs`.
impl std::fmt::Display for ProjString {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.text().trim_end())
    }
}

/// Whether a parameter belongs to the ellipsoid or the datum.
fn is_of_datum(key: &str) -> bool {
    let keys = ["a", "b", "rf", "f", "es", "e", "ellps", "datum", "towgs84"];
    keys.contains(&key) || key.starts_with('R')
}
