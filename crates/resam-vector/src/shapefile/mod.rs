//! Shapefiles (ESRI Shapefile Technical Description, 1998): geometries in `.shp`, attributes in
//! `.dbf`, the CRS in `.prj`, the encoding of texts in `.cpg`.
//!
//! Records are read in the order of the `.shp`; its index, `.shx`, is not needed. What a header
//! says of sizes and counts is checked against the bytes that are there.

mod dbf;
mod shp;

use std::path::{Path, PathBuf};

use encoding_rs::Encoding;
use resam_crs::Crs;
use resam_files::read_bounded;
use resam_prompt::Weight;

use crate::VectorError;
use crate::source::{MOST_BYTES, Row, Source, Stated};

/// Reads the shapefile whose `.shp` this is.
pub(crate) fn read(path: &Path) -> Result<Source, VectorError> {
    let file = path.display().to_string();
    let shapes = read_bounded(path, MOST_BYTES)?;
    let side = |extension: &str| -> Result<Option<Vec<u8>>, VectorError> {
        let found = beside(path, extension);
        found
            .map(|path| Ok(read_bounded(path, MOST_BYTES)?))
            .transpose()
    };
    let parts = Parts {
        table: side("dbf")?,
        encoding: side("cpg")?,
        projection: side("prj")?,
    };
    let mut source = parse(&file, &shapes, &parts)?;
    let stem = path.file_stem().unwrap_or_default();
    source.layer = Some(stem.to_string_lossy().into_owned());
    Ok(source)
}

/// The files beside a `.shp`.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) table: Option<Vec<u8>>,
    pub(crate) encoding: Option<Vec<u8>>,
    pub(crate) projection: Option<Vec<u8>>,
}

/// Reads the bytes of a shapefile's files; messages call it `name`.
pub(crate) fn parse(name: &str, shapes: &[u8], parts: &Parts) -> Result<Source, VectorError> {
    let malformed = |problem: String| VectorError::Malformed {
        file: name.to_owned(),
        format: "a sound shapefile",
        problem,
        hint: "get it again, with all its files (.shp, .shx, .dbf, .prj), or export it to GeoPackage",
    };
    let mut source = Source::new(name, "record");
    source.stated = match &parts.projection {
        None => Stated::Nothing,
        Some(text) => {
            let text = String::from_utf8_lossy(text);
            let crs = Crs::parse(text.trim().trim_start_matches('\u{feff}'));
            Stated::Crs(crs.map_err(|error| source.crs_error(error))?)
        }
    };
    let mut table = match &parts.table {
        None => {
            source.notices.add(
                name,
                Weight::Taken,
                ["shapefile has no .dbf beside it: no attributes", ""],
                String::new,
            );
            None
        }
        Some(bytes) => {
            let table = dbf::Table::open(bytes, encoding(parts.encoding.as_deref()));
            Some(table.map_err(|problem| malformed(format!("its .dbf {problem}")))?)
        }
    };
    if let Some(table) = &table {
        source.fields = table.fields();
    }
    let mut records = shp::Records::open(shapes).map_err(malformed)?;
    while let Some((number, shape)) = records.next() {
        let values = table.as_mut().and_then(dbf::Table::next);
        let geometry = match shape {
            Ok(geometry) => geometry,
            Err(problem) => {
                let hint = "mend or delete the record in QGIS";
                let fault = source.row_error(number, problem, hint);
                source.fault(fault, &crate::source::NO_GEOMETRY)?;
                continue;
            }
        };
        // A record of the table may be marked as deleted; its shape stays in the file.
        let values = match values {
            Some(None) => continue,
            Some(Some(values)) => values,
            None => Vec::new(),
        };
        source.push(Row {
            number,
            geometry,
            values,
        })?;
    }
    if records.is_cut() {
        let fault = malformed("it ends within a record".to_owned());
        source.fault(fault, &CUT)?;
    }
    Ok(source)
}

const CUT: [&str; 2] = ["record at the end is cut short and left out", ""];

/// The encoding that a `.cpg` names, if it is known.
fn encoding(text: Option<&[u8]>) -> Option<&'static Encoding> {
    let text = String::from_utf8_lossy(text?);
    let name = text.trim().to_ascii_lowercase();
    // Numbers are code pages of Windows and DOS, as GDAL takes them.
    let number = name.trim_start_matches("ansi ").trim_start_matches("cp");
    if let Ok(page) = number.parse::<u32>() {
        return dbf::code_page(page);
    }
    Encoding::for_label(name.replace("8859_", "8859-").as_bytes())
}

/// The file of this stem with another extension, in lower or upper case.
fn beside(path: &Path, extension: &str) -> Option<PathBuf> {
    let candidates = [extension.to_owned(), extension.to_uppercase()];
    let mut paths = candidates.iter().map(|one| path.with_extension(one));
    paths.find(|path| path.is_file())
}
