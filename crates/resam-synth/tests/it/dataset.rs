//! Data sets are read back by the crate that reads users' data sets.

use std::collections::BTreeMap;
use std::path::Path;

use resam_data::Dataset;
use resam_prompt::PointFile;
use resam_synth::{Class, DatasetOptions, Picture, SceneSpec, Terrain, write_dataset};
use tempfile::tempdir;

use crate::spec;

fn pictures() -> Vec<Picture> {
    vec![
        Picture::Overhead(spec(Terrain::Suburb, 256, 1)),
        Picture::Photograph { seed: 4, size: 128 },
        Picture::Overhead(spec(Terrain::Harbour, 200, 2)),
    ]
}

/// The files of a folder with their bytes.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for name in ["instances.json", "points.csv"] {
        files.insert(name.to_owned(), fs_err::read(folder.join(name)).unwrap());
    }
    for entry in fs_err::read_dir(folder.join("images")).unwrap() {
        let path = entry.unwrap().path();
        files.insert(
            path.file_name().unwrap().display().to_string(),
            fs_err::read(&path).unwrap(),
        );
    }
    files
}

fn open(folder: &Path) -> Dataset {
    Dataset::coco(folder.join("images"), folder.join("instances.json")).unwrap()
}

#[test]
fn masks_and_pixels_are_read_back_as_they_were_painted() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("set");
    let written = write_dataset(&path, &pictures(), &DatasetOptions::default()).unwrap();
    let dataset = open(&path);
    let mut read = 0;
    for (image, picture) in dataset.images().iter().zip(pictures()) {
        let scene = picture.paint().unwrap();
        assert_eq!(dataset.read_image(image).unwrap().rgb, scene.image);
        let (width, height) = scene.image.dimensions();
        let instances = dataset.instances(image).unwrap();
        let expected = scene.instances.iter().filter(|one| one.area() >= 16);
        for (found, painted) in instances.iter().zip(expected) {
            assert_eq!(&*found.category, painted.class.name());
            assert_eq!(
                found.mask().unwrap(),
                painted.image_mask(width, height).unwrap()
            );
            read += 1;
        }
    }
    assert_eq!(read, written);
    assert!(written > 50);
}

#[test]
fn points_lie_on_their_objects_and_others_beside_them() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("set");
    let options = DatasetOptions {
        positives: 1,
        negatives: 2,
        ..DatasetOptions::default()
    };
    let written = write_dataset(&path, &pictures(), &options).unwrap();
    let dataset = open(&path);
    let points = PointFile::read(path.join("points.csv")).unwrap();
    dataset.check_points(&points).unwrap();
    assert_eq!(points.objects.len(), written);
    for image in dataset.images() {
        let prompts: Vec<_> = points.on_image(&image.file_name).collect();
        let instances = dataset.instances(image).unwrap();
        assert_eq!(prompts.len(), instances.len());
        for (prompts, instance) in prompts.iter().zip(&instances) {
            assert_eq!(prompts.id, instance.id.to_string());
            let mask = instance.mask().unwrap();
            assert!(prompts.points.iter().any(|point| point.positive));
            for point in &prompts.points {
                assert_eq!(mask.get(point.x as u32, point.y as u32), point.positive);
            }
        }
    }
}

#[test]
fn only_what_is_asked_for_is_listed() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("set");
    let options = DatasetOptions {
        classes: vec![Class::Building],
        min_pixels: 400,
        min_visible: 0.6,
        ..DatasetOptions::default()
    };
    let written = write_dataset(&path, &pictures()[..1], &options).unwrap();
    let dataset = open(&path);
    let instances = dataset.instances(&dataset.images()[0]).unwrap();
    assert!(written > 5 && instances.len() == written);
    for instance in instances {
        assert_eq!(&*instance.category, "building");
        assert!(instance.mask().unwrap().area() >= 400);
    }
}

#[test]
fn the_same_pictures_give_the_same_files() {
    let folder = tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
    for path in [&one, &two] {
        write_dataset(path, &pictures(), &DatasetOptions::default()).unwrap();
    }
    assert_eq!(contents(&one), contents(&two));
    let other = folder.path().join("other");
    let options = DatasetOptions {
        seed: 9,
        ..DatasetOptions::default()
    };
    write_dataset(&other, &pictures(), &options).unwrap();
    let (one, other) = (contents(&one), contents(&other));
    assert_eq!(one["instances.json"], other["instances.json"]);
    assert_ne!(one["points.csv"], other["points.csv"]);
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let folder = tempdir().unwrap();
    fs_err::write(folder.path().join("mine.txt"), "mine").unwrap();
    let refused = write_dataset(folder.path(), &pictures()[..1], &DatasetOptions::default());
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("is not empty\n\nhint: name a new folder")
    );
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_empty_folder_and_a_missing_one_are_filled() {
    let folder = tempdir().unwrap();
    let empty = folder.path().join("empty");
    fs_err::create_dir(&empty).unwrap();
    let missing = folder.path().join("not/yet/there");
    for path in [empty, missing] {
        write_dataset(&path, &pictures()[1..2], &DatasetOptions::default()).unwrap();
        assert_eq!(open(&path).images().len(), 1);
    }
}

#[test]
fn a_picture_that_cannot_be_painted_leaves_nothing_behind() {
    let folder = tempdir().unwrap();
    let bad = [Picture::Overhead(SceneSpec {
        haze: 2.0,
        ..SceneSpec::new(64, 64, 1)
    })];
    let pictures = [&pictures()[1..2], &bad].concat();
    let refused = write_dataset(
        &folder.path().join("set"),
        &pictures,
        &DatasetOptions::default(),
    );
    assert!(refused.unwrap_err().to_string().contains("haze"));
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
}
