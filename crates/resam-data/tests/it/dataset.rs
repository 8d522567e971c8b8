use std::path::Path;

use resam_data::{DataError, Dataset};
use resam_image::ImageError;
use resam_prompt::PointFile;

use crate::{write, write_image};

fn small_set(folder: &Path) -> Dataset {
    for name in ["a.png", "sub/b.png", "c.png"] {
        write_image(folder, &format!("images/{name}"), (6, 5), |_, _| 9);
    }
    let json = write(
        folder,
        "instances.json",
        r#"{"images": [
              {"id": 30, "file_name": "c.png", "width": 6, "height": 5},
              {"id": 10, "file_name": "a.png", "width": 6, "height": 5},
              {"id": 20, "file_name": "sub/b.png", "width": 6, "height": 5}],
            "categories": [{"id": 4, "name": "ship"}],
            "annotations": [
              {"id": 1, "image_id": 20, "category_id": 4, "segmentation": [[0,0,2,0,2,2,0,2]]},
              {"id": 2, "image_id": 20, "category_id": 4, "iscrowd": 1,
               "segmentation": {"size": [5, 6], "counts": [0, 30]}}]}"#,
    );
    Dataset::coco(folder.join("images"), json).unwrap()
}

#[test]
fn images_come_by_id_and_those_without_objects_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = small_set(folder.path());
    let ids: Vec<u64> = dataset.images().iter().map(|image| image.id).collect();
    assert_eq!(ids, [10, 20, 30]);
    assert_eq!(dataset.image(20).unwrap().file_name, "sub/b.png");
    assert_eq!(dataset.image_named("c.png").unwrap().id, 30);
    assert!(
        dataset
            .instances(dataset.image(10).unwrap())
            .unwrap()
            .is_empty()
    );
    assert_eq!(dataset.limit(2).images().len(), 2);
}

#[test]
fn crowds_are_left_out_of_the_objects_to_score() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = small_set(folder.path());
    let image = dataset.image(20).unwrap();
    let instances = dataset.instances(image).unwrap();
    assert_eq!(instances.len(), 1);
    assert_eq!((instances[0].id, &*instances[0].category), (1, "ship"));
    assert_eq!(instances[0].mask().unwrap().area(), 4);
    assert_eq!(dataset.annotations(image).unwrap().len(), 2);
}

#[test]
fn a_missing_image_file_is_left_out_and_named_and_refused_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    small_set(folder.path());
    fs_err::remove_file(folder.path().join("images/c.png")).unwrap();
    let json = folder.path().join("instances.json");
    let images = folder.path().join("images");
    let dataset = Dataset::coco(&images, &json).unwrap();
    assert_eq!(dataset.images().len(), 2);
    let left = dataset.notices().left_out().unwrap();
    assert_eq!(left.count, 1);
    assert!(left.first.contains("image 30: no file `c.png`"), "{left}");
    let message = Dataset::coco_with(&images, &json, true)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("instances.json: image 30: no file `c.png`"),
        "{message}"
    );
}

#[test]
fn file_names_of_another_machine_are_found_by_their_last_part_when_it_is_the_only_one() {
    let folder = tempfile::tempdir().unwrap();
    small_set(folder.path());
    let json = folder.path().join("instances.json");
    let images = folder.path().join("images");
    let text = fs_err::read_to_string(&json).unwrap();
    for name in [
        "C:\\\\data\\\\c.png",
        "..\\\\c.png",
        "/mnt/data/C.PNG",
        "../../c.png",
    ] {
        fs_err::write(&json, text.replace("\"c.png\"", &format!("\"{name}\""))).unwrap();
        let dataset = Dataset::coco(&images, &json).unwrap();
        assert_eq!(dataset.image(30).unwrap().file_name, "c.png", "{name}");
        let said = dataset.notices().sentences();
        assert!(said[0].contains("by the last part"), "{said:?}");
        assert!(dataset.notices().left_out().is_none());
    }
    // Two files of the name, or none in the folder: neither is meant.
    write_image(folder.path(), "images/deep/c.png", (6, 5), |_, _| 9);
    write_image(folder.path(), "outside.png", (6, 5), |_, _| 9);
    for name in ["..\\\\x\\\\c.png", "../outside.png"] {
        fs_err::write(&json, text.replace("\"c.png\"", &format!("\"{name}\""))).unwrap();
        let dataset = Dataset::coco(&images, &json).unwrap();
        assert!(dataset.image(30).is_none(), "{name}");
        assert_eq!(dataset.notices().left_out().unwrap().count, 1);
    }
}

#[test]
fn an_image_of_another_size_than_annotated_is_refused_when_read() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = small_set(folder.path());
    write_image(folder.path(), "images/c.png", (7, 5), |_, _| 0);
    dataset.read_image(dataset.image(10).unwrap()).unwrap();
    let error = dataset.read_image(dataset.image(30).unwrap()).unwrap_err();
    assert!(matches!(
        error,
        ImageError::OtherSize {
            width: 7,
            expected_width: 6,
            ..
        }
    ));
}

#[test]
fn points_are_checked_against_the_images() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = small_set(folder.path());
    let check =
        |text: &str| dataset.check_points(&PointFile::parse("p.csv", text.as_bytes()).unwrap());
    check("image,x,y\na.png,1,1\nsub/b.png,5.9,4.9\n").unwrap();
    assert!(matches!(
        check("image,x,y\nb.png,1,1\n"),
        Err(DataError::Points(_))
    ));
    assert!(matches!(
        check("image,x,y\na.png,6,1\n"),
        Err(DataError::Points(_))
    ));
}

#[test]
fn a_development_set_is_held_out_by_seed() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = small_set(folder.path());
    let ids = |set: &Dataset| {
        set.images()
            .iter()
            .map(|image| image.id)
            .collect::<Vec<_>>()
    };
    let (rest, held) = dataset.clone().hold_out(1, 5);
    assert_eq!((rest.images().len(), held.images().len()), (2, 1));
    assert!(!ids(&rest).contains(&ids(&held)[0]));
    assert_eq!(ids(&dataset.hold_out(1, 5).1), ids(&held));
}

#[test]
fn a_folder_of_images_is_a_dataset_without_truth() {
    let folder = tempfile::tempdir().unwrap();
    small_set(folder.path());
    write(folder.path(), "images/notes.txt", "no image");
    let dataset = Dataset::folder(folder.path().join("images")).unwrap();
    let names: Vec<_> = dataset
        .images()
        .iter()
        .map(|image| &*image.file_name)
        .collect();
    assert_eq!(names, ["a.png", "c.png", "sub/b.png"]);
    assert!(!dataset.has_truth());
    assert!(Dataset::folder(folder.path().join("nowhere")).is_err());
}

#[test]
fn all_types_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Dataset>();
    shared::<DataError>();
    shared::<resam_data::Instance>();
    shared::<PointFile>();
    shared::<resam_image::DecodedImage>();
}
