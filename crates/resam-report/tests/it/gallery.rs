use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, Rgb, RgbImage};
use resam_report::{GalleryItem, Panel, Report};

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

fn page_with(image: RgbImage) -> String {
    html(&Report {
        gallery: vec![GalleryItem {
            title: "harbour.tif".to_owned(),
            note: "IoU 0.61".to_owned(),
            panels: vec![Panel {
                caption: "before".to_owned(),
                image,
            }],
        }],
        ..Report::default()
    })
}

/// The image as a reader of the page sees it.
fn embedded(page: &str) -> RgbImage {
    let encoded = all_between(page, "data:image/jpeg;base64,", "\"")[0];
    let bytes = STANDARD.decode(encoded).unwrap();
    let image = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg);
    image.unwrap().to_rgb8()
}

#[test]
fn small_images_are_embedded_at_their_size() {
    for (width, height) in [(1, 1), (480, 480), (37, 211)] {
        let page = page_with(halves(width, height));
        assert_eq!(embedded(&page).dimensions(), (width, height));
        assert!(page.contains(&format!("width=\"{width}\" height=\"{height}\"")));
    }
}

#[test]
fn large_images_are_scaled_down_in_proportion() {
    for (size, shown) in [
        ((1000, 500), (480, 240)),
        ((500, 1000), (240, 480)),
        ((481, 481), (480, 480)),
        ((5000, 1), (480, 1)),
    ] {
        let page = page_with(halves(size.0, size.1));
        assert_eq!(embedded(&page).dimensions(), shown);
    }
}

#[test]
fn colours_stay_what_they_were() {
    for width in [64, 1000] {
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
    assert!(page.contains("no image") && !page.contains("<img"));
    assert!(page.contains("before"));
}

#[test]
fn title_note_and_caption_are_shown() {
    let page = page_with(halves(4, 4));
    for text in ["harbour.tif", "IoU 0.61", "before"] {
        assert!(page.contains(&format!(">{text}<")), "{text}");
    }
    assert!(page.contains("alt=\"before\""));
}
