use image::{ImageFormat, Luma, LumaA, Rgb};
use libjpeg_turbo_rs::{PixelFormat, Subsampling, compress, compress_progressive};
use resam_image::{ColourKind, ImageError, probe, read_rgb};

use crate::{fixture, write, write_image};

#[test]
fn jpeg_decodes_to_the_bytes_of_libjpeg_turbo() {
    for name in [
        "jpeg_420_baseline",
        "jpeg_422_progressive",
        "jpeg_cmyk_adobe",
    ] {
        let decoded = read_rgb(fixture(&format!("{name}.jpg"))).unwrap();
        let expected = fs_err::read(fixture(&format!("{name}.rgb"))).unwrap();
        assert!(decoded.rgb.into_raw() == expected, "{name}");
    }
}

#[test]
fn a_jpeg_cut_anywhere_is_an_error_unless_only_its_end_marker_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let pixels: Vec<u8> = (0..60 * 50 * 3)
        .map(|n: u32| (n * n / 7 % 251) as u8)
        .collect();
    let baseline = compress(&pixels, 60, 50, PixelFormat::Rgb, 80, Subsampling::S420).unwrap();
    let progressive =
        compress_progressive(&pixels, 60, 50, PixelFormat::Rgb, 80, Subsampling::S444).unwrap();
    for bytes in [baseline, progressive] {
        let whole = read_rgb(write(folder.path(), "whole.jpg", &bytes))
            .unwrap()
            .rgb;
        for length in (3..bytes.len())
            .step_by(5)
            .chain(bytes.len() - 8..bytes.len())
        {
            match read_rgb(write(folder.path(), "cut.jpg", &bytes[..length])) {
                Ok(image) => assert!(length >= bytes.len() - 2 && image.rgb == whole, "{length}"),
                Err(error) => assert!(error.to_string().contains("cut.jpg"), "{error}"),
            }
        }
    }
}

#[test]
fn other_formats_cut_in_half_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["png", "bmp", "webp", "gif"] {
        let whole = folder.path().join(format!("whole.{format}"));
        image::RgbImage::from_fn(64, 64, |x, y| {
            Rgb([(x * 7) as u8, (y * 5) as u8, (x * y) as u8])
        })
        .save(&whole)
        .unwrap();
        let bytes = fs_err::read(&whole).unwrap();
        read_rgb(&whole).unwrap();
        let cut = write(
            folder.path(),
            &format!("cut.{format}"),
            &bytes[..bytes.len() / 2],
        );
        assert!(
            matches!(read_rgb(cut), Err(ImageError::Broken { .. })),
            "{format}"
        );
    }
}

#[test]
fn a_huge_png_is_refused_by_its_size_before_anything_is_allocated() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = fs_err::read(fixture("png_palette.png")).unwrap();
    for place in [16, 20] {
        bytes[place..place + 4].copy_from_slice(&60_000u32.to_be_bytes());
    }
    let checksum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    let error = read_rgb(write(folder.path(), "huge.png", bytes)).unwrap_err();
    assert!(
        matches!(
            error,
            ImageError::TooLarge {
                width: 60_000,
                height: 60_000,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("60000 x 60000"), "{error}");
}

#[test]
fn a_huge_jpeg_is_refused_by_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = fs_err::read(fixture("jpeg_420_baseline.jpg")).unwrap();
    let frame = bytes
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[0xF0, 0, 0xF0, 0]);
    let error = read_rgb(write(folder.path(), "huge.jpg", &bytes)).unwrap_err();
    assert!(
        matches!(error, ImageError::TooLarge { width: 61_440, .. }),
        "{error}"
    );
    bytes[frame + 5..frame + 9].copy_from_slice(&[0, 0, 0, 45]);
    assert!(read_rgb(write(folder.path(), "flat.jpg", &bytes)).is_err());
}

#[test]
fn sixteen_bit_samples_are_divided_by_257_and_rounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep.png");
    let values = [0, 128, 129, 257, 32_768, 65_406, 65_535];
    image::ImageBuffer::from_fn(7, 1, |x, _| Luma([values[x as usize]]))
        .save(&path)
        .unwrap();
    let decoded = read_rgb(&path).unwrap();
    let expected: Vec<u8> = values
        .iter()
        .map(|&v: &u16| (f64::from(v) / 257.0).round() as u8)
        .collect();
    for (pixel, value) in decoded.rgb.pixels().zip(expected) {
        assert_eq!(pixel.0, [value; 3]);
    }
    assert!(
        decoded.notes[0].contains("0 to 65535"),
        "{:?}",
        decoded.notes
    );
    assert_eq!(probe(&path).unwrap().bit_depth, 16);
}

