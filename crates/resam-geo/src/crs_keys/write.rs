//! From a CRS to GeoKeys.

use resam_crs::Crs;

use super::USER_DEFINED;
use super::ellipsoid::{DATUMS, ELLIPSOIDS};
use super::keys::{self, GeoKeys, Value};
use super::method::{
    LAMBERT_ONE_PARALLEL, LAMBERT_TWO_PARALLELS, METHODS, Method, POLAR_STEREOGRAPHIC,
};

/// The keys of a CRS: its EPSG code, or its parameters if it has none. `None` if neither is
/// possible.
pub(crate) fn keys_of_crs(crs: &Crs) -> Option<GeoKeys> {
    let mut keys = GeoKeys::default();
    let is_geographic = crs.is_geographic();
    keys.set(
        keys::MODEL_TYPE,
        Value::Short(if is_geographic { 2 } else { 1 }),
    );
    // The georeference is that of pixel corners: `RasterPixelIsArea`.
    keys.set(keys::RASTER_TYPE, Value::Short(1));
    keys.set(keys::CITATION, Value::Text(crs.name().to_owned()));
    let code = crs.epsg().and_then(|code| u16::try_from(code).ok());
    if let Some(code) = code.filter(|&code| u32::from(code) != USER_DEFINED) {
        let kind = if is_geographic {
            keys::GEOGRAPHIC_TYPE
        } else {
            keys::PROJECTED_TYPE
        };
        keys.set(kind, Value::Short(code));
        return Some(keys);
    }
    by_parameters(crs, keys.clone()).or_else(|| Some(by_text(crs, keys)))
}

/// The keys of a CRS that keys have no words for: its text in a citation, as GDAL writes it.
fn by_text(crs: &Crs, mut keys: GeoKeys) -> GeoKeys {
    keys.set(keys::MODEL_TYPE, Value::Short(USER_DEFINED as u16));
    let text = format!("ESRI PE String = {}", crs.wkt());
    keys.set(keys::PROJECTED_CITATION, Value::Text(text));
    keys
}

fn by_parameters(crs: &Crs, mut keys: GeoKeys) -> Option<GeoKeys> {
    let is_geographic = crs.is_geographic();
    let words = Words::of(crs.proj_string());
    datum_keys(&words, &mut keys)?;
    if is_geographic {
        keys.set(
            keys::GEOGRAPHIC_CITATION,
            Value::Text(crs.name().to_owned()),
        );
        return Some(keys);
    }
    keys.set(keys::PROJECTED_TYPE, Value::Short(USER_DEFINED as u16));
    keys.set(keys::PROJECTED_CITATION, Value::Text(crs.name().to_owned()));
    keys.set(keys::PROJECTION, Value::Short(USER_DEFINED as u16));
    let unit = crs.metres_per_unit();
    let unit_code = match unit {
        1.0 => 9001,
        0.3048 => 9002,
        _ => {
            keys.set(keys::LINEAR_UNIT_SIZE, Value::Doubles(vec![unit]));
            USER_DEFINED as u16
        }
    };
    keys.set(keys::LINEAR_UNITS, Value::Short(unit_code));
    projection_keys(&words, unit, &mut keys)?;
    Some(keys)
}

/// The words of a PROJ string.
struct Words<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let words = text.split_whitespace();
        let words = words.filter_map(|word| word.strip_prefix('+'));
        Self(
            words
                .map(|word| word.split_once('=').unwrap_or((word, "")))
                .collect(),
        )
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().find(|(word, _)| *word == name);
        found.map(|(_, value)| *value)
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok()
    }
}

