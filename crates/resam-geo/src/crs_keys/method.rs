//! Projection methods: their codes in GeoTIFF, their names in PROJ, and the keys of their
//! parameters.

/// One projection method.
pub(crate) struct Method {
    /// `ProjMethodGeoKey`.
    pub(crate) code: u32,
    /// `+proj=`.
    pub(crate) proj: &'static str,
    /// Parameters of PROJ and the keys that they are written as.
    pub(crate) parameters: &'static [(&'static str, u16)],
}

const LAT_1: u16 = 3078;
const LAT_2: u16 = 3079;
const ORIGIN_LONGITUDE: u16 = 3080;
const ORIGIN_LATITUDE: u16 = 3081;
const FALSE_EASTING: u16 = 3082;
const FALSE_NORTHING: u16 = 3083;
const FALSE_ORIGIN_LONGITUDE: u16 = 3084;
const FALSE_ORIGIN_LATITUDE: u16 = 3085;
const FALSE_ORIGIN_EASTING: u16 = 3086;
const FALSE_ORIGIN_NORTHING: u16 = 3087;
const CENTRE_LONGITUDE: u16 = 3088;
const CENTRE_LATITUDE: u16 = 3089;
const CENTRE_EASTING: u16 = 3090;
const CENTRE_NORTHING: u16 = 3091;
const SCALE_AT_ORIGIN: u16 = 3092;
const SCALE_AT_CENTRE: u16 = 3093;
const POLE_LONGITUDE: u16 = 3095;

/// The method whose `NatOriginLat` is the latitude of true scale, and not the pole.
pub(crate) const POLAR_STEREOGRAPHIC: u32 = 15;
/// Lambert's conformal cone that touches the ellipsoid: `+lat_1` is `+lat_0`.
pub(crate) const LAMBERT_ONE_PARALLEL: u32 = 9;
pub(crate) const LAMBERT_TWO_PARALLELS: u32 = 8;
pub(crate) const TRANSVERSE_MERCATOR: u32 = 1;

/// All methods that are read and written.
pub(crate) const METHODS: &[Method] = &[
    Method {
        code: TRANSVERSE_MERCATOR,
        proj: "tmerc",
        parameters: &[
            ("lat_0", ORIGIN_LATITUDE),
            ("lon_0", ORIGIN_LONGITUDE),
            ("k_0", SCALE_AT_ORIGIN),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 7,
        proj: "merc",
        parameters: &[
            ("lat_ts", LAT_1),
            ("lon_0", ORIGIN_LONGITUDE),
            ("k_0", SCALE_AT_ORIGIN),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: LAMBERT_TWO_PARALLELS,
        proj: "lcc",
        parameters: &[
            ("lat_1", LAT_1),
            ("lat_2", LAT_2),
            ("lat_0", FALSE_ORIGIN_LATITUDE),
            ("lon_0", FALSE_ORIGIN_LONGITUDE),
            ("x_0", FALSE_ORIGIN_EASTING),
            ("y_0", FALSE_ORIGIN_NORTHING),
        ],
    },
    Method {
        code: LAMBERT_ONE_PARALLEL,
        proj: "lcc",
        parameters: &[
            ("lat_0", ORIGIN_LATITUDE),
            ("lon_0", ORIGIN_LONGITUDE),
            ("k_0", SCALE_AT_ORIGIN),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 10,
        proj: "laea",
        parameters: &[
            ("lat_0", CENTRE_LATITUDE),
            ("lon_0", CENTRE_LONGITUDE),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 11,
        proj: "aea",
        parameters: &[
            ("lat_1", LAT_1),
            ("lat_2", LAT_2),
            ("lat_0", ORIGIN_LATITUDE),
            ("lon_0", ORIGIN_LONGITUDE),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 12,
        proj: "aeqd",
        parameters: &[
            ("lat_0", CENTRE_LATITUDE),
            ("lon_0", CENTRE_LONGITUDE),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 14,
        proj: "stere",
        parameters: &[
            ("lat_0", CENTRE_LATITUDE),
            ("lon_0", CENTRE_LONGITUDE),
            ("k_0", SCALE_AT_CENTRE),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: POLAR_STEREOGRAPHIC,
        proj: "stere",
        parameters: &[
            ("lat_ts", ORIGIN_LATITUDE),
            ("lon_0", POLE_LONGITUDE),
            ("k_0", SCALE_AT_ORIGIN),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 16,
        proj: "sterea",
        parameters: &[
            ("lat_0", ORIGIN_LATITUDE),
            ("lon_0", ORIGIN_LONGITUDE),
            ("k_0", SCALE_AT_ORIGIN),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 17,
        proj: "eqc",
        parameters: &[
            ("lat_ts", LAT_1),
            ("lat_0", CENTRE_LATITUDE),
            ("lon_0", CENTRE_LONGITUDE),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 18,
        proj: "cass",
        parameters: &[
            ("lat_0", ORIGIN_LATITUDE),
            ("lon_0", ORIGIN_LONGITUDE),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 13,
        proj: "eqdc",
        parameters: &[
            ("lat_1", LAT_1),
            ("lat_2", LAT_2),
            ("lat_0", CENTRE_LATITUDE),
            ("lon_0", CENTRE_LONGITUDE),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 19,
        proj: "gnom",
        parameters: &[
            ("lat_0", CENTRE_LATITUDE),
            ("lon_0", CENTRE_LONGITUDE),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 20,
        proj: "mill",
        parameters: &[
            ("lon_0", CENTRE_LONGITUDE),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 21,
        proj: "ortho",
        parameters: &[
            ("lat_0", CENTRE_LATITUDE),
            ("lon_0", CENTRE_LONGITUDE),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 22,
        proj: "poly",
        parameters: &[
            ("lat_0", ORIGIN_LATITUDE),
            ("lon_0", ORIGIN_LONGITUDE),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 23,
        proj: "robin",
        parameters: &[
            ("lon_0", CENTRE_LONGITUDE),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 24,
        proj: "sinu",
        parameters: &[
            ("lon_0", CENTRE_LONGITUDE),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
    Method {
        code: 28,
        proj: "cea",
        parameters: &[
            ("lat_ts", LAT_1),
            ("lon_0", ORIGIN_LONGITUDE),
            ("x_0", FALSE_EASTING),
            ("y_0", FALSE_NORTHING),
        ],
    },
];

/// Other keys that writers use for a parameter, where the usual one is not there.
pub(crate) fn other_keys(parameter: &str) -> &'static [u16] {
    match parameter {
        "lat_0" => &[ORIGIN_LATITUDE, CENTRE_LATITUDE, FALSE_ORIGIN_LATITUDE],
        "lon_0" => &[
            ORIGIN_LONGITUDE,
            CENTRE_LONGITUDE,
            FALSE_ORIGIN_LONGITUDE,
            POLE_LONGITUDE,
        ],
        "x_0" => &[FALSE_EASTING, FALSE_ORIGIN_EASTING, CENTRE_EASTING],
        "y_0" => &[FALSE_NORTHING, FALSE_ORIGIN_NORTHING, CENTRE_NORTHING],
        "k_0" => &[SCALE_AT_ORIGIN, SCALE_AT_CENTRE],
        "lat_ts" => &[LAT_1, ORIGIN_LATITUDE],
        _ => &[],
    }
}
