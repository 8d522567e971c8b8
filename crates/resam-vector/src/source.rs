//! The features of a file, before points or polygons are made of them.

use std::io::Read;
use std::path::Path;

use geo_types::MultiPolygon;
use resam_crs::{Crs, CrsError, Transform};
use resam_files::{open_regular, read_bounded};
use resam_prompt::{Notices, Weight};

use crate::format::{ReadFormat, sniff};
use crate::{Field, Value, VectorError, csv_points, flat_geobuf, geojson, geopackage, shapefile};

/// How a vector file is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadOptions<'a> {
    /// The target CRS of the coordinates. Without it they are not transformed and have the CRS that
    /// the file states. A GeoJSON file that states none is in degrees (RFC 7946, section 4), unless
    /// its coordinates cannot be: then they are pixels.
    pub target: Option<&'a Crs>,
    /// The CRS of the file's coordinates, in place of the one that it states.
    pub source_crs: Option<&'a Crs>,
    /// The layer to read, where there are several.
    pub layer: Option<&'a str>,
    /// Refuse the file where a row would be left out.
    pub strict: bool,
    /// The field of classes. Default: `label`, where none of its values says whether a point is on
    /// its object.
    pub class_field: Option<&'a str>,
}

/// The CRS that a file states.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stated {
    /// This CRS.
    Crs(Crs),
    /// None, which the format defines as longitude and latitude.
    DegreesBySilence,
    /// None, so that the target CRS is assumed.
    Nothing,
    /// An undefined one.
    Undefined,
    /// One that cannot be used.
    Unusable(Box<CrsError>),
}

/// The geometry of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Geometry {
    None,
    Points(Vec<(f64, f64)>),
    Polygons(MultiPolygon<f64>),
    /// Of a kind that is not supported; its name.
    Other(&'static str),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) number: usize,
    pub(crate) geometry: Geometry,
    /// The values that are there, each with the place of its field, in the file's order.
    pub(crate) values: Vec<(usize, Value)>,
}

impl Row {
    /// Bytes of memory that it and what is made of it take, about.
    fn memory(&self) -> usize {
        const ROW: usize = 160;
        const VALUE: usize = 112;
        const VERTEX: usize = 32;
        const RING: usize = 64;
        let geometry = match &self.geometry {
            Geometry::Points(points) => points.len() * (VERTEX + ROW),
            Geometry::Polygons(polygons) => {
                let rings = polygons.iter().flat_map(|polygon| {
                    std::iter::once(polygon.exterior()).chain(polygon.interiors())
                });
                rings.map(|ring| RING + VERTEX * ring.0.len()).sum()
            }
            Geometry::None | Geometry::Other(_) => 0,
        };
        let value = |(_, value): &(usize, Value)| match value {
            Value::Text(text) => VALUE + text.len(),
            _ => VALUE,
        };
        ROW + geometry + self.values.iter().map(value).sum::<usize>()
    }

    /// The value of the field at a place.
    pub(crate) fn value(&self, place: usize) -> &Value {
        let value = self.values.iter().find(|(at, _)| *at == place);
        value.map_or(&Value::Null, |(_, value)| value)
    }
}

/// What is said of rows whose geometry cannot be read.
pub(crate) const NO_GEOMETRY: [&str; 2] = [
    "row that cannot be read is left out",
    "rows that cannot be read are left out",
];

/// Rows that are left out of a file that is still read to its end.
const MOST_FAULTS: usize = 100_000;
/// Bytes of memory that the features of a file may take.
const MOST_MEMORY: usize = 512 << 20;
/// Bytes of a file that is read whole.
pub(crate) const MOST_BYTES: u64 = 512 << 20;

/// A file in its own CRS.
#[derive(Debug)]
pub(crate) struct Source {
    /// The name that messages use.
    pub(crate) file: String,
    /// The layer's name, where the format names layers.
    pub(crate) layer: Option<String>,
    pub(crate) row_name: &'static str,
    pub(crate) stated: Stated,
    pub(crate) fields: Vec<Field>,
    pub(crate) rows: Vec<Row>,
    /// What was noticed.
    pub(crate) notices: Notices,
    /// The first row that was left out.
    pub(crate) first_fault: Option<VectorError>,
    faults: usize,
    /// Bytes of memory that its rows take, about.
    memory: usize,
}

impl Source {
    /// A file of which nothing is read yet.
    pub(crate) fn new(file: &str, row_name: &'static str) -> Self {
        Self {
            file: file.to_owned(),
            layer: None,
            row_name,
            stated: Stated::Nothing,
            fields: Vec::new(),
            rows: Vec::new(),
            notices: Notices::default(),
            first_fault: None,
            faults: 0,
            memory: 0,
        }
    }

