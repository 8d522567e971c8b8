use resam_export::Format;
use resam_mask::Rle;
use serde_json::json;

use crate::{answer, mask, object, written_json};

#[test]
fn an_object_is_an_annotation_of_the_one_image() {
    let shape = mask(&[".....", ".##..", ".###."]);
    let file = written_json(Format::Coco, &answer(vec![object(1, 0.9, shape.clone())]));
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
    assert_eq!(Rle::from_compressed(counts, 5, 3).unwrap().decode(), shape);
}

#[test]
fn an_empty_mask_and_a_quality_that_is_no_number_stay_valid_json() {
    let empty = object(1, f32::NAN, mask(&["...", "..."]));
    let file = written_json(Format::Coco, &answer(vec![empty]));
    let annotation = &file["annotations"][0];
    assert_eq!(annotation["area"], 0);
    assert_eq!(annotation["bbox"], json!([0.0, 0.0, 0.0, 0.0]));
    assert!(annotation["score"].is_null());
}
