//! From GeoKeys to a CRS.

use std::fmt::Write;

use resam_crs::{Crs, CrsError};

use super::ellipsoid::ELLIPSOIDS;
use super::keys::{self, GeoKeys};
use super::method::{
    LAMBERT_ONE_PARALLEL, METHODS, Method, POLAR_STEREOGRAPHIC, TRANSVERSE_MERCATOR, other_keys,
};
use super::{USER_DEFINED, agree};

const PROJECTED: u32 = 1;
const GEOGRAPHIC: u32 = 2;

/// Whether the georeference is that of pixel centres: `GTRasterTypeGeoKey` is `RasterPixelIsPoint`.
pub(crate) fn pixel_is_point(keys: &GeoKeys) -> bool {
    keys.short(keys::RASTER_TYPE) == Some(2)
}

/// The CRS of the keys; `None` if they describe none. It is believed whole: every key is used, or
/// agrees with what the others say. The error is the key that does not, or what is not supported.
pub(crate) fn crs_of_keys(keys: &GeoKeys) -> Result<Option<Crs>, String> {
    let Some(crs) = stated(keys)? else {
        return Ok(None);
    };
    agree::check(keys, &crs)?;
    let unit = linear_unit(keys)?.filter(|_| !crs.is_geographic());
    match unit {
        // A unit beside a code replaces that of the code, as GDAL has it.
        Some(unit) if (unit / crs.metres_per_unit() - 1.0).abs() > 1e-9 => crs
            .with_unit(unit)
            .map(Some)
            .map_err(|error| reason(&error)),
        _ => Ok(Some(crs)),
    }
}

/// The CRS that codes, parameters or a text say.
fn stated(keys: &GeoKeys) -> Result<Option<Crs>, String> {
    let has = |key| keys.0.contains_key(&key);
    let of_projection = [keys::PROJECTED_TYPE, keys::METHOD, keys::PROJECTION];
    let is_projected = of_projection.into_iter().any(has);
    let text = esri_text(keys);
    let model = keys.short(keys::MODEL_TYPE).unwrap_or(0);
    match model {
        3 => return Err("it is geocentric".to_owned()),
        0..=2 | USER_DEFINED => {}
        other => {
            return Err(format!(
                "its {} is {other}",
                keys::name_of(keys::MODEL_TYPE)
            ));
        }
    }
    let projected_code = code(keys, keys::PROJECTED_TYPE);
    if model == GEOGRAPHIC && (projected_code.is_some() || has(keys::METHOD)) {
        return Err(format!(
            "its {} says geographic, and other keys say a projection",
            keys::name_of(keys::MODEL_TYPE)
        ));
    }
    if let Some(text) = text {
        let crs = Crs::parse(text).map_err(|error| reason(&error))?;
        return match projected_code {
            Some(_) => projected(keys).map(Some),
            None => Ok(Some(crs)),
        };
    }
    match model {
        PROJECTED => projected(keys).map(Some),
        GEOGRAPHIC => geographic(keys).map(Some),
        _ if is_projected => projected(keys).map(Some),
        USER_DEFINED => Err(format!(
            "its {} is user-defined, and no other key says what it is",
            keys::name_of(keys::MODEL_TYPE)
        )),
        _ if has(keys::GEOGRAPHIC_TYPE) || has(keys::GEODETIC_DATUM) => geographic(keys).map(Some),
        _ => Ok(None),
    }
}

/// The well-known text that ESRI's and GDAL's files have in a citation.
pub(super) fn esri_text(keys: &GeoKeys) -> Option<&str> {
    let citations = [
        keys::PROJECTED_CITATION,
        keys::CITATION,
        keys::GEOGRAPHIC_CITATION,
    ];
    let mut citations = citations.into_iter().filter_map(|key| keys.text(key));
    citations.find_map(|text| {
        let (_, text) = text.split_once("ESRI PE String = ")?;
        Some(text.trim_end_matches('|'))
    })
}

/// The CRS of a code of EPSG, or of ESRI where EPSG has none.
pub(super) fn by_code(code: u32) -> Result<Crs, CrsError> {
    Crs::from_epsg(code).or_else(|error| Crs::from_esri(code).map_err(|_| error))
}

