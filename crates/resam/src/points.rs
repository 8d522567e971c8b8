//! A file of points as the objects of scenes: in pixels, or on the map in any CRS.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use resam_crs::Crs;
use resam_geo::Raster;
use resam_prompt::{Coordinates as Columns, Notices, PointFile, TableOptions};
use resam_scene::{Gathered, Ground, gather_points};
use resam_vector::{ReadOptions, VectorError, is_csv, read_points};

use crate::error::{Error, Result};
use crate::observer::Observer;
use crate::placement::{Coordinates, Placement, Reading};

/// How a file of points is read.
#[derive(Debug, Clone, Default)]
pub struct PointsOptions {
    /// What the coordinates are, whatever the file says. Default: what the file says.
    pub coordinates: Coordinates,
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
        self.crs().is_some() || self.layer.is_some()
    }

    fn crs(&self) -> Option<&Crs> {
        match &self.coordinates {
            Coordinates::In(crs) => Some(crs),
            Coordinates::Unsaid | Coordinates::Pixels => None,
        }
    }
}

/// Points in a file: in pixels of images, or on the map. They are read once for each CRS that
/// scenes are in.
#[derive(Debug)]
pub struct Points {
    path: PathBuf,
    options: PointsOptions,
    content: Content,
    read: Mutex<Vec<ReadFor>>,
}

/// Opens a file of points: CSV with `x,y` in pixels or `lon,lat`, GeoJSON, or a GeoPackage in any
/// CRS.
///
/// # Errors
/// As [`Points::open`].
pub fn read(path: impl AsRef<Path>) -> Result<Points> {
    Points::open(path, &PointsOptions::default())
}

/// The points of a file as they were read for scenes in a CRS, and for one reading of columns `x`
/// and `y`.
#[derive(Debug)]
struct ReadFor {
    target: Option<Crs>,
    reading: Option<Reading>,
    file: resam_vector::PointFile,
}

#[derive(Debug)]
enum Content {
    /// In columns `x` and `y`: pixels of the images that it names, unless they can only be on the
    /// map.
    Pixels(PointFile),
    /// On the map.
    Map,
}

impl Points {
    /// Opens a file of points.
    ///
    /// # Errors
    /// When a CSV in pixels cannot be read; other files are read when it is known for which CRS.
    pub fn open(path: impl AsRef<Path>, options: &PointsOptions) -> Result<Self> {
        let path = path.as_ref();
        let content = if options.crs().is_none() && are_in_pixels(path) {
            Content::Pixels(options.read_pixels(path)?)
        } else {
            Content::Map
        };
        Ok(Self {
            path: path.to_owned(),
            options: options.clone(),
            content,
            read: Mutex::default(),
        })
    }

