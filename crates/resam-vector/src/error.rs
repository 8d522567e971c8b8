//! Why a vector file could not be read or written.

use std::io;
use std::path::PathBuf;

use resam_crs::CrsError;
use resam_prompt::PointsError;

/// Why a vector file could not be read or written.
///
/// All but [`VectorError::Write`] and [`VectorError::GeoPackageWrite`] are errors of the input. A
/// row is the line of a CSV file, the number of a GeoJSON feature counted from 1, or the id of a
/// GeoPackage's feature.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VectorError {
    /// The operating system refused to read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// A CSV table of points cannot be used.
    #[error(transparent)]
    Points(#[from] PointsError),
    /// The format of the file is not supported.
    #[error("{file}: no vector file that is read\n\nhint: {hint}")]
    UnknownFormat {
        /// The file.
        file: String,
        /// What to do.
        hint: &'static str,
    },
    /// No format with this extension can be written.
    #[error("{}: no vector format goes by the extension `{extension}`\n\nhint: use .gpkg (GeoPackage), .geojson or .fgb (FlatGeobuf)", path.display())]
    UnknownExtension {
        /// The path.
        path: PathBuf,
        /// Its extension, empty if there is none.
        extension: String,
    },
    /// The file breaks the rules of its format.
    #[error("{file}: not {format}: {problem}\n\nhint: {hint}")]
    Malformed {
        /// The file.
        file: String,
        /// The format, with its article.
        format: &'static str,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// Another program holds the GeoPackage.
    #[error(
        "{file}: the GeoPackage is locked by another program\n\nhint: save and close it there (QGIS: remove the layer), then try again"
    )]
    Locked {
        /// The file.
        file: String,
    },
    /// SQLite refuses to read a GeoPackage.
    #[error(
        "{file}: the GeoPackage cannot be read: {source}\n\nhint: see that it opens in QGIS; if it does, export the layer to a new GeoPackage or to GeoJSON"
    )]
    GeoPackage {
        /// The file.
        file: String,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// SQLite refuses to write a GeoPackage.
    #[error("{}: the GeoPackage cannot be written: {source}\n\nhint: see that the folder may be written to and that the disk has room", path.display())]
    GeoPackageWrite {
        /// The path.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The file has several layers, or no layer of the name given.
    #[error("{file}: {problem}; the layers are {layers}\n\nhint: name one of them")]
    Layer {
        /// The file.
        file: String,
        /// What is wrong.
        problem: String,
        /// The layers that are there.
        layers: String,
    },
    /// So many rows have no meaning that the file is not read to its end.
    #[error("more than {most} rows have no meaning, the first: {first}")]
    Faults {
        /// How many are borne.
        most: usize,
        /// What is wrong with the first.
        first: String,
    },
    /// The file has no field of the name that was given.
    #[error("{file}: no field `{field}`; the fields are {fields}\n\nhint: name one of them")]
    NoField {
        /// The file.
        file: String,
        /// The name that was given.
        field: String,
        /// The fields that are there.
        fields: String,
    },
    /// A value cannot be read.
    #[error("{file}: {row_name} {row}: {problem}\n\nhint: {hint}")]
    Row {
        /// The file.
        file: String,
        /// What rows are called: line, feature.
        row_name: &'static str,
        /// The row.
        row: usize,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// The features take more memory than those of any file of prompts.
    #[error(
        "{file}: its features take more than {most} MiB of memory, the first {rows} alone\n\nhint: keep only those in the scene (`ogr2ogr -spat`) and only the fields that are needed"
    )]
    TooMuch {
        /// The file.
        file: String,
        /// How many were read.
        rows: usize,
        /// The bound in MiB.
        most: usize,
    },
    /// The file has no points, no polygons or no layer.
    #[error("{file}: no {wanted}\n\nhint: {hint}")]
    Empty {
        /// The file.
        file: String,
        /// What is missing.
        wanted: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// The CRS of the coordinates is unknown.
    #[error("{file}: {problem}\n\nhint: {hint}")]
    UnknownCrs {
        /// The file.
        file: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// The CRS that a file states cannot be used.
    #[error("{file}: {source}")]
    Crs {
        /// The file.
        file: String,
        /// What is wrong with it.
        source: Box<CrsError>,
    },
    /// A point cannot be transformed to the target CRS.
    #[error("{file}: {row_name} {row}: {source}")]
    Transform {
        /// The file.
        file: String,
        /// What rows are called: line, feature.
        row_name: &'static str,
        /// The row.
        row: usize,
        /// What is wrong.
        source: Box<CrsError>,
    },
    /// The layer cannot be written in this format.
    #[error("{}: the layer cannot be written: {problem}", path.display())]
    Unwritable {
        /// The path.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The operating system refuses to write.
    #[error("{}: cannot be written: {source}\n\nhint: see that the folder exists, that it may be written to and that the disk has room", path.display())]
    Write {
        /// The path.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

impl VectorError {
    /// What is wrong and where, without the file and what to do.
    pub(crate) fn place(&self) -> String {
        let text = self.to_string();
        let text = text.split("\n\nhint: ").next().unwrap_or_default();
        let file = match self {
            Self::Malformed { file, .. }
            | Self::Row { file, .. }
            | Self::Transform { file, .. } => file,
            _ => "",
        };
        let text = text.strip_prefix(file).unwrap_or(text);
        text.trim_start_matches(": ").to_owned()
    }
}
