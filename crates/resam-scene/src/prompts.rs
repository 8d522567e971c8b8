//! What is asked about a scene: objects with their points, gathered from a file's points.

use std::collections::HashMap;

use resam_geo::GeoTransform;
use resam_vector::{PointFeature, Value};
use serde::Serialize;

use crate::model::{Prompt, PromptPoint};
use crate::plan::{PlannedWindow, union};

/// An object that somebody pointed at, in continuous pixels of the raster.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectPrompt {
    /// What the user calls it, `prompt` in the output: the instance of its points, or their row.
    pub id: String,
    /// Points on it and off it.
    pub points: Vec<PromptPoint>,
    /// A box around it, `[x0, y0, x1, y1]`.
    pub bounds: Option<[f64; 4]>,
    /// What else the user knows about it, carried to the output.
    pub attributes: Vec<(String, Value)>,
}

/// Points as objects, and those that are none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gathered {
    /// The objects, in the order of their first points.
    pub objects: Vec<ObjectPrompt>,
    /// Rows of points outside the raster, and where they landed, in pixels. They are left out.
    pub outside: Vec<(usize, [f64; 2])>,
    /// Instances without a positive point in the raster, and negative points without an instance, by
    /// row. They are left out.
    pub without_positive: Vec<String>,
}

/// Puts the points of each instance together and takes them to pixels of a raster of
/// `width` x `height`. Points that have no instance are objects of their own. `transform` is that of
/// the raster whose CRS the points are in; without it they are pixels already.
///
/// The attributes of an object are those of its first positive point.
pub fn gather_points(
    points: &[PointFeature],
    transform: Option<&GeoTransform>,
    (width, height): (u32, u32),
) -> Gathered {
    let mut gathered = Gathered::default();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut described: Vec<bool> = Vec::new();
    for point in points {
        let pixel = match transform {
            Some(transform) => transform.invert(point.x, point.y),
            None => Some((point.x, point.y)),
        };
        // A transform without an inverse puts no point anywhere.
        let (x, y) = pixel.unwrap_or((f64::NAN, f64::NAN));
        let inside = |at: f64, side: u32| (0.0..f64::from(side)).contains(&at);
        if !(inside(x, width) && inside(y, height)) {
            gathered.outside.push((point.row, [x, y]));
            continue;
        }
        let at = match &point.instance {
            Some(instance) => *places.entry(instance).or_insert(gathered.objects.len()),
            None => gathered.objects.len(),
        };
        if at == gathered.objects.len() {
            gathered.objects.push(ObjectPrompt {
                id: point
                    .instance
                    .clone()
                    .unwrap_or_else(|| point.row.to_string()),
                points: Vec::new(),
                bounds: None,
                attributes: Vec::new(),
            });
            described.push(false);
        }
        let object = &mut gathered.objects[at];
        if point.label && !described[at] {
            object.attributes.clone_from(&point.attributes);
            described[at] = true;
        }
        object.points.push(PromptPoint {
            x,
            y,
            positive: point.label,
        });
    }
    let (objects, without): (Vec<_>, Vec<_>) = gathered
        .objects
        .into_iter()
        .partition(|object| object.points.iter().any(|point| point.positive));
    gathered.objects = objects;
    gathered.without_positive = without.into_iter().map(|object| object.id).collect();
    gathered
}

impl ObjectPrompt {
    /// The box that a window has to hold: around its positive points and its own box, and around its
    /// negative points too where `whole`. None without any.
    pub(crate) fn extent(&self, whole: bool) -> Option<[f64; 4]> {
        let points = self.points.iter().filter(|point| whole || point.positive);
        let boxes = points.map(|point| [point.x, point.y, point.x, point.y]);
        boxes.chain(self.bounds).reduce(union)
    }

    /// Whether it can be asked about: something positive, everything finite and in the raster.
    pub(crate) fn is_askable(&self, (width, height): (u32, u32)) -> bool {
        let inside = |x: f64, y: f64| {
            (0.0..f64::from(width)).contains(&x) && (0.0..f64::from(height)).contains(&y)
        };
        let box_is_sound = self.bounds.is_none_or(|[x0, y0, x1, y1]| {
            let overlaps = x0 < f64::from(width) && y0 < f64::from(height) && x1 > 0.0 && y1 > 0.0;
            [x0, y0, x1, y1].iter().all(|edge| edge.is_finite()) && x0 < x1 && y0 < y1 && overlaps
        });
        let pointed_at = self
            .points
            .iter()
            .any(|point| point.positive && inside(point.x, point.y));
        box_is_sound && (pointed_at || self.bounds.is_some())
    }

    /// The same without what is outside the raster.
    pub(crate) fn within(&self, (width, height): (u32, u32)) -> Self {
        let inside = |point: &PromptPoint| {
            (0.0..f64::from(width)).contains(&point.x)
                && (0.0..f64::from(height)).contains(&point.y)
        };
        let clip = |[x0, y0, x1, y1]: [f64; 4]| {
            [
                x0.max(0.0),
                y0.max(0.0),
                x1.min(width.into()),
                y1.min(height.into()),
            ]
        };
        Self {
            points: self.points.iter().copied().filter(inside).collect(),
            bounds: self.bounds.map(clip),
            ..self.clone()
        }
    }

    /// The prompt about a window, in pixels of its tile. What is outside is left out.
    pub(crate) fn about(&self, planned: &PlannedWindow) -> Prompt {
        let (width, height) = (f64::from(planned.tile.0), f64::from(planned.tile.1));
        let points = self.points.iter().filter_map(|point| {
            let [x, y] = planned.to_tile(point.x, point.y);
            let inside = (0.0..width).contains(&x) && (0.0..height).contains(&y);
            inside.then_some(PromptPoint { x, y, ..*point })
        });
        let bounds = self.bounds.map(|[x0, y0, x1, y1]| {
            let [x0, y0] = planned.to_tile(x0, y0);
            let [x1, y1] = planned.to_tile(x1, y1);
            [x0.max(0.0), y0.max(0.0), x1.min(width), y1.min(height)]
        });
        Prompt {
            points: points.collect(),
            bounds,
        }
    }
}

/// What tells one set of prompts from another, for the journal.
pub(crate) fn identity(objects: &[ObjectPrompt]) -> String {
    #[derive(Serialize)]
    struct Asked<'a>(&'a str, &'a [PromptPoint], Option<[f64; 4]>);
    let asked: Vec<Asked<'_>> = objects
        .iter()
        .map(|object| Asked(&object.id, &object.points, object.bounds))
        .collect();
    let hash = crate::journal::short_hash(crate::journal::to_json(&asked).as_bytes());
    format!("{} prompts ({hash})", objects.len())
}
