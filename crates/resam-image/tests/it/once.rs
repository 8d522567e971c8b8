//! Header, pixels and opacity come from one opening of the file.

use image::{ImageBuffer, LumaA, Rgba};
use resam_image::{DecodedImage, ImageError, ImageFile, probe, read_rgb};

use crate::{fixture, write};

/// What a file gives whose name is taken away once its header was read.
#[cfg(unix)]
fn without_the_name(bytes: &[u8]) -> DecodedImage {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "image", bytes);
    let file = ImageFile::open(&path).unwrap();
    fs_err::remove_file(&path).unwrap();
    file.decode().unwrap()
}

#[cfg(unix)]
#[test]
fn a_file_is_opened_once_and_gives_what_reading_it_whole_gives() {
    for name in [
        "jpeg_420_baseline.jpg",
        "jpeg_cmyk_adobe.jpg",
        "png_palette.png",
        "gif_animated.gif",
        "webp_animated.webp",
        "bmp_palette.bmp",
    ] {
        let path = fixture(name);
        let decoded = without_the_name(&fs_err::read(&path).unwrap());
        assert_eq!(
            decoded.opacity.is_some(),
            probe(&path).unwrap().has_opacity,
            "{name}"
        );
        let (decoded, read) = (decoded.without_opacity(), read_rgb(&path).unwrap());
        assert_eq!(decoded.rgb, read.rgb, "{name}");
        assert_eq!(decoded.notes, read.notes, "{name}");
    }
}

#[test]
fn opacity_of_16_bits_is_divided_by_257_and_rounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep.png");
    let values = [0u16, 128, 129, 257, 32_768, 65_406, 65_535];
    let expected: Vec<u8> = values
        .iter()
        .map(|&value| (f64::from(value) / 257.0).round() as u8)
        .collect();
    let grey = ImageBuffer::from_fn(7, 1, |x, _| LumaA([9u16, values[x as usize]]));
    let coloured = ImageBuffer::from_fn(7, 1, |x, _| Rgba([9u16, 9, 9, values[x as usize]]));
    let save_grey = || grey.save(&path);
    let save_coloured = || coloured.save(&path);
    let saves: [&dyn Fn() -> image::ImageResult<()>; 2] = [&save_grey, &save_coloured];
    for save in saves {
        save().unwrap();
        let decoded = ImageFile::open(&path).unwrap().decode().unwrap();
        assert_eq!(decoded.opacity.unwrap().into_raw(), expected);
    }
}

#[test]
fn opacity_is_kept_without_a_note_and_dropped_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alpha.png");
    ImageBuffer::from_fn(3, 2, |x, _| Rgba([1u8, 2, 3, x as u8]))
        .save(&path)
        .unwrap();
    let decoded = ImageFile::open(&path).unwrap().decode().unwrap();
    assert!(decoded.notes.is_empty());
    assert_eq!(
        decoded.opacity.as_deref().map(|values| &values[..3]),
        Some(&[0, 1, 2][..])
    );
    let dropped = decoded.without_opacity();
    assert!(dropped.opacity.is_none());
    assert_eq!(dropped.notes.len(), 1);
    assert!(dropped.notes[0].contains("alpha dropped"));
}

#[test]
fn damage_behind_the_header_is_found_when_pixels_are_decoded() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["png_palette.png", "jpeg_420_baseline.jpg"] {
        let bytes = fs_err::read(fixture(name)).unwrap();
        let cut = write(folder.path(), name, &bytes[..bytes.len() * 3 / 4]);
        let file = ImageFile::open(&cut).unwrap();
        assert_eq!(file.path(), cut);
        let refused = file.decode().unwrap_err();
        assert!(matches!(&refused, ImageError::Broken { .. }), "{refused}");
        assert!(refused.to_string().contains(name), "{refused}");
    }
}
