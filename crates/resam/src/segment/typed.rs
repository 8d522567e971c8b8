//! Points and boxes that somebody typed, as objects.

use resam_geo::Raster;
use resam_prompt::{PointedObject, PromptPoint};

use super::prompts::check_inside;
use crate::error::{Error, Result};
use crate::observer::Observer;
use crate::placement::{Coordinates, Placement, Reading};

/// Points and boxes as they are typed: without saying which belong together, in pixels of an image
/// or on the map.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TypedPrompts {
    /// What the numbers are.
    pub coordinates: Coordinates,
    /// Points on objects.
    pub points: Vec<[f64; 2]>,
    /// Points that are on none of the objects.
    pub negative: Vec<[f64; 2]>,
    /// Boxes around objects, `[x0, y0, x1, y1]`; on the map, any two opposite corners.
    pub boxes: Vec<[f64; 4]>,
    /// Everything is about one object.
    pub one_object: bool,
}

impl TypedPrompts {
    /// The objects on a raster, as [`objects`](Self::objects) of its pixels. Numbers of which
    /// nothing is said are coordinates on the map if they lie in the raster so and not as pixels.
    ///
    /// # Errors
    /// As [`objects`](Self::objects), when the numbers may be either, when a point has no place on
    /// the raster, and when a CRS is said and the raster does not lie in any.
    pub fn on(&self, raster: &Raster, observer: &mut dyn Observer) -> Result<Vec<PointedObject>> {
        let placement = Placement::of(raster);
        let typed = match &self.coordinates {
            Coordinates::Pixels => self.clone(),
            Coordinates::Unsaid => match placement.reading(&self.places(), WHAT)? {
                Reading::Pixels => self.clone(),
                reading => {
                    observer.note(&format!(
                        "{WHAT} are taken for {}: as pixels they would lie outside",
                        placement.describe(&reading)
                    ));
                    self.moved(|place| Ok(placement.pixel(&reading, place)))?
                }
            },
            Coordinates::In(crs) => {
                let transform = placement.from(crs, &format!("{WHAT} are"))?;
                if let Some(caution) = transform.caution() {
                    observer.note(&caution);
                }
                self.moved(|[x, y]| {
                    let (x, y) = transform.forward(x, y)?;
                    Ok(placement.pixel(&Reading::Own, [x, y]))
                })?
            }
        };
        let objects = typed.objects()?;
        check_inside(&objects, raster.width(), raster.height())?;
        Ok(objects)
    }

    /// Every place that is typed: points, and the corners of boxes.
    fn places(&self) -> Vec<[f64; 2]> {
        let points = self.points.iter().chain(&self.negative).copied();
        points
            .chain(self.boxes.iter().flat_map(|&bounds| corners(bounds)))
            .collect()
    }

    /// The same with every place moved, and boxes around their moved corners.
    fn moved(&self, place: impl Fn([f64; 2]) -> Result<[f64; 2]>) -> Result<Self> {
        let places = |places: &[[f64; 2]]| -> Result<Vec<_>> {
            places.iter().copied().map(&place).collect()
        };
        let bounds = |&bounds: &[f64; 4]| -> Result<[f64; 4]> {
            let mut around = [
                f64::INFINITY,
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::NEG_INFINITY,
            ];
            for corner in corners(bounds) {
                let [x, y] = place(corner)?;
                around = [
                    around[0].min(x),
                    around[1].min(y),
                    around[2].max(x),
                    around[3].max(y),
                ];
            }
            Ok(around)
        };
        Ok(Self {
            points: places(&self.points)?,
            negative: places(&self.negative)?,
            boxes: self.boxes.iter().map(bounds).collect::<Result<_>>()?,
            coordinates: Coordinates::Pixels,
            one_object: self.one_object,
        })
    }

