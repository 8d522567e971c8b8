use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, Rgb, RgbImage};
use proptest::prelude::*;
use resam_mask::Bitmap;
use resam_report::{GalleryItem, GallerySection, Layer, Report};

use crate::{all_between, html};

const LEFT: Rgb<u8> = Rgb([200, 40, 40]);
const RIGHT: Rgb<u8> = Rgb([30, 60, 180]);

/// An image whose halves have colours of their own.
fn halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(
        width,
        height,
        |x, _| if x < width / 2 { LEFT } else { RIGHT },
    )
}

fn item(image: RgbImage) -> GalleryItem {
    GalleryItem {
        title: "harbour.tif".to_owned(),
        note: "IoU 0.61".to_owned(),
        image,
        ..GalleryItem::default()
    }
}

fn layer(name: &str, masks: Vec<Bitmap>) -> Layer {
    Layer {
        name: name.to_owned(),
        masks,
        scale: [1.0; 2],
    }
}

fn page_of(items: Vec<GalleryItem>) -> String {
    html(&Report {
        gallery: vec![GallerySection {
            heading: "Worst cases".to_owned(),
            intro: "The lowest scores.".to_owned(),
            items,
        }],
        ..Report::default()
    })
}

fn page_with(image: RgbImage) -> String {
    page_of(vec![item(image)])
}

fn rectangle(side: u32, [x0, y0, x1, y1]: [u32; 4]) -> Bitmap {
    let is_set = |x, y| (x0..x1).contains(&x) && (y0..y1).contains(&y);
    Bitmap::from_fn(side, side, is_set).unwrap()
}

/// The outlines on a page.
fn outlines(page: &str) -> Vec<&str> {
    let masks = all_between(page, "<path class=\"mask ", "</path>");
    // The first is that of the legend.
    masks
        .into_iter()
        .skip(1)
        .map(|mask| all_between(mask, "d=\"", "\"")[0])
        .collect()
}

/// The image as a reader of the page sees it.
fn embedded(page: &str) -> RgbImage {
    let encoded = all_between(page, "data:image/jpeg;base64,", "\"")[0];
    let bytes = STANDARD.decode(encoded).unwrap();
    let image = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg);
    image.unwrap().to_rgb8()
}

#[test]
fn images_are_embedded_once_at_their_size_or_scaled_down_in_proportion() {
    for (size, shown) in [
        ((1, 1), (1, 1)),
        ((1024, 1024), (1024, 1024)),
        ((37, 211), (37, 211)),
        ((2000, 1000), (1024, 512)),
        ((1025, 1025), (1024, 1024)),
        ((5000, 1), (1024, 1)),
    ] {
        let page = page_with(halves(size.0, size.1));
        assert_eq!(embedded(&page).dimensions(), shown);
        assert_eq!(page.matches("data:image/").count(), 1);
        assert!(page.contains(&format!("viewBox=\"0 0 {} {}\"", shown.0, shown.1)));
    }
}

#[test]
fn colours_stay_what_they_were() {
    for width in [64, 2000] {
        let image = embedded(&page_with(halves(width, 64)));
        let (width, height) = image.dimensions();
        for (x, expected) in [(width / 4, LEFT), (3 * width / 4, RIGHT)] {
            let found = image.get_pixel(x, height / 2).0;
            for (found, expected) in found.into_iter().zip(expected.0) {
                assert!(found.abs_diff(expected) <= 6, "{found} for {expected}");
            }
        }
    }
}

#[test]
fn an_image_without_pixels_is_said_to_be_none() {
    let page = page_with(RgbImage::new(0, 7));
    assert!(page.contains("no image") && !page.contains("<image"));
}

#[test]
fn masks_are_outlined_along_their_pixels_each_layer_once() {
    let mut one = item(halves(100, 100));
    one.layers = vec![
        layer("pretrained", vec![rectangle(100, [10, 10, 40, 40])]),
        layer("adapted", vec![rectangle(100, [60, 50, 90, 80])]),
    ];
    let page = page_of(vec![one]);
    // Counter-clockwise from the top-left corner, as `resam_mask::polygons` says.
    assert_eq!(outlines(&page), ["M10 10V40H40V10Z", "M60 50V80H90V50Z"]);
    for name in ["pretrained", "adapted"] {
        assert!(page.contains(&format!("<figcaption>{name}</figcaption>")));
    }
}

