//! PNG, JPEG and other images are rasters too, with or without files that say where they lie.

use image::{Rgb, RgbImage, Rgba, RgbaImage};
use resam_geo::{Raster, Scene, SceneOptions};
use tempfile::tempdir;

use crate::fixtures::window;

#[test]
fn an_image_with_a_world_file_has_a_place() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("map.png");
    let picture = RgbImage::from_fn(9, 5, |x, y| Rgb([x as u8, y as u8, 7]));
    picture.save(&path).unwrap();
    let raster = Raster::open(&path).unwrap();
    assert_eq!((raster.width(), raster.height(), raster.bands()), (9, 5, 3));
    assert!(raster.geo_transform().is_none());
    assert_eq!(raster.info().format, "PNG");

    // The centre of the first pixel is at 100.25, 199.75.
    fs_err::write(
        path.with_extension("pgw"),
        "0.5\n0\n0\n-0.5\n100.25\n199.75\n",
    )
    .unwrap();
    fs_err::write(path.with_extension("prj"), "EPSG:32636").unwrap();
    let scene = Scene::open(&path, &SceneOptions::default()).unwrap();
    let transform = scene.raster().geo_transform().unwrap();
    assert_eq!(transform.0, [100.0, 0.5, 0.0, 200.0, 0.0, -0.5]);
    assert_eq!(scene.raster().crs().unwrap().epsg(), Some(32636));
    let tile = scene.read(window(-1, 0, 11, 5), 11, 5).unwrap();
    assert_eq!(tile.image.get_pixel(4, 2).0, [3, 2, 7]);
    assert_eq!(tile.valid.area(), 45);
}

#[test]
fn what_is_no_world_file_is_not_used_and_told() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("map.png");
    RgbImage::new(3, 3).save(&path).unwrap();
    for text in ["", "1 2 3", "0 0 0 0 0 0", "a b c d e f", "nan 0 0 1 0 0"] {
        fs_err::write(path.with_extension("wld"), text).unwrap();
        let raster = Raster::open(&path).unwrap();
        assert!(raster.geo_transform().is_none());
        assert!(
            raster
                .info()
                .notes
                .iter()
                .any(|note| note.contains("no world file"))
        );
    }
}

#[test]
fn transparent_pixels_of_an_image_are_not_valid() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("map.png");
    let picture = RgbaImage::from_fn(6, 4, |x, y| Rgba([9, 9, 9, if x < y { 0 } else { 255 }]));
    picture.save(&path).unwrap();
    let scene = Scene::open(&path, &SceneOptions::default()).unwrap();
    assert_eq!(scene.bands(), [1, 2, 3]);
    let tile = scene.read(window(0, 0, 6, 4), 6, 4).unwrap();
    for (x, y) in (0..6).flat_map(|x| (0..4).map(move |y| (x, y))) {
        assert_eq!(tile.valid.get(x, y), x >= y);
    }
}

#[test]
fn opening_reads_the_header_and_damage_behind_it_is_told_to_each_who_reads() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("map.png");
    RgbImage::from_fn(64, 64, |x, y| Rgb([(x * y) as u8, x as u8, y as u8]))
        .save(&path)
        .unwrap();
    let bytes = fs_err::read(&path).unwrap();
    fs_err::write(&path, &bytes[..bytes.len() / 2]).unwrap();

    let mut raster = Raster::open(&path).unwrap();
    assert_eq!((raster.width(), raster.height()), (64, 64));
    for _ in 0..2 {
        let refused = raster.read(window(0, 0, 4, 4), &[1]).unwrap_err();
        assert!(refused.to_string().contains("map.png"), "{refused}");
        assert!(raster.load().is_err());
    }
    assert!(raster.into_rgb().is_err());
    // A scene is long work, so it does not begin.
    assert!(Scene::open(&path, &SceneOptions::default()).is_err());
}

#[cfg(unix)]
#[test]
fn windows_notes_and_the_whole_image_come_from_one_opening_of_the_file() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("map.png");
    let picture = RgbaImage::from_fn(6, 4, |x, y| Rgba([x as u8, y as u8, 9, (40 * x) as u8]));
    picture.save(&path).unwrap();
    let expected = resam_image::read_rgb(&path).unwrap();
    for reads_before in [0, 2] {
        picture.save(&path).unwrap();
        let mut raster = Raster::open(&path).unwrap();
        // Whatever is read from here on was not read from a file of that name.
        fs_err::remove_file(&path).unwrap();
        for _ in 0..reads_before {
            let samples = raster.read(window(5, 3, 1, 1), &[1, 2, 3, 4]).unwrap();
            assert_eq!(samples.values, [5.0, 3.0, 9.0, 200.0]);
            raster.load().unwrap();
        }
        let decoded = raster.into_rgb().unwrap().expect("a plain image");
        assert_eq!(decoded.rgb, expected.rgb);
        assert_eq!(decoded.notes, expected.notes);
    }
}

#[test]
fn loading_adds_what_was_changed_to_the_notes_once() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("moving.gif");
    let mut encoder = image::codecs::gif::GifEncoder::new(fs_err::File::create(&path).unwrap());
    for shade in [0, 255] {
        let frame = image::RgbaImage::from_pixel(3, 2, image::Rgba([shade, 0, 0, 255]));
        encoder.encode_frame(image::Frame::new(frame)).unwrap();
    }
    drop(encoder);
    let mut raster = Raster::open(&path).unwrap();
    let of_frames = |raster: &Raster| {
        let notes = raster.info().notes.iter();
        notes.filter(|note| note.contains("first frame")).count()
    };
    assert_eq!(of_frames(&raster), 0);
    for _ in 0..2 {
        raster.load().unwrap();
        assert_eq!(of_frames(&raster), 1);
    }
}

#[test]
fn a_raster_that_is_read_by_window_holds_no_image() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("map.tif");
    RgbImage::new(3, 3).save(&path).unwrap();
    let mut raster = Raster::open(&path).unwrap();
    raster.load().unwrap();
    assert!(raster.into_rgb().unwrap().is_none());
}
