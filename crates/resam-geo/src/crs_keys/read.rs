//! From GeoKeys to a CRS.

use std::fmt::Write;

use resam_crs::{Crs, CrsError};

use super::USER_DEFINED;
use super::ellipsoid::{DATUMS, ELLIPSOIDS};
use super::keys::{self, GeoKeys};
use super::method::{
    LAMBERT_ONE_PARALLEL, METHODS, Method, POLAR_STEREOGRAPHIC, TRANSVERSE_MERCATOR, other_keys,
};

const PROJECTED: u32 = 1;
const GEOGRAPHIC: u32 = 2;

/// Whether the georeference is that of pixel centres: `GTRasterTypeGeoKey` is `RasterPixelIsPoint`.
pub(crate) fn pixel_is_point(keys: &GeoKeys) -> bool {
    keys.short(keys::RASTER_TYPE) == Some(2)
}

/// The CRS of the keys; `None` if they describe none. The error is what is not supported.
pub(crate) fn crs_of_keys(keys: &GeoKeys) -> Result<Option<Crs>, String> {
    let has = |key| keys.0.contains_key(&key);
    let model = match keys.short(keys::MODEL_TYPE) {
        Some(model @ 1..) if model != USER_DEFINED => model,
        _ if has(keys::PROJECTED_TYPE) || has(keys::METHOD) => PROJECTED,
        _ if has(keys::GEOGRAPHIC_TYPE) || has(keys::GEODETIC_DATUM) => GEOGRAPHIC,
        _ => return Ok(None),
    };
    match model {
        PROJECTED => projected(keys).map(Some),
        GEOGRAPHIC => geographic(keys).map(Some),
        3 => Err("it is geocentric".to_owned()),
        other => Err(format!("its model type is {other}")),
    }
}

fn projected(keys: &GeoKeys) -> Result<Crs, String> {
    let by_code = code(keys, keys::PROJECTED_TYPE).map(Crs::from_epsg);
    match by_code {
        Some(Ok(crs)) => Ok(crs),
        // An unknown code may be accompanied by its parameters.
        Some(Err(error)) => by_parameters(keys).map_err(|_| reason(&error)),
        None => by_parameters(keys),
    }
}

fn geographic(keys: &GeoKeys) -> Result<Crs, String> {
    if let Some(code) = code(keys, keys::GEOGRAPHIC_TYPE) {
        return Crs::from_epsg(code).map_err(|error| reason(&error));
    }
    let name = keys
        .text(keys::GEOGRAPHIC_CITATION)
        .or(keys.text(keys::CITATION))
        .unwrap_or("user-defined geographic CRS");
    if let Some(units) = keys
        .short(keys::ANGULAR_UNITS)
        .filter(|&units| units != DEGREES)
    {
        return Err(format!("its angles are in the unit {units}"));
    }
    let text = format!("+proj=longlat {} +no_defs", datum(keys)?);
    Crs::from_proj(name, &text).map_err(|error| reason(&error))
}

const DEGREES: u32 = 9102;

/// The code of a key, if it is neither absent nor user-defined.
fn code(keys: &GeoKeys, key: u16) -> Option<u32> {
    keys.short(key)
        .filter(|&code| code != 0 && code != USER_DEFINED)
}

/// The message of an error without its hint.
fn reason(error: &CrsError) -> String {
    let text = error.to_string();
    text.split("\n\n").next().unwrap_or_default().to_owned()
}

/// A projected CRS from its parameters.
fn by_parameters(keys: &GeoKeys) -> Result<Crs, String> {
    let name = keys
        .text(keys::PROJECTED_CITATION)
        .or(keys.text(keys::CITATION))
        .unwrap_or("user-defined projected CRS");
    let unit = linear_unit(keys)?;
    let mut text = match code(keys, keys::PROJECTION).and_then(utm) {
        Some(utm) => utm,
        None => method_text(keys, unit)?,
    };
    write!(text, " {}", datum(keys)?).ok();
    if unit == 1.0 {
        text.push_str(" +units=m");
    } else {
        write!(text, " +to_meter={unit}").ok();
    }
    text.push_str(" +no_defs");
    Crs::from_proj(name, &text).map_err(|error| reason(&error))
}

/// The PROJ string of a UTM projection, by its EPSG code.
fn utm(code: u32) -> Option<String> {
    match code {
        16001..=16060 => Some(format!("+proj=utm +zone={}", code - 16000)),
        16101..=16160 => Some(format!("+proj=utm +zone={} +south", code - 16100)),
        _ => None,
    }
}

