//! From well-known text to the parameters of PROJ.

use super::tree::{Node, refuse};
use crate::error::CrsError;
use crate::methods::{self, Kind, Method};
use crate::proj_string::ProjString;
use crate::{crs, epsg};

const GEOGRAPHIC: [&str; 5] = [
    "GEOGCS",
    "GEOGCRS",
    "GEOGRAPHICCRS",
    "GEODCRS",
    "GEODETICCRS",
];
const PROJECTED: [&str; 3] = ["PROJCS", "PROJCRS", "PROJECTEDCRS"];
const BASE: [&str; 4] = ["GEOGCS", "BASEGEOGCRS", "BASEGEODCRS", "GEOGCRS"];
const UNITS: [&str; 4] = ["UNIT", "LENGTHUNIT", "ANGLEUNIT", "SCALEUNIT"];
const DATUMS: [&str; 5] = ["DATUM", "GEODETICDATUM", "TRF", "ENSEMBLE", "DYNAMIC"];
/// The tolerance of an angular unit, which may be given with few digits.
const DEGREE: f64 = std::f64::consts::PI / 180.0;

/// The content of well-known text.
pub(crate) struct Read {
    pub(crate) name: String,
    /// The code that it states, with its authority, `EPSG` or `ESRI`.
    pub(crate) code: Option<(&'static str, u32)>,
    pub(crate) is_wkt1: bool,
    root: Node,
    shift: Option<String>,
}

/// Reads well-known text up to its name and code.
pub(crate) fn read(text: &str) -> Result<Read, CrsError> {
    let mut node = Node::parse(text)?;
    let mut shift = None;
    // Compound and bound CRSs contain the horizontal CRS.
    loop {
        let inner = if node.is(&["COMPD_CS", "COMPOUNDCRS"]) {
            take_child(node, &[&GEOGRAPHIC[..], &PROJECTED, &["BOUNDCRS"]].concat())
        } else if node.is(&["BOUNDCRS"]) {
            shift = helmert(&node);
            take_child(node, &["SOURCECRS"])
        } else if node.is(&["SOURCECRS"]) {
            take_child(node, &[&GEOGRAPHIC[..], &PROJECTED].concat())
        } else {
            break;
        };
        node = inner.ok_or_else(|| refuse("it holds no geographic or projected CRS"))?;
    }
    let name = node
        .text(0)
        .filter(|name| !name.is_empty())
        .unwrap_or("unnamed CRS")
        .to_owned();
    let kind = match &*node.keyword {
        keyword if GEOGRAPHIC.contains(&keyword) || PROJECTED.contains(&keyword) => None,
        "GEOCCS" => Some("geocentric"),
        "VERT_CS" | "VERTCRS" | "VERTICALCRS" => Some("vertical"),
        "LOCAL_CS" | "ENGCRS" | "ENGINEERINGCRS" => Some("local"),
        other => {
            return Err(refuse(format!(
                "the keyword `{}` is unknown",
                crs::shown(other)
            )));
        }
    };
    if let Some(kind) = kind {
        return Err(CrsError::NotHorizontal { name, kind });
    }
    Ok(Read {
        code: code_of(&node, "EPSG").or_else(|| code_of(&node, "ESRI")),
        is_wkt1: node.is(&["GEOGCS", "PROJCS"]),
        name,
        root: node,
        shift,
    })
}

impl Read {
    /// The parameters, as a PROJ string.
    pub(crate) fn proj_string(&self) -> Result<String, CrsError> {
        let own = self.root.child(&["EXTENSION"]);
        if let Some(extension) = own.filter(|node| node.text(0) == Some("PROJ4"))
            && let Some(text) = extension.text(1)
        {
            return Ok(text.to_owned());
        }
        if self.root.is(&GEOGRAPHIC) {
            let unit = unit_of(&self.root).or_else(|| self.root.child(&["AXIS"]).and_then(unit_of));
            if let Some((factor, unit)) = unit
                && (factor - DEGREE).abs() > 1e-9
            {
                return Err(CrsError::NotDegrees {
                    name: self.name.clone(),
                    unit,
                });
            }
            return Ok(format!("+proj=longlat {}", self.datum(&self.root)?));
        }
        let base = self
            .root
            .child(&BASE)
            .ok_or_else(|| refuse("the projected CRS has no geographic base"))?;
        let projection = self.projection(base)?;
        Ok(format!("{projection} {}", self.datum(base)?))
    }

