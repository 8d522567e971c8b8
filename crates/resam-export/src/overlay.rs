//! The image with the objects drawn on it, to look at.

mod canvas;
mod colours;
mod legend;
mod marks;
mod outline;
mod picture;
mod text;

use std::io;
use std::path::Path;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};
use resam_mask::PlacedMask;

use resam_files::write_atomically;

use crate::{OutputError, Segmentation};
use canvas::Canvas;
use legend::Scheme;
use marks::{draw_bounds, draw_points};
use outline::{Band, draw_band, fill};

/// An object to be drawn on an image.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnObject {
    /// Tells its colour, if it has none of its own.
    pub id: u32,
    /// Its colour.
    pub colour: Option<Rgb<u8>>,
    /// Its pixels; none where only its prompt is drawn.
    pub mask: Option<PlacedMask>,
    /// What the user pointed at.
    pub prompt: PromptMarks,
}

/// The points and the box that asked for an object, in continuous pixels.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct PromptMarks {
    /// Points `[x, y]` on the object.
    pub positive: Vec<[f64; 2]>,
    /// Points `[x, y]` beside the object.
    pub negative: Vec<[f64; 2]>,
    /// The box `[x0, y0, x1, y1]` round the object.
    pub bounds: Option<[f64; 4]>,
}

/// What an overlay shows beside the outlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverlayOptions {
    /// What colours stand for.
    pub colour_by: ColourBy,
    /// Whether the points and boxes that asked are drawn.
    pub prompts: bool,
}

impl Default for OverlayOptions {
    fn default() -> Self {
        Self {
            colour_by: ColourBy::Auto,
            prompts: true,
        }
    }
}

/// What the colours of an overlay stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourBy {
    /// Classes, where the prompts have any, and else objects.
    #[default]
    Auto,
    /// The class of the prompts.
    Class,
    /// The score, from 0.5 to 1.
    Score,
    /// Nothing: each object has a colour of its own.
    Object,
}

impl DrawnObject {
    fn colour(&self) -> Rgb<u8> {
        self.colour.unwrap_or_else(|| colours::of_object(self.id))
    }
}

/// Draws objects on an image.
///
/// Each object has a colour of its own, told by its id: a translucent fill, a line round it that
/// stays outside the mask so that it hides no pixel of the object, and its box, if one was asked
/// for, dashed. On top of everything are the points: green discs with a plus on objects, red ones
/// with a minus beside them. Lines and points grow with the image, slower than it does. What lies
/// outside the image is left out.
pub fn draw(image: RgbImage, objects: &[DrawnObject]) -> RgbImage {
    let (width, height) = image.dimensions();
    let line_width = line_width(width.max(height));
    let mut canvas = Canvas::new(image);
    let seen = [0, 0, width.into(), height.into()];
    let masks = objects.iter().filter_map(|object| {
        let mask = object.mask.as_ref()?.within(seen)?;
        Some((mask, object.colour()))
    });
    let masks: Vec<_> = masks.collect();
    for (mask, colour) in &masks {
        fill(&mut canvas, mask, *colour);
    }
    // All halos lie below all lines, or those of close neighbours would darken each other.
    for (mask, _) in &masks {
        draw_band(&mut canvas, mask, Band::halo(line_width));
    }
    for (mask, colour) in &masks {
        draw_band(&mut canvas, mask, Band::line(line_width, *colour));
    }
    for object in objects {
        if let Some(bounds) = object.prompt.bounds {
            draw_bounds(&mut canvas, bounds, line_width, object.colour());
        }
    }
    draw_points(&mut canvas, objects, line_width);
    canvas.into_image()
}

/// Writes the overlay as PNG: the objects, and the prompts of those that were not found.
pub(crate) fn write(
    path: &Path,
    segmentation: &Segmentation,
    options: &OverlayOptions,
) -> Result<(), OutputError> {
    let (image, scale) = picture::of(&segmentation.image)?;
    let scheme = Scheme::new(segmentation, options.colour_by);
    let drawn = draw(
        image,
        &picture::objects(segmentation, scale, &scheme, options),
    );
    let drawn = scheme.with_legend(drawn);
    let (width, height) = drawn.dimensions();
    Ok(write_atomically(path, |file| {
        PngEncoder::new_with_quality(file, CompressionType::Default, FilterType::Adaptive)
            .write_image(&drawn, width, height, ExtendedColorType::Rgb8)
            .map_err(|error| match error {
                image::ImageError::IoError(error) => error,
                other => io::Error::other(other),
            })
    })?)
}

/// Width of lines in pixels, for an image whose longer side has so many: 1 below 600, 2 at 1000
/// and growing with the square root from there, as large images are also looked at in parts.
fn line_width(longer_side: u32) -> f64 {
    let side = f64::from(longer_side);
    if side < 600.0 {
        1.0
    } else if side < 1000.0 {
        1.0 + (side - 600.0) / 400.0
    } else {
        2.0 * (side / 1000.0).sqrt()
    }
}
