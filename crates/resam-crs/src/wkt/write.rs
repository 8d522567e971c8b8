//! From the parameters of PROJ to WKT 1 (OGC 01-009).

use crate::methods::{Kind, METHODS, Method};
use crate::proj_string::ProjString;
use crate::{epsg, wkt};

const DEGREE: &str = r#"UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]]"#;

/// The geographic CRSs of PROJ's datums.
const DATUMS: [(&str, u32); 10] = [
    ("WGS84", 4326),
    ("NAD83", 4269),
    ("OSGB36", 4277),
    ("potsdam", 4314),
    ("nzgd49", 4272),
    ("ire65", 4299),
    ("GGRS87", 4121),
    ("carthage", 4223),
    ("hermannskogel", 4312),
    ("NAD27", 4267),
];

/// Well-known text of a CRS with this name; half axes in metres, the prime meridian in degrees.
pub(crate) fn write(
    name: &str,
    parameters: &ProjString,
    ellipsoid: (f64, f64),
    meridian: f64,
) -> String {
    let name = name.replace('"', "\"\"");
    let geographic = geographic(&name, parameters, ellipsoid, meridian);
    let proj = parameters.get("proj").unwrap_or_default();
    if proj == "longlat" {
        return geographic;
    }
    let to_metres = parameters.number("to_meter");
    let metres = to_metres.unwrap_or_else(|| match parameters.get("units") {
        Some("ft") => 0.3048,
        Some("us-ft") => 1200.0 / 3937.0,
        Some("km") => 1000.0,
        _ => 1.0,
    });
    let unit = match metres {
        1.0 => r#"UNIT["metre",1,AUTHORITY["EPSG","9001"]]"#.to_owned(),
        0.3048 => r#"UNIT["foot",0.3048,AUTHORITY["EPSG","9002"]]"#.to_owned(),
        _ => format!(r#"UNIT["unit of {metres} m",{metres}]"#),
    };
    let known_unit = to_metres.is_some()
        || parameters
            .get("units")
            .is_none_or(|unit| ["m", "ft", "us-ft", "km"].contains(&unit));
    let written = known_unit
        .then(|| projection(proj, parameters, metres))
        .flatten();
    match written {
        Some(projection) => format!(
            r#"PROJCS["{name}",{geographic},{projection},{unit},AXIS["Easting",EAST],AXIS["Northing",NORTH]]"#
        ),
        None => format!(
            r#"PROJCS["{name}",{geographic},PROJECTION["custom_proj4"],{unit},EXTENSION["PROJ4","{parameters} +no_defs"]]"#
        ),
    }
}

fn geographic(
    name: &str,
    parameters: &ProjString,
    (equatorial, polar): (f64, f64),
    meridian: f64,
) -> String {
    let datum = parameters.get("datum");
    let code = DATUMS
        .iter()
        .find(|(at, _)| datum.is_some_and(|datum| datum.eq_ignore_ascii_case(at)));
    if let (Some(&(_, code)), 0.0) = (code, meridian)
        && let Some(entry) = epsg::find(code)
        && let Some(text) = wkt::geographic_part(entry.wkt)
    {
        return text.to_owned();
    }
    let flat = equatorial - polar;
    let inverse = if flat == 0.0 { 0.0 } else { equatorial / flat };
    // The registry's numbers have ten digits or so; the rest is rounding.
    let inverse = (inverse * 1e9).round() / 1e9;
    let shift = parameters.get("towgs84").map_or_else(String::new, |shift| {
        let padding = if shift.split(',').count() == 3 {
            ",0,0,0,0"
        } else {
            ""
        };
        format!(",TOWGS84[{shift}{padding}]")
    });
    let meridian_name = if meridian == 0.0 {
        "Greenwich"
    } else {
        "unknown"
    };
    let name = if parameters.get("proj") == Some("longlat") {
        name
    } else {
        "unknown"
    };
    format!(
        r#"GEOGCS["{name}",DATUM["unknown",SPHEROID["unknown",{equatorial},{inverse}]{shift}],PRIMEM["{meridian_name}",{meridian}],{DEGREE}]"#
    )
}

/// Projection and parameters, where WKT 1 has names for them.
fn projection(proj: &str, parameters: &ProjString, metres: f64) -> Option<String> {
    if proj == "utm" && !parameters.has("axis") {
        let zone: f64 = parameters.number("zone")?;
        let northing = if parameters.has("south") {
            10_000_000.0
        } else {
            0.0
        };
        let meridian = 6.0 * zone - 183.0;
        return Some(format!(
            r#"PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",{meridian}],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",{}],PARAMETER["false_northing",{}]"#,
            500_000.0 / metres,
            northing / metres
        ));
    }
    let method = METHODS
        .iter()
        .find(|method| fits(method, proj, parameters))?;
    let mut text = format!(r#"PROJECTION["{}"]"#, method.names[0]);
    for parameter in method.parameters {
        let given = match parameter.key {
            "k" => parameters.number("k").or_else(|| parameters.number("k_0")),
            // Without it the scale is true at the pole or the equator.
            "lat_ts" if proj == "stere" => Some(
                parameters
                    .number("lat_ts")
                    .or_else(|| parameters.number("lat_0"))?,
            ),
            // PROJ takes the azimuth for it.
            "gamma" => parameters
                .number("gamma")
                .or_else(|| parameters.number("alpha")),
            key => parameters.number(key),
        };
        if given.is_none() && parameters.has(parameter.key) {
            return None;
        }
        if parameter.key == "k" && given.is_none() && method.names[0].ends_with("_2SP") {
            continue;
        }
        let value = match parameter.kind {
            Kind::Number => given.unwrap_or(1.0),
            Kind::Length => given.unwrap_or(0.0) / metres,
            Kind::Angle => given.unwrap_or(0.0),
        };
        text += &format!(r#",PARAMETER["{}",{value}]"#, parameter.names[0]);
    }
    Some(text)
}

/// Whether the WKT of a method expresses all of the parameters.
fn fits(method: &Method, proj: &str, parameters: &ProjString) -> bool {
    let of_datum = [
        "proj", "units", "to_meter", "ellps", "a", "b", "rf", "R", "datum", "towgs84", "pm", "k_0",
    ];
    let is_implied = |key: &str| method.implied.iter().any(|(at, _)| *at == key);
    let one_parallel = method.names[0] == "Lambert_Conformal_Conic_1SP";
    let known = |key: &str| {
        of_datum.contains(&key)
            || is_implied(key)
            || method
                .parameters
                .iter()
                .any(|parameter| parameter.key == key)
            || (one_parallel && key == "lat_1")
    };
    let implied = method.implied.iter().all(|(key, value)| match value {
        Some(value) => parameters.get(key) == Some(value),
        None => parameters.has(key),
    });
    let complete = match method.names[0] {
        // A conic with one parallel must have its origin on it.
        "Lambert_Conformal_Conic_1SP" => parameters.number("lat_1") == parameters.number("lat_0"),
        "Lambert_Conformal_Conic_2SP" => parameters.has("lat_2"),
        "Mercator_2SP" => parameters.has("lat_ts"),
        _ => true,
    };
    method.proj == proj
        && implied
        && complete
        && parameters.keys().all(known)
        // PROJ does not know these names in WKT 1, or uses them for other projections.
        && !["webmerc", "krovak", "somerc"].contains(&proj)
}