#[test]
fn what_is_changed_on_the_way_is_noted() {
    for (name, note) in [
        ("png_palette.png", "palette"),
        ("bmp_palette.bmp", "palette"),
        ("gif_animated.gif", "first frame"),
        ("webp_animated.webp", "first frame"),
        ("png_animated.png", "first frame"),
        ("jpeg_cmyk_adobe.jpg", "CMYK"),
        ("jpeg_exif_orientation_6.jpg", "orientation 6"),
    ] {
        let notes = read_rgb(fixture(name)).unwrap().notes;
        assert!(
            notes.iter().any(|text| text.contains(note)),
            "{name}: {notes:?}"
        );
    }
    assert!(
        read_rgb(fixture("jpeg_420_baseline.jpg"))
            .unwrap()
            .notes
            .is_empty()
    );
    let still = read_rgb(fixture("gif_still.gif")).unwrap().notes;
    assert!(
        !still.iter().any(|text| text.contains("frame")),
        "{still:?}"
    );
}

#[test]
fn the_first_frame_of_an_animation_is_taken() {
    for name in ["gif_animated.gif", "webp_animated.webp", "png_animated.png"] {
        let decoded = read_rgb(fixture(name)).unwrap();
        assert_eq!(decoded.rgb.dimensions(), (9, 7), "{name}");
        assert_eq!(decoded.rgb.get_pixel(4, 3).0, [255, 0, 0], "{name}");
    }
}

#[test]
fn an_exif_orientation_is_reported_and_not_applied() {
    let path = fixture("jpeg_exif_orientation_6.jpg");
    assert_eq!(read_rgb(&path).unwrap().rgb.dimensions(), (45, 33));
    assert_eq!(probe(&path).unwrap().orientation, 6);
}

#[test]
fn alpha_is_dropped_and_noted_only_where_something_was_transparent() {
    let folder = tempfile::tempdir().unwrap();
    for (alpha, noted) in [(255, false), (9, true)] {
        let path = folder.path().join("alpha.png");
        image::ImageBuffer::from_pixel(3, 2, LumaA([77, alpha as u8]))
            .save(&path)
            .unwrap();
        let decoded = read_rgb(&path).unwrap();
        assert_eq!(decoded.rgb.get_pixel(2, 1).0, [77; 3]);
        assert_eq!(!decoded.notes.is_empty(), noted);
    }
}

#[test]
fn the_format_is_told_by_content_and_not_by_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = fs_err::read(fixture("png_palette.png")).unwrap();
    let info = probe(write(folder.path(), "photo.jpg", bytes)).unwrap();
    assert_eq!(
        (info.format, info.colour),
        (ImageFormat::Png, ColourKind::Palette)
    );
    assert_eq!((info.width, info.height), (45, 33));
}

#[test]
fn what_is_no_image_file_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let missing = read_rgb(folder.path().join("nothing.png"));
    assert!(matches!(missing, Err(ImageError::Missing { .. })));
    assert!(matches!(
        read_rgb(folder.path()),
        Err(ImageError::NotAFile { .. })
    ));
    for bytes in [&b""[..], b"x", b"not an image at all, only words"] {
        let text = read_rgb(write(folder.path(), "text.png", bytes));
        assert!(matches!(text, Err(ImageError::UnknownFormat { .. })));
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs_err::read_dir(fixture("")).unwrap() {
        let bytes = fs_err::read(entry.unwrap().path()).unwrap();
        let mut state = 1u64;
        for _ in 0..150 {
            let mut damaged = bytes.clone();
            for _ in 0..3 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let place = (state >> 33) as usize % damaged.len();
                damaged[place] = (state >> 24) as u8;
            }
            let path = write(folder.path(), "damaged", damaged);
            let _ = probe(&path);
            let _ = read_rgb(&path);
        }
    }
}

#[test]
fn a_tiff_is_left_to_the_reader_of_rasters() {
    let error = read_rgb(fixture("tiff_cmyk.tif")).unwrap_err();
    assert!(error.is_unknown_format(), "{error}");
}

#[test]
fn a_grey_image_becomes_three_equal_channels() {
    let folder = tempfile::tempdir().unwrap();
    let path = write_image(folder.path(), "grey.png", (4, 3), |x, y| (x + 10 * y) as u8);
    let decoded = read_rgb(path).unwrap();
    assert_eq!(decoded.rgb.get_pixel(3, 2).0, [23; 3]);
    assert!(decoded.notes.is_empty());
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 * (crc & 1))
        })
    })
}
