//! The EPSG registry: codes in their usual spellings, and their definitions.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use crs_definitions::Def;

use crate::wkt;

/// Codes of other registries and old codes that are used for Web Mercator.
const WEB_MERCATOR: [u32; 4] = [900_913, 102_100, 102_113, 3785];

/// Whether a code is one of other registries for Web Mercator.
pub(crate) fn is_web_mercator(code: u32) -> bool {
    WEB_MERCATOR.contains(&code)
}

/// The registry's entry for a code.
pub(crate) fn find(code: u32) -> Option<Def> {
    let code = if WEB_MERCATOR.contains(&code) {
        3857
    } else {
        code
    };
    crs_definitions::from_code(u16::try_from(code).ok()?)
}

/// The PROJ string of an entry, corrected where PROJ and the entry's own WKT differ from it.
pub(crate) fn proj_string(entry: &Def) -> Cow<'static, str> {
    let (text, wkt) = (entry.proj4, entry.wkt);
    if wkt.contains("+nadgrids=@null") && !text.contains("+nadgrids=@null") {
        // Web Mercator with heights.
        return Cow::Borrowed(crs_definitions::EPSG_3857.proj4);
    }
    if wkt.contains("AXIS[\"X\",SOUTH],AXIS[\"Y\",WEST]") && !text.contains("+axis=") {
        return Cow::Owned(format!("{text} +axis=swu"));
    }
    match entry.code {
        // On the sphere of the same area.
        3973..=3975 => return Cow::Owned(format!("{text} +R_A")),
        // The false easting is in chains where PROJ wants metres.
        3167 => return Cow::Owned(text.replace("+x_0=40000 ", "+x_0=804670.24 ")),
        _ => {}
    }
    // PROJ's `clrk80` is another variant of Clarke 1880 than the entry's, which differs by up to a
    // decimetre.
    if text.contains("+ellps=clrk80 ") && wkt.contains("6378249.145,293.465,") {
        return Cow::Owned(text.replace("+ellps=clrk80 ", "+a=6378249.145 +rf=293.465 "));
    }
    Cow::Borrowed(text)
}

/// The unit of a geographic CRS if it is not the degree; PROJ strings do not give it.
pub(crate) fn unit_other_than_degrees(entry: &Def) -> Option<String> {
    if !entry.proj4.contains("+proj=longlat") || entry.wkt.contains("UNIT[\"degree\"") {
        return None;
    }
    let (_, unit) = entry.wkt.split_once("UNIT[\"")?;
    Some(unit.split('"').next()?.to_owned())
}

/// The code in a text such as `EPSG:4326`, `4326`, `OGC:CRS84`, a URN or a URL.
pub(crate) fn code_in(text: &str) -> Option<(&'static str, u32)> {
    let lower = text.to_ascii_lowercase();
    let named = lower
        .strip_prefix("urn:ogc:def:crs:")
        .or_else(|| lower.strip_prefix("urn:x-ogc:def:crs:"))
        .or_else(|| lower.strip_prefix("http://www.opengis.net/def/crs/"))
        .or_else(|| lower.strip_prefix("https://www.opengis.net/def/crs/"))
        .unwrap_or(&lower);
    let mut parts = named.split([':', '/']).map(str::trim);
    let first = parts.next()?;
    let last = parts.next_back();
    match (first, last) {
        ("epsg", Some(code)) => Some(("epsg", code.parse().ok()?)),
        ("esri", Some(code)) => Some(("esri", code.parse().ok()?)),
        ("ogc" | "crs", Some(code)) => Some(("epsg", ogc_code(code)?)),
        (code, None) => {
            let code: u32 = code.parse().ok().or_else(|| ogc_code(code))?;
            // Codes of six digits are ESRI's; EPSG has none.
            Some((if code >= 100_000 { "esri" } else { "epsg" }, code))
        }
        _ => None,
    }
}

/// The EPSG codes of OGC's names with longitude before latitude.
fn ogc_code(name: &str) -> Option<u32> {
    match name {
        "crs84" | "84" | "wgs84" | "wgs 84" => Some(4326),
        "crs83" | "83" => Some(4269),
        "crs27" | "27" => Some(4267),
        _ => None,
    }
}

/// The geographic CRS on a datum, for WKT that names the datum and gives no code.
///
/// Names are compared without case, punctuation and the `D_` that ESRI puts before them.
pub(crate) fn geographic_on(datum: &str) -> Option<Def> {
    static CODES: OnceLock<HashMap<String, u16>> = OnceLock::new();
    let codes = CODES.get_or_init(|| {
        let mut codes = HashMap::new();
        for entry in (4001..=9999_u16).filter_map(crs_definitions::from_code) {
            let on_greenwich = !entry.proj4.contains("+pm=");
            if entry.wkt.starts_with("GEOGCS[")
                && on_greenwich
                && let Some(datum) = wkt::datum_name(entry.wkt)
            {
                codes.entry(plain(datum)).or_insert(entry.code);
            }
        }
        codes
    });
    let known = codes.get(&plain(datum)).copied();
    crs_definitions::from_code(known.or_else(|| crate::esri::datum_named(datum))?)
}

/// The code of a geographic CRS on the datum with a code.
pub(crate) fn geographic_on_datum(code: u32) -> Option<u32> {
    static CODES: OnceLock<HashMap<u32, u16>> = OnceLock::new();
    let codes = CODES.get_or_init(|| {
        let mut codes = HashMap::new();
        for entry in (3800..=10_000_u16).filter_map(crs_definitions::from_code) {
            if entry.wkt.starts_with("GEOGCS[")
                && unit_other_than_degrees(&entry).is_none()
                && let Some(datum) = wkt::code_of_part(entry.wkt, "DATUM")
            {
                codes.entry(datum).or_insert(entry.code);
            }
        }
        codes
    });
    codes.get(&code).map(|&code| code.into())
}

/// A datum's name fit for comparison.
fn plain(datum: &str) -> String {
    let name: String = datum
        .strip_prefix("D_")
        .unwrap_or(datum)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect();
    match &*name {
        "worldgeodeticsystem1984" | "worldgeodeticsystem1984ensemble" | "wgs84" => {
            "wgs1984".to_owned()
        }
        "northamerican1983" => "northamericandatum1983".to_owned(),
        "northamerican1927" => "northamericandatum1927".to_owned(),
        "etrs1989" | "europeanterrestrialreferencesystem1989ensemble" => {
            "europeanterrestrialreferencesystem1989".to_owned()
        }
        "rgf1993" | "reseaugeodesiquefrancais1993v1" => "reseaugeodesiquefrancais1993".to_owned(),
        "ordnancesurveyofgreatbritain1936" => "osgb1936".to_owned(),
        "gda1994" => "geocentricdatumofaustralia1994".to_owned(),
        "gda2020" => "geocentricdatumofaustralia2020".to_owned(),
        "nzgd2000" => "newzealandgeodeticdatum2000".to_owned(),
        _ => name,
    }
}
