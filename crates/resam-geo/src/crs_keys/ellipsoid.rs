//! Ellipsoids by their EPSG codes and PROJ names, for CRSs that are given by parameters.

/// An ellipsoid: EPSG code, PROJ name, semi-major axis in metres, inverse flattening.
pub(crate) struct Ellipsoid {
    pub(crate) code: u32,
    pub(crate) proj: &'static str,
    pub(crate) semi_major: f64,
    pub(crate) inverse_flattening: f64,
}

const fn ellipsoid(code: u32, proj: &'static str, semi_major: f64, inverse: f64) -> Ellipsoid {
    Ellipsoid {
        code,
        proj,
        semi_major,
        inverse_flattening: inverse,
    }
}

/// The ellipsoids that PROJ strings name.
pub(crate) const ELLIPSOIDS: &[Ellipsoid] = &[
    ellipsoid(7030, "WGS84", 6_378_137.0, 298.257_223_563),
    ellipsoid(7019, "GRS80", 6_378_137.0, 298.257_222_101),
    ellipsoid(7043, "WGS72", 6_378_135.0, 298.26),
    ellipsoid(7036, "GRS67", 6_378_160.0, 298.247_167_427),
    ellipsoid(7004, "bessel", 6_377_397.155, 299.152_812_8),
    ellipsoid(7022, "intl", 6_378_388.0, 297.0),
    ellipsoid(7024, "krass", 6_378_245.0, 298.3),
    ellipsoid(7008, "clrk66", 6_378_206.4, 294.978_698_213_898),
    ellipsoid(7012, "clrk80", 6_378_249.145, 293.465),
    ellipsoid(7011, "clrk80ign", 6_378_249.2, 293.466_021_293_626_5),
    ellipsoid(7001, "airy", 6_377_563.396, 299.324_964_6),
    ellipsoid(7003, "aust_SA", 6_378_160.0, 298.25),
    ellipsoid(7015, "evrst30", 6_377_276.345, 300.801_7),
];

/// Geodetic datums that PROJ strings name: EPSG codes of the datum and of the geographic CRS.
pub(crate) const DATUMS: &[(u32, u32, &str)] = &[
    (6326, 4326, "+datum=WGS84"),
    (6269, 4269, "+datum=NAD83"),
    (6267, 4267, "+datum=NAD27"),
    (6258, 4258, "+ellps=GRS80 +towgs84=0,0,0,0,0,0,0"),
];
