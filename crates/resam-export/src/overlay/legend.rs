//! What the colours of an overlay stand for, and the panel that says so.

use image::{Rgb, RgbImage};
use resam_scene::SegmentedObject;

use super::ColourBy;
use super::canvas::Canvas;
use super::colours::{DARK, WHITE, of_object, of_scale};
use super::text::{draw_text, text_width};
use crate::Segmentation;

/// Classes that a legend names.
const MOST_CLASSES: usize = 12;
/// Letters of a name that a legend shows.
const LETTERS: usize = 24;
/// The scores at the ends of the scale: masks of lower ones are rare and all alike bad.
const SCORES: [f32; 2] = [0.5, 1.0];
/// The name of objects without a class.
const NO_CLASS: &str = "no class";

/// What colours stand for.
pub(super) enum Scheme {
    Object,
    Score,
    /// The classes with the number of their objects, the most frequent first.
    Class(Vec<(String, usize)>),
}

impl Scheme {
    pub(super) fn new(segmentation: &Segmentation, by: ColourBy) -> Self {
        let prompts = &segmentation.prompts;
        let has_classes = prompts.iter().any(|prompt| prompt.class.is_some());
        match by {
            ColourBy::Score => Self::Score,
            ColourBy::Object => Self::Object,
            ColourBy::Auto if !has_classes => Self::Object,
            ColourBy::Auto | ColourBy::Class => {
                let mut classes: Vec<(String, usize)> = Vec::new();
                for object in &segmentation.objects {
                    let class = class_of(segmentation, object);
                    match classes.iter_mut().find(|(name, _)| name == class) {
                        Some((_, count)) => *count += 1,
                        None => classes.push((class.to_owned(), 1)),
                    }
                }
                classes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
                Self::Class(classes)
            }
        }
    }

    /// The colour of an object; none where it has one of its own.
    pub(super) fn colour(
        &self,
        segmentation: &Segmentation,
        object: &SegmentedObject,
    ) -> Option<Rgb<u8>> {
        match self {
            Self::Object => None,
            Self::Score => Some(of_score(object.score)),
            Self::Class(classes) => {
                let class = class_of(segmentation, object);
                let at = classes.iter().position(|(name, _)| name == class)?;
                Some(of_object(at as u32 + 1))
            }
        }
    }

    /// The picture with a panel in its lower left corner, if colours stand for something and there
    /// is room.
    pub(super) fn with_legend(&self, picture: RgbImage) -> RgbImage {
        let rows = self.rows();
        let (width, height) = picture.dimensions();
        // Letters are a fiftieth of the shorter side high, within what is read on a screen.
        let size = (f64::from(width.min(height)) / 40.0)
            .clamp(9.0, 40.0)
            .round();
        let (gap, line) = (size * 0.75, size * 1.5);
        let widest = rows.iter().map(|row| text_width(&row.1, size));
        let panel_width = widest.fold(0.0, f64::max) + size * 1.5 + 2.0 * gap;
        let panel_height = line * rows.len() as f64 + 1.5 * gap;
        let [left, top] = [gap, f64::from(height) - gap - panel_height];
        let fits = panel_width + 2.0 * gap < f64::from(width) && top > f64::from(height) / 3.0;
        if rows.is_empty() || !fits {
            return picture;
        }
        let mut canvas = Canvas::new(picture);
        let panel = [left, top, left + panel_width, top + panel_height];
        canvas.paint_rectangle(panel, DARK, 0.78);
        for (at, (colour, text)) in rows.iter().enumerate() {
            let middle = top + 0.75 * gap + line * (at as f64 + 0.5);
            let x = left + gap;
            let half = 0.45 * size;
            let swatch = [x, middle - half, x + 2.0 * half, middle + half];
            canvas.paint_rectangle(swatch, *colour, 1.0);
            draw_text(&mut canvas, text, [x + 1.5 * size, middle], size, WHITE);
        }
        canvas.into_image()
    }

    /// Colours and what they stand for.
    fn rows(&self) -> Vec<(Rgb<u8>, String)> {
        match self {
            Self::Object => Vec::new(),
            Self::Score => {
                let [low, high] = SCORES;
                let row = |step: u8| {
                    let score = high - (high - low) * f32::from(step) / 5.0;
                    let text = match step {
                        5 => format!("score {score:.1} and less"),
                        _ => format!("score {score:.1}"),
                    };
                    (of_score(score), text)
                };
                (0..=5).map(row).collect()
            }
            Self::Class(classes) => {
                let mut rows: Vec<(Rgb<u8>, String)> = (1..)
                    .zip(classes.iter().take(MOST_CLASSES))
                    .map(|(at, (name, count))| {
                        (of_object(at), format!("{} ({count})", short(name)))
                    })
                    .collect();
                let more = classes.len().saturating_sub(MOST_CLASSES);
                if more > 0 {
                    rows.push((DARK, format!("{more} more")));
                }
                rows
            }
        }
    }
}

fn of_score(score: f32) -> Rgb<u8> {
    let [low, high] = SCORES;
    of_scale(f64::from((score - low) / (high - low)))
}

fn class_of<'a>(segmentation: &'a Segmentation, object: &SegmentedObject) -> &'a str {
    let mut prompts = object
        .prompts
        .iter()
        .filter_map(|&at| segmentation.prompts.get(at));
    prompts
        .find_map(|prompt| prompt.class.as_deref())
        .unwrap_or(NO_CLASS)
}

fn short(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    let start: String = name.chars().take(LETTERS - 3).collect();
    start + "..."
}
