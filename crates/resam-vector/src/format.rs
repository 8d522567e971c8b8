//! Which format a file is in.

use std::path::Path;

use crate::VectorError;

/// A format that layers are written in, by the extension of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VectorFormat {
    /// `.gpkg`, GeoPackage (OGC 12-128r19): any CRS.
    GeoPackage,
    /// `.geojson`, RFC 7946: longitude and latitude, or pixels where there is no CRS.
    GeoJson,
    /// `.fgb`, FlatGeobuf: any CRS.
    FlatGeobuf,
}

impl VectorFormat {
    /// The format of a path's extension, in upper or lower case.
    ///
    /// # Errors
    /// [`VectorError::UnknownExtension`].
    pub fn of(path: impl AsRef<Path>) -> Result<Self, VectorError> {
        let path = path.as_ref();
        let extension = extension(path);
        Self::of_extension(&extension).ok_or_else(|| VectorError::UnknownExtension {
            path: path.to_owned(),
            extension,
        })
    }

    fn of_extension(extension: &str) -> Option<Self> {
        match &*extension.to_ascii_lowercase() {
            "gpkg" => Some(Self::GeoPackage),
            "geojson" => Some(Self::GeoJson),
            "fgb" => Some(Self::FlatGeobuf),
            _ => None,
        }
    }
}

fn extension(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default();
    extension.to_string_lossy().into_owned()
}

/// A format that files are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadFormat {
    GeoPackage,
    GeoJson,
    Csv,
    FlatGeobuf,
    Shapefile,
}

/// Finds the format by the first bytes. They are more reliable than the extension.
pub(crate) fn sniff(file: &str, start: &[u8]) -> Result<ReadFormat, VectorError> {
    let unknown = |hint| {
        Err(VectorError::UnknownFormat {
            file: file.to_owned(),
            hint,
        })
    };
    if start.starts_with(b"SQLite format 3\0") {
        return Ok(ReadFormat::GeoPackage);
    }
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    if start.starts_with(b"fgb") {
        return Ok(ReadFormat::FlatGeobuf);
    }
    if text.starts_with(b"PK") {
        return unknown(
            "a zip archive (a zipped shapefile, a spreadsheet) is not read: unpack it, or save it as GeoPackage, GeoJSON or CSV",
        );
    }
    if start.starts_with(b"\0\0\x27\x0A") {
        return Ok(ReadFormat::Shapefile);
    }
    // UTF-16, which the reader of CSV refuses in its own words.
    if start.starts_with(b"\xFF\xFE") || start.starts_with(b"\xFE\xFF") {
        return Ok(ReadFormat::Csv);
    }
    if start.contains(&0) {
        return unknown("save it as GeoPackage, GeoJSON or CSV in UTF-8");
    }
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        // A record separator begins each text of a GeoJSON sequence (RFC 8142).
        Some(b'{' | 0x1E) => Ok(ReadFormat::GeoJson),
        Some(b'<') => {
            unknown("KML, GML and GPX are not read: convert it with `ogr2ogr points.gpkg FILE`")
        }
        Some(b'[') => {
            unknown("GeoJSON begins with an object: `{ \"type\": \"FeatureCollection\", ... }`")
        }
        Some(_) => Ok(ReadFormat::Csv),
        None => unknown("the file is empty"),
    }
}
