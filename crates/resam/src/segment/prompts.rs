//! What is asked about a scene: checked, and in pixels of its raster.

use resam_geo::Raster;
use resam_prompt::{PointedObject, PromptPoint};

use crate::error::{Error, Result};
use crate::observer::Observer;
use crate::points::Points;
use crate::scene::Scene;

/// Names that a note shows of many.
const SHOWN: usize = 5;

/// The objects of a file of points that lie on a raster. What is left out is told to the observer.
///
/// # Errors
/// When the file cannot be read, or none of its points lies on the raster.
pub(crate) fn on_raster(
    points: &Points,
    scene: &Scene,
    raster: &Raster,
    observer: &mut dyn Observer,
) -> Result<Vec<PointedObject>> {
    let name = scene.file_name();
    if !scene.is_scene() {
        points.check_inside(raster, &name)?;
    }
    let gathered = points.on(raster, &name)?;
    points.tell(observer);
    if points.are_pixels_of(raster, &name)? {
        if gathered.objects.is_empty() {
            return Err(no_point_for(points, &name));
        }
        return Ok(gathered.objects);
    }
    let first = gathered.outside.first();
    if gathered.objects.is_empty() {
        let landed = first.map_or_else(
            || "none is on an object".to_owned(),
            |(row, [x, y])| {
                format!(
                    "row {row} lands at pixel {x:.1},{y:.1} of a scene of {} x {} pixels",
                    raster.width(),
                    raster.height()
                )
            },
        );
        return Err(Error::new(
            crate::ErrorKind::Input,
            NoneInScene {
                points: points.path().display().to_string(),
                count: points.count(),
                scene: scene.path().display().to_string(),
                landed,
            },
        ));
    }
    if let Some((row, [x, y])) = first {
        observer.note(&format!(
            "{} points lie outside the scene and are skipped, the first in row {row}, at pixel \
             {x:.1},{y:.1}",
            gathered.outside.len()
        ));
    }
    note_left_out(
        &gathered.without_positive,
        "have no point on the object",
        observer,
    );
    Ok(gathered.objects)
}

/// None of the points of a file lies in the scene.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{points}`: none of its {count} points lies in `{scene}`: {landed}\n\nhint: see `resam info` of \
     the scene for where it lies, and say the CRS of the points if their file does not"
)]
pub struct NoneInScene {
    /// The file of points.
    pub points: String,
    /// How many it has.
    pub count: usize,
    /// The scene.
    pub scene: String,
    /// Where the first landed.
    pub landed: String,
}

fn no_point_for(points: &Points, name: &str) -> Error {
    let images = points.images();
    let hint = if images.is_empty() {
        "it names no image; see that it holds a point".to_owned()
    } else {
        let first: Vec<&str> = images.iter().take(3).map(String::as_str).collect();
        format!(
            "its `image` column names {}: {}{}; leave the column out for a single image",
            if images.len() == 1 {
                "one image".to_owned()
            } else {
                format!("{} images", images.len())
            },
            first.join(", "),
            if images.len() > first.len() {
                ", ..."
            } else {
                ""
            }
        )
    };
    let file = points.path().display();
    Error::input(
        format!("`{file}` has no point for the image `{name}`"),
        hint,
    )
}

/// Says that instances are left out, and the first of their names.
pub(crate) fn note_left_out(names: &[String], why: &str, observer: &mut dyn Observer) {
    if names.is_empty() {
        return;
    }
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    observer.note(&format!(
        "{} instances {why} and are skipped: {}",
        names.len(),
        shown.join(", ")
    ));
}

/// Checks that points lie on an image of this size and that boxes overlap it.
///
/// # Errors
/// Names the first that does not.
pub fn check_inside(objects: &[PointedObject], width: u32, height: u32) -> Result<()> {
    let (right, bottom) = (f64::from(width), f64::from(height));
    let size = || format!("the image is {width} x {height} pixels, and 0,0 is its top-left corner");
    for object in objects {
        for PromptPoint { x, y, .. } in &object.points {
            if !((0.0..right).contains(x) && (0.0..bottom).contains(y)) {
                let text = format!("the point {x},{y} is outside the image");
                return Err(Error::input(text, size()));
            }
        }
        if let Some([x0, y0, x1, y1]) = object.bounds
            && (x0 >= right || y0 >= bottom || x1 <= 0.0 || y1 <= 0.0)
        {
            let text = format!("the box {x0},{y0},{x1},{y1} is outside the image");
            return Err(Error::input(text, size()));
        }
    }
    Ok(())
}
