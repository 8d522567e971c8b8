//! Projection methods: the names of each method and its parameters in PROJ, WKT 1, WKT 2 and ESRI's
//! WKT.
//!
//! One table serves reading and writing: well-known text is read with any of the names and written
//! with the first.

/// The unit of a parameter.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Angle,
    Length,
    Number,
}

pub(crate) struct Parameter {
    /// PROJ's key.
    pub(crate) key: &'static str,
    pub(crate) kind: Kind,
    /// The names in well-known text, that of WKT 1 first.
    pub(crate) names: &'static [&'static str],
}

pub(crate) struct Method {
    /// PROJ's name.
    pub(crate) proj: &'static str,
    /// PROJ parameters that the name implies.
    pub(crate) implied: &'static [(&'static str, Option<&'static str>)],
    /// The names in well-known text, that of WKT 1 first.
    pub(crate) names: &'static [&'static str],
    pub(crate) parameters: &'static [Parameter],
}

macro_rules! parameter {
    ($name:ident, $key:literal, $kind:ident, $($names:literal),+) => {
        const $name: Parameter = Parameter { key: $key, kind: Kind::$kind, names: &[$($names),+] };
    };
}

parameter!(
    LATITUDE,
    "lat_0",
    Angle,
    "latitude_of_origin",
    "Latitude of natural origin",
    "latitude_of_center",
    "Latitude of projection centre",
    "Latitude of false origin",
    "Central_Parallel"
);
parameter!(
    LATITUDE_OF_CENTER,
    "lat_0",
    Angle,
    "latitude_of_center",
    "Latitude of natural origin",
    "latitude_of_origin",
    "Latitude of projection centre",
    "Latitude of false origin"
);
parameter!(
    LONGITUDE,
    "lon_0",
    Angle,
    "central_meridian",
    "Longitude of natural origin",
    "longitude_of_center",
    "Longitude of origin",
    "Longitude of projection centre",
    "Longitude of false origin"
);
parameter!(
    LONGITUDE_OF_CENTER,
    "lon_0",
    Angle,
    "longitude_of_center",
    "Longitude of natural origin",
    "central_meridian",
    "Longitude of origin",
    "Longitude of projection centre",
    "Longitude of false origin"
);
parameter!(
    CENTER,
    "lonc",
    Angle,
    "longitude_of_center",
    "Longitude of projection centre"
);
parameter!(
    PARALLEL_1,
    "lat_1",
    Angle,
    "standard_parallel_1",
    "Latitude of 1st standard parallel"
);
parameter!(
    PARALLEL_2,
    "lat_2",
    Angle,
    "standard_parallel_2",
    "Latitude of 2nd standard parallel"
);
parameter!(
    TRUE_SCALE,
    "lat_ts",
    Angle,
    "standard_parallel_1",
    "Latitude of 1st standard parallel",
    "latitude_of_origin"
);
parameter!(
    POLAR,
    "lat_ts",
    Angle,
    "latitude_of_origin",
    "Latitude of natural origin",
    "Latitude of standard parallel",
    "standard_parallel_1"
);
parameter!(
    AZIMUTH,
    "alpha",
    Angle,
    "azimuth",
    "Azimuth of initial line",
    "Azimuth at projection centre",
    "Co-latitude of cone axis"
);
parameter!(
    GRID_ANGLE,
    "gamma",
    Angle,
    "rectified_grid_angle",
    "Angle from Rectified to Skew Grid",
    "XY_Plane_Rotation"
);
parameter!(
    SCALE,
    "k",
    Number,
    "scale_factor",
    "Scale factor at natural origin",
    "Scale factor on initial line",
    "Scale factor at projection centre",
    "Scale factor on pseudo standard parallel"
);
parameter!(
    EASTING,
    "x_0",
    Length,
    "false_easting",
    "Easting at false origin",
    "Easting at projection centre"
);
parameter!(
    NORTHING,
    "y_0",
    Length,
    "false_northing",
    "Northing at false origin",
    "Northing at projection centre"
);

type Implied = &'static [(&'static str, Option<&'static str>)];

const fn method(
    proj: &'static str,
    implied: Implied,
    names: &'static [&'static str],
    parameters: &'static [Parameter],
) -> Method {
    Method {
        proj,
        implied,
        names,
        parameters,
    }
}

