use std::path::Path;

use resam_export::{Format, write};

use crate::{answer, mask, object, written};

#[test]
fn the_extension_tells_the_format() {
    for (name, format) in [
        ("a.png", Format::Overlay),
        ("folder.v2/a.b.JSON", Format::Coco),
        ("a.geojson", Format::GeoJson),
        ("a.tif", Format::Label),
        ("a.Tiff", Format::Label),
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
        "\n\nhint: ",
    ] {
        assert!(message.contains(words), "{words}: {message}");
    }
    assert!(refused("a").contains("there is none"));
    assert!(refused(".png").contains("there is none"));
    assert!(refused("a.gpkg").contains("needs a georeferenced scene"));
    assert!(refused("a/run.json").contains("kept for the record of the run"));
}

#[test]
fn a_mask_of_another_size_and_an_id_out_of_order_are_refused_before_writing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tif");
    let refused = |objects| {
        let error = write(&path, Format::Label, &answer(objects)).unwrap_err();
        error.to_string()
    };
    let message = refused(vec![
        object(1, 1.0, mask(&["##", ".."])),
        object(2, 1.0, mask(&["###"])),
    ]);
    assert_eq!(
        message,
        "object 2: a mask of 3 x 1 pixels does not fit harbour.jpg of 2 x 2 pixels"
    );
    let one = || object(1, 1.0, mask(&["#"]));
    assert!(refused(vec![one(), one()]).contains("object id 1 does not come after 1"));
    assert!(refused(vec![object(0, 1.0, mask(&["#"]))]).contains("object id 0"));
    assert!(refused(vec![object(1, 1.0, mask(&[""]))]).contains("0 x 1 pixels has no pixels"));
    assert!(!path.exists());
}

#[test]
fn the_same_answer_gives_the_same_bytes() {
    let make = || {
        let mut answer = answer(vec![
            object(1, 0.5, mask(&["##...", "#..##", "....."])),
            object(2, 0.75, mask(&[".....", "..###", "#...."])),
        ]);
        answer.objects[0].prompt.positive.push([0.5, 1.5]);
        answer
    };
    for format in [
        Format::Overlay,
        Format::Coco,
        Format::GeoJson,
        Format::Label,
    ] {
        assert_eq!(
            written(format, &make()),
            written(format, &make()),
            "{format:?}"
        );
    }
}

#[test]
fn no_objects_make_a_valid_file_in_every_format() {
    for format in [
        Format::Overlay,
        Format::Coco,
        Format::GeoJson,
        Format::Label,
    ] {
        assert!(!written(format, &answer(vec![])).is_empty());
    }
}
