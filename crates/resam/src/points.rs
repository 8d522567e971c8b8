//! A file of points as the objects of scenes: in pixels, or on the map in any CRS.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use resam_crs::Crs;
use resam_geo::Raster;
use resam_prompt::{Coordinates, Notices, PointFile, TableOptions};
use resam_scene::{Gathered, gather_points};
use resam_vector::{ReadOptions, VectorError, is_csv, read_points};

use crate::error::{Error, Result};
use crate::observer::Observer;

/// How a file of points is read.
#[derive(Debug, Clone, Default)]
pub struct PointsOptions {
    /// The CRS of the points, whatever the file says. Default: what the file says.
    pub crs: Option<Crs>,
    /// The layer to read of a file that has several. Default: the only one.
    pub layer: Option<String>,
    /// The field of classes. Default: `label`, where none of its values says whether a point is on
    /// its object.
    pub class_field: Option<String>,
    /// Only boxes are asked about: the points in them are not told. Default: `false`.
    pub boxes: bool,
    /// Refuse the file where a row would be left out. Default: `false`.
    pub strict: bool,
}

impl PointsOptions {
    /// Reads a file of points in pixels.
    pub(crate) fn read_pixels(&self, path: &Path) -> Result<PointFile> {
        let options = TableOptions {
            strict: self.strict,
            class_field: self.class_field.clone(),
        };
        Ok(PointFile::read_with(path, &options)?)
    }

    /// Whether something is asked for that only points on the map have.
    pub(crate) fn is_set(&self) -> bool {
        self.crs.is_some() || self.layer.is_some()
    }
}

/// Points in a file: in pixels of images, or on the map. They are read once for each CRS that
/// scenes are in.
#[derive(Debug)]
pub struct Points {
    path: PathBuf,
    options: PointsOptions,
    content: Content,
}

/// Opens a file of points: CSV with `x,y` in pixels or `lon,lat`, GeoJSON, or a GeoPackage in any
/// CRS.
///
/// # Errors
/// As [`Points::open`].
pub fn read(path: impl AsRef<Path>) -> Result<Points> {
    Points::open(path, &PointsOptions::default())
}

/// The points of a file as they were read for scenes in a CRS.
type ReadFor = (Option<Crs>, resam_vector::PointFile);

#[derive(Debug)]
enum Content {
    /// In pixels of the images that it names.
    Pixels(PointFile),
    /// As it was read for scenes in a CRS.
    Map(Mutex<Vec<ReadFor>>),
}

impl Points {
    /// Opens a file of points.
    ///
    /// # Errors
    /// When a CSV in pixels cannot be read; other files are read when it is known for which CRS.
    pub fn open(path: impl AsRef<Path>, options: &PointsOptions) -> Result<Self> {
        let path = path.as_ref();
        let content = if options.crs.is_none() && are_in_pixels(path) {
            Content::Pixels(options.read_pixels(path)?)
        } else {
            Content::Map(Mutex::default())
        };
        Ok(Self {
            path: path.to_owned(),
            options: options.clone(),
            content,
        })
    }

    /// The objects on a raster, which a file in pixels knows by `name`.
    ///
    /// # Errors
    /// As [`read_points`].
    pub fn on(&self, raster: &Raster, name: &str) -> Result<Gathered> {
        let map = match &self.content {
            Content::Map(map) => map,
            Content::Pixels(file) => {
                let objects = file.on_image(name).cloned().collect();
                return self.boxes_of(Gathered {
                    objects,
                    ..Gathered::default()
                });
            }
        };
        let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
        let known = map.iter().position(|(crs, _)| crs.as_ref() == raster.crs());
        let at = if let Some(at) = known {
            at
        } else {
            let options = ReadOptions {
                target: raster.crs(),
                source_crs: self.options.crs.as_ref(),
                layer: self.options.layer.as_deref(),
                strict: self.options.strict,
                class_field: self.options.class_field.as_deref(),
            };
            let read = read_points(&self.path, &options)?;
            self.check_place(raster, &read)?;
            map.push((raster.crs().cloned(), read));
            map.len() - 1
        };
        let size = (raster.width(), raster.height());
        let transform = raster.geo_transform();
        self.boxes_of(gather_points(&map[at].1.points, transform.as_ref(), size))
    }