fn projection_keys(words: &Words<'_>, unit: f64, keys: &mut GeoKeys) -> Option<()> {
    let name = words.text("proj")?;
    if name == "utm" {
        let zone = words
            .number("zone")
            .filter(|zone| (1.0..=60.0).contains(zone))?;
        let south = if words.text("south").is_some() {
            100
        } else {
            0
        };
        keys.set(keys::PROJECTION, Value::Short(16000 + south + zone as u16));
        return Some(());
    }
    let method = method_of(words, name)?;
    keys.set(keys::METHOD, Value::Short(method.code as u16));
    for &(parameter, key) in method.parameters {
        let value = words.number(parameter).or(match parameter {
            "k_0" => words.number("k"),
            "lat_ts" if method.code == POLAR_STEREOGRAPHIC => words.number("lat_0"),
            _ => None,
        });
        let default = if parameter == "k_0" { 1.0 } else { 0.0 };
        let value = match (parameter, value) {
            // Absent true scale is not a scale that is true at the equator, but at the scale given.
            ("lat_ts", None) => continue,
            ("x_0" | "y_0", value) => value.unwrap_or(0.0) / unit,
            (_, value) => value.unwrap_or(default),
        };
        keys.set(key, Value::Doubles(vec![value]));
    }
    Some(())
}

/// The method of a name; one name may stand for two of them.
fn method_of(words: &Words<'_>, name: &str) -> Option<&'static Method> {
    let code = match name {
        "lcc" => {
            let first = words.number("lat_1");
            let cone_touches = words.number("lat_2").is_none() || words.number("lat_2") == first;
            let at_origin = first.is_none() || first == words.number("lat_0");
            match (cone_touches, at_origin) {
                (true, true) => Some(LAMBERT_ONE_PARALLEL),
                (true, false) => None?,
                (false, _) => Some(LAMBERT_TWO_PARALLELS),
            }
        }
        "stere"
            if words
                .number("lat_0")
                .is_some_and(|latitude| latitude.abs() == 90.0) =>
        {
            Some(POLAR_STEREOGRAPHIC)
        }
        _ => None,
    };
    METHODS.iter().find(|method| match code {
        Some(code) => method.code == code,
        None => method.proj == name,
    })
}

fn datum_keys(words: &Words<'_>, keys: &mut GeoKeys) -> Option<()> {
    let number = |value: f64| Value::Doubles(vec![value]);
    if let Some(name) = words.text("datum") {
        let text = format!("+datum={name}");
        let (_, code, _) = DATUMS.iter().find(|(.., datum)| *datum == text)?;
        keys.set(keys::GEOGRAPHIC_TYPE, Value::Short(*code as u16));
        return Some(());
    }
    keys.set(keys::GEOGRAPHIC_TYPE, Value::Short(USER_DEFINED as u16));
    keys.set(keys::GEODETIC_DATUM, Value::Short(USER_DEFINED as u16));
    keys.set(keys::ELLIPSOID, Value::Short(USER_DEFINED as u16));
    keys.set(keys::ANGULAR_UNITS, Value::Short(9102));
    let (major, inverse) = if let Some(name) = words.text("ellps") {
        let known = ELLIPSOIDS.iter().find(|known| known.proj == name)?;
        keys.set(keys::ELLIPSOID, Value::Short(known.code as u16));
        (known.semi_major, known.inverse_flattening)
    } else if let Some(radius) = words.number("R") {
        (radius, 0.0)
    } else {
        let major = words.number("a")?;
        let inverse = words.number("rf").or_else(|| {
            let minor = words.number("b").unwrap_or(major);
            Some(if minor == major {
                0.0
            } else {
                major / (major - minor)
            })
        })?;
        (major, inverse)
    };
    keys.set(keys::SEMI_MAJOR_AXIS, number(major));
    keys.set(keys::INVERSE_FLATTENING, number(inverse));
    if let Some(shift) = words.text("towgs84") {
        let shift: Option<Vec<f64>> = shift.split(',').map(|part| part.parse().ok()).collect();
        keys.set(keys::TO_WGS84, Value::Doubles(shift?));
    }
    if let Some(degrees) = words.text("pm") {
        keys.set(
            keys::PRIME_MERIDIAN_LONGITUDE,
            number(degrees.parse().ok()?),
        );
    }
    Some(())
}