    /// The objects that are meant, in pixels: one for each point and one for each box, each with
    /// all negative points. With one box and points, or with `one_object`, everything is about one
    /// object.
    ///
    /// # Errors
    /// When a box has no inside, when one object has several boxes, or when there is neither a
    /// point on an object nor a box.
    pub fn objects(&self) -> Result<Vec<PointedObject>> {
        if let Some([x0, y0, x1, y1]) = self
            .boxes
            .iter()
            .find(|[x0, y0, x1, y1]| x1 <= x0 || y1 <= y0)
        {
            return Err(Error::input(
                format!("the box {x0},{y0},{x1},{y1} has no inside"),
                "a box is its left, top, right and bottom edge: X0,Y0,X1,Y1",
            ));
        }
        let points = |places: &[[f64; 2]], positive: bool| {
            let point = |&[x, y]: &[f64; 2]| PromptPoint { x, y, positive };
            places.iter().map(point).collect::<Vec<_>>()
        };
        let (positive, negative) = (points(&self.points, true), points(&self.negative, false));
        let together = self.one_object || (self.boxes.len() == 1 && !positive.is_empty());
        let mut prompts: Vec<(Vec<PromptPoint>, Option<[f64; 4]>)> = Vec::new();
        if together {
            if self.boxes.len() > 1 {
                return Err(Error::input(
                    format!("one object with {} boxes", self.boxes.len()),
                    "an object has one box; ask for one object a box",
                ));
            }
            let all = [positive, negative].concat();
            prompts.push((all, self.boxes.first().copied()));
        } else {
            for point in positive {
                prompts.push(([&[point], negative.as_slice()].concat(), None));
            }
            for &bounds in &self.boxes {
                prompts.push((negative.clone(), Some(bounds)));
            }
        }
        let is_meant = |(points, bounds): &(Vec<PromptPoint>, Option<[f64; 4]>)| {
            bounds.is_some() || points.iter().any(|point| point.positive)
        };
        if prompts.is_empty() || !prompts.iter().all(is_meant) {
            return Err(Error::new(crate::ErrorKind::Input, NothingPointedAt));
        }
        let object = |(at, (points, bounds)): (usize, _)| PointedObject {
            id: (at + 1).to_string(),
            points,
            bounds,
            ..PointedObject::default()
        };
        Ok(prompts.into_iter().enumerate().map(object).collect())
    }
}

/// What messages call what was typed.
const WHAT: &str = "the typed coordinates";

fn corners([x0, y0, x1, y1]: [f64; 4]) -> [[f64; 2]; 4] {
    [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
}

/// Nobody said where the objects are.
#[derive(Debug, thiserror::Error)]
#[error(
    "nothing says where the objects are\n\nhint: give a point on each object, a box, or a file of points"
)]
pub struct NothingPointedAt;

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(typed: &TypedPrompts) -> Vec<PointedObject> {
        typed.objects().expect("objects")
    }

    #[test]
    fn each_point_and_each_box_is_an_object_with_all_negative_points() {
        let typed = TypedPrompts {
            points: vec![[1.0, 2.0], [3.0, 4.0]],
            negative: vec![[5.0, 6.0]],
            ..TypedPrompts::default()
        };
        let found = objects(&typed);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|object| object.points.len() == 2));
        let boxes = TypedPrompts {
            points: Vec::new(),
            boxes: vec![[0.0, 0.0, 2.0, 2.0], [4.0, 4.0, 6.0, 6.0]],
            ..typed.clone()
        };
        assert_eq!(objects(&boxes).len(), 2);
        let together = TypedPrompts {
            one_object: true,
            ..typed
        };
        assert_eq!(objects(&together)[0].points.len(), 3);
    }

    #[test]
    fn one_box_with_points_is_one_object() {
        let typed = TypedPrompts {
            points: vec![[1.0, 1.0]],
            boxes: vec![[0.0, 0.0, 2.0, 2.0]],
            ..TypedPrompts::default()
        };
        let found = objects(&typed);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].bounds, Some([0.0, 0.0, 2.0, 2.0]));
    }

    #[test]
    fn what_points_at_nothing_is_refused() {
        let nothing = TypedPrompts {
            negative: vec![[1.0, 1.0]],
            ..TypedPrompts::default()
        };
        assert!(nothing.objects().is_err());
        let inside_out = TypedPrompts {
            boxes: vec![[2.0, 2.0, 1.0, 3.0]],
            ..TypedPrompts::default()
        };
        assert!(inside_out.objects().is_err());
        let two_boxes = TypedPrompts {
            boxes: vec![[0.0, 0.0, 1.0, 1.0], [2.0, 2.0, 3.0, 3.0]],
            one_object: true,
            ..TypedPrompts::default()
        };
        assert!(two_boxes.objects().is_err());
    }
}
