use std::path::Path;

use resam_data::layouts::{Layout, Scene, Split, detect, open};

use crate::{write, write_image};

/// A COCO file with these images of 6 x 5 pixels and one square on each.
fn coco(names: &[&str]) -> String {
    let list = |each: &dyn Fn(usize, &str) -> String| {
        let entries: Vec<String> = (1..).zip(names).map(|(id, name)| each(id, name)).collect();
        entries.join(",")
    };
    format!(
        r#"{{"categories": [{{"id": 1, "name": "thing"}}], "images": [{}], "annotations": [{}]}}"#,
        list(&|id, name| {
            format!(r#"{{"id": {id}, "file_name": "{name}", "width": 6, "height": 5}}"#)
        }),
        list(&|id, _| {
            format!(
                r#"{{"id": {id}, "image_id": {id}, "category_id": 1, "segmentation": [[0,0,2,0,2,2]]}}"#
            )
        }),
    )
}

fn images(root: &Path, folder: &str, names: &[&str]) {
    for name in names {
        write_image(root, &format!("{folder}/{name}"), (6, 5), |_, _| 1);
    }
}

fn names(root: &Path, split: Option<Split>, scene: Option<Scene>) -> Vec<String> {
    let dataset = open(root, split, scene).unwrap();
    dataset
        .images()
        .iter()
        .map(|image| image.file_name.clone())
        .collect()
}

#[test]
fn whu_without_json_takes_connected_components_of_label_images() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    images(root, "train/image", &["2.tif", "10.tif"]);
    let squares = |x, y| {
        if (x < 2 && y < 2) || (x > 3 && y > 2) {
            255
        } else {
            0
        }
    };
    write_image(root, "train/label/2.tif", (6, 5), squares);
    write_image(root, "train/label/10.tif", (6, 5), |_, _| 0);
    assert_eq!(detect(root).unwrap(), Layout::Whu);
    let dataset = open(root, Some(Split::Train), None).unwrap();
    let areas: Vec<Vec<u64>> = dataset
        .images()
        .iter()
        .map(|image| {
            let found = dataset.instances(image).unwrap();
            found
                .iter()
                .map(|instance| instance.mask().unwrap().area())
                .collect()
        })
        .collect();
    assert_eq!(areas, [vec![], vec![4, 4]]);
    assert!(open(root, Some(Split::Val), None).is_err());
    fs_err::remove_file(root.join("train/label/2.tif")).unwrap();
    let message = open(root, Some(Split::Train), None)
        .unwrap_err()
        .to_string();
    assert!(message.contains("2.tif: no label image"), "{message}");
}

#[test]
fn whu_with_json_takes_the_json_of_the_split() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    images(root, "images/train/image", &["a.png"]);
    images(root, "images/val/image", &["b.png"]);
    write(
        root,
        "annotations/WHU_building_train.json",
        coco(&["a.png"]),
    );
    write(root, "annotations/WHU_building_val.json", coco(&["b.png"]));
    assert_eq!(detect(root).unwrap(), Layout::Whu);
    assert_eq!(names(root, Some(Split::Val), None), ["b.png"]);
}

#[test]
fn hrsid_as_released_narrows_a_split_to_a_scene() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    images(root, "JPEGImages", &["a.png", "b.png", "c.png"]);
    write(
        root,
        "annotations/train2017.json",
        coco(&["a.png", "b.png"]),
    );
    write(root, "annotations/test2017.json", coco(&["c.png"]));
    write(
        root,
        "annotations/train_test2017.json",
        coco(&["a.png", "b.png", "c.png"]),
    );
    write(
        root,
        "inshore_offshore/inshore.json",
        coco(&["b.png", "c.png"]),
    );
    write(root, "inshore_offshore/offshore.json", coco(&["a.png"]));
    assert_eq!(detect(root).unwrap(), Layout::Hrsid);
    assert_eq!(names(root, Some(Split::Train), None), ["a.png", "b.png"]);
    assert_eq!(
        names(root, Some(Split::Train), Some(Scene::Inshore)),
        ["b.png"]
    );
    assert_eq!(
        names(root, Some(Split::Train), Some(Scene::Offshore)),
        ["a.png"]
    );
    assert_eq!(
        names(root, Some(Split::Test), Some(Scene::Inshore)),
        ["c.png"]
    );
    assert_eq!(names(root, None, Some(Scene::Inshore)), ["b.png", "c.png"]);
    let message = open(root, Some(Split::Val), None).unwrap_err().to_string();
    assert!(
        message.contains("`val`") && message.contains("train2017.json"),
        "{message}"
    );
}

#[test]
fn hrsid_with_a_file_for_each_split_and_scene_takes_that_file() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    images(root, "JPEGImages", &["a.png", "b.png"]);
    write(
        root,
        "Annotations/all/train2017.json",
        coco(&["a.png", "b.png"]),
    );
    write(
        root,
        "Annotations/inshore/inshore_train.json",
        coco(&["b.png"]),
    );
    write(
        root,
        "Annotations/inshore/inshore_test.json",
        coco(&["a.png"]),
    );
    assert_eq!(
        names(root, Some(Split::Train), Some(Scene::Inshore)),
        ["b.png"]
    );
    assert_eq!(names(root, Some(Split::Train), None), ["a.png", "b.png"]);
}

#[test]
fn nwpu_takes_its_one_json_or_that_of_the_split() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    images(root, "positive image set", &["001.png", "002.png"]);
    write(root, "annotations.json", coco(&["001.png", "002.png"]));
    assert_eq!(detect(root).unwrap(), Layout::Nwpu);
    assert_eq!(names(root, None, None).len(), 2);
    assert!(open(root, Some(Split::Val), None).is_err());
    write(
        root,
        "Annotations/NWPU_instances_val.json",
        coco(&["002.png"]),
    );
    assert_eq!(names(root, Some(Split::Val), None), ["002.png"]);
}

#[test]
fn two_files_for_one_purpose_are_not_chosen_between() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    images(root, "images", &["a.png"]);
    write(root, "one.json", coco(&["a.png"]));
    write(root, "two.json", coco(&["a.png"]));
    assert_eq!(detect(root).unwrap(), Layout::Plain);
    let message = open(root, None, None).unwrap_err().to_string();
    assert!(message.contains("`one.json`, `two.json`"), "{message}");
}

#[test]
fn an_unknown_folder_is_told_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let message = detect(folder.path()).unwrap_err().to_string();
    for word in ["train/label", "JPEGImages", "positive image set"] {
        assert!(message.contains(word), "{message}");
    }
    assert!(detect(folder.path().join("nowhere")).is_err());
}
