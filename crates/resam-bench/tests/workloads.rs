//! The workloads run, on models of any size, and repeat themselves.

use std::path::PathBuf;

use burn::tensor::Device;
use resam_bench::{Published, Setting, Workload, random_checkpoint};
use resam_checkpoint::Checkpoint;
use resam_sam::{ImageEncoderConfig, Sam, SamConfig};

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

#[test]
fn the_peak_of_memory_follows_what_is_held() {
    let Some(before) = resam_bench::memory::peak() else {
        println!("skipped: this system does not tell");
        return;
    };
    const SIZE: usize = 256 << 20;
    let block = vec![1u8; SIZE];
    let held: u64 = block
        .iter()
        .step_by(4096)
        .map(|&byte| u64::from(byte))
        .sum();
    assert_eq!(held, SIZE as u64 / 4096);
    let after = resam_bench::memory::peak().expect("as before");
    assert!(
        after >= before && after >= SIZE as u64,
        "{before} then {after}"
    );
}
