//! Simulated prompts for training: points, boxes, and corrections of an earlier mask. Follows the
//! interactive training of SAM (arXiv 2304.02643, appendix A).

use resam_mask::Bitmap;
use resam_sam::prompt_encoder::PointLabel;

use crate::draws::Draws;

/// A point `[x, y]` in pixels of the network's input, and its label. `(0, 0)` is the centre of the
/// first pixel.
pub type Click = ([f32; 2], PointLabel);

/// A kind of simulated prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptKind {
    /// The number of positive points on the object, and of negative points beside it.
    Points(usize, usize),
    /// The bounding box of the object.
    Box,
}

impl PromptKind {
    /// The kinds of prompt that [`judge`](crate::judge()) reports.
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

    /// Draws a kind. One point is the most frequent: it is the most important prompt.
    pub(crate) fn draw(draws: &mut Draws) -> Self {
        match draws.unit() {
            share if share < 0.40 => Self::Points(1, 0),
            share if share < 0.65 => Self::Points(1, 1),
            share if share < 0.75 => Self::Points(3, 0),
            _ => Self::Box,
        }
    }
}

/// A simulated prompt: points, or a box. Pixels of the network's input, the centre of the first
/// pixel at `(0, 0)`.
#[derive(Debug, Clone, Default)]
pub struct SimulatedPrompt {
    /// The points; none for a box prompt.
    pub points: Vec<Click>,
    /// The box `[x0, y0, x1, y1]`; `None` for a point prompt.
    pub corners: Option<[f32; 4]>,
}

/// Simulates a prompt of kind `form` for the object of a mask. With `shaky`, each side of a box
/// moves by up to a tenth of the box's size.
pub(crate) fn ask(
    mask: &Bitmap,
    form: PromptKind,
    shaky: bool,
    draws: &mut Draws,
) -> SimulatedPrompt {
    match form {
        PromptKind::Points(on, beside) => {
            let inside: Vec<(u32, u32)> = mask.pixels().collect();
            let outside = around(mask);
            let mut points = Vec::with_capacity(on + beside);
            for (count, pixels, label) in [
                (on, &inside, PointLabel::Positive),
                (beside, &outside, PointLabel::Negative),
            ] {
                points.extend((0..count).filter_map(|_| Some(click(draws.one_of(pixels)?, label))));
            }
            // An object that fills the image has no pixel beside it. Padding gives all prompts the
            // same number of points.
            points.resize(on + beside, ([0.0; 2], PointLabel::Padding));
            SimulatedPrompt {
                points,
                corners: None,
            }
        }
        PromptKind::Box => {
            let corners = mask.bounding_box().map(|bounds| {
                let (width, height) = (bounds.x1 - bounds.x0, bounds.y1 - bounds.y0);
                let mut moved = |value: f64, size: f64| {
                    let shake = if shaky {
                        0.1 * (2.0 * draws.unit() - 1.0)
                    } else {
                        0.0
                    };
                    // From pixel edges to the frame whose (0, 0) is the centre of the first pixel.
                    (value + shake * size - 0.5) as f32
                };
                [
                    moved(bounds.x0, width),
                    moved(bounds.y0, height),
                    moved(bounds.x1, width),
                    moved(bounds.y1, height),
                ]
            });
            SimulatedPrompt {
                points: Vec::new(),
                corners: Some(corners.unwrap_or_default()),
            }
        }
    }
}

/// A correction: a random pixel where the predicted mask is wrong. Positive if the mask missed it,
/// negative if the mask should not hold it. If the mask is right everywhere, a pixel of the object.
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

/// The pixels beside an object, within its bounding box enlarged by half its size on each side.
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
