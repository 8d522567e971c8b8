//! Images side by side, embedded in the page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageError, RgbImage};

use crate::html::escape;
use crate::shown::shown;
use crate::{GalleryItem, Panel, ReportError};

/// Of 100. Thin lines in colour stay clean; below 80 they begin to smear.
const JPEG_QUALITY: u8 = 88;

/// A title, a note, and the panels in a row.
pub(crate) fn item(item: &GalleryItem) -> Result<String, ReportError> {
    let mut panels = String::new();
    for panel in &item.panels {
        panels += &figure(panel).map_err(|source| ReportError::EncodePanel {
            item: item.title.clone(),
            panel: panel.caption.clone(),
            source,
        })?;
    }
    Ok(format!(
        "<section class=\"item\">\n<h3>{}</h3>\n<p class=\"note\">{}</p>\n\
         <div class=\"panels\">\n{panels}</div>\n</section>\n",
        escape(&item.title),
        escape(&item.note),
    ))
}

fn figure(panel: &Panel) -> Result<String, ImageError> {
    let caption = escape(&panel.caption);
    let (width, height) = panel.image.dimensions();
    if width == 0 || height == 0 {
        return Ok(format!(
            "<figure><p class=\"no-image\">no image</p><figcaption>{caption}</figcaption></figure>\n"
        ));
    }
    let shown = shown(&panel.image);
    let (width, height) = shown.dimensions();
    Ok(format!(
        "<figure><img src=\"data:image/jpeg;base64,{}\" width=\"{width}\" \
         height=\"{height}\" alt=\"{caption}\"><figcaption>{caption}</figcaption></figure>\n",
        STANDARD.encode(jpeg(&shown)?),
    ))
}

fn jpeg(image: &RgbImage) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).encode_image(image)?;
    Ok(bytes)
}
