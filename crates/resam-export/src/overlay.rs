//! The image with the objects drawn on it, to look at.

mod canvas;
mod colours;
mod marks;
mod outline;

use std::io::{self, Write};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbImage};

use crate::{OutputError, Segmentation};
use canvas::Canvas;
use marks::{draw_bounds, draw_points};
use outline::{Band, draw_band, fill};

/// Draws the objects on the image, at its size.
///
/// Each object has a colour of its own, told by its id: a translucent fill, a line round it that
/// stays outside the mask so that it hides no pixel of the object, and its box, if one was asked
/// for, dashed. On top of everything are the points: green discs with a plus on objects, red ones
/// with a minus beside them. Lines and points grow with the image, slower than it does.
///
/// # Errors
/// If the image has no pixels, if a mask is not of its size, or if ids do not count up from 1.
pub fn overlay(segmentation: &Segmentation) -> Result<RgbImage, OutputError> {
    segmentation.check()?;
    Ok(draw(segmentation))
}

/// Writes the overlay as PNG.
pub(crate) fn write(file: &mut dyn Write, segmentation: &Segmentation) -> io::Result<()> {
    let drawn = draw(segmentation);
    let (width, height) = drawn.dimensions();
    PngEncoder::new_with_quality(file, CompressionType::Default, FilterType::Adaptive)
        .write_image(&drawn, width, height, ExtendedColorType::Rgb8)
        .map_err(|error| match error {
            image::ImageError::IoError(error) => error,
            other => io::Error::other(other),
        })
}

fn draw(segmentation: &Segmentation) -> RgbImage {
    let objects = &segmentation.objects;
    let mut canvas = Canvas::new(segmentation.image.clone());
    let (width, height) = segmentation.image.dimensions();
    let line_width = line_width(width.max(height));
    for object in objects {
        fill(&mut canvas, &object.mask, colours::of_object(object.id));
    }
    // All halos lie below all lines, or those of close neighbours would darken each other.
    for object in objects {
        draw_band(&mut canvas, &object.mask, Band::halo(line_width));
    }
    for object in objects {
        let colour = colours::of_object(object.id);
        draw_band(&mut canvas, &object.mask, Band::line(line_width, colour));
    }
    for object in objects {
        if let Some(bounds) = object.prompt.bounds {
            let colour = colours::of_object(object.id);
            draw_bounds(&mut canvas, bounds, line_width, colour);
        }
    }
    draw_points(&mut canvas, objects, line_width);
    canvas.into_image()
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