fn projected(keys: &GeoKeys) -> Result<Crs, String> {
    match code(keys, keys::PROJECTED_TYPE).map(by_code) {
        Some(Ok(crs)) if !crs.is_geographic() => Ok(crs),
        Some(Ok(crs)) => Err(format!(
            "its {} is {crs}, which is no projection",
            keys::name_of(keys::PROJECTED_TYPE)
        )),
        // An unknown code may be accompanied by its parameters.
        Some(Err(error)) => by_parameters(keys).map_err(|_| reason(&error)),
        None => by_parameters(keys),
    }
}

fn geographic(keys: &GeoKeys) -> Result<Crs, String> {
    if let Some(units) = keys
        .short(keys::ANGULAR_UNITS)
        .filter(|&units| !is_degree(units))
    {
        return Err(format!(
            "its {} is {units}, and only degrees are supported",
            keys::name_of(keys::ANGULAR_UNITS)
        ));
    }
    let crs = base(keys)?;
    if crs.is_geographic() {
        return Ok(crs);
    }
    Err(format!(
        "its {} is {crs}, which is not geographic",
        keys::name_of(keys::GEOGRAPHIC_TYPE)
    ))
}

fn is_degree(unit: u32) -> bool {
    matches!(unit, 0 | 9102 | 9122)
}

/// The code of a key, if it is neither absent nor user-defined.
pub(super) fn code(keys: &GeoKeys, key: u16) -> Option<u32> {
    keys.short(key)
        .filter(|&code| code != 0 && code != USER_DEFINED)
}

/// The message of an error without its hint.
fn reason(error: &CrsError) -> String {
    let text = error.to_string();
    text.split("\n\n").next().unwrap_or_default().to_owned()
}

/// A projected CRS from its parameters.
pub(super) fn by_parameters(keys: &GeoKeys) -> Result<Crs, String> {
    projection_on(keys, &base(keys)?)
}

/// The projection of the keys on a geographic CRS.
pub(super) fn projection_on(keys: &GeoKeys, base: &Crs) -> Result<Crs, String> {
    let name = keys
        .text(keys::PROJECTED_CITATION)
        .or(keys.text(keys::CITATION))
        .unwrap_or("user-defined projected CRS");
    let unit = linear_unit(keys)?.unwrap_or(1.0);
    let mut text = match code(keys, keys::PROJECTION).and_then(utm) {
        Some(utm) if !keys.0.contains_key(&keys::METHOD) => utm,
        _ => method_text(keys, unit)?,
    };
    if unit == 1.0 {
        text.push_str(" +units=m");
    } else {
        write!(text, " +to_meter={unit}").ok();
    }
    Crs::projected_on(base, name, &text).map_err(|error| reason(&error))
}

