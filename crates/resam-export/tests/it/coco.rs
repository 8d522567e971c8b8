use resam_mask::Rle;
use serde_json::json;

use crate::{object, rectangle, segmentation, written_json};

#[test]
fn an_object_is_an_annotation_of_the_one_image() {
    let shape = object(1, 0.9, &[".....", ".##..", ".###."]);
    let mask = shape.mask.clone();
    let file = written_json("a.json", &segmentation((5, 3), vec![shape]));
    let image = json!({"id": 1, "file_name": "harbour.jpg", "width": 5, "height": 3});
    assert_eq!(file["images"], json!([image]));
    assert_eq!(file["categories"], json!([{"id": 1, "name": "object"}]));
    let annotation = &file["annotations"][0];
    assert_eq!(annotation["id"], 1);
    assert_eq!(annotation["image_id"], 1);
    assert_eq!(annotation["category_id"], 1);
    assert_eq!(annotation["area"], 5);
    assert_eq!(annotation["bbox"], json!([1.0, 1.0, 3.0, 2.0]));
    assert_eq!(annotation["iscrowd"], 0);
    assert_eq!(annotation["score"], 0.9);
    assert_eq!(annotation["instance"], "name 1");
    assert_eq!(annotation["segmentation"]["size"], json!([3, 5]));
    let counts = annotation["segmentation"]["counts"].as_str().unwrap();
    let read = Rle::from_compressed(counts, 5, 3).unwrap();
    assert_eq!(read, mask.in_raster(5, 3).unwrap());
}

#[test]
fn a_score_that_is_no_number_is_null_and_an_object_without_prompt_is_called_by_its_id() {
    let mut found = object(4, f32::NAN, &["#"]);
    found.prompts.clear();
    let file = written_json("a.json", &segmentation((3, 2), vec![found]));
    let annotation = &file["annotations"][0];
    assert!(annotation["score"].is_null());
    assert_eq!(annotation["instance"], "4");
}

#[test]
fn an_image_of_more_pixels_than_run_lengths_count_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let large = segmentation((70_000, 70_000), vec![rectangle(1, [5, 5, 2, 2], 0.5)]);
    let error = large.write(&path).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("70000 x 70000"), "{message}");
    assert!(!path.exists());
}
