//! The result for programs.

use resam_export::ImageReference;
use resam_geo::{Compression, GeoTiffSpec, GeoTiffWriter, SampleKind, Scene, SceneOptions};
use resam_scene::{Failure, Missing};
use serde_json::{Value, json};

use crate::{UTM, object, segmentation};

fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().unwrap();
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn an_object_is_told_with_its_prompts_and_its_box() {
    let mut result = segmentation((5, 3), vec![object(1, 0.5, &[".....", ".##.."])]);
    result.failures.push(Failure::Object {
        prompt: 0,
        reason: Missing::Covered,
    });
    let told = result.to_json();
    let expected = json!({
        "id": 1,
        "prompts": ["name 1"],
        "score": 0.5,
        "stability_score": 1.0,
        "area": 2,
        "bbox": [1, 1, 2, 1],
        "scale": 1.0,
        "truncated": false,
    });
    assert_eq!(told["objects"], json!([expected]));
    assert_eq!(told["image"], "harbour.jpg");
    assert_eq!((&told["width"], &told["height"]), (&json!(5), &json!(3)));
    assert!(
        told["failures"][0]
            .as_str()
            .unwrap()
            .starts_with("object name 1: ")
    );
    assert_eq!(told["counts"]["edge_requeries"], 0);
    assert_eq!(told["counts"]["zoom_requeries"], 0);
    assert_eq!(told["counts"]["truncated"], 0);
}

#[test]
fn a_plain_image_and_a_scene_have_the_same_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scene.tif");
    let spec = GeoTiffSpec {
        bands: 1,
        sample: SampleKind::U16,
        geo_transform: Some(UTM),
        crs: Some(resam_crs::Crs::from_epsg(32636).unwrap()),
        compression: Compression::Deflate,
        ..GeoTiffSpec::new(40, 30)
    };
    let side = spec.tile as usize;
    let mut writer = GeoTiffWriter::create(&path, &spec).unwrap();
    let values = (0..side * side).map(|at| (at % 1000) as u16);
    let bytes: Vec<u8> = values.flat_map(u16::to_le_bytes).collect();
    writer.write_tile(0, 0, &bytes).unwrap();
    writer.finish().unwrap();
    let scene = Scene::open(&path, &SceneOptions::default()).unwrap();

    let plain = segmentation((40, 30), vec![object(1, 0.5, &["##"])]);
    let mut of_scene = plain.clone();
    of_scene.image = ImageReference::of_scene(&scene);
    let (plain, of_scene) = (plain.to_json(), of_scene.to_json());
    assert_eq!(keys(&plain), keys(&of_scene));
    assert_eq!(of_scene["image"], "scene.tif");
    assert_eq!(of_scene["bands"], json!([1]));
    assert_eq!(of_scene["stretch"], "p2-p98");
    assert_eq!(of_scene["stretch_limits"][0]["band"], 1);
    assert!(of_scene["crs"].is_string());
    assert!(plain["crs"].is_null() && plain["stretch"].is_null());
}