/// The methods. To write a CRS, the first method with the same PROJ name and implied parameters is
/// used.
#[rustfmt::skip]
pub(crate) static METHODS: [Method; 30] = [
    method("tmerc", &[("axis", Some("wsu"))], &["Transverse_Mercator_South_Orientated", "Transverse Mercator (South Orientated)"], &[LATITUDE, LONGITUDE, SCALE, EASTING, NORTHING]),
    method("tmerc", &[], &["Transverse_Mercator", "Gauss_Kruger", "Transverse_Mercator_Complex"], &[LATITUDE, LONGITUDE, SCALE, EASTING, NORTHING]),
    method("lcc", &[], &["Lambert_Conformal_Conic_2SP", "Lambert Conic Conformal (2SP)", "Lambert_Conformal_Conic"], &[PARALLEL_1, PARALLEL_2, LATITUDE, LONGITUDE, SCALE, EASTING, NORTHING]),
    method("lcc", &[], &["Lambert_Conformal_Conic_1SP", "Lambert Conic Conformal (1SP)"], &[LATITUDE, LONGITUDE, SCALE, EASTING, NORTHING]),
    method("merc", &[], &["Mercator_2SP", "Mercator (variant B)", "Mercator"], &[TRUE_SCALE, LONGITUDE, EASTING, NORTHING]),
    method("merc", &[], &["Mercator_1SP", "Mercator (variant A)"], &[LONGITUDE, SCALE, EASTING, NORTHING]),
    method("webmerc", &[], &["Popular Visualisation Pseudo Mercator", "Mercator_Auxiliary_Sphere"], &[LONGITUDE, EASTING, NORTHING]),
    method("aea", &[], &["Albers_Conic_Equal_Area", "Albers Equal Area", "Albers"], &[PARALLEL_1, PARALLEL_2, LATITUDE_OF_CENTER, LONGITUDE_OF_CENTER, EASTING, NORTHING]),
    method("laea", &[], &["Lambert_Azimuthal_Equal_Area"], &[LATITUDE_OF_CENTER, LONGITUDE_OF_CENTER, EASTING, NORTHING]),
    method("stere", &[("lat_0", Some("90"))], &["Polar_Stereographic", "Polar Stereographic (variant A)", "Polar Stereographic (variant B)", "Stereographic_North_Pole"], &[POLAR, LONGITUDE, SCALE, EASTING, NORTHING]),
    method("stere", &[("lat_0", Some("-90"))], &["Polar_Stereographic", "Stereographic_South_Pole"], &[POLAR, LONGITUDE, SCALE, EASTING, NORTHING]),
    method("stere", &[], &["Stereographic"], &[LATITUDE, LONGITUDE, SCALE, EASTING, NORTHING]),
    method("sterea", &[], &["Oblique_Stereographic", "Double_Stereographic"], &[LATITUDE, LONGITUDE, SCALE, EASTING, NORTHING]),
    method("cass", &[], &["Cassini_Soldner", "Cassini-Soldner", "Cassini"], &[LATITUDE, LONGITUDE, EASTING, NORTHING]),
    method("cea", &[], &["Cylindrical_Equal_Area", "Lambert Cylindrical Equal Area"], &[TRUE_SCALE, LONGITUDE, EASTING, NORTHING]),
    method("eqc", &[], &["Equirectangular", "Equidistant Cylindrical", "Plate_Carree"], &[TRUE_SCALE, LONGITUDE, EASTING, NORTHING]),
    method("aeqd", &[], &["Azimuthal_Equidistant"], &[LATITUDE_OF_CENTER, LONGITUDE_OF_CENTER, EASTING, NORTHING]),
    method("poly", &[], &["Polyconic", "American Polyconic"], &[LATITUDE, LONGITUDE, EASTING, NORTHING]),
    method("omerc", &[("no_uoff", None)], &["Hotine_Oblique_Mercator", "Hotine Oblique Mercator (variant A)", "Hotine_Oblique_Mercator_Azimuth_Natural_Origin", "Rectified_Skew_Orthomorphic_Natural_Origin"], &[LATITUDE_OF_CENTER, CENTER, AZIMUTH, GRID_ANGLE, SCALE, EASTING, NORTHING]),
    method("omerc", &[], &["Hotine_Oblique_Mercator_Azimuth_Center", "Hotine Oblique Mercator (variant B)", "Rectified_Skew_Orthomorphic_Center"], &[LATITUDE_OF_CENTER, CENTER, AZIMUTH, GRID_ANGLE, SCALE, EASTING, NORTHING]),
    method("somerc", &[], &["Swiss_Oblique_Mercator", "Swiss_Oblique_Cylindrical"], &[LATITUDE_OF_CENTER, LONGITUDE_OF_CENTER, SCALE, EASTING, NORTHING]),
    method("krovak", &[], &["Krovak", "Krovak (North Orientated)"], &[LATITUDE_OF_CENTER, LONGITUDE_OF_CENTER, AZIMUTH, SCALE, EASTING, NORTHING]),
    method("sinu", &[], &["Sinusoidal"], &[LONGITUDE_OF_CENTER, EASTING, NORTHING]),
    method("moll", &[], &["Mollweide"], &[LONGITUDE, EASTING, NORTHING]),
    method("robin", &[], &["Robinson"], &[LONGITUDE_OF_CENTER, EASTING, NORTHING]),
    method("eqearth", &[], &["Equal_Earth"], &[LONGITUDE, EASTING, NORTHING]),
    method("gnom", &[], &["Gnomonic"], &[LATITUDE, LONGITUDE, EASTING, NORTHING]),
    method("ortho", &[], &["Orthographic"], &[LATITUDE, LONGITUDE, EASTING, NORTHING]),
    method("eqdc", &[], &["Equidistant_Conic"], &[PARALLEL_1, PARALLEL_2, LATITUDE_OF_CENTER, LONGITUDE_OF_CENTER, EASTING, NORTHING]),
    method("mill", &[], &["Miller_Cylindrical"], &[LONGITUDE_OF_CENTER, EASTING, NORTHING]),
];

/// A name in lower case without punctuation: programs write the names in well-known text
/// differently.
pub(crate) fn plain(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect()
}

/// The method with this name in well-known text.
pub(crate) fn named(name: &str) -> Option<&'static Method> {
    let wanted = plain(name);
    METHODS
        .iter()
        .find(|method| method.names.iter().any(|name| plain(name) == wanted))
}

impl Method {
    /// The parameter with this name in well-known text.
    pub(crate) fn parameter(&self, name: &str) -> Option<&Parameter> {
        let wanted = plain(name);
        self.parameters
            .iter()
            .find(|parameter| parameter.names.iter().any(|name| plain(name) == wanted))
    }
}