    /// The boxes alone, where only they are asked about.
    fn boxes_of(&self, mut gathered: Gathered) -> Result<Gathered> {
        if !self.options.boxes {
            return Ok(gathered);
        }
        for object in &mut gathered.objects {
            if object.bounds.is_none() {
                return Err(Error::input(
                    format!(
                        "`{}`: object `{}` is a point where a box is wanted",
                        self.path.display(),
                        object.id
                    ),
                    "boxes are polygons of a vector file, or a CSV with the columns x0,y0,x1,y1; give \
                     points as points",
                ));
            }
            object.points.retain(|point| !point.positive);
        }
        Ok(gathered)
    }

    /// Refuses points of a CRS for a raster that has none: they would be taken for pixels.
    fn check_place(&self, raster: &Raster, read: &resam_vector::PointFile) -> Result<()> {
        let Some(crs) = &read.source_crs else {
            return Ok(());
        };
        if raster.crs().is_some() && raster.geo_transform().is_some() {
            return Ok(());
        }
        Err(Error::input(
            format!(
                "`{}`: its points are in {}, and `{}` does not say where its pixels lie",
                self.path.display(),
                crs.name(),
                raster.path().display()
            ),
            "give the raster its CRS and its place (`gdal_translate -a_srs ... -a_ullr ...`), or the \
             points in pixels: a CSV with the columns x,y",
        ))
    }

    /// Checks that points which are pixels lie on the raster that they name.
    ///
    /// # Errors
    /// Names the first that does not.
    pub fn check_inside(&self, raster: &Raster, name: &str) -> Result<()> {
        if let Content::Pixels(file) = &self.content {
            let checked = file.check_inside(name, raster.width(), raster.height());
            checked?;
        }
        Ok(())
    }

    /// Checks that points which are pixels name none but these rasters.
    ///
    /// # Errors
    /// Names the first that is not there.
    pub fn check_names(&self, names: &[String]) -> Result<()> {
        if let Content::Pixels(file) = &self.content {
            let known = names.iter().map(String::as_str);
            let checked = file.check_images(known);
            checked?;
        }
        Ok(())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the points are pixels.
    pub fn are_pixels(&self) -> bool {
        matches!(self.content, Content::Pixels(_))
    }

    /// The images that a file in pixels names, sorted.
    pub(crate) fn images(&self) -> Vec<String> {
        match &self.content {
            Content::Pixels(file) => file.images().into_iter().map(str::to_owned).collect(),
            Content::Map(_) => Vec::new(),
        }
    }

    /// Points of the file, as far as it was read.
    pub fn count(&self) -> usize {
        match &self.content {
            Content::Pixels(file) => {
                let objects = file.objects.iter();
                objects.map(|one| one.object.points.len()).sum()
            }
            Content::Map(map) => {
                let map = map.lock().unwrap_or_else(PoisonError::into_inner);
                map.first().map_or(0, |(_, read)| read.points.len())
            }
        }
    }

    /// What was noticed in the file, as far as it was read.
    pub fn notices(&self) -> Notices {
        match &self.content {
            Content::Pixels(file) => file.notices.clone(),
            Content::Map(map) => {
                let map = map.lock().unwrap_or_else(PoisonError::into_inner);
                let first = map.first();
                first.map_or_else(Notices::default, |(_, read)| read.notices.clone())
            }
        }
    }

    /// What the user should know about the accuracy of the coordinates, as far as the file was read.
    pub fn cautions(&self) -> Vec<String> {
        match &self.content {
            Content::Pixels(_) => Vec::new(),
            Content::Map(map) => {
                let map = map.lock().unwrap_or_else(PoisonError::into_inner);
                let cautions = map.iter().filter_map(|(_, read)| read.caution.clone());
                cautions.collect()
            }
        }
    }

    /// Tells what was noticed.
    pub(crate) fn tell(&self, observer: &mut dyn Observer) {
        for notice in &self.notices() {
            observer.notice(notice);
        }
        for caution in self.cautions() {
            observer.note(&caution);
        }
    }
}

/// Whether a file of points is in pixels, as a CSV with columns `x` and `y` is. What cannot be read
/// is: whoever reads it says why.
pub fn are_in_pixels(path: &Path) -> bool {
    match is_csv(path) {
        Ok(true) => {
            let coordinates = Coordinates::of_file(path);
            coordinates.map_or(true, |found| found == Coordinates::Pixels)
        }
        Ok(false) => false,
        Err(error) => matches!(error, VectorError::Read(_)),
    }
}
