//! Hugging Face's names become the published ones.

mod common;

use std::collections::BTreeMap;

use common::{fixture, refusal_of, safetensors};
use resam_checkpoint::{Checkpoint, KeyStyle, TensorToWrite, write_safetensors};

type Shapes = BTreeMap<String, Vec<usize>>;

const POSITIONS: &str = "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix";
const SHARED: &str = "shared_image_embedding.positional_embedding";
const SHARED_AGAIN: &str = "prompt_encoder.shared_embedding.positional_embedding";

/// Names and shapes of one model in both styles, from the two real implementations.
fn styles() -> (Shapes, Shapes) {
    let json = std::fs::read(fixture("hf_keys.json")).unwrap();
    let mut styles: BTreeMap<String, Shapes> = serde_json::from_slice(&json).unwrap();
    (
        styles.remove("hugging_face").unwrap(),
        styles.remove("published").unwrap(),
    )
}

fn open(shapes: &Shapes) -> Checkpoint {
    let tensors: Vec<_> = shapes
        .iter()
        .map(|(name, shape)| {
            TensorToWrite::from_f32(name, shape, &vec![0.0; shape.iter().product()])
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write_safetensors(&path, &tensors, &BTreeMap::new()).unwrap();
    Checkpoint::open(&path).unwrap()
}

fn shapes(checkpoint: &Checkpoint) -> Shapes {
    checkpoint
        .names()
        .map(|name| (name.to_owned(), checkpoint.get(name).unwrap().shape.clone()))
        .collect()
}

#[test]
fn every_name_of_sam_model_becomes_a_published_name_of_the_same_shape() {
    let (hugging_face, published) = styles();
    let checkpoint = open(&hugging_face);
    assert_eq!(checkpoint.key_style(), KeyStyle::HuggingFace);
    assert_eq!(shapes(&checkpoint), published);
    assert_eq!(
        checkpoint
            .get("image_encoder.neck.3.bias")
            .unwrap()
            .stored_name,
        "vision_encoder.neck.layer_norm2.bias"
    );
}

#[test]
fn published_names_stay_as_they_are() {
    let (_, published) = styles();
    let checkpoint = open(&published);
    assert_eq!(checkpoint.key_style(), KeyStyle::Published);
    assert_eq!(shapes(&checkpoint), published);
}

#[test]
fn either_copy_of_the_position_matrix_is_enough() {
    let (hugging_face, published) = styles();
    for missing in [SHARED, SHARED_AGAIN] {
        let mut fewer = hugging_face.clone();
        fewer.remove(missing).unwrap();
        assert_eq!(shapes(&open(&fewer)), published);
    }
}

#[test]
fn two_copies_that_differ_are_refused() {
    let header = format!(
        r#"{{"{SHARED}":{{"dtype":"U8","shape":[1],"data_offsets":[0,1]}},"{SHARED_AGAIN}":{{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}}}"#
    );
    assert!(Checkpoint::from_bytes("same", common::safetensors(&header, &[7, 7])).is_ok());
    let message = refusal_of(&common::safetensors(&header, &[7, 8]));
    assert!(
        message.contains(&format!("two tensors for `{POSITIONS}`")),
        "{message}"
    );
}

#[test]
fn the_layers_of_a_perceptron_are_not_counted_for_every_name_in_it() {
    let head = "mask_decoder.iou_prediction_head";
    let tensor =
        |name: String| format!(r#""{name}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#);
    // Counted 30,000 times over, 30,000 layers take minutes.
    let mut entries = vec![tensor("vision_encoder.x".to_owned())];
    entries.extend((0..30_000).map(|layer| tensor(format!("{head}.layers.{layer}.weight"))));
    entries.extend((0..30_000).map(|kind| tensor(format!("{head}.proj_out.{kind}"))));
    let header = format!("{{{}}}", entries.join(","));
    let file = Checkpoint::from_bytes("made.safetensors", safetensors(&header, &[])).unwrap();
    assert_eq!(file.names().count(), 60_001);
}
