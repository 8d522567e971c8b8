//! The georeference of a raster: its transform and its CRS, from the tags of a TIFF or from files
//! beside it.

use std::path::Path;

use resam_crs::Crs;

use crate::crs_keys::{GeoKeys, crs_of_keys, pixel_is_point};
use crate::geo_transform::GeoTransform;
use crate::tiff::{Directory, Fault, TiffFile, tags};
use crate::world_file;

/// The georeference of a raster.
#[derive(Debug, Default)]
pub(crate) struct Georeference {
    pub(crate) geo_transform: Option<GeoTransform>,
    pub(crate) crs: Option<Crs>,
    /// Why the CRS is not supported, if there is one.
    pub(crate) crs_problem: Option<String>,
    pub(crate) pixel_is_point: bool,
}

impl Georeference {
    /// From the tags of a TIFF.
    pub(crate) fn of_tags(
        file: &TiffFile,
        directory: &Directory,
        notes: &mut Vec<String>,
    ) -> Result<Self, Fault> {
        let keys = GeoKeys::from_tags(
            &file.unsigned_list(directory, tags::GEO_KEY_DIRECTORY)?,
            &file.doubles(directory, tags::GEO_DOUBLE_PARAMS)?,
            &file
                .bytes(directory, tags::GEO_ASCII_PARAMS)?
                .unwrap_or_default(),
        );
        let (crs, crs_problem) = match crs_of_keys(&keys) {
            Ok(crs) => (crs, None),
            Err(problem) => (None, Some(problem)),
        };
        let pixel_is_point = pixel_is_point(&keys);
        let matrix = file.doubles(directory, tags::MODEL_TRANSFORMATION)?;
        let scale = file.doubles(directory, tags::MODEL_PIXEL_SCALE)?;
        let ties = file.doubles(directory, tags::MODEL_TIEPOINT)?;
        let numbers = match (&matrix[..], &scale[..], &ties[..]) {
            (&[a, b, _, x0, d, e, _, y0, ..], ..) => Some([x0, a, b, y0, d, e]),
            (_, &[width, height, ..], &[column, row, _, x, y, ..]) => {
                // A raster with a pixel scale is never upside down, whatever its sign.
                let (width, height) = (width, -height.abs());
                Some([
                    x - column * width,
                    width,
                    0.0,
                    y - row * height,
                    0.0,
                    height,
                ])
            }
            (_, [], [_, _, _, _, _, _, _, ..]) => {
                notes.push("it is tied by control points, which are not used".to_owned());
                None
            }
            _ => None,
        };
        let transform = numbers.map(GeoTransform).map(|transform| {
            let shift = if pixel_is_point { -0.5 } else { 0.0 };
            transform.of_window(shift, shift, 1.0, 1.0)
        });
        let geo_transform = transform.filter(GeoTransform::is_invertible);
        if transform.is_some() && geo_transform.is_none() {
            notes.push("its transform has no inverse and is not used".to_owned());
        }
        Ok(Self {
            geo_transform,
            crs,
            crs_problem,
            pixel_is_point,
        })
    }

    /// Adds the georeference of files beside a raster if the raster has none.
    pub(crate) fn complete_from_files(
        &mut self,
        path: &Path,
        notes: &mut Vec<String>,
    ) -> std::io::Result<()> {
        if self.geo_transform.is_none()
            && let Some((file, transform)) = world_file::transform_beside(path)?
        {
            match transform {
                Some(transform) => {
                    notes.push(format!("its transform is from `{}`", file.display()));
                    self.geo_transform = Some(transform);
                }
                None => notes.push(format!(
                    "`{}` is no world file and not used",
                    file.display()
                )),
            }
        }
        if self.crs.is_none()
            && self.crs_problem.is_none()
            && self.geo_transform.is_some()
            && let Some((file, text)) = world_file::projection_beside(path)?
        {
            match Crs::parse(&text) {
                Ok(crs) => {
                    notes.push(format!("its CRS is from `{}`", file.display()));
                    self.crs = Some(crs);
                }
                Err(error) => {
                    let text = error.to_string();
                    let reason = text.split("\n\n").next().unwrap_or_default();
                    self.crs_problem = Some(format!("`{}`: {reason}", file.display()));
                }
            }
        }
        Ok(())
    }
}
