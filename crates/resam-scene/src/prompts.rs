//! The prompts of a scene: objects with their points, gathered from the points of a file.

use std::collections::HashMap;

use resam_prompt::{PointedObject, Prompt, PromptPoint};
use resam_vector::PointFeature;
use serde::Serialize;

use crate::ground::Ground;
use crate::plan::{PlannedWindow, union};

/// Objects made of points, and the points that belong to none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gathered {
    /// The objects, in the order of their first points.
    pub objects: Vec<PointedObject>,
    /// The rows of points outside the raster with their place `[x, y]` in pixels. They are left
    /// out.
    pub outside: Vec<(usize, [f64; 2])>,
    /// Instances without a positive point in the raster, and negative points without an instance,
    /// by row. They are left out.
    pub without_positive: Vec<String>,
}

/// Groups points by instance and takes them to pixels of a raster of `size`, its width and height
/// in pixels. A point without an instance is an object of its own. `ground` is that of the raster,
/// whose CRS the points are in; without a transform the points are in pixels.
///
/// The attributes of an object are those of its first positive point.
pub fn gather_points(points: &[PointFeature], ground: &Ground, size: (u32, u32)) -> Gathered {
    let mut gathered = Gathered::default();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut described: Vec<bool> = Vec::new();
    for point in points {
        let (x, y) = ground.to_pixels(point.x, point.y, size);
        let positive = point.label;
        let placed = PromptPoint { x, y, positive };
        if !placed.is_inside(size) {
            gathered.outside.push((point.row, [x, y]));
            continue;
        }
        let at = match &point.instance {
            Some(instance) => *places.entry(instance).or_insert(gathered.objects.len()),
            None => gathered.objects.len(),
        };
        if at == gathered.objects.len() {
            let instance = point.instance.clone();
            let id = instance.unwrap_or_else(|| point.row.to_string());
            gathered.objects.push(PointedObject::new(id, Vec::new()));
            described.push(false);
        }
        let object = &mut gathered.objects[at];
        if positive && !described[at] {
            object.attributes.clone_from(&point.attributes);
            object.class.clone_from(&point.class);
            described[at] = true;
        }
        if let (true, Some(outline)) = (positive, &point.outline) {
            let bounds = bounds_of(outline, ground, ground.turn(point.x, point.y, size));
            object.bounds = object.bounds.into_iter().chain(bounds).reduce(union);
        }
        object.points.push(placed);
    }
    let (objects, without): (Vec<_>, Vec<_>) = gathered
        .objects
        .into_iter()
        .partition(PointedObject::has_positive);
    gathered.objects = objects;
    gathered.without_positive = without.into_iter().map(|object| object.id).collect();
    gathered
}

/// The box of an outline in pixels, `turn` degrees of longitude away from where it is said to be.
fn bounds_of(outline: &[[f64; 2]], ground: &Ground, turn: f64) -> Option<[f64; 4]> {
    let pixel = |&[x, y]: &[f64; 2]| match &ground.transform {
        Some(transform) => transform.invert(x + turn, y),
        None => Some((x, y)),
    };
    let places = outline.iter().filter_map(pixel);
    places.map(|(x, y)| [x, y, x, y]).reduce(union)
}

/// The box `[x0, y0, x1, y1]` that a window has to hold: around the object's positive points and
/// its own box, and around its negative points too where `whole`. None without any.
pub(crate) fn extent(object: &PointedObject, whole: bool) -> Option<[f64; 4]> {
    let points = object.points.iter();
    let points = points.filter(|point| whole || point.positive);
    let boxes = points.map(|point| [point.x, point.y, point.x, point.y]);
    boxes.chain(object.bounds).reduce(union)
}

/// Whether an object has a usable prompt: a positive point or a box in the raster, all finite.
pub(crate) fn is_askable(object: &PointedObject, size: (u32, u32)) -> bool {
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let box_is_sound = object.bounds.is_none_or(|[x0, y0, x1, y1]| {
        let overlaps = x0 < width && y0 < height && x1 > 0.0 && y1 > 0.0;
        [x0, y0, x1, y1].iter().all(|edge| edge.is_finite()) && x0 < x1 && y0 < y1 && overlaps
    });
    let mut points = object.points.iter();
    let pointed_at = points.any(|point| point.positive && point.is_inside(size));
    box_is_sound && (pointed_at || object.bounds.is_some())
}

/// An object without the points outside the raster, its box clipped.
pub(crate) fn within(object: &PointedObject, size: (u32, u32)) -> PointedObject {
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let points = object.points.iter().copied();
    PointedObject {
        points: points.filter(|point| point.is_inside(size)).collect(),
        bounds: object.bounds.map(|bounds| clip(bounds, width, height)),
        ..object.clone()
    }
}

fn clip([x0, y0, x1, y1]: [f64; 4], width: f64, height: f64) -> [f64; 4] {
    [x0.max(0.0), y0.max(0.0), x1.min(width), y1.min(height)]
}

impl PlannedWindow {
    /// The prompt of an object in pixels of the window's tile. Points outside are left out, and the
    /// box is clipped.
    pub fn prompt(&self, object: &PointedObject) -> Prompt {
        let points = object.points.iter().filter_map(|point| {
            let [x, y] = self.to_tile(point.x, point.y);
            let placed = PromptPoint { x, y, ..*point };
            placed.is_inside(self.tile).then_some(placed)
        });
        let (width, height) = (f64::from(self.tile.0), f64::from(self.tile.1));
        let bounds = object.bounds.map(|[x0, y0, x1, y1]| {
            let [x0, y0] = self.to_tile(x0, y0);
            let [x1, y1] = self.to_tile(x1, y1);
            clip([x0, y0, x1, y1], width, height)
        });
        Prompt {
            points: points.collect(),
            bounds,
            mask: None,
        }
    }
}

/// A text that identifies a set of prompts, for the journal.
pub(crate) fn identity(objects: &[PointedObject]) -> String {
    #[derive(Serialize)]
    struct Asked<'a>(&'a str, &'a [PromptPoint], Option<[f64; 4]>);
    let asked: Vec<Asked<'_>> = objects
        .iter()
        .map(|object| Asked(&object.id, &object.points, object.bounds))
        .collect();
    let hash = crate::journal::short_hash(crate::journal::to_json(&asked).as_bytes());
    format!("{} prompts ({hash})", objects.len())
}
