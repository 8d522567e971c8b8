//! The workloads on random weights: `cargo bench -p resam-bench -- tiny-vit/encode`.

use std::time::Duration;

use burn::tensor::Device;
use criterion::{Criterion, criterion_group, criterion_main};
use resam::workload::{Setting, Workload};
use resam_checkpoint::Checkpoint;
use resam_sam::{Published, random_checkpoint};

fn model_parts(criterion: &mut Criterion) {
    // As the command line does: memory is part of the time.
    resam_ops::memory::keep_freed_memory();
    let models = [
        ("tiny-vit", Published::TinyVit, 0),
        ("vit-b", Published::VitB, 6),
    ];
    for (name, model, start_block) in models {
        let mut group = criterion.benchmark_group(name);
        group
            .sample_size(10)
            .measurement_time(Duration::from_secs(1));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("random.safetensors");
        // Written when the first of the model's workloads is asked for.
        let checkpoint = std::cell::OnceCell::new();
        let setting = Setting {
            device: Device::flex(),
            input_size: None,
            start_block,
            seed: 0,
        };
        for workload in Workload::ALL {
            group.bench_function(workload.name(), |bencher| {
                let checkpoint = checkpoint.get_or_init(|| {
                    random_checkpoint(&path, &model.config(), 0).expect("random weights");
                    Checkpoint::open(&path).expect("random weights")
                });
                let mut prepared = workload.prepare(checkpoint, &setting).expect("prepared");
                bencher.iter(|| prepared.run());
            });
        }
    }
}

criterion_group!(benches, model_parts);
criterion_main!(benches);
