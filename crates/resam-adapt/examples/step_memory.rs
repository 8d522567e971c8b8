//! Measures the peak memory and the time of a step beside what was estimated: `cargo run --release
//! -p resam-adapt --example step_memory -- WEIGHTS [first block] [instances] [input size]
//! [checkpoints]`

use std::time::Instant;

use burn::optim::GradientsParams;
use burn::tensor::{Device, Distribution, Tensor};
use resam_adapt::{Step, mask_losses, step_memory};
use resam_checkpoint::Checkpoint;
use resam_sam::prompt_encoder::{PointLabel, PromptBatch};
use resam_sam::{LoraConfig, Sam, SamConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    resam_ops::memory::keep_freed_memory();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(weights) = arguments.first() else {
        return Err(
            "usage: step_memory WEIGHTS [FIRST_BLOCK] [INSTANCES] [SIZE] [checkpoints]".into(),
        );
    };
    let number = |at: usize, default: usize| match arguments.get(at) {
        Some(text) => text.parse().map_err(|_| format!("`{text}` is no number")),
        None => Ok(default),
    };
    let first_block = number(1, 0)?;
    let step = Step {
        input_size: number(3, 1024)?,
        first_block: Some(first_block),
        instances: number(2, 10)?,
        activation_checkpoints: arguments.get(4).is_some(),
    };
    let checkpoint = Checkpoint::open(weights.as_ref())?;
    let config = SamConfig::detect(&checkpoint)?;
    let estimate = step_memory(&config, &step);
    println!("{step:?}\nestimate   {}", megabytes(estimate.total()));
    for (part, bytes) in [
        ("model", estimate.model),
        ("encoder", estimate.encoder),
        ("decoder", estimate.decoder),
        ("working", estimate.working),
    ] {
        println!("  {part:8} {}", megabytes(bytes));
    }

    let device = Device::flex();
    let mut sam = Sam::load_with(&checkpoint, &config, &device)?;
    println!("loaded     {} at the peak", megabytes(peak()));
    sam.image_encoder.attach_lora(LoraConfig {
        rank: 4,
        start_block: first_block,
    });
    let side = step.input_size;
    let points = (0..step.instances).map(|i| {
        let at = |part: usize| ((i * part + side / 3) % side) as f32;
        vec![
            ([at(37), at(61)], PointLabel::Positive),
            ([at(53), at(17)], PointLabel::Negative),
        ]
    });
    let prompts = PromptBatch {
        points: points.collect(),
        ..Default::default()
    };
    let image = Tensor::random([1, 3, side, side], Distribution::Default, &device);
    let labels = Tensor::zeros([step.instances, side, side], &device);
    for round in 0..2 {
        let started = Instant::now();
        let gradients = if step.activation_checkpoints {
            let frozen = sam.image_encoder.forward_frozen(image.clone());
            let (embedding, checkpoints) = sam.image_encoder.forward_checkpointed(frozen);
            let decoded = sam.decode(embedding.clone(), &prompts, false);
            let losses = mask_losses(decoded.low_res, decoded.iou_predictions, labels.clone());
            let mut gradients = losses.total().backward();
            let of_embedding = embedding.grad_remove(&mut gradients).ok_or("no gradient")?;
            let mut gradients = GradientsParams::from_grads(gradients, &sam);
            checkpoints.backward(&sam.image_encoder, of_embedding, &mut gradients);
            gradients
        } else {
            let embedding = sam.image_encoder.forward(image.clone());
            println!(
                "  encoded  {} at the peak, {} now",
                megabytes(peak()),
                megabytes(now())
            );
            let decoded = sam.decode(embedding, &prompts, false);
            let losses = mask_losses(decoded.low_res, decoded.iou_predictions, labels.clone());
            println!(
                "  decoded  {} at the peak, {} now",
                megabytes(peak()),
                megabytes(now())
            );
            GradientsParams::from_grads(losses.total().backward(), &sam)
        };
        println!(
            "step {round}     {:.2} s, {} gradients, {} at the peak",
            started.elapsed().as_secs_f64(),
            gradients.len(),
            megabytes(peak())
        );
    }
    println!(
        "estimate over measured: {:.2}",
        estimate.total() as f64 / peak() as f64
    );
    Ok(())
}

fn megabytes(bytes: u64) -> String {
    format!("{:6.0} MB", bytes as f64 / 1e6)
}

/// The most memory that this process had, on Linux.
fn peak() -> u64 {
    status("VmHWM:")
}

/// The memory that this process has, on Linux.
fn now() -> u64 {
    status("VmRSS:")
}

fn status(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(key));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) << 10
}
