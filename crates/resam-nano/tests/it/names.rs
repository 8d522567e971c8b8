//! A model that was read is written as it was.

use resam_checkpoint::{Checkpoint, write_safetensors};
use resam_sam::config::DecoderConfig;
use resam_sam::{
    Device, ImageEncoderConfig, Sam, SamConfig, Tensor, TensorData, VitConfig, random_checkpoint,
};

fn vit() -> SamConfig {
    SamConfig {
        image_encoder: ImageEncoderConfig::Vit(VitConfig {
            patch_size: 16,
            embed_dim: 32,
            depth: 2,
            num_heads: 2,
            mlp_dim: 48,
            window_size: 3,
            global_attn_indexes: vec![1],
            qkv_bias: true,
            use_abs_pos: true,
            use_rel_pos: true,
        }),
        prompt_embed_dim: 16,
        image_size: 64,
        mask_in_chans: 8,
        decoder: DecoderConfig {
            depth: 1,
            heads: 2,
            mlp_dim: 24,
            multimask_outputs: 3,
            iou_head_depth: 2,
            iou_head_hidden_dim: 8,
        },
    }
}

/// The checkpoint, and the one that the model read from it writes.
fn read_and_written(config: &SamConfig) -> [Checkpoint; 2] {
    let folder = tempfile::tempdir().expect("a folder");
    let [path, again] = ["a", "b"].map(|name| folder.path().join(name));
    random_checkpoint(&path, config, 7).expect("written");
    let checkpoint = Checkpoint::open(&path).expect("a checkpoint");
    let loaded = Sam::load_named(&checkpoint, config, &Device::flex());
    let (sam, names) = loaded.expect("a model");
    write_safetensors(&again, &names.tensors(&sam), &config.metadata()).expect("written");
    let bytes = std::fs::read(&again).expect("bytes");
    let again = Checkpoint::from_bytes("again", bytes).expect("a checkpoint");
    let bytes = std::fs::read(&path).expect("bytes");
    let checkpoint = Checkpoint::from_bytes("first", bytes).expect("a checkpoint");
    [checkpoint, again]
}

#[test]
fn every_tensor_of_a_vit_is_written_as_it_was_read() {
    let config = vit();
    let [first, again] = read_and_written(&config);
    assert!(first.names().eq(again.names()));
    for name in first.names() {
        let [before, after] =
            [&first, &again].map(|file| file.get(name).expect("listed").shape.clone());
        assert_eq!(before, after, "{name}");
        let [before, after] = [&first, &again].map(|file| file.read_f32(name).expect("values"));
        assert_eq!(before, after, "{name}");
    }
    assert_eq!(SamConfig::detect(&again).expect("a model"), config);
}

#[test]
fn a_tiny_vit_answers_the_same_after_its_norms_were_folded_and_written() {
    let config = resam_nano::sizes();
    let [first, again] = read_and_written(&config);
    assert!(first.names().eq(again.names()));
    assert_eq!(SamConfig::detect(&again).expect("a model"), config);
    let device = Device::flex();
    let image: Vec<f32> = (0..3 * 64 * 64)
        .map(|at| (at as f32 * 0.37).sin())
        .collect();
    let [before, after] = [&first, &again].map(|file| {
        let sam = Sam::load(file, &device).expect("a model");
        let image = TensorData::new(image.clone(), [1, 3, 64, 64]);
        let embedding = sam.image_encoder.forward(Tensor::from_data(image, &device));
        assert_eq!(embedding.dims(), [1, 96, 8, 8]);
        embedding
            .into_data_as::<f32>()
            .try_into_vec::<f32>()
            .expect("values")
    });
    let scale = before
        .iter()
        .fold(0.0, |most: f32, value| most.max(value.abs()));
    for (before, after) in before.iter().zip(&after) {
        assert!((before - after).abs() < 1e-4 * scale, "{before} {after}");
    }
}
