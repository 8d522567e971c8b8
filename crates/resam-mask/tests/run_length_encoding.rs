//! COCO run lengths agree with pycocotools, and nothing malformed gets through.

use std::error::Error;

use proptest::prelude::*;
use resam_mask::{Bitmap, MaskError, Rle};
use serde_json::Value;

type TestResult = Result<(), Box<dyn Error>>;

fn cases() -> Vec<Value> {
    serde_json::from_str(include_str!("fixtures/masks.json")).expect("the fixture is a list")
}

fn number(value: &Value) -> u32 {
    value
        .as_u64()
        .and_then(|number| number.try_into().ok())
        .expect("a 32-bit number")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn counts_of(mask: &Value) -> Vec<u32> {
    list(&mask["counts"]).iter().map(number).collect()
}

/// The image with the given runs, pixel by pixel down the columns.
fn paint(counts: &[u32], width: u32, height: u32) -> Result<Bitmap, MaskError> {
    let runs = counts.iter().enumerate();
    let pixels: Vec<bool> = runs
        .flat_map(|(index, &count)| vec![index % 2 == 1; count as usize])
        .collect();
    Bitmap::from_fn(width, height, |x, y| pixels[(x * height + y) as usize])
}

fn masks_of(case: &Value) -> Result<Vec<Rle>, MaskError> {
    let (width, height) = (number(&case["width"]), number(&case["height"]));
    list(&case["masks"])
        .iter()
        .map(|mask| Rle::from_counts(counts_of(mask), width, height))
        .collect()
}

#[test]
fn bitmaps_encode_to_the_run_lengths_and_the_text_of_pycocotools_and_decode_back() -> TestResult {
    for case in cases() {
        let (width, height) = (number(&case["width"]), number(&case["height"]));
        for mask in list(&case["masks"]) {
            let bitmap = paint(&counts_of(mask), width, height)?;
            let encoded = Rle::encode(&bitmap);
            assert_eq!(encoded.counts(), counts_of(mask), "{width}x{height}");
            assert_eq!(
                encoded.to_compressed_string(),
                mask["text"],
                "{width}x{height}"
            );
            assert_eq!(encoded.decode(), bitmap, "{width}x{height}");
        }
    }
    Ok(())
}

#[test]
fn compressed_text_of_pycocotools_is_read() -> TestResult {
    for case in cases() {
        let (width, height) = (number(&case["width"]), number(&case["height"]));
        for mask in list(&case["masks"]) {
            let text = mask["text"].as_str().ok_or("the text is not a string")?;
            let read = Rle::from_compressed(text, width, height)?;
            assert_eq!(read, Rle::from_counts(counts_of(mask), width, height)?);
        }
    }
    Ok(())
}

#[test]
fn areas_and_bounding_boxes_are_those_of_pycocotools() -> TestResult {
    for case in cases() {
        for (mask, truth) in masks_of(&case)?.iter().zip(list(&case["masks"])) {
            assert_eq!(mask.area(), u64::from(number(&truth["area"])));
            assert_eq!(mask.decode().area(), mask.area());
            let bounds = mask.bounding_box();
            assert_eq!(mask.decode().bounding_box(), bounds);
            // Where there is no box, pycocotools says so with zeros.
            let coco = bounds.map_or([0.0; 4], |bounds| bounds.to_coco());
            assert_eq!(serde_json::to_value(coco)?, truth["box"]);
        }
    }
    Ok(())
}

#[test]
fn overlaps_are_those_of_pycocotools_with_and_without_crowds() -> TestResult {
    for case in cases() {
        let masks = masks_of(&case)?;
        for (row, left) in masks.iter().enumerate() {
            for (column, right) in masks.iter().enumerate() {
                assert_eq!(left.iou(right, false)?, case["iou"][row][column]);
                assert_eq!(left.iou(right, true)?, case["crowd_iou"][row][column]);
            }
        }
    }
    Ok(())
}

#[test]
fn unions_and_intersections_are_those_of_pycocotools() -> TestResult {
    for case in cases() {
        let masks = masks_of(&case)?;
        for index in 0..masks.len() {
            let union = Rle::union(&masks[..=index])?;
            assert_eq!(union.to_compressed_string(), case["unions"][index]);
            let intersection = Rle::intersection(&masks[index..])?;
            assert_eq!(
                intersection.to_compressed_string(),
                case["intersections"][index]
            );
        }
    }
    Ok(())
}

#[test]
fn empty_runs_change_neither_the_pixels_nor_what_is_computed_from_them() -> TestResult {
    let padded = Rle::from_counts(vec![0, 0, 2, 1, 0, 2, 1, 0, 0], 2, 3)?;
    let plain = Rle::from_counts(vec![2, 3, 1], 2, 3)?;
    assert_eq!(padded.decode(), plain.decode());
    assert_eq!(padded.area(), 3);
    assert_eq!(padded.bounding_box(), plain.bounding_box());
    assert_eq!(padded.iou(&plain, false)?, 1.0);
    assert_eq!(Rle::union(&[padded.clone(), padded.clone()])?, plain);
    assert_eq!(
        Rle::from_compressed(padded.to_compressed_string(), 2, 3)?,
        padded
    );
    Ok(())
}

#[test]
fn an_image_without_pixels_has_an_empty_mask() -> TestResult {
    for (width, height) in [(0, 0), (0, 9), (9, 0)] {
        let mask = Rle::encode(&Bitmap::new(width, height)?);
        assert_eq!(
            (mask.counts(), mask.area(), mask.bounding_box()),
            (&[0][..], 0, None)
        );
        assert_eq!(
            Rle::from_counts(vec![], width, height)?.decode(),
            mask.decode()
        );
    }
    Ok(())
}

#[test]
fn run_lengths_that_do_not_fill_the_image_are_refused() {
    for counts in [
        vec![],
        vec![5],
        vec![7],
        vec![3, 4],
        vec![u32::MAX, u32::MAX, u32::MAX],
    ] {
        let sum = counts.iter().map(|&count| u64::from(count)).sum();
        let refusal = Rle::from_counts(counts, 2, 3);
        assert_eq!(
            refusal,
            Err(MaskError::WrongRunSum {
                sum,
                width: 2,
                height: 3
            })
        );
    }
}

#[test]
fn malformed_text_is_refused_with_the_place_at_fault() {
    let read = |text: &[u8]| Rle::from_compressed(text, 2, 3);
    assert_eq!(
        read(b"6/"),
        Err(MaskError::InvalidRunByte {
            byte: b'/',
            position: 1
        })
    );
    assert_eq!(
        read(b"p"),
        Err(MaskError::InvalidRunByte {
            byte: b'p',
            position: 0
        })
    );
    assert_eq!(
        read(b"3\0"),
        Err(MaskError::InvalidRunByte {
            byte: 0,
            position: 1
        })
    );
    assert_eq!(read(b"3P"), Err(MaskError::UnterminatedRun { position: 1 }));
    assert_eq!(
        read(b"3PPPPPPP0"),
        Err(MaskError::RunTooLong { position: 1 })
    );
    assert_eq!(
        read(b"3O"),
        Err(MaskError::ImpossibleRun {
            index: 1,
            length: -1
        })
    );
    assert_eq!(
        read(b"111N"),
        Err(MaskError::ImpossibleRun {
            index: 3,
            length: -1
        })
    );
    assert_eq!(
        read(b"33"),
        Ok(Rle::from_counts(vec![3, 3], 2, 3).expect("six pixels"))
    );
    assert!(matches!(
        read(b"oooooo?"),
        Err(MaskError::ImpossibleRun { index: 0, .. })
    ));
    assert!(matches!(
        read(b"PPPPPP4"),
        Err(MaskError::ImpossibleRun { index: 0, .. })
    ));
}

#[test]
fn sizes_over_the_limit_are_refused_before_anything_is_allocated() {
    for (width, height) in [
        (u32::MAX, u32::MAX),
        (1, u32::MAX),
        (0, u32::MAX),
        (u32::MAX, 0),
        (1 << 24, 65),
        (32_769, 32_768),
    ] {
        let refusal = MaskError::TooManyPixels { width, height };
        assert_eq!(
            Rle::from_compressed("", width, height),
            Err(refusal.clone())
        );
        assert_eq!(
            Rle::from_counts(vec![], width, height),
            Err(refusal.clone())
        );
        assert_eq!(Bitmap::new(width, height), Err(refusal));
    }
}

#[test]
fn masks_of_different_sizes_are_not_compared_or_merged() -> TestResult {
    let (wide, tall) = (
        Rle::from_counts(vec![6], 3, 2)?,
        Rle::from_counts(vec![6], 2, 3)?,
    );
    let refusal = MaskError::SizesDiffer {
        left: (3, 2),
        right: (2, 3),
    };
    assert_eq!(wide.iou(&tall, false), Err(refusal.clone()));
    assert_eq!(
        Rle::union(&[wide.clone(), tall.clone()]),
        Err(refusal.clone())
    );
    assert_eq!(Rle::intersection(&[wide, tall]), Err(refusal));
    assert_eq!(Rle::union(&[]), Err(MaskError::NothingToMerge));
    Ok(())
}

#[test]
fn errors_name_the_value_at_fault() {
    let message = |error: Result<Rle, MaskError>| error.expect_err("refused").to_string();
    assert_eq!(
        message(Rle::from_counts(vec![5], 2, 3)),
        "run lengths add up to 5, but the mask has 2x3 pixels"
    );
    assert_eq!(
        message(Rle::from_counts(vec![], 65_536, 65_536)),
        "a mask of 65536x65536 pixels is over the limit of 1073741824 pixels"
    );
    assert_eq!(
        message(Rle::from_compressed("3 3", 2, 3)),
        "byte 0x20 at position 1 is not part of compressed run lengths"
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(
        text in prop::collection::vec(prop_oneof![48..112_u8, any::<u8>()], 0..40),
        width in 0..300_u32,
        height in 0..300_u32,
    ) {
        if let Ok(mask) = Rle::from_compressed(&text, width, height) {
            prop_assert_eq!(mask.decode().area(), mask.area());
            prop_assert_eq!(mask.decode().bounding_box(), mask.bounding_box());
        }
    }

    #[test]
    fn text_carries_any_run_lengths_unchanged(
        counts in prop::collection::vec(0..200_000_u32, 1..60),
    ) {
        let sum: u32 = counts.iter().sum();
        let height = sum / 8 + 1;
        let counts = [counts, vec![height * 8 - sum]].concat();
        let mask = Rle::from_counts(counts.clone(), 8, height)?;
        let read = Rle::from_compressed(mask.to_compressed_string(), 8, height)?;
        prop_assert_eq!(read.counts(), &counts[..]);
    }
}