    /// Leaves a row out, and counts it with those of its kind.
    ///
    /// # Errors
    /// When there are so many that the rest of the file is not worth reading: the first of them.
    pub(crate) fn fault(
        &mut self,
        fault: VectorError,
        what: &[&'static str; 2],
    ) -> Result<(), VectorError> {
        let first = || fault.place();
        self.notices.add(&self.file, Weight::LeftOut, *what, first);
        self.faults += 1;
        let first = self.first_fault.get_or_insert(fault);
        if self.faults > MOST_FAULTS {
            return Err(VectorError::Faults {
                most: MOST_FAULTS,
                first: first.to_string(),
            });
        }
        Ok(())
    }

    /// What is wrong with the file when none of its rows is of use, or when none may be left out.
    pub(crate) fn refused(&mut self, is_empty: bool, strict: bool) -> Result<(), VectorError> {
        match self.first_fault.take_if(|_| is_empty || strict) {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When the rows take more memory than those of any layer of prompts.
    pub(crate) fn push(&mut self, row: Row) -> Result<(), VectorError> {
        self.memory = self.memory.saturating_add(row.memory());
        if self.memory > MOST_MEMORY {
            return Err(VectorError::TooMuch {
                file: self.file.clone(),
                rows: self.rows.len(),
                most: MOST_MEMORY >> 20,
            });
        }
        self.rows.push(row);
        Ok(())
    }

    pub(crate) fn open(path: &Path, options: &ReadOptions<'_>) -> Result<Self, VectorError> {
        let layer = options.layer;
        let file = path.display().to_string();
        match sniff_file(path)? {
            ReadFormat::GeoPackage => geopackage::read(path, layer),
            ReadFormat::FlatGeobuf => flat_geobuf::read(path),
            ReadFormat::Shapefile => shapefile::read(path),
            ReadFormat::GeoJson => geojson::read(&file, &read_bounded(path, MOST_BYTES)?),
            ReadFormat::Csv => {
                csv_points::read(&file, &read_bounded(path, MOST_BYTES)?, options.strict)
            }
        }
    }

    pub(crate) fn row_error(
        &self,
        row: usize,
        problem: impl Into<String>,
        hint: &'static str,
    ) -> VectorError {
        VectorError::Row {
            file: self.file.clone(),
            row_name: self.row_name,
            row,
            problem: problem.into(),
            hint,
        }
    }

    /// The CRS that coordinates are in.
    pub(crate) fn crs(&self, options: &ReadOptions<'_>) -> Result<Option<Crs>, VectorError> {
        if let Some(crs) = options.source_crs {
            return Ok(Some(crs.clone()));
        }
        match (&self.stated, options.target) {
            (Stated::Crs(crs), _) => Ok(Some(crs.clone())),
            (Stated::DegreesBySilence, Some(_)) => {
                self.check_degrees()?;
                Ok(Some(Crs::wgs84()))
            }
            (Stated::Nothing, target) => Ok(target.cloned()),
            (Stated::Undefined, Some(target)) => Err(VectorError::UnknownCrs {
                file: self.file.clone(),
                problem: format!("the layer's CRS is undefined, and the scene is in {target}"),
                hint: "say which CRS the coordinates are in, or assign it in QGIS (Set Layer CRS) and save the layer again",
            }),
            (Stated::Unusable(source), _) => Err(VectorError::Crs {
                file: self.file.clone(),
                source: source.clone(),
            }),
            (Stated::DegreesBySilence, None) => Ok(self.check_degrees().is_ok().then(Crs::wgs84)),
            (Stated::Undefined, None) => Ok(None),
        }
    }

    /// The transform from the file's CRS to the target.
    pub(crate) fn transform(
        &self,
        crs: Option<&Crs>,
        options: &ReadOptions<'_>,
    ) -> Result<Option<Transform>, VectorError> {
        match (crs, options.target) {
            (Some(from), Some(to)) => Transform::new(from, to)
                .map(Some)
                .map_err(|source| self.crs_error(source)),
            _ => Ok(None),
        }
    }

    pub(crate) fn crs_error(&self, source: resam_crs::CrsError) -> VectorError {
        VectorError::Crs {
            file: self.file.clone(),
            source: source.into(),
        }
    }

    /// Coordinates beyond 360 or 90 degrees are most likely metres of a projection. Longitudes from
    /// 180 to 360 are those of rasters that begin at Greenwich.
    fn check_degrees(&self) -> Result<(), VectorError> {
        for row in &self.rows {
            let outside = |x: f64, y: f64| x.abs() > 360.0 || y.abs() > 90.0;
            let found = match &row.geometry {
                Geometry::Points(points) => points.iter().copied().find(|&(x, y)| outside(x, y)),
                Geometry::Polygons(polygons) => polygons
                    .iter()
                    .flat_map(|polygon| polygon.exterior().coords())
                    .map(|at| (at.x, at.y))
                    .find(|&(x, y)| outside(x, y)),
                _ => None,
            };
            if let Some((x, y)) = found {
                return Err(self.row_error(
                    row.number,
                    format!(
                        "({x}, {y}) is no longitude and latitude, and the file states no other CRS"
                    ),
                    "GeoJSON is in degrees unless it has a `crs` member; say which CRS the coordinates are in",
                ));
            }
        }
        Ok(())
    }
}

/// Finds the format of a file by its first bytes.
pub(crate) fn sniff_file(path: &Path) -> Result<ReadFormat, VectorError> {
    let mut start = Vec::new();
    open_regular(path)?.take(1024).read_to_end(&mut start)?;
    sniff(&path.display().to_string(), &start)
}

/// Whether a file of points is read as CSV, by its first bytes.
///
/// # Errors
/// When it cannot be read, or its format is not supported.
pub fn is_csv(path: impl AsRef<Path>) -> Result<bool, VectorError> {
    Ok(sniff_file(path.as_ref())? == ReadFormat::Csv)
}

/// The place of the field with this name, in any case.
pub(crate) fn place_of(fields: &[Field], name: &str) -> Option<usize> {
    fields
        .iter()
        .position(|field| field.name.eq_ignore_ascii_case(name))
}
