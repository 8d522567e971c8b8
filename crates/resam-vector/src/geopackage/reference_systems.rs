//! The table `gpkg_spatial_ref_sys`.

use resam_crs::{Crs, CrsError};
use rusqlite::{Connection, OptionalExtension, params};

use crate::source::Stated;

/// No CRS on the Earth: pixels.
pub(crate) const UNDEFINED: i32 = -1;
/// The first id that is free for definitions without a code.
const USER_DEFINED: i32 = 100_000;

/// The CRS that a layer's `srs_id` stands for.
pub(crate) fn stated(
    connection: &Connection,
    srs_id: i64,
) -> rusqlite::Result<Result<Stated, CrsError>> {
    if srs_id == 0 || srs_id == i64::from(UNDEFINED) {
        return Ok(Ok(Stated::Undefined));
    }
    let entry: Option<(String, Option<i64>, Option<String>)> = connection
        .query_row(
            "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?1",
            params![srs_id],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((organization, code, definition)) = entry else {
        return Ok(Ok(Stated::Undefined));
    };
    let definition = definition.filter(|text| !text.trim().is_empty() && text != "undefined");
    let by_code = organization
        .eq_ignore_ascii_case("EPSG")
        .then_some(code)
        .flatten()
        .and_then(|code| u32::try_from(code).ok())
        .map(Crs::from_epsg);
    // A code that is unknown here may well have a definition that is not.
    let crs = match (by_code, definition) {
        (Some(Err(CrsError::UnknownCode { .. })) | None, Some(definition)) => {
            Crs::parse(&definition)
        }
        (Some(by_code), _) => by_code,
        (None, None) => return Ok(Ok(Stated::Undefined)),
    };
    Ok(crs.map(Stated::Crs))
}

/// The id that a layer in this CRS has.
pub(crate) fn id(crs: Option<&Crs>) -> i32 {
    match crs {
        None => UNDEFINED,
        Some(crs) => crs
            .epsg()
            .and_then(|code| i32::try_from(code).ok())
            .unwrap_or(USER_DEFINED),
    }
}

/// Fills the table with the rows that every GeoPackage has and the layer's.
pub(crate) fn insert(connection: &Connection, crs: Option<&Crs>) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "INSERT OR IGNORE INTO gpkg_spatial_ref_sys (srs_name, srs_id, organization, organization_coordsys_id, definition, description) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let wgs84 = Crs::wgs84();
    statement.execute(params![
        "Undefined Cartesian SRS",
        UNDEFINED,
        "NONE",
        UNDEFINED,
        "undefined",
        "undefined Cartesian coordinate reference system"
    ])?;
    statement.execute(params![
        "Undefined geographic SRS",
        0,
        "NONE",
        0,
        "undefined",
        "undefined geographic coordinate reference system"
    ])?;
    statement.execute(params![
        "WGS 84 geodetic",
        4326,
        "EPSG",
        4326,
        wgs84.wkt(),
        "longitude/latitude coordinates in decimal degrees on the WGS 84 spheroid"
    ])?;
    if let Some(crs) = crs {
        let organization = if crs.epsg().is_some() { "EPSG" } else { "NONE" };
        let id = id(Some(crs));
        statement.execute(params![
            crs.name(),
            id,
            organization,
            id,
            crs.wkt(),
            crs.proj_string()
        ])?;
    }
    Ok(())
}
