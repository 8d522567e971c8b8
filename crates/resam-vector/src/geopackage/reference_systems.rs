//! The table `gpkg_spatial_ref_sys`.

use resam_crs::{Crs, CrsError};
use rusqlite::{Connection, OptionalExtension, params};

use crate::source::Stated;

/// No CRS on the Earth: pixels.
pub(crate) const UNDEFINED: i32 = -1;
/// The first id that is free for definitions without a code.
const USER_DEFINED: i32 = 100_000;

/// The name that GDAL gives to a CRS of which nothing is known.
const UNDEFINED_NAME: &str = "undefined";

/// The CRS that a layer's `srs_id` stands for.
pub(crate) fn stated(connection: &Connection, srs_id: i64) -> rusqlite::Result<Stated> {
    if srs_id == 0 || srs_id == i64::from(UNDEFINED) {
        return Ok(Stated::Undefined);
    }
    type Entry = (String, Option<i64>, Option<String>, Option<String>);
    let entry: Option<Entry> = connection
        .query_row(
            "SELECT organization, organization_coordsys_id, definition, srs_name FROM gpkg_spatial_ref_sys WHERE srs_id = ?1",
            params![srs_id],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .optional()?;
    let Some((organization, code, definition, name)) = entry else {
        return Ok(Stated::Undefined);
    };
    let definition = definition.filter(|text| !text.trim().is_empty() && text != UNDEFINED_NAME);
    let code = code.and_then(|code| u32::try_from(code).ok());
    let by_code = code.and_then(|code| Crs::of_authority(&organization, code));
    // A code that is unknown here may well have a definition that is not.
    let crs = match (by_code, definition) {
        (Some(Err(CrsError::UnknownCode { .. })) | None, Some(definition)) => {
            Crs::parse(&definition)
        }
        (Some(by_code), _) => by_code,
        (None, None) => return Ok(Stated::Undefined),
    };
    let is_unnamed = || {
        let name = name.unwrap_or_default().to_ascii_lowercase();
        name.starts_with(UNDEFINED_NAME)
    };
    Ok(match crs {
        Ok(crs) => Stated::Crs(crs),
        Err(CrsError::NotHorizontal { .. }) if is_unnamed() => Stated::Undefined,
        Err(source) => Stated::Unusable(source.into()),
    })
}

/// Adds the rows that every GeoPackage has and the one of a layer, where they are missing. Returns
/// the id that the layer's CRS has in this file.
pub(crate) fn insert(connection: &Connection, crs: Option<&Crs>) -> rusqlite::Result<i32> {
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
    let Some(crs) = crs else {
        return Ok(UNDEFINED);
    };
    if let Some(id) = known(connection, crs)? {
        return Ok(id);
    }
    let code = crs.epsg().and_then(|code| i32::try_from(code).ok());
    let wanted = code.unwrap_or(USER_DEFINED);
    let id = free(connection, wanted)?;
    statement.execute(params![
        crs.name(),
        id,
        if code.is_some() { "EPSG" } else { "NONE" },
        code.unwrap_or(id),
        crs.wkt(),
        crs.proj_string()
    ])?;
    Ok(id)
}

/// The id of the row that stands for this CRS already.
fn known(connection: &Connection, crs: &Crs) -> rusqlite::Result<Option<i32>> {
    let row = match crs.epsg() {
        Some(code) => connection.query_row(
            "SELECT srs_id FROM gpkg_spatial_ref_sys WHERE upper(organization) = 'EPSG' AND organization_coordsys_id = ?1",
            params![code],
            |row| row.get(0),
        ),
        None => connection.query_row(
            "SELECT srs_id FROM gpkg_spatial_ref_sys WHERE definition = ?1",
            params![crs.wkt()],
            |row| row.get(0),
        ),
    };
    row.optional()
}

/// The id wanted, or the first free one of those for definitions without a code.
fn free(connection: &Connection, wanted: i32) -> rusqlite::Result<i32> {
    let is_taken = |id: i32| {
        connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM gpkg_spatial_ref_sys WHERE srs_id = ?1)",
            params![id],
            |row| row.get::<_, bool>(0),
        )
    };
    let mut id = wanted;
    while is_taken(id)? {
        id = (id + 1).max(USER_DEFINED);
    }
    Ok(id)
}
