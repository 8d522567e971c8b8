//! Points, prompts and the objects that somebody pointed at.

use serde::{Deserialize, Serialize};

use crate::value::Value;

/// A point about an object: continuous pixels of an image, a tile or a raster, as the context says.
/// `(0, 0)` is the top-left corner, `(0.5, 0.5)` the centre of the first pixel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PromptPoint {
    /// Across, 0 at the left edge.
    pub x: f64,
    /// Down, 0 at the top edge.
    pub y: f64,
    /// On the object, or not.
    pub positive: bool,
}

/// What a model is asked about one object, in continuous pixels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prompt {
    /// Points on the object and off it.
    pub points: Vec<PromptPoint>,
    /// A box around it, `[x0, y0, x1, y1]`.
    pub bounds: Option<[f64; 4]>,
    /// Low-resolution logits of an earlier answer, row-major, of the side that the model gives.
    pub mask: Option<Vec<f32>>,
}

/// An object that somebody pointed at, in continuous pixels of an image or a raster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PointedObject {
    /// What the user calls it: the instance of its points, or their row.
    pub id: String,
    /// What kind of thing it is, where the user says so.
    pub class: Option<String>,
    /// Points on it and off it.
    pub points: Vec<PromptPoint>,
    /// A box around it, `[x0, y0, x1, y1]`.
    pub bounds: Option<[f64; 4]>,
    /// What else the user knows about it, by name, carried to the output.
    pub attributes: Vec<(String, Value)>,
}

impl PromptPoint {
    /// A point on the object.
    pub fn positive(x: f64, y: f64) -> Self {
        let positive = true;
        Self { x, y, positive }
    }

    /// A point off the object.
    pub fn negative(x: f64, y: f64) -> Self {
        let positive = false;
        Self { x, y, positive }
    }

    /// Whether it lies on an image: `0 <= x < width` and `0 <= y < height`.
    pub fn is_inside(&self, (width, height): (u32, u32)) -> bool {
        (0.0..f64::from(width)).contains(&self.x) && (0.0..f64::from(height)).contains(&self.y)
    }
}

impl PointedObject {
    /// An object with points and nothing else.
    pub fn new(id: impl Into<String>, points: Vec<PromptPoint>) -> Self {
        Self {
            id: id.into(),
            points,
            ..Self::default()
        }
    }

    /// Whether a point lies on it.
    pub fn has_positive(&self) -> bool {
        self.points.iter().any(|point| point.positive)
    }

    /// Whether it can be asked about: a point lies on it, or a box around it.
    pub fn is_pointed_at(&self) -> bool {
        self.bounds.is_some() || self.has_positive()
    }

    /// What a model is asked about it.
    pub fn prompt(&self) -> Prompt {
        Prompt {
            points: self.points.clone(),
            bounds: self.bounds,
            mask: None,
        }
    }
}