    /// Projection, its parameters and the unit.
    fn projection(&self, base: &Node) -> Result<String, CrsError> {
        let root = &self.root;
        let conversion = root.child(&["CONVERSION"]).unwrap_or(root);
        let name = conversion
            .child(&["PROJECTION", "METHOD"])
            .and_then(|node| node.text(0))
            .ok_or_else(|| refuse("the projected CRS names no projection"))?;
        let method = methods::named(name).ok_or_else(|| CrsError::UnsupportedProjection {
            name: self.name.clone(),
            projection: crs::shown(name),
        })?;
        let metres = unit_of(root)
            .or_else(|| root.child(&["AXIS"]).and_then(unit_of))
            .map_or(1.0, |(factor, _)| factor);
        let radians = unit_of(base).map_or(DEGREE, |(factor, _)| factor);
        let mut found: Vec<(&str, f64)> = Vec::new();
        for node in conversion.nodes().filter(|node| node.is(&["PARAMETER"])) {
            let (Some(name), Some(value)) = (node.text(0), node.number(1)) else {
                return Err(refuse("a parameter lacks its name or its value"));
            };
            // Parameters without effect, such as ESRI's `Auxiliary_Sphere_Type`, are ignored.
            let Some(parameter) = method.parameter(name) else {
                continue;
            };
            let unit = unit_of(node).map(|(factor, _)| factor);
            let value = match parameter.kind {
                Kind::Number => value,
                Kind::Length => value * unit.unwrap_or(metres),
                Kind::Angle => in_degrees(value, unit.unwrap_or(radians)),
            };
            found.push((parameter.key, value));
        }
        let mut text = with_implied(method, &mut found);
        for (key, value) in found {
            text += &format!(" +{key}={value}");
        }
        if let Some(axis) = self.axes().filter(|_| !text.contains("+axis")) {
            text += &format!(" +axis={axis}");
        }
        if metres != 1.0 {
            text += &format!(" +to_meter={metres}");
        }
        Ok(text)
    }

    /// Axes that point west and south; every other order is taken as east, north.
    fn axes(&self) -> Option<&'static str> {
        let mut axes = self.root.nodes().filter(|node| node.is(&["AXIS"]));
        let mut direction = || axes.next()?.text(1).map(str::to_ascii_uppercase);
        match (direction()?.as_str(), direction()?.as_str()) {
            ("WEST", "SOUTH") => Some("wsu"),
            ("SOUTH", "WEST") => Some("swu"),
            _ => None,
        }
    }

    /// Ellipsoid, shift to WGS 84 and prime meridian.
    fn datum(&self, geographic: &Node) -> Result<String, CrsError> {
        let meridian = prime_meridian(geographic);
        let datum = geographic
            .child(&DATUMS)
            .filter(|node| !node.is(&["DYNAMIC"]))
            .or_else(|| geographic.nodes().find(|node| node.is(&DATUMS[..4])));
        let spheroid = datum
            .and_then(|datum| datum.child(&["SPHEROID", "ELLIPSOID"]))
            .ok_or_else(|| refuse("the geographic CRS has no ellipsoid"))?;
        let shift = datum
            .and_then(|datum| datum.child(&["TOWGS84"]))
            .and_then(towgs84)
            .or_else(|| self.shift.clone());
        if shift.is_none() {
            let by_code = code_of(geographic, "EPSG").and_then(|(_, code)| epsg::find(code));
            let by_name = || datum?.text(0).and_then(epsg::geographic_on);
            for known in by_code.into_iter().chain(by_name()) {
                let known = ProjString::registered(&known)?;
                let own = ProjString::read(
                    &self.name,
                    &format!("+proj=longlat {}", ellipsoid(spheroid)?),
                )?;
                // A name that is put on another ellipsoid is not believed.
                if known.same_ellipsoid(&own) {
                    return Ok(known.datum_text_without_meridian() + &meridian);
                }
            }
        }
        let mut text = ellipsoid(spheroid)?;
        if let Some(shift) = shift {
            text += &format!(" +towgs84={shift}");
        }
        Ok(text + &meridian)
    }
}

/// Axis and flattening.
fn ellipsoid(spheroid: &Node) -> Result<String, CrsError> {
    let metres = unit_of(spheroid).map_or(1.0, |(factor, _)| factor);
    let (Some(axis), Some(inverse)) = (spheroid.number(1), spheroid.number(2)) else {
        return Err(refuse("the ellipsoid lacks its axis or its flattening"));
    };
    let axis = axis * metres;
    Ok(if inverse == 0.0 {
        format!("+R={axis}")
    } else {
        format!("+a={axis} +rf={inverse}")
    })
}