#[test]
fn a_hole_stays_a_hole() {
    let mut ring = rectangle(50, [10, 10, 30, 30]);
    for (x, y) in rectangle(50, [15, 15, 25, 25]).pixels() {
        ring.set(x, y, false);
    }
    let mut one = item(halves(50, 50));
    one.layers = vec![layer("adapted", vec![ring])];
    let page = page_of(vec![one]);
    assert_eq!(outlines(&page)[0].matches('Z').count(), 2);
    assert!(page.contains("fill-rule: evenodd"));
}

#[test]
fn masks_and_points_are_scaled_with_a_large_image() {
    let mut one = item(halves(2048, 2048));
    one.layers = vec![layer(
        "adapted",
        vec![rectangle(2048, [200, 400, 600, 800])],
    )];
    one.points = vec![[400.0, 600.0]];
    let page = page_of(vec![one]);
    assert_eq!(outlines(&page), ["M100 200V400H300V200Z"]);
    assert!(page.contains("d=\"M200.0 300.0h0\""));
}

#[test]
fn a_layer_in_pixels_of_its_own_lies_where_it_belongs() {
    let mut one = item(halves(200, 200));
    let mut labels = layer("pseudo-labels", vec![rectangle(400, [40, 80, 120, 160])]);
    labels.scale = [0.5; 2];
    one.layers = vec![labels];
    assert_eq!(outlines(&page_of(vec![one])), ["M20 40V80H60V40Z"]);
}

#[test]
fn no_object_vanishes_when_an_image_is_scaled_down() {
    for place in 100..104 {
        let mut one = item(halves(3000, 3000));
        one.layers = vec![layer(
            "adapted",
            vec![rectangle(3000, [place, place, place + 1, place + 1])],
        )];
        assert!(!outlines(&page_of(vec![one]))[0].is_empty());
    }
}

#[test]
fn a_page_of_many_large_noisy_pictures_stays_below_ten_megabytes() {
    let noise = |x: u32, y: u32| {
        let mixed =
            (x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77)).wrapping_mul(0xC2B2_AE3D);
        Rgb([mixed, mixed >> 8, mixed >> 16].map(|value| (value >> 3) as u8))
    };
    let items = (0..8).map(|_| item(RgbImage::from_fn(1024, 1024, noise)));
    let page = page_of(items.collect());
    assert!(page.len() < 10_000_000, "{} bytes", page.len());
}

#[test]
fn a_picture_is_told_in_words_and_controls_have_names() {
    let mut one = item(halves(40, 40));
    one.layers = ["pretrained", "adapted"]
        .map(|name| layer(name, vec![rectangle(40, [1, 1, 9, 9])]))
        .to_vec();
    let page = page_of(vec![one]);
    assert!(page.contains("aria-label=\"harbour.tif, 1 objects outlined. IoU 0.61\""));
    assert!(page.contains(
        "aria-label=\"Boundary between pretrained on the left and adapted on the right\""
    ));
    for text in [
        "harbour.tif",
        "IoU 0.61",
        "Worst cases",
        "The lowest scores.",
    ] {
        assert!(page.contains(&format!(">{text}<")), "{text}");
    }
}

fn any_coordinate() -> impl Strategy<Value = f64> {
    prop_oneof![proptest::num::f64::ANY, -5.0..50.0]
}

proptest! {
    #[test]
    fn no_point_and_no_size_of_masks_is_beyond_drawing(
        point in [any_coordinate(), any_coordinate()],
        (width, height) in (1_u32..40, 1_u32..40),
        scale in [any_coordinate(), any_coordinate()],
    ) {
        let mut one = item(RgbImage::from_pixel(width, height, LEFT));
        one.points = vec![point];
        let mut masks = layer("adapted", vec![rectangle(20, [3, 3, 15, 15])]);
        masks.scale = scale;
        one.layers = vec![masks];
        let page = page_of(vec![one]);
        prop_assert!(!page.contains("NaN") && !page.contains("\"Minf"));
    }
}
