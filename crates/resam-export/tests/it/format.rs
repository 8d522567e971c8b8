use std::path::Path;

use image::RgbImage;
use resam_crs::Crs;
use resam_export::{Format, ImageReference, Segmentation};
use resam_vector::VectorFormat;

use crate::{object, rectangle, segmentation, written};

/// A name in every format.
const NAMES: [&str; 6] = ["a.png", "a.json", "a.tif", "a.gpkg", "a.geojson", "a.fgb"];

/// A plain image on the disk, and a result for it.
fn on_disk(folder: &Path) -> Segmentation {
    let path = folder.join("harbour.png");
    RgbImage::from_pixel(5, 3, image::Rgb([120; 3]))
        .save(&path)
        .unwrap();
    let objects = vec![
        object(1, 0.5, &["##...", "#..##", "....."]),
        object(2, 0.75, &[".....", "..###", "#...."]),
    ];
    Segmentation {
        image: ImageReference::plain(&path, 5, 3),
        ..segmentation((5, 3), objects)
    }
}

#[test]
fn the_extension_tells_the_format() {
    for (name, format) in [
        ("a.png", Format::Overlay),
        ("folder.v2/a.b.JSON", Format::Coco),
        ("a.tif", Format::Labels),
        ("a.Tiff", Format::Labels),
        ("a.geojson", Format::Vector(VectorFormat::GeoJson)),
        ("a.gpkg", Format::Vector(VectorFormat::GeoPackage)),
        ("a.FGB", Format::Vector(VectorFormat::FlatGeobuf)),
    ] {
        assert_eq!(Format::of(Path::new(name)).unwrap(), format, "{name}");
    }
}

#[test]
fn other_extensions_are_refused_with_those_known() {
    let refused = |name| Format::of(Path::new(name)).unwrap_err().to_string();
    let message = refused("out/a.jpg");
    for words in [
        "out/a.jpg",
        "`.jpg`",
        ".png",
        ".json",
        ".geojson",
        ".tif",
        ".gpkg",
        ".fgb",
        "\n\nhint: ",
    ] {
        assert!(message.contains(words), "{words}: {message}");
    }
    assert!(refused("a").contains("there is none"));
    assert!(refused(".png").contains("there is none"));
    assert!(refused("a/run.json").contains("kept for the record of the run"));
}

#[test]
fn what_can_be_known_before_long_work_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let in_folder = |name: &str| folder.path().join(name);
    let (utm, wgs84) = (Crs::from_epsg(32636).unwrap(), Crs::wgs84());
    for name in NAMES {
        Format::check(&in_folder(name), None, None).unwrap();
        Format::check(&in_folder(name), Some(&utm), None).unwrap();
    }
    Format::check(&in_folder("a.gpkg"), Some(&utm), Some(&wgs84)).unwrap();
    let refused = |name: &str, own: Option<&Crs>, out: Option<&Crs>| {
        let error = Format::check(&in_folder(name), own, out).unwrap_err();
        error.to_string()
    };
    assert!(refused("missing/a.png", None, None).contains("there is no folder"));
    assert!(refused("a.xyz", None, None).contains("`.xyz`"));
    assert!(refused("a.geojson", Some(&utm), Some(&utm)).contains("RFC 7946"));
    assert!(refused("a.gpkg", None, Some(&utm)).contains("pixels"));
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_mask_outside_the_image_and_an_id_out_of_order_are_refused_before_writing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tif");
    let refused = |size, objects| {
        let result = segmentation(size, objects);
        let error = result.write(&path).unwrap_err();
        error.to_string()
    };
    let message = refused((2, 2), vec![rectangle(2, [1, 0, 3, 1], 1.0)]);
    assert_eq!(
        message,
        "object 2: a mask from 1,0 to 4,1 does not lie in harbour.jpg of 2 x 2 pixels"
    );
    let one = || object(1, 1.0, &["#"]);
    assert!(refused((1, 1), vec![one(), one()]).contains("object id 1 does not come after 1"));
    let zero = resam_scene::SegmentedObject { id: 0, ..one() };
    assert!(refused((1, 1), vec![zero]).contains("object id 0"));
    assert!(refused((0, 1), vec![one()]).contains("0 x 1 pixels has no pixels"));
    assert!(!path.exists());
}

#[test]
fn the_same_result_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for name in NAMES {
        let make = || written(name, &on_disk(folder.path()));
        assert_eq!(make(), make(), "{name}");
    }
}

#[test]
fn no_objects_make_a_valid_file_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    for name in NAMES {
        let mut none = on_disk(folder.path());
        none.objects.clear();
        assert!(!written(name, &none).is_empty());
    }
}
