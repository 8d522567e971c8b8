//! Pictures with several answers laid over them: two at a time with a boundary to move between
//! them, and side by side in print.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageError, RgbImage};
use maud::{Markup, html};
use resam_mask::{Bitmap, MaskError, polygons};

use crate::shown::shown;
use crate::table::table;
use crate::{GalleryItem, GallerySection, Layer, ReportError};

/// JPEG qualities of 100, tried in turn until a picture keeps to its share of the page.
const QUALITIES: [u8; 4] = [88, 75, 60, 40];
/// Bytes of all pictures together, before base64 makes four of three.
const MOST_BYTES: usize = 5_500_000;
/// The number of colours for objects in the page's style.
const COLOURS: usize = 6;

/// The sections of pictures. Each picture has a number on the page.
pub(crate) fn sections(gallery: &[GallerySection]) -> Result<Markup, ReportError> {
    let count: usize = gallery.iter().map(|section| section.items.len()).sum();
    let share = MOST_BYTES / count.max(1);
    let mut number = 0;
    let mut parts = Vec::with_capacity(gallery.len());
    for section in gallery {
        let mut items = Vec::with_capacity(section.items.len());
        for one in &section.items {
            number += 1;
            items.push(
                item(one, number, share).map_err(|source| ReportError::EncodePicture {
                    item: one.title.clone(),
                    source,
                })?,
            );
        }
        parts.push(html! {
            section {
                h3.part { (section.heading) }
                @if !section.intro.is_empty() { p.intro { (section.intro) } }
                @for item in items { (item) }
            }
        });
    }
    Ok(html! {
        @if count > 0 {
            section aria-label="Legend of the pictures" {
                h2 { "Pictures" }
                (legend())
            }
        }
        @for part in parts { (part) }
    })
}

/// What is drawn, and how the pictures are used.
fn legend() -> Markup {
    html! {
        p.intro {
            "Two answers about the same picture, one on each side of the boundary. Drag the boundary or \
             use the slider below it."
        }
        ul.legend {
            li {
                svg.key viewBox="0 0 22 14" aria-hidden="true" {
                    path.mask.o0 d="M2 2H20V12H2Z" {}
                }
                "the mask of an object; neighbours differ in colour, which means nothing else"
            }
            li {
                svg.key viewBox="0 0 22 14" aria-hidden="true" {
                    path.rim d="M11 7h0" {}
                    path.point d="M11 7h0" {}
                }
                "a point on an object"
            }
            li.keys {
                "zoom: " kbd { "+" } " " kbd { "−" } " " kbd { "0" } ", double click, pinch, or "
                kbd { "Ctrl" } " and the wheel; move: arrow keys or drag"
            }
        }
    }
}

fn item(item: &GalleryItem, number: usize, share: usize) -> Result<Markup, ImageError> {
    let (width, height) = item.image.dimensions();
    let heading = html! { h4 { (item.title) } p.note { (item.note) } };
    if width == 0 || height == 0 {
        return Ok(html! { article.item { (heading) p.no-image { "no image" } } });
    }
    let picture = shown(&item.image);
    let size = picture.dimensions();
    let view = View {
        number,
        item,
        size: [size.0, size.1],
        factors: [
            f64::from(size.0) / f64::from(width),
            f64::from(size.1) / f64::from(height),
        ],
    };
    Ok(html! {
        article.item {
            (heading)
            (view.parts(&jpeg(&picture, share)?))
            (view.viewer())
            (view.pair())
            @if let Some(numbers) = &item.table {
                details { summary { "Numbers of its objects" } (table(numbers)) }
            }
        }
    })
}

/// A picture as bytes, at the best quality that keeps to its share.
fn jpeg(image: &RgbImage, share: usize) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    for quality in QUALITIES {
        bytes.clear();
        JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image)?;
        if bytes.len() <= share {
            break;
        }
    }
    Ok(bytes)
}

/// A picture on the page.
struct View<'a> {
    number: usize,
    item: &'a GalleryItem,
    /// Width and height of the picture on the page.
    size: [u32; 2],
    /// Pixels on the page for each pixel of the image, across and down.
    factors: [f64; 2],
}