fn method_text(keys: &GeoKeys, unit: f64) -> Result<String, String> {
    let code = keys
        .short(keys::METHOD)
        .ok_or("it names neither a code nor a projection")?;
    let method = METHODS
        .iter()
        .find(|method| method.code == code)
        .ok_or_else(|| format!("its projection method is {code}"))?;
    let mut text = format!("+proj={}", method.proj);
    for &(parameter, usual) in method.parameters {
        let Some(value) = value_of(keys, method, parameter, usual) else {
            continue;
        };
        if !value.is_finite() {
            return Err(format!("its parameter {parameter} is {value}"));
        }
        // GeoTIFF has false eastings in the unit of the CRS, PROJ in metres.
        let value = match parameter {
            "x_0" | "y_0" => value * unit,
            _ => value,
        };
        write!(text, " +{parameter}={value}").ok();
        if method.code == LAMBERT_ONE_PARALLEL && parameter == "lat_0" {
            write!(text, " +lat_1={value}").ok();
        }
        if method.code == POLAR_STEREOGRAPHIC && parameter == "lat_ts" {
            write!(text, " +lat_0={}", 90f64.copysign(value)).ok();
        }
    }
    if method.code == TRANSVERSE_MERCATOR && !text.contains("+lon_0") {
        return Err("its central meridian is missing".to_owned());
    }
    Ok(text)
}

fn value_of(keys: &GeoKeys, method: &Method, parameter: &str, usual: u16) -> Option<f64> {
    let others = other_keys(parameter).iter().copied();
    // The latitude of the origin is no latitude of true scale for other methods.
    let others = others.filter(|&key| {
        parameter != "lat_ts"
            || method.proj == "merc"
            || method.code == POLAR_STEREOGRAPHIC
            || key == usual
    });
    std::iter::once(usual)
        .chain(others)
        .find_map(|key| keys.double(key))
}

fn linear_unit(keys: &GeoKeys) -> Result<f64, String> {
    match keys.short(keys::LINEAR_UNITS) {
        None | Some(0 | 9001) => Ok(1.0),
        Some(9002) => Ok(0.3048),
        Some(9003) => Ok(1200.0 / 3937.0),
        Some(9036) => Ok(1000.0),
        Some(unit) => keys
            .double(keys::LINEAR_UNIT_SIZE)
            .filter(|size| size.is_finite() && *size > 0.0)
            .ok_or_else(|| format!("its linear unit is {unit}")),
    }
}

/// Datum, ellipsoid and prime meridian as PROJ writes them.
fn datum(keys: &GeoKeys) -> Result<String, String> {
    if let Some(code) = code(keys, keys::GEOGRAPHIC_TYPE) {
        let crs = Crs::from_epsg(code).map_err(|error| reason(&error))?;
        let kept = [
            "+datum=",
            "+ellps=",
            "+a=",
            "+b=",
            "+rf=",
            "+R=",
            "+towgs84=",
            "+pm=",
        ];
        let words = crs.proj_string().split_whitespace();
        let words = words.filter(|word| kept.iter().any(|name| word.starts_with(name)));
        return Ok(words.collect::<Vec<_>>().join(" "));
    }
    let mut text = ellipsoid(keys)?;
    if let Some(shift) = keys
        .doubles(keys::TO_WGS84)
        .filter(|shift| matches!(shift.len(), 3 | 7))
    {
        let numbers: Vec<String> = shift.iter().map(f64::to_string).collect();
        write!(text, " +towgs84={}", numbers.join(",")).ok();
    }
    if let Some(degrees) = keys
        .double(keys::PRIME_MERIDIAN_LONGITUDE)
        .filter(|&degrees| degrees != 0.0)
    {
        write!(text, " +pm={degrees}").ok();
    }
    Ok(text)
}

fn ellipsoid(keys: &GeoKeys) -> Result<String, String> {
    if let Some(code) = code(keys, keys::GEODETIC_DATUM)
        && let Some((.., text)) = DATUMS.iter().find(|(datum, ..)| *datum == code)
    {
        return Ok((*text).to_owned());
    }
    let axis = |key| {
        keys.double(key)
            .filter(|metres| metres.is_finite() && *metres > 0.0)
    };
    if let Some(major) = axis(keys::SEMI_MAJOR_AXIS) {
        if let Some(inverse) = keys
            .double(keys::INVERSE_FLATTENING)
            .filter(|inverse| inverse.is_finite())
        {
            // Zero stands for a sphere.
            return Ok(if inverse == 0.0 {
                format!("+a={major} +b={major}")
            } else {
                format!("+a={major} +rf={inverse}")
            });
        }
        return Ok(format!(
            "+a={major} +b={}",
            axis(keys::SEMI_MINOR_AXIS).unwrap_or(major)
        ));
    }
    if let Some(code) = code(keys, keys::ELLIPSOID) {
        return ELLIPSOIDS
            .iter()
            .find(|known| known.code == code)
            .map(|known| format!("+ellps={}", known.proj))
            .ok_or_else(|| format!("its ellipsoid is {code}"));
    }
    Err("it has no datum and no ellipsoid".to_owned())
}