    /// The objects on a raster, which a file in pixels knows by `name`.
    ///
    /// # Errors
    /// As [`read_points`], when points on the map are given for a raster without a place, and when
    /// columns `x` and `y` may be pixels or coordinates of the map.
    pub fn on(&self, raster: &Raster, name: &str) -> Result<Gathered> {
        let reading = self.reading(raster, name)?;
        if let (Content::Pixels(file), Some(Reading::Pixels)) = (&self.content, &reading) {
            let objects = file.on_image(name).cloned().collect();
            return self.boxes_of(Gathered {
                objects,
                ..Gathered::default()
            });
        }
        let are_pixels = self.options.coordinates == Coordinates::Pixels;
        let target = raster.crs().filter(|_| !are_pixels);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let known = read
            .iter()
            .position(|known| known.target.as_ref() == target && known.reading == reading);
        let at = if let Some(at) = known {
            at
        } else {
            let degrees = Crs::wgs84();
            let source_crs = match &reading {
                Some(Reading::Degrees) => Some(&degrees),
                Some(Reading::Own | Reading::Pixels) => target,
                None => self.options.crs(),
            };
            let options = ReadOptions {
                target,
                source_crs,
                layer: self.options.layer.as_deref(),
                strict: self.options.strict,
                class_field: self.options.class_field.as_deref(),
            };
            let file = read_points(&self.path, &options)?;
            read.push(ReadFor {
                target: target.cloned(),
                reading,
                file,
            });
            read.len() - 1
        };
        let file = &read[at].file;
        let ground = if are_pixels {
            Ground::default()
        } else {
            self.check_place(raster, file)?;
            Ground::of_raster(raster)
        };
        let size = (raster.width(), raster.height());
        self.boxes_of(gather_points(&file.points, &ground, size))
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

    /// What columns `x` and `y` are on a raster; none where the file has others.
    fn reading(&self, raster: &Raster, name: &str) -> Result<Option<Reading>> {
        let Content::Pixels(file) = &self.content else {
            return Ok(None);
        };
        // Pixels are said by the caller, or by a file that names the images that they are of.
        if self.options.coordinates == Coordinates::Pixels || !file.images().is_empty() {
            return Ok(Some(Reading::Pixels));
        }
        let objects = file.on_image(name);
        let places = objects.flat_map(|object| &object.points);
        let places: Vec<[f64; 2]> = places.map(|point| [point.x, point.y]).collect();
        let what = format!("the x,y of `{}`", self.path.display());
        Placement::of(raster).reading(&places, &what).map(Some)
    }

    /// Refuses points on the map for a raster that has no place there: they would be taken for
    /// pixels.
    fn check_place(&self, raster: &Raster, read: &resam_vector::PointFile) -> Result<()> {
        let placement = Placement::of(raster);
        let what = || format!("`{}`: its points are", self.path.display());
        if let Some(crs) = &read.source_crs
            && !placement.has_crs()
        {
            return Err(placement.without_place(crs, &what()));
        }
        if raster.geo_transform().is_none()
            && is_csv(&self.path).unwrap_or(false)
            && Columns::of_file(&self.path).is_ok_and(|found| found == Columns::Projected)
        {
            return Err(placement.without_place_named("easting and northing", &what()));
        }
        Ok(())
    }

    /// Checks that points which are pixels lie on the raster that they name.
    ///
    /// # Errors
    /// Names the first that does not.
    pub fn check_inside(&self, raster: &Raster, name: &str) -> Result<()> {
        if let Content::Pixels(file) = &self.content
            && self.reading(raster, name)? == Some(Reading::Pixels)
        {
            file.check_inside(name, raster.width(), raster.height())?;
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

    /// Whether the points were on the map on any raster that was asked about.
    pub(crate) fn are_on_the_map(&self) -> bool {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(self.content, Content::Map) || !read.is_empty()
    }

    /// Whether the points are pixels of a raster, which the file knows by `name`.
    ///
    /// # Errors
    /// When they may be either.
    pub fn are_pixels_of(&self, raster: &Raster, name: &str) -> Result<bool> {
        Ok(self.reading(raster, name)? == Some(Reading::Pixels))
    }

    /// The images that a file in pixels names, sorted.
    pub(crate) fn images(&self) -> Vec<String> {
        match &self.content {
            Content::Pixels(file) => file.images().into_iter().map(str::to_owned).collect(),
            Content::Map => Vec::new(),
        }
    }

    /// Points of the file, as far as it was read.
    pub fn count(&self) -> usize {
        match &self.content {
            Content::Pixels(file) => {
                let objects = file.objects.iter();
                objects.map(|one| one.object.points.len()).sum()
            }
            Content::Map => {
                let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
                read.first().map_or(0, |read| read.file.points.len())
            }
        }
    }

    /// What was noticed in the file, as far as it was read.
    pub fn notices(&self) -> Notices {
        match &self.content {
            Content::Pixels(file) => file.notices.clone(),
            Content::Map => {
                let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
                let first = read.first();
                first.map_or_else(Notices::default, |read| read.file.notices.clone())
            }
        }
    }

    /// What the user should know about the coordinates and their accuracy, as far as the file was
    /// read.
    pub fn cautions(&self) -> Vec<String> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let mut cautions = Vec::new();
        for read in read.iter() {
            if let (Some(_), Some(crs)) = (&read.reading, &read.file.source_crs) {
                cautions.push(format!(
                    "the x,y of `{}` are taken for coordinates in {crs}: as pixels they would lie \
                     outside",
                    self.path.display()
                ));
            }
        }
        cautions.extend(read.iter().filter_map(|read| read.file.caution.clone()));
        cautions
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
            let coordinates = Columns::of_file(path);
            coordinates.map_or(true, |found| found == Columns::Pixels)
        }
        Ok(false) => false,
        Err(error) => matches!(error, VectorError::Read(_)),
    }
}
