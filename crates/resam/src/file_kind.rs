//! What a file or folder is, told from what it holds.

use std::io::Read;
use std::path::{Path, PathBuf};

use resam_geo::{Raster, RasterError, foreign_format};
use resam_image::ImageInfo;
use resam_sam::Adapter;

use crate::describe::Description;
use crate::error::Result;
use crate::input::InputSettings;
use crate::scene::Scene;

/// What a file or folder is.
#[derive(Debug)]
pub enum FileKind {
    /// The folder of an adapter.
    Adapter(Adapter),
    /// A TIFF, a picture that says where it lies, or what GDAL reads.
    Raster(Box<Raster>),
    /// A picture that says nothing of the ground.
    Image(ImageInfo),
    /// Points, polygons, annotations, a recipe, or what a run leaves behind.
    Described(Box<Description>),
    /// A raster of a format that is known and not read, by the name of the format.
    Foreign(&'static str),
    /// None of these: a checkpoint, if anything.
    Checkpoint,
}

impl FileKind {
    /// Looks into a file or folder.
    ///
    /// # Errors
    /// When there is no such file, or it is damaged.
    pub fn of(path: &Path) -> Result<Self> {
        if !path.is_dir() {
            resam_files::check_regular(path)?;
        }
        if path.join(resam_sam::adapter::CONFIG).is_file() {
            return Ok(Self::Adapter(Adapter::load(path)?));
        }
        if path.is_dir() {
            if let Some(found) = Description::of(path)? {
                return Ok(Self::Described(Box::new(found)));
            }
            return Self::of_all(&[path.to_owned()]);
        }
        if let Some(raster) = raster(path)? {
            return Ok(Self::Raster(Box::new(raster)));
        }
        match resam_image::probe(path) {
            Ok(image) => Ok(Self::Image(image)),
            Err(error) if error.is_unknown_format() => {
                if let Some(format) = foreign_format(path) {
                    return Ok(Self::Foreign(format));
                }
                match Description::of(path)? {
                    Some(found) => Ok(Self::Described(Box::new(found))),
                    None => Ok(Self::Checkpoint),
                }
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl FileKind {
    /// Looks into several rasters, or a folder of them, that are one scene.
    ///
    /// # Errors
    /// When they do not go together, or one of them is damaged.
    pub fn of_all(paths: &[PathBuf]) -> Result<Self> {
        let scene = Scene::open_all(paths, InputSettings::default())?;
        Ok(Self::Raster(Box::new(scene.raster()?)))
    }
}

/// The file as a raster, if it is a TIFF, a picture that says where it lies, or read by GDAL.
fn raster(path: &Path) -> Result<Option<Raster>> {
    let mut start = [0; 4];
    if path.exists() && !path.is_file() {
        // A pipe would be waited for.
        return Raster::open(path).map(Some).map_err(Into::into);
    }
    let read = fs_err::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    let tiff = read.is_ok() && matches!(&start[..2], b"II" | b"MM");
    match Raster::open(path) {
        Ok(raster)
            if tiff
                || raster.geo_transform().is_some()
                || raster.info().read_by.is_some()
                || raster.opened() != raster.files() =>
        {
            Ok(Some(raster))
        }
        Err(error) if tiff => Err(error.into()),
        Err(
            error @ (RasterError::Vrt { .. }
            | RasterError::Missing { .. }
            | RasterError::Remote { .. }
            | RasterError::SideFile { .. }),
        ) => Err(error.into()),
        _ => Ok(None),
    }
}