impl View<'_> {
    fn id(&self, part: &str) -> String {
        format!("p{}-{part}", self.number)
    }

    fn link(&self, part: &str) -> String {
        format!("#p{}-{part}", self.number)
    }

    fn frame(&self) -> String {
        let [width, height] = self.size;
        format!("0 0 {width} {height}")
    }

    /// What the drawings are put together from: the image, the points, and each layer.
    fn parts(&self, jpeg: &[u8]) -> Markup {
        let [width, height] = self.size;
        html! {
            svg.parts width="0" height="0" aria-hidden="true" focusable="false" {
                defs {
                    image id=(self.id("image")) width=(width) height=(height)
                        href=(format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg))) {}
                    @for (index, layer) in self.item.layers.iter().enumerate() {
                        g id=(self.id(&index.to_string())) {
                            @for (object, mask) in layer.masks.iter().enumerate() {
                                @if let Ok(outline) = self.outline(layer, mask) {
                                    path class=(format!("mask o{}", object % COLOURS)) d=(outline) {}
                                }
                            }
                        }
                    }
                    g id=(self.id("points")) {
                        @for point in &self.item.points {
                            path.rim d=(self.point(point)) {}
                            path.point d=(self.point(point)) {}
                        }
                    }
                }
            }
        }
    }

    /// A line without length, whose round ends make a dot of one size at any zoom.
    fn point(&self, point: &[f64; 2]) -> String {
        let [x, y] = [0, 1].map(|axis| point[axis] * self.factors[axis]);
        if x.is_finite() && y.is_finite() {
            format!("M{x:.1} {y:.1}h0")
        } else {
            String::new()
        }
    }

    /// The outline of a mask in pixels of the page.
    fn outline(&self, layer: &Layer, mask: &Bitmap) -> Result<String, MaskError> {
        let scale = [0, 1].map(|axis| layer.scale[axis] * self.factors[axis]);
        let mask = scaled(mask, self.size, scale)?;
        let mut path = String::new();
        for polygon in polygons(&mask) {
            for ring in std::iter::once(&polygon.exterior).chain(&polygon.holes) {
                let mut last: Option<[u32; 2]> = None;
                for &[x, y] in ring {
                    // Sides are horizontal or vertical; writing to a string does not fail.
                    let _ = match last {
                        None => write!(path, "M{x} {y}"),
                        Some([_, before]) if before == y => write!(path, "H{x}"),
                        Some(_) => write!(path, "V{y}"),
                    };
                    last = Some([x, y]);
                }
                path.push('Z');
            }
        }
        Ok(path)
    }

    /// One of the layers, with the image below and the points above it.
    fn drawing(&self, layer: Option<usize>) -> Markup {
        html! {
            use href=(self.link("image")) {}
            @if let Some(layer) = layer { use href=(self.link(&layer.to_string())) {} }
            use href=(self.link("points")) {}
        }
    }

    /// Two layers with a boundary between them. The script shows it and makes it work.
    fn viewer(&self) -> Markup {
        let layers = &self.item.layers;
        let [width, height] = self.size;
        let choice = |side: &str, chosen: usize| {
            html! {
                label { span { (side) }
                    select data-side=(side.to_lowercase()) {
                        @for (index, layer) in layers.iter().enumerate() {
                            option value=(index) selected[index == chosen] { (layer.name) }
                        }
                        option value="none" { "image only" }
                    }
                }
            }
        };
        html! {
            div.viewer hidden data-picture=(self.number) data-width=(width) data-height=(height) {
                div.controls {
                    @if layers.len() > 1 { (choice("Left", 0)) (choice("Right", 1)) }
                    label { input type="checkbox" checked data-points; span { "points" } }
                    div.zoom role="group" aria-label="Zoom" {
                        button type="button" data-zoom="out" aria-label="Zoom out" { "−" }
                        output aria-live="polite" { "100 %" }
                        button type="button" data-zoom="in" aria-label="Zoom in" { "+" }
                        button type="button" data-zoom="fit" { "fit" }
                    }
                }
                div.frame style=(format!("--aspect: {:.4}", f64::from(width) / f64::from(height))) {
                div.stage tabindex="0" role="group"
                    aria-label=(format!("{}: arrow keys move the picture, plus and minus zoom, 0 shows all",
                        self.item.title)) {
                    svg viewBox=(self.frame()) role="img" aria-label=(self.spoken()) {
                        defs {
                            clipPath id=(self.id("left")) {
                                rect width=(f64::from(width) / 2.0) height=(height) {}
                            }
                            clipPath id=(self.id("right")) {
                                rect x=(f64::from(width) / 2.0) width=(f64::from(width) / 2.0)
                                    height=(height) {}
                            }
                        }
                        use href=(self.link("image")) {}
                        @for (index, side) in ["left", "right"].iter().enumerate() {
                            g clip-path=(format!("url({})", self.link(side))) {
                                use data-layer=(side)
                                    href=(self.link(&index.min(layers.len().saturating_sub(1)).to_string())) {}
                            }
                        }
                        use data-points href=(self.link("points")) {}
                    }
                    @if layers.len() > 1 {
                        div.boundary {}
                        span.tag.left { (layers[0].name) }
                        span.tag.right { (layers[1].name) }
                    }
                }
                @if layers.len() > 1 {
                    input.slider type="range" min="0" max="100" step="1" value="50"
                        aria-label=(format!("Boundary between {} on the left and {} on the right",
                            layers[0].name, layers[1].name));
                }
                }
            }
        }
    }

    /// The first two layers side by side: for print, and without scripts.
    fn pair(&self) -> Markup {
        let layers = &self.item.layers;
        let count = layers.len().clamp(1, 2);
        html! {
            div.pair {
                @for index in 0..count {
                    figure {
                        svg viewBox=(self.frame()) role="img"
                            aria-label=(format!("{}, {}", self.item.title, name(layers, index))) {
                            (self.drawing((index < layers.len()).then_some(index)))
                        }
                        figcaption { (name(layers, index)) }
                    }
                }
            }
        }
    }

    /// The picture in words.
    fn spoken(&self) -> String {
        let objects = self
            .item
            .layers
            .first()
            .map_or(0, |layer| layer.masks.len());
        format!(
            "{}, {objects} objects outlined. {}",
            self.item.title, self.item.note
        )
    }
}

fn name(layers: &[Layer], index: usize) -> &str {
    layers.get(index).map_or("image", |layer| &layer.name)
}

/// A mask at the centres of the page's pixels. If it covers no centre, all pixels that it touches,
/// so that no object vanishes. `scale` has the page's pixels for each pixel of the mask.
fn scaled(mask: &Bitmap, [width, height]: [u32; 2], scale: [f64; 2]) -> Result<Bitmap, MaskError> {
    let back = |shown: u32, factor: f64| ((f64::from(shown) + 0.5) / factor) as u32;
    let mut shown = Bitmap::from_fn(width, height, |x, y| {
        mask.get(back(x, scale[0]), back(y, scale[1]))
    })?;
    if shown.is_empty() {
        for (x, y) in mask.pixels() {
            let [x, y] =
                [(x, scale[0]), (y, scale[1])].map(|(at, scale)| (f64::from(at) + 0.5) * scale);
            shown.set(x as u32, y as u32, true);
        }
    }
    Ok(shown)
}