/// The name and the implied parameters of PROJ where well-known text does not give them.
fn with_implied(method: &Method, found: &mut Vec<(&str, f64)>) -> String {
    let value = |found: &[(&str, f64)], key| {
        found
            .iter()
            .find(|(at, _)| *at == key)
            .map(|(_, value)| *value)
    };
    let mut proj = method.proj;
    let mut implied = method.implied.to_vec();
    if proj == "stere" && !implied.is_empty() {
        let south = value(found, "lat_ts").map_or(implied[0].1 == Some("-90"), |lat| lat < 0.0);
        implied = vec![("lat_0", Some(if south { "-90" } else { "90" }))];
    }
    if proj == "lcc" && value(found, "lat_1").is_none() {
        found.push(("lat_1", value(found, "lat_0").unwrap_or(0.0)));
    }
    // The Swiss grid, by a projection that `omerc` cannot compute.
    if proj == "omerc" && [value(found, "alpha"), value(found, "gamma")] == [Some(90.0); 2] {
        proj = "somerc";
        found.retain(|(key, _)| *key != "alpha" && *key != "gamma");
        for (key, _) in found.iter_mut().filter(|(key, _)| *key == "lonc") {
            *key = "lon_0";
        }
    }
    let mut text = format!("+proj={proj}");
    for (key, value) in implied {
        text += &match value {
            Some(value) => format!(" +{key}={value}"),
            None => format!(" +{key}"),
        };
    }
    text
}

/// An angle in degrees, unchanged if it is in degrees already.
fn in_degrees(value: f64, radians: f64) -> f64 {
    if (radians - DEGREE).abs() < 1e-9 {
        value
    } else {
        (value * radians).to_degrees()
    }
}

/// The factor to metres or radians that a node states, with the unit's name.
fn unit_of(node: &Node) -> Option<(f64, String)> {
    let unit = node.child(&UNITS)?;
    let factor = unit.number(1).filter(|factor| *factor > 0.0)?;
    Some((factor, unit.text(0).unwrap_or("?").to_owned()))
}

/// The EPSG code that a node states.
fn code_of(node: &Node, authority: &'static str) -> Option<(&'static str, u32)> {
    let mut stated = node.nodes().filter(|node| node.is(&["AUTHORITY", "ID"]));
    let epsg = stated.find(|node| {
        node.text(0)
            .is_some_and(|name| name.eq_ignore_ascii_case(authority))
    })?;
    let code = epsg.number(1)?;
    (code.fract() == 0.0 && (1.0..1e9).contains(&code)).then_some((authority, code as u32))
}

fn prime_meridian(geographic: &Node) -> String {
    let Some(node) = geographic.child(&["PRIMEM", "PRIMEMERIDIAN"]) else {
        return String::new();
    };
    // Programs write different units of the number, but the same name.
    if node
        .text(0)
        .is_some_and(|name| name.eq_ignore_ascii_case("paris"))
    {
        return " +pm=paris".to_owned();
    }
    let radians = unit_of(node).map_or(DEGREE, |(factor, _)| factor);
    match node.number(1).map(|value| in_degrees(value, radians)) {
        None | Some(0.0) => String::new(),
        Some(degrees) => format!(" +pm={degrees}"),
    }
}

/// The numbers of a `TOWGS84` node.
fn towgs84(node: &Node) -> Option<String> {
    let numbers: Vec<String> = (0..node.values.len())
        .map(|place| node.number(place).map(|number| number.to_string()))
        .collect::<Option<_>>()?;
    matches!(numbers.len(), 3 | 7).then(|| numbers.join(","))
}

/// The parameters of the transformation of a `BOUNDCRS`.
fn helmert(bound: &Node) -> Option<String> {
    let transformation = bound.child(&["ABRIDGEDTRANSFORMATION"])?;
    let mut numbers: Vec<f64> = transformation
        .nodes()
        .filter(|node| node.is(&["PARAMETER"]))
        .map(|node| node.number(1))
        .collect::<Option<_>>()?;
    let method = transformation.child(&["METHOD"])?.text(0)?;
    if method.starts_with("Coordinate Frame") {
        // The same rotation with the opposite sign convention.
        for rotation in numbers.iter_mut().skip(3).take(3) {
            *rotation = -*rotation;
        }
    }
    if let Some(scale) = numbers.get_mut(6) {
        // Written as a ratio near 1; PROJ wants parts in a million beyond it.
        if (*scale - 1.0).abs() < 0.01 {
            *scale = (*scale - 1.0) * 1e6;
        }
    }
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    matches!(numbers.len(), 3 | 7).then(|| numbers.join(","))
}

/// Takes the first child with one of these keywords out of a node.
fn take_child(node: Node, keywords: &[&str]) -> Option<Node> {
    node.values.into_iter().find_map(|value| match value {
        super::tree::Value::Node(child) if child.is(keywords) => Some(child),
        _ => None,
    })
}
