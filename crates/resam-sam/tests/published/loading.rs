//! What fits a model and what does not: every tensor at fault is named.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use resam_checkpoint::{Checkpoint, TensorToWrite, write_safetensors};
use resam_sam::ImageEncoder;
use resam_sam::{LoraConfig, Sam, SamConfig, SamError};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/golden/sam_7")
        .join(name)
}

/// The fixture's tensors, changed, in a file of their own.
fn changed(
    change: impl Fn(&str, &mut Vec<usize>, &mut Vec<f32>) -> bool,
) -> (tempfile::TempDir, PathBuf) {
    let original = Checkpoint::open(&fixture("model.safetensors")).expect("fixture");
    let mut tensors = Vec::new();
    for name in original.names() {
        let mut shape = original.get(name).expect("listed").shape.clone();
        let mut values = original.read_f32(name).expect("floats");
        if change(name, &mut shape, &mut values) {
            tensors.push(TensorToWrite::from_f32(name, &shape, &values));
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("changed.safetensors");
    let metadata = BTreeMap::from([("decoder_heads".to_owned(), "4".to_owned())]);
    write_safetensors(&path, &tensors, &metadata).expect("written");
    (folder, path)
}

fn load(path: &Path) -> Result<Sam, SamError> {
    Sam::load(&Checkpoint::open(path)?, &Device::flex())
}

#[test]
fn heads_that_shapes_do_not_tell_come_from_the_metadata() {
    let (_folder, path) = changed(|_, _, _| true);
    let config = SamConfig::detect(&Checkpoint::open(&path).expect("opens")).expect("a SAM");
    assert_eq!(config.decoder.heads, 4);
    assert!(load(&path).is_ok());
}

#[test]
fn a_missing_tensor_is_named() {
    let missing = "mask_decoder.transformer.layers.1.norm3.bias";
    let (_folder, path) = changed(|name, _, _| name != missing);
    let error = load(&path).expect_err("refused").to_string();
    assert!(
        error.contains(&format!("missing tensor `{missing}` of shape [32]")),
        "{error}"
    );
}

#[test]
fn an_extra_tensor_is_named() {
    let (_folder, path) = changed(|_, _, _| true);
    let original = Checkpoint::open(&path).expect("opens");
    let mut tensors: Vec<TensorToWrite<'_>> = Vec::new();
    for name in original.names() {
        let shape = &original.get(name).expect("listed").shape;
        tensors.push(TensorToWrite::from_f32(
            name,
            shape,
            &original.read_f32(name).expect("floats"),
        ));
    }
    tensors.push(TensorToWrite::from_f32(
        "image_encoder.surprise",
        &[2],
        &[1.0, 2.0],
    ));
    let other = path.with_file_name("extra.safetensors");
    write_safetensors(&other, &tensors, original.metadata()).expect("written");
    let error = load(&other).expect_err("refused").to_string();
    assert!(
        error.contains("extra tensor `image_encoder.surprise` of shape [2]"),
        "{error}"
    );
}

#[test]
fn a_misshapen_tensor_is_named_with_both_shapes() {
    let at_fault = "prompt_encoder.not_a_point_embed.weight";
    let (_folder, path) = changed(|name, shape, values| {
        if name == at_fault {
            *shape = vec![1, 31];
            values.pop();
        }
        true
    });
    let error = load(&path).expect_err("refused").to_string();
    assert!(
        error.contains(&format!(
            "tensor `{at_fault}` has shape [1, 31], not [1, 32]"
        )),
        "{error}"
    );
}

#[test]
fn all_that_does_not_fit_is_reported_at_once() {
    let (_folder, path) = changed(|name, _, _| !name.contains("norm4"));
    let error = load(&path).expect_err("refused").to_string();
    assert_eq!(error.matches("missing tensor").count(), 4, "{error}");
}

#[test]
fn weights_of_something_else_are_refused_with_what_was_looked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bert.safetensors");
    let tensor = TensorToWrite::from_f32("encoder.layer.0.weight", &[1], &[0.5]);
    write_safetensors(&path, &[tensor], &BTreeMap::new()).expect("written");
    let error = load(&path).expect_err("refused").to_string();
    assert!(
        error.contains("bert.safetensors` is not a Segment Anything checkpoint"),
        "{error}"
    );
}

#[test]
fn both_containers_hold_the_same_model() {
    let input = Tensor::<4>::from_data(
        TensorData::new(
            (0..3 * 128 * 128)
                .map(|i| (i % 17) as f32 / 8.0 - 1.0)
                .collect(),
            [1, 3, 128, 128],
        ),
        &Device::flex(),
    );
    let [first, second] = ["model.safetensors", "model.pth"].map(|name| {
        let checkpoint = Checkpoint::open(&fixture(name)).expect("opens");
        let mut config = SamConfig::detect(&checkpoint).expect("a SAM");
        config.decoder.heads = 4;
        let sam = Sam::load_with(&checkpoint, &config, &Device::flex()).expect("a model");
        sam.image_encoder.forward(input.clone()).to_data()
    });
    assert_eq!(first, second);
}

#[test]
fn fresh_adapters_change_nothing_and_sit_from_the_start_block_on() {
    let device = Device::flex();
    let checkpoint = Checkpoint::open(&fixture("model.safetensors")).expect("fixture");
    let mut config = SamConfig::detect(&checkpoint).expect("a SAM");
    config.decoder.heads = 4;
    let plain = Sam::load_with(&checkpoint, &config, &device).expect("a model");
    let mut adapted = plain.clone();
    adapted.image_encoder.attach_lora(LoraConfig {
        rank: 2,
        start_block: 2,
    });
    let ImageEncoder::Vit(vit) = &adapted.image_encoder else {
        panic!("the fixture is a ViT")
    };
    let carried: Vec<bool> = vit
        .blocks
        .iter()
        .map(|block| block.attn.adapter.is_some())
        .collect();
    assert_eq!(carried, [false, false, true, true]);
    let input = Tensor::<4>::ones([1, 3, 128, 128], &device);
    let [before, after] =
        [plain, adapted.valid()].map(|sam| sam.image_encoder.forward(input.clone()).to_data());
    assert_eq!(before, after);
}

#[test]
fn shapes_that_lie_make_nothing() {
    // Empty tensors may claim any other side; many mask tokens would ask for as many networks.
    for (at_fault, shape, length, words) in [
        (
            "image_encoder.pos_embed",
            vec![1, 1 << 40, 1 << 10, 0],
            0,
            "is empty",
        ),
        (
            "mask_decoder.mask_tokens.weight",
            vec![100_000, 1],
            100_000,
            "100000 mask tokens",
        ),
        (
            "image_encoder.blocks.0.attn.rel_pos_h",
            vec![1 << 30, 0],
            0,
            "is empty",
        ),
    ] {
        let (_folder, path) = changed(|name, tensor_shape, values| {
            if name == at_fault {
                tensor_shape.clone_from(&shape);
                *values = vec![0.0; length];
            }
            true
        });
        let error = load(&path).expect_err("refused").to_string();
        assert!(error.contains(words), "{error}");
    }
}
