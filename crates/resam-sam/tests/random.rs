//! Checkpoints of random weights.

use std::path::PathBuf;

use resam_checkpoint::Checkpoint;
use resam_sam::{Device, ImageEncoderConfig, Published, Sam, SamConfig, random_checkpoint};

/// Published sizes, made small where the structure allows.
fn small(model: Published) -> SamConfig {
    let mut config = model.config();
    if let ImageEncoderConfig::Vit(vit) = &mut config.image_encoder {
        (vit.embed_dim, vit.num_heads, vit.mlp_dim) = (32, 4, 64);
        (vit.depth, vit.window_size) = (3, 3);
        vit.global_attn_indexes = vec![1];
        config.image_size = 128;
    }
    config.prompt_embed_dim = 64;
    config.decoder.mlp_dim = 64;
    config.decoder.iou_head_hidden_dim = 64;
    config
}

fn written(config: &SamConfig, seed: u64) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("random.safetensors");
    random_checkpoint(&path, config, seed).expect("written");
    (folder, path)
}

const MODELS: [Published; 2] = [Published::TinyVit, Published::VitB];

#[test]
fn random_weights_are_a_model_of_the_sizes_asked_for() {
    for model in MODELS {
        for config in [small(model), Published::TinyVit.config()] {
            let (_folder, path) = written(&config, 0);
            let checkpoint = Checkpoint::open(&path).expect("opens");
            assert_eq!(SamConfig::detect(&checkpoint).expect("a SAM"), config);
            Sam::load(&checkpoint, &Device::flex()).expect("nothing is missing or left over");
        }
    }
}

#[test]
fn random_weights_depend_on_the_seed_alone() {
    let config = small(Published::VitB);
    let bytes = |seed| {
        let (_folder, path) = written(&config, seed);
        std::fs::read(path).expect("bytes")
    };
    assert!(bytes(1) == bytes(1));
    assert!(bytes(1) != bytes(2));
}
