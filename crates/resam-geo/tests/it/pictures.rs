//! Images that are read whole: orientation, bit depth, nodata of the caller's.

use resam_geo::{
    Exif, Nodata, PictureOptions, Raster, SampleKind, Scene, SceneOptions, read_picture,
};

use crate::fixtures::{HEIGHT, WIDTH, fixture, open, window};

/// 12-bit values in a PNG of 16 bits, and in a TIFF.
fn deep(folder: &std::path::Path) -> [std::path::PathBuf; 2] {
    let image = image::ImageBuffer::from_fn(40, 30, |x, y| image::Luma([(x * 100 + y) as u16]));
    let paths = [folder.join("a.png"), folder.join("a.tif")];
    for path in &paths {
        image.save(path).unwrap();
    }
    paths
}

#[test]
fn a_png_of_16_bits_is_seen_as_a_tiff_of_16_bits_is() {
    let folder = tempfile::tempdir().unwrap();
    let [png, tiff] = deep(folder.path()).map(|path| {
        let raster = Raster::open(path).unwrap();
        assert_eq!(raster.info().bands[0].kind, SampleKind::U16);
        read_picture(raster).unwrap()
    });
    assert_eq!(png.rgb, tiff.rgb);
    assert_eq!(png.rgb.get_pixel(39, 29).0, [255; 3]);
    assert!(
        png.notes.iter().any(|note| note.contains("p2-p98")),
        "{:?}",
        png.notes
    );
}

#[test]
fn an_orientation_turns_a_tiff_and_a_png_alike() {
    let folder = tempfile::tempdir().unwrap();
    // What Pillow's `ImageOps.exif_transpose` does with an orientation of 6: a quarter to the
    // right.
    let stored = image::RgbImage::from_fn(5, 3, |x, y| image::Rgb([x as u8, y as u8, 9]));
    let mut upright = image::DynamicImage::from(stored);
    upright.apply_orientation(image::metadata::Orientation::Rotate90);
    let path = fixture("gdal/orientation_6.tif");
    let raster = Raster::open(&path).unwrap();
    assert_eq!(
        (raster.width(), raster.height(), raster.orientation()),
        (5, 3, 6)
    );
    assert!(raster.info().notes[0].contains("orientation 6 is not applied"));
    let options = PictureOptions {
        exif: Some(Exif::Apply),
        ..PictureOptions::default()
    };
    for path in [path, fixture("gdal/orientation_6.png")] {
        let raster = options.open(&path).unwrap();
        assert_eq!((raster.width(), raster.height()), (3, 5));
        let notes = &raster.info().notes;
        assert!(
            notes.iter().any(|note| note.contains("6 is applied")),
            "{notes:?}"
        );
        assert_eq!(read_picture(raster).unwrap().rgb, upright.to_rgb8());
    }
    drop(folder);
}

#[test]
fn the_nodata_value_of_the_caller_takes_the_place_of_the_file_s() {
    let area = |nodata: &Nodata| {
        let raster = open("nodata_0_u8_rgb").with_nodata(nodata).unwrap();
        let scene = Scene::of_raster(raster, &SceneOptions::default()).unwrap();
        let tile = scene.read(window(0, 0, WIDTH, HEIGHT), WIDTH, HEIGHT);
        tile.unwrap().valid.area()
    };
    let all = u64::from(WIDTH * HEIGHT);
    assert_eq!(area(&Nodata::None), all);
    assert!(area(&Nodata::Values(vec![0.0])) < all);
    assert_eq!(
        area(&Nodata::Values(vec![0.0])),
        area(&Nodata::Values(vec![0.0; 3]))
    );
    let error = open("nodata_0_u8_rgb").with_nodata(&Nodata::Values(vec![0.0; 2]));
    assert!(error.unwrap_err().to_string().contains("2 nodata values"));
}
