//! Pixels on their way in and logits on their way out.

use std::path::Path;

use crate::common::{Golden, relative_error, values};
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor, TensorData, module::interpolate};
use resam_checkpoint::Checkpoint;
use resam_sam::postprocess::{Geometry, upscale_logits};
use resam_sam::preprocess::{RgbView, preprocess, resize_longest_side, resized_size};

#[test]
fn resampled_pixels_are_pillows() {
    let fixture =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pillow_resampling.safetensors");
    let golden = Golden(Checkpoint::open(&fixture).expect("fixture"));
    for index in 0..7 {
        let source = golden.shape(&format!("{index}.source"));
        let target = golden.shape(&format!("{index}.target"));
        let data = golden.bytes(&format!("{index}.source"));
        let view = RgbView::new(source[1], source[0], &data).expect("an image");
        let (ours, size) = resize_longest_side(view, target[0].max(target[1]));
        assert_eq!(size, [target[0], target[1]], "size of image {index}");
        assert_eq!(
            ours,
            golden.bytes(&format!("{index}.target")),
            "pixels of image {index}"
        );
    }
}

#[test]
fn no_side_of_a_resized_image_vanishes() {
    assert_eq!(resized_size(597, 533, 1024), [1024, 914]);
    assert_eq!(resized_size(430, 543, 1024), [811, 1024]);
    assert_eq!(resized_size(1, 100_000, 1024), [1, 1024]);
}

#[test]
fn padding_is_zero_after_the_mean_is_removed() {
    let white = vec![255; 3 * 8 * 4];
    let view = RgbView::new(8, 4, &white).expect("an image");
    let (input, covered) = preprocess(view, 16, &Device::flex());
    assert_eq!(covered, [8, 16]);
    let input = values(&input);
    let white = (255.0 - 123.675) / 58.395;
    assert!(
        input[..8 * 16]
            .iter()
            .all(|value| (value - white).abs() < 1e-6)
    );
    assert!(input[8 * 16..16 * 16].iter().all(|&value| value == 0.0));
}

#[test]
fn bytes_that_are_no_image_are_refused() {
    for (width, height, bytes) in [(0, 0, 0), (2, 2, 11), (usize::MAX, 2, 12), (4, 0, 0)] {
        let data = vec![0; bytes];
        assert!(
            RgbView::new(width, height, &data).is_err(),
            "{width} x {height}, {bytes} bytes"
        );
    }
}

#[test]
fn upscaled_logits_are_those_of_the_two_published_steps() {
    let side = 16;
    let low_res: Vec<f32> = (0..side * side)
        .map(|i| ((i * 37) % 101) as f32 / 10.0 - 5.0)
        .collect();
    let bilinear = |x: Tensor<4>, size: [usize; 2]| {
        let options = InterpolateOptions::new(InterpolateMode::Bilinear)
            .with_align_corners(false)
            .with_output_size(size);
        interpolate(x, options)
    };
    for (original, covered) in [
        ([50, 64], [50, 64]),
        ([90, 41], [64, 29]),
        ([7, 200], [2, 64]),
        ([64, 64], [64, 64]),
    ] {
        let ours = upscale_logits(
            &low_res,
            side,
            &Geometry {
                original,
                covered,
                padded: 64,
            },
        );
        let x = Tensor::<4>::from_data(
            TensorData::new(low_res.clone(), [1, 1, side, side]),
            &Device::flex(),
        );
        let x = bilinear(x, [64, 64]).slice([0..1, 0..1, 0..covered[0], 0..covered[1]]);
        let theirs = values(&bilinear(x, original));
        assert!(
            relative_error(&ours, &theirs) < 1e-5,
            "{original:?} from {covered:?}"
        );
    }
}

#[test]
fn a_point_goes_where_the_published_predictor_puts_its_pixel() {
    let geometry = Geometry {
        original: [512, 512],
        covered: [1024, 1024],
        padded: 1024,
    };
    // The centre of pixel 10 is at 10.5; scaled 21; counted from the centre of the first, 20.5.
    assert_eq!(geometry.to_input([10.5, 0.0]), [20.5, -0.5]);
}
