//! Whether the keys of a file agree with the CRS that some of them say.

use resam_crs::Crs;

use super::ellipsoid::ELLIPSOIDS;
use super::keys::{self, GeoKeys};
use super::read::{by_code, code, esri_text, meridian, projection_on, utm};

/// What counts as the same, in metres and degrees: files round.
const METRES: f64 = 0.02;
const DEGREES: f64 = 1e-5;

/// Refuses keys that say something else than the CRS. The error names the key.
pub(super) fn check(keys: &GeoKeys, crs: &Crs) -> Result<(), String> {
    let differs = |key: u16, value: String| {
        Err(format!(
            "its {} is {value}, and its CRS is said to be {crs}",
            keys::name_of(key)
        ))
    };
    if let Some(code) = code(keys, keys::GEOGRAPHIC_TYPE) {
        let agrees = crs.registered_code_of("GEOGCS") == Some(code)
            || by_code(code).is_ok_and(|base| crs.is_on_datum_of(&base));
        if !agrees {
            return differs(keys::GEOGRAPHIC_TYPE, code.to_string());
        }
    }
    if let Some(code) = code(keys, keys::GEODETIC_DATUM) {
        let agrees = crs.registered_code_of("DATUM") == Some(code)
            || Crs::on_datum(code).is_some_and(|base| crs.is_on_ellipsoid_of(&base));
        if !agrees {
            return differs(keys::GEODETIC_DATUM, code.to_string());
        }
    }
    let (major, minor) = crs.ellipsoid();
    if let Some(code) = code(keys, keys::ELLIPSOID) {
        let known = ELLIPSOIDS.iter().find(|known| known.code == code);
        let agrees = crs.registered_code_of("SPHEROID") == Some(code)
            || known.is_some_and(|known| {
                let other = known.semi_major * (1.0 - 1.0 / known.inverse_flattening);
                (known.semi_major - major).abs() < METRES && (other - minor).abs() < METRES
            });
        if !agrees {
            return differs(keys::ELLIPSOID, code.to_string());
        }
    }
    check_axes(keys, (major, minor)).or_else(|(key, value)| differs(key, value.to_string()))?;
    if let Some(degrees) = meridian(keys)? {
        // In grads where the angles of the file are.
        let grads = degrees * 0.9;
        let own = crs.prime_meridian();
        if [degrees, grads]
            .iter()
            .all(|one| (one - own).abs() > DEGREES)
        {
            return differs(keys::PRIME_MERIDIAN_LONGITUDE, degrees.to_string());
        }
    }
    if crs.is_geographic() {
        return Ok(());
    }
    if let Some(text) = esri_text(keys) {
        let agrees = Crs::parse(text).is_ok_and(|other| other.agrees_with(crs));
        if !agrees {
            return differs(keys::PROJECTED_CITATION, "another CRS".to_owned());
        }
    }
    let is_utm = code(keys, keys::PROJECTION).filter(|&code| utm(code).is_some());
    let key = match (keys.0.contains_key(&keys::METHOD), is_utm) {
        (true, _) => keys::METHOD,
        (false, Some(_)) => keys::PROJECTION,
        (false, None) => return Ok(()),
    };
    let base = crs.base().map_err(|error| error.to_string())?;
    let other = projection_on(keys, &base)?;
    // Units are compared elsewhere.
    let agrees = crs
        .with_unit(other.metres_per_unit())
        .is_ok_and(|crs| crs.agrees_with(&other));
    if agrees || is_web_mercator_as_written(crs, &other) {
        return Ok(());
    }
    differs(key, "another projection".to_owned())
}

/// Whether keys say the Mercator projection of the ellipsoid (EPSG:3395) for that of web maps
/// (EPSG:3857): keys have no method for the latter, and programs write the former beside its code
/// or its text.
fn is_web_mercator_as_written(crs: &Crs, written: &Crs) -> bool {
    let is = |crs: &Crs, code: u32| Crs::from_epsg(code).is_ok_and(|known| known.agrees_with(crs));
    is(crs, 3857) && is(written, 3395)
}

/// Half axes and flattening: the key that differs, with its value.
fn check_axes(keys: &GeoKeys, (major, minor): (f64, f64)) -> Result<(), (u16, f64)> {
    let axes = [
        (keys::SEMI_MAJOR_AXIS, major),
        (keys::SEMI_MINOR_AXIS, minor),
    ];
    for (key, own) in axes {
        if let Some(value) = keys
            .double(key)
            .filter(|value| (value - own).abs() > METRES)
        {
            return Err((key, value));
        }
    }
    match keys.double(keys::INVERSE_FLATTENING) {
        Some(inverse) => {
            let flattened = if inverse == 0.0 {
                major
            } else {
                major * (1.0 - 1.0 / inverse)
            };
            // Not a number agrees with nothing.
            if (flattened - minor).abs() < METRES {
                Ok(())
            } else {
                Err((keys::INVERSE_FLATTENING, inverse))
            }
        }
        None => Ok(()),
    }
}
