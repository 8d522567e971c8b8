//! The workloads run, on models of any size, and repeat themselves.

use std::path::PathBuf;

use burn::tensor::Device;
use resam::workload::{Setting, Workload};
use resam_checkpoint::Checkpoint;
use resam_sam::{ImageEncoderConfig, Published, SamConfig, random_checkpoint};

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

fn setting() -> Setting {
    Setting {
        device: Device::flex(),
        input_size: Some(128),
        start_block: 1,
        seed: 3,
    }
}

const MODELS: [Published; 2] = [Published::TinyVit, Published::VitB];

#[test]
fn every_workload_answers_with_numbers_and_repeats_itself() {
    for model in MODELS {
        let (_folder, path) = written(&small(model), 0);
        let checkpoint = Checkpoint::open(&path).expect("opens");
        for workload in Workload::ALL {
            let what = format!("{model:?} {}", workload.name());
            let mut prepared = workload.prepare(&checkpoint, &setting()).expect("prepared");
            let first = prepared.run().expect("an answer");
            assert!(!first.is_empty(), "{what}");
            for tensor in prepared.inputs.iter().chain(&first) {
                let count: usize = tensor.shape.iter().product();
                assert_eq!(tensor.values.len(), count, "{what} {}", tensor.name);
                let finite = tensor.values.iter().all(|value| value.is_finite());
                assert!(finite, "{what} {}", tensor.name);
            }
            assert_eq!(prepared.run().expect("an answer"), first, "{what}");
        }
    }
}

#[test]
fn an_adaptation_step_reaches_every_factor_from_the_start_block_on() {
    for (model, blocks) in [(Published::TinyVit, 10), (Published::VitB, 3)] {
        let (_folder, path) = written(&small(model), 0);
        let checkpoint = Checkpoint::open(&path).expect("opens");
        let mut prepared = Workload::Adapt
            .prepare(&checkpoint, &setting())
            .expect("prepared");
        let answer = prepared.run().expect("an answer");
        let mut expected = vec!["loss".to_owned()];
        for block in setting().start_block..blocks {
            for factor in ["aq", "bq", "av", "bv"] {
                expected.push(format!("gradient.{block}.{factor}"));
            }
        }
        let names: Vec<&str> = answer.iter().map(|tensor| tensor.name.as_str()).collect();
        assert_eq!(names, expected);
        for tensor in &answer {
            assert!(
                tensor.values.iter().any(|&value| value != 0.0),
                "{}",
                tensor.name
            );
        }
    }
}
