//! The area of interest of a run: polygons of a file, in pixels of the scene.

use std::path::Path;

use resam_geo::Raster;
use resam_prompt::PointedObject;
use resam_scene::Region;
use resam_vector::{ReadOptions, read_polygons};

use crate::error::{Error, Result};
use crate::observer::Observer;

/// Names that a note shows of many.
const SHOWN: usize = 5;

/// Reads the polygons of a file for a raster. Corners are transformed; edges are straight between
/// them.
///
/// # Errors
/// When the file has no polygons, the raster has no place on the map, or none of the area lies on
/// it.
pub(super) fn read(path: &Path, raster: &Raster, observer: &mut dyn Observer) -> Result<Region> {
    let (Some(crs), Some(transform)) = (raster.crs(), raster.geo_transform()) else {
        return Err(Error::input(
            format!(
                "`{}` is an area on the map, and `{}` does not say where its pixels lie",
                path.display(),
                raster.path().display()
            ),
            "give the raster its CRS and its place (`gdal_translate -a_srs ... -a_ullr ...`)",
        ));
    };
    let options = ReadOptions {
        target: Some(crs),
        ..ReadOptions::default()
    };
    let file = read_polygons(path, &options)?;
    if let Some(caution) = &file.caution {
        observer.note(&format!("`{}`: {caution}", path.display()));
    }
    if file.without_geometry > 0 {
        observer.note(&format!(
            "`{}`: {} features without a geometry are passed over",
            path.display(),
            file.without_geometry
        ));
    }
    let pixel = |at: &geo_types::Coord<f64>| {
        let (x, y) = transform.invert(at.x, at.y).unwrap_or((f64::NAN, f64::NAN));
        [x, y]
    };
    let ring = |ring: &geo_types::LineString<f64>| ring.coords().map(pixel).collect();
    let features = file.layer.features.iter();
    let polygons = features.flat_map(|feature| &feature.geometry.0);
    let polygons = polygons.map(|polygon| {
        let holes = polygon.interiors().iter().map(ring);
        std::iter::once(ring(polygon.exterior()))
            .chain(holes)
            .collect()
    });
    let region = Region {
        polygons: polygons.collect(),
    };
    let whole = [0.0, 0.0, raster.width().into(), raster.height().into()];
    if !region.touches(whole) {
        return Err(Error::input(
            format!(
                "none of the area in `{}` lies on `{}`",
                path.display(),
                raster.path().display()
            ),
            "see `resam info` of the scene for where it lies, and the CRS of the area",
        ));
    }
    Ok(region)
}

/// The objects that are pointed at inside an area: by a positive point, or else by the middle of a
/// box. The others are counted and named to the observer.
///
/// # Errors
/// When none is.
pub(super) fn inside(
    region: &Region,
    objects: Vec<PointedObject>,
    observer: &mut dyn Observer,
) -> Result<Vec<PointedObject>> {
    let count = objects.len();
    let is_inside = |object: &PointedObject| {
        let mut positive = object.points.iter().filter(|point| point.positive);
        let middle = object
            .bounds
            .filter(|_| !object.has_positive())
            .map(|[x0, y0, x1, y1]| [(x0 + x1) / 2.0, (y0 + y1) / 2.0]);
        positive.any(|point| region.holds(point.x, point.y))
            || middle.is_some_and(|[x, y]| region.holds(x, y))
    };
    let (kept, left_out): (Vec<_>, Vec<_>) = objects.into_iter().partition(is_inside);
    if kept.is_empty() {
        return Err(Error::input(
            format!("none of the {count} objects is pointed at inside the area of interest"),
            "see that the points and the area are of the same place",
        ));
    }
    if !left_out.is_empty() {
        let names = left_out.iter().take(SHOWN).map(|object| object.id.as_str());
        let names: Vec<&str> = names.collect();
        let more = if left_out.len() > SHOWN { ", ..." } else { "" };
        observer.note(&format!(
            "{} objects are pointed at outside the area of interest and are left out: {}{more}",
            left_out.len(),
            names.join(", ")
        ));
    }
    Ok(kept)
}
