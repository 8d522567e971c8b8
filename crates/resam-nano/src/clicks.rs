//! Points and boxes as a person would give them, and corrections of what came back, as SAM was
//! trained with.

use resam_mask::Bitmap;
use resam_sam::prompt_encoder::PointLabel;

use crate::draws::Draws;

/// A point in pixels of the network's input, the centre of the first one being `(0, 0)`.
pub type Click = ([f32; 2], PointLabel);

/// In what form a thing is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// So many points on it and so many beside it.
    Points(usize, usize),
    /// Its box.
    Box,
}

impl Form {
    /// What the model is judged with.
    pub const JUDGED: [Self; 4] = [
        Self::Points(1, 0),
        Self::Points(1, 1),
        Self::Points(3, 0),
        Self::Box,
    ];

    /// A name for tables.
    pub fn name(self) -> String {
        match self {
            Self::Points(1, 0) => "1 point".into(),
            Self::Points(on, 0) => format!("{on} points"),
            Self::Points(on, beside) => format!("{on} point on it, {beside} beside it"),
            Self::Box => "its box".into(),
        }
    }

    /// One point most often, as that is what the model has to know first.
    pub(crate) fn draw(draws: &mut Draws) -> Self {
        match draws.unit() {
            share if share < 0.40 => Self::Points(1, 0),
            share if share < 0.65 => Self::Points(1, 1),
            share if share < 0.75 => Self::Points(3, 0),
            _ => Self::Box,
        }
    }
}

/// How a thing is asked for: some points, or a box `[x0, y0, x1, y1]`.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The points.
    pub points: Vec<Click>,
    /// The box.
    pub corners: Option<[f32; 4]>,
}

/// Asks for the thing of a mask in a form; `shaky` boxes are off by up to a tenth of their size.
pub(crate) fn ask(mask: &Bitmap, form: Form, shaky: bool, draws: &mut Draws) -> Asked {
    match form {
        Form::Points(on, beside) => {
            let inside: Vec<(u32, u32)> = mask.pixels().collect();
            let outside = around(mask);
            let mut points = Vec::with_capacity(on + beside);
            for (count, pixels, label) in [
                (on, &inside, PointLabel::Positive),
                (beside, &outside, PointLabel::Negative),
            ] {
                points.extend((0..count).filter_map(|_| Some(click(draws.one_of(pixels)?, label))));
            }
            // A thing that fills the picture has nothing beside it: all questions are equally long.
            points.resize(on + beside, ([0.0; 2], PointLabel::Padding));
            Asked {
                points,
                corners: None,
            }
        }
        Form::Box => {
            let corners = mask.bounding_box().map(|bounds| {
                let (width, height) = (bounds.x1 - bounds.x0, bounds.y1 - bounds.y0);
                let mut moved = |value: f64, size: f64| {
                    let shake = if shaky {
                        0.1 * (2.0 * draws.unit() - 1.0)
                    } else {
                        0.0
                    };
                    // Edges of pixels to the frame that has (0, 0) in the middle of the first one.
                    (value + shake * size - 0.5) as f32
                };
                [
                    moved(bounds.x0, width),
                    moved(bounds.y0, height),
                    moved(bounds.x1, width),
                    moved(bounds.y1, height),
                ]
            });
            Asked {
                points: Vec::new(),
                corners: Some(corners.unwrap_or_default()),
            }
        }
    }
}

/// A point where an answer is wrong: on what it missed, or on what it took too much.
pub(crate) fn correct(mask: &Bitmap, answer: &Bitmap, draws: &mut Draws) -> Click {
    let (width, height) = (mask.width(), mask.height());
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let wrong = pixels.filter(|&(x, y)| mask.get(x, y) != answer.get(x, y));
    let wrong: Vec<(u32, u32)> = wrong.collect();
    let at = draws.one_of(&wrong);
    let at = at.or_else(|| draws.one_of(&mask.pixels().collect::<Vec<_>>()));
    match at {
        Some(at) if mask.get(at.0, at.1) => click(at, PointLabel::Positive),
        Some(at) => click(at, PointLabel::Negative),
        None => ([0.0; 2], PointLabel::Padding),
    }
}

/// The pixels beside a thing, in its box made larger by half of it on each side.
fn around(mask: &Bitmap) -> Vec<(u32, u32)> {
    let Some(bounds) = mask.bounding_box() else {
        return Vec::new();
    };
    let range = |low: f64, high: f64, most: u32| {
        let more = 0.5 * (high - low);
        let low = (low - more).max(0.0) as u32;
        low..((high + more).ceil() as u32).min(most)
    };
    let columns = range(bounds.x0, bounds.x1, mask.width());
    let rows = range(bounds.y0, bounds.y1, mask.height());
    let pixels = rows.flat_map(|y| columns.clone().map(move |x| (x, y)));
    pixels.filter(|&(x, y)| !mask.get(x, y)).collect()
}

fn click((x, y): (u32, u32), label: PointLabel) -> Click {
    ([x as f32, y as f32], label)
}
