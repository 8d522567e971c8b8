//! A file of points as the objects of scenes: in pixels, or on the map in any CRS.

use std::path::{Path, PathBuf};

use resam_crs::Crs;
use resam_geo::Raster;
use resam_prompt::{Coordinates, PointFile};
use resam_scene::{Gathered, gather_points};
use resam_vector::{ReadOptions, VectorError, is_csv, read_points};

use crate::error::RunError;

/// A file of points, read once for each CRS that scenes are in.
#[derive(Debug)]
pub struct ScenePoints {
    path: PathBuf,
    source_crs: Option<Crs>,
    layer: Option<String>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// In pixels of the images that it names.
    Pixels(PointFile),
    /// As it was read for scenes in a CRS.
    Map(Vec<(Option<Crs>, resam_vector::PointFile)>),
}

impl ScenePoints {
    /// A file of points, whose CRS is `source_crs` whatever it says, and whose layer is `layer` where it
    /// has several.
    ///
    /// # Errors
    /// When a CSV in pixels cannot be read; other files are read when it is known for which CRS.
    pub fn open(
        path: &Path,
        source_crs: Option<Crs>,
        layer: Option<String>,
    ) -> Result<Self, RunError> {
        let content = match source_crs.is_none() && are_in_pixels(path) {
            true => Content::Pixels(PointFile::read(path)?),
            false => Content::Map(Vec::new()),
        };
        Ok(Self {
            path: path.to_owned(),
            source_crs,
            layer,
            content,
        })
    }

    /// The objects on a raster, which a file in pixels knows by `name`.
    ///
    /// # Errors
    /// As [`read_points`].
    pub fn on(&mut self, raster: &Raster, name: &str) -> Result<Gathered, RunError> {
        let map = match &mut self.content {
            Content::Map(map) => map,
            Content::Pixels(file) => {
                let objects = file.on_image(name).cloned().collect();
                return Ok(Gathered {
                    objects,
                    ..Gathered::default()
                });
            }
        };
        let at = match map.iter().position(|(crs, _)| crs.as_ref() == raster.crs()) {
            Some(at) => at,
            None => {
                let options = ReadOptions {
                    target: raster.crs(),
                    source_crs: self.source_crs.as_ref(),
                    layer: self.layer.as_deref(),
                };
                let read = read_points(&self.path, &options)?;
                map.push((raster.crs().cloned(), read));
                map.len() - 1
            }
        };
        let size = (raster.width(), raster.height());
        let transform = raster.geo_transform();
        Ok(gather_points(&map[at].1.points, transform.as_ref(), size))
    }

    /// Checks that points which are pixels lie on the raster that they name.
    ///
    /// # Errors
    /// Names the first that does not.
    pub fn check_inside(&self, raster: &Raster, name: &str) -> Result<(), RunError> {
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
    pub fn check_names(&self, names: &[String]) -> Result<(), RunError> {
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

    /// Points of the file, as far as it was read.
    pub fn count(&self) -> usize {
        match &self.content {
            Content::Pixels(file) => {
                let objects = file.objects.iter();
                objects.map(|one| one.object.points.len()).sum()
            }
            Content::Map(map) => map.first().map_or(0, |(_, read)| read.points.len()),
        }
    }

    /// What was passed over in the file, and what the user should know about the accuracy of the
    /// coordinates, as far as it was read.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        let (notes, map) = match &self.content {
            Content::Pixels(file) => (file.notes.as_slice(), &[][..]),
            Content::Map(map) => {
                let first = map.first();
                let notes = first.map_or(&[][..], |(_, read)| read.notes.as_slice());
                (notes, map.as_slice())
            }
        };
        let cautions = map.iter().filter_map(|(_, read)| read.caution.as_deref());
        notes.iter().map(String::as_str).chain(cautions)
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
