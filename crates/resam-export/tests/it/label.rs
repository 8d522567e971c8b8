use image::{DynamicImage, ImageFormat};
use resam_export::{Format, Object};
use tiff::decoder::{Decoder, DecodingResult};

use crate::{answer, mask, object, written};

fn labels(objects: Vec<Object>) -> Vec<u16> {
    let bytes = written(Format::Label, &answer(objects));
    match image::load_from_memory_with_format(&bytes, ImageFormat::Tiff).unwrap() {
        DynamicImage::ImageLuma16(labels) => labels.into_raw(),
        other => panic!("{:?} instead of 16-bit grey", other.color()),
    }
}

#[test]
fn each_pixel_holds_the_id_of_its_object_and_the_background_zero() {
    let objects = vec![
        object(1, 0.5, mask(&["##..", "...."])),
        object(2, 0.5, mask(&["....", "..#."])),
    ];
    assert_eq!(labels(objects), [1, 1, 0, 0, 0, 0, 2, 0]);
}

#[test]
fn where_masks_overlap_the_higher_quality_wins() {
    let pair = |first, second| {
        labels(vec![
            object(1, first, mask(&["##."])),
            object(2, second, mask(&[".##"])),
        ])
    };
    assert_eq!(pair(0.9, 0.8), [1, 1, 2]);
    assert_eq!(pair(0.8, 0.9), [1, 2, 2]);
    assert_eq!(pair(0.8, 0.8), [1, 1, 2], "the lower id of equals");
    assert_eq!(pair(-0.0, 0.0), [1, 1, 2], "zero is zero");
    assert_eq!(pair(f32::NAN, 0.1), [1, 2, 2], "no number loses");
}

#[test]
fn ids_over_16_bits_take_32() {
    let objects = vec![
        object(65_535, 0.5, mask(&["#.."])),
        object(65_536, 0.5, mask(&["..#"])),
    ];
    let bytes = written(Format::Label, &answer(objects));
    let mut decoder = Decoder::new(std::io::Cursor::new(bytes)).unwrap();
    match decoder.read_image().unwrap() {
        DecodingResult::U32(labels) => assert_eq!(labels, [65_535, 0, 65_536]),
        _ => panic!("not 32-bit"),
    }
}
