//! The georeference of a raster: its transform and its CRS, from the tags of a TIFF or from files
//! beside it.

use std::path::Path;

use resam_crs::Crs;

use crate::control_points::{ControlPoint, Tied, tied_by};
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
    /// How many control points tie the raster where no affine transform fits them.
    pub(crate) loose_control_points: Option<usize>,
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
        let (keys, broken) = match keys {
            Ok(keys) => (keys, None),
            Err(problem) => (GeoKeys::default(), Some(problem)),
        };
        let (crs, crs_problem) = match (broken, crs_of_keys(&keys)) {
            (None, Ok(crs)) => (crs, None),
            (Some(problem), _) | (None, Err(problem)) => (None, Some(problem)),
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
            _ => None,
        };
        let mut tied = Self {
            crs,
            crs_problem,
            pixel_is_point,
            ..Self::default()
        };
        if numbers.is_none() {
            // Six numbers a point: column, row and a height that is not used, then x, y and height.
            let points = ties.chunks_exact(6).map(|tie| ControlPoint {
                pixel: [tie[0], tie[1]],
                map: [tie[3], tie[4]],
            });
            tied.use_control_points(&points.collect::<Vec<_>>(), notes);
            return Ok(tied);
        }
        let transform = numbers.map(GeoTransform).map(|transform| {
            let shift = if pixel_is_point { -0.5 } else { 0.0 };
            transform.of_window(shift, shift, 1.0, 1.0)
        });
        let geo_transform = transform.filter(GeoTransform::is_invertible);
        if transform.is_some() && geo_transform.is_none() {
            notes.push("its transform has no inverse and is not used".to_owned());
        }
        tied.geo_transform = geo_transform;
        Ok(tied)
    }

    /// Takes the transform that control points give, if they give one.
    pub(crate) fn use_control_points(&mut self, points: &[ControlPoint], notes: &mut Vec<String>) {
        let count = points.len();
        if count == 0 {
            return;
        }
        match tied_by(points) {
            Tied::Exactly(transform) => {
                // Where centres of pixels are tied, so are those of the control points.
                let shift = if self.pixel_is_point { -0.5 } else { 0.0 };
                self.geo_transform = Some(transform.of_window(shift, shift, 1.0, 1.0));
                notes.push(format!(
                    "its place is the affine transform that fits its {count} control points"
                ));
            }
            Tied::Loosely(off) => {
                self.loose_control_points = Some(count);
                let why = match off {
                    Some(off) => {
                        format!("no affine transform fits (the best is off by {off:.1} pixels)")
                    }
                    None => "are too few or lie on a line".to_owned(),
                };
                notes.push(format!(
                    "it is tied by {count} control points, which {why}: positions are pixels"
                ));
            }
        }
    }

    /// Refuses a geographic CRS whose corners are no longitudes and latitudes: either the CRS or
    /// the transform is wrong, and nothing says which. `size` is that of the raster, in pixels.
    pub(crate) fn check_degrees(&mut self, size: (u32, u32)) {
        let (Some(crs), Some(transform)) = (&self.crs, &self.geo_transform) else {
            return;
        };
        let (right, bottom) = (f64::from(size.0), f64::from(size.1));
        // Rasters of the whole Earth whose centres are tied reach half a pixel beyond it.
        let (width, height) = transform.pixel_size();
        let corners = [(0.0, 0.0), (right, 0.0), (0.0, bottom), (right, bottom)];
        let corners = corners.map(|(column, row)| transform.apply(column, row));
        let wrong = corners
            .into_iter()
            .find(|(x, y)| x.abs() > 360.0 + width || y.abs() > 90.0 + height);
        if let Some((x, y)) = wrong.filter(|_| crs.is_geographic()) {
            self.crs_problem = Some(format!(
                "its corner {x}, {y} is no longitude and latitude, and the CRS is said to be {crs}"
            ));
            self.crs = None;
        }
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