/// The PROJ string of a UTM projection, by its EPSG code.
pub(super) fn utm(code: u32) -> Option<String> {
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
    if let Some(units) = keys
        .short(keys::ANGULAR_UNITS)
        .filter(|&units| !is_degree(units))
    {
        return Err(format!(
            "its {} is {units}, and only degrees are supported",
            keys::name_of(keys::ANGULAR_UNITS)
        ));
    }
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

/// Metres in the unit of the coordinates, if a key says it.
pub(super) fn linear_unit(keys: &GeoKeys) -> Result<Option<f64>, String> {
    let size = keys.double(keys::LINEAR_UNIT_SIZE);
    let size = size.filter(|size| size.is_finite() && *size > 0.0);
    let code = match keys.short(keys::LINEAR_UNITS) {
        None | Some(0) => return Ok(size),
        Some(code) => code,
    };
    let known = LINEAR_UNITS.iter().find(|(known, _)| *known == code);
    match (known, size) {
        (Some((_, metres)), Some(size)) if (metres / size - 1.0).abs() > 1e-6 => Err(format!(
            "its {} is {code}, of {metres} m, and its {} is {size}",
            keys::name_of(keys::LINEAR_UNITS),
            keys::name_of(keys::LINEAR_UNIT_SIZE)
        )),
        (Some((_, metres)), _) => Ok(Some(*metres)),
        (None, Some(size)) => Ok(Some(size)),
        (None, None) => Err(format!(
            "its {} is {code}, whose size is not known",
            keys::name_of(keys::LINEAR_UNITS)
        )),
    }
}

/// Units of length of EPSG, in metres.
const LINEAR_UNITS: [(u32, f64); 21] = [
    (9001, 1.0),
    (9002, 0.3048),
    (9003, 1200.0 / 3937.0),
    (9005, 0.304_797_265_4),
    (9014, 1.8288),
    (9030, 1852.0),
    (9033, 79_200.0 / 3937.0),
    (9035, 6_336_000.0 / 3937.0),
    (9036, 1000.0),
    (9037, 0.914_391_796_2),
    (9038, 20.116_619_497_6),
    (9039, 0.201_166_194_976),
    (9040, 0.914_398_414_616_028_7),
    (9041, 0.304_799_471_538_676_2),
    (9042, 20.116_765_121_552_632),
    (9080, 0.304_799_510_248_147),
    (9084, 0.914_398_530_744_441),
    (9093, 1609.344),
    (9094, 0.304_799_710_181_508_8),
    (9096, 0.9144),
    (9097, 20.1168),
];

/// The geographic CRS of the keys: its code, or a datum or an ellipsoid with a prime meridian.
fn base(keys: &GeoKeys) -> Result<Crs, String> {
    if let Some(code) = code(keys, keys::GEOGRAPHIC_TYPE) {
        return by_code(code).map_err(|error| reason(&error));
    }
    let name = keys
        .text(keys::GEOGRAPHIC_CITATION)
        .or(keys.text(keys::CITATION))
        .unwrap_or("user-defined geographic CRS");
    let meridian = meridian(keys)?.filter(|&degrees| degrees != 0.0);
    let meridian = meridian.map_or_else(String::new, |degrees| format!(" +pm={degrees}"));
    if let Some(code) = code(keys, keys::GEODETIC_DATUM) {
        let on_datum = Crs::on_datum(code).ok_or_else(|| {
            format!(
                "its {} is {code}, which is not known",
                keys::name_of(keys::GEODETIC_DATUM)
            )
        })?;
        if meridian.is_empty() {
            return Ok(on_datum);
        }
        return Crs::projected_on(&on_datum, name, &format!("+proj=longlat{meridian}"))
            .map_err(|error| reason(&error));
    }
    let mut text = format!("+proj=longlat {}{meridian}", ellipsoid(keys)?);
    if let Some(shift) = keys
        .doubles(keys::TO_WGS84)
        .filter(|shift| matches!(shift.len(), 3 | 7))
    {
        let numbers: Vec<String> = shift.iter().map(f64::to_string).collect();
        write!(text, " +towgs84={}", numbers.join(",")).ok();
    }
    Crs::from_proj(name, &text).map_err(|error| reason(&error))
}

/// The prime meridian in degrees east of Greenwich, if a key says it.
pub(super) fn meridian(keys: &GeoKeys) -> Result<Option<f64>, String> {
    let stated = keys.double(keys::PRIME_MERIDIAN_LONGITUDE);
    let Some(code) = code(keys, keys::PRIME_MERIDIAN) else {
        return Ok(stated);
    };
    match MERIDIANS.iter().find(|(known, _)| *known == code) {
        Some(&(_, degrees)) => Ok(Some(degrees)),
        None => Err(format!(
            "its {} is {code}, which is not known",
            keys::name_of(keys::PRIME_MERIDIAN)
        )),
    }
}

/// Prime meridians of EPSG, in degrees east of Greenwich.
const MERIDIANS: [(u32, f64); 13] = [
    (8901, 0.0),
    (8902, -9.131_906_111_111_112),
    (8903, 2.337_229_17),
    (8904, -74.080_916_666_666_67),
    (8905, -3.687_938_888_888_889),
    (8906, 12.452_333_333_333_334),
    (8907, 7.439_583_333_333_333),
    (8908, 106.807_719_444_444_44),
    (8909, -17.666_666_666_666_668),
    (8910, 4.367_975),
    (8911, 18.058_277_777_777_78),
    (8912, 23.716_337_5),
    (8913, 10.722_916_666_666_667),
];

fn ellipsoid(keys: &GeoKeys) -> Result<String, String> {
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
