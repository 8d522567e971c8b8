//! What an image, a scene and a step of adaptation will take on this machine, for `resam doctor`.
//!
//! The smallest model is measured, on random weights, which take the same time. Those of the ViTs would
//! be too slow to measure: their encoders are nearly all matrix products, so the rate of one tells.

use std::time::Instant;

use anyhow::{Context, Result};
use resam_adapt::{Step, step_memory};
use resam_bench::{Setting, Workload};
use resam_checkpoint::Checkpoint;
use resam_sam::device::DeviceKind;
use resam_sam::{ComputeDevice, ImageEncoderConfig, Published, random_checkpoint};
use resam_train::pace::encoder_operations;
use serde_json::{Value, json};

/// The models by the names of their weights; the first one is measured.
const MODELS: [(&str, Published); 4] = [
    ("mobile-sam", Published::TinyVit),
    ("sam-vit-b", Published::VitB),
    ("sam-vit-l", Published::VitL),
    ("sam-vit-h", Published::VitH),
];

/// Prompts about the image.
const PROMPTS: f64 = 10.0;
/// Side of the scene in pixels.
const SIDE: u32 = 10_000;
/// Prompts about the scene, at random places.
const POINTS: u32 = 500;
/// The windows that the plan has for them.
const WINDOWS: u32 = 88;
/// The time of a ViT's encoder, in that of its operations at the rate of a matrix product: 1.03 and
/// 1.13 on the machines tried.
const BESIDE_PRODUCTS: f64 = 1.1;
/// A step of adaptation from the middle block on, in the time of its encoder: there and, through one
/// half, back; 1.75 and 1.81 on the machines tried.
const THERE_AND_BACK: f64 = 1.8;
/// Objects of a step.
const INSTANCES: usize = 10;
/// A round that takes longer, in seconds, has no other to warm up for on a CPU.
const LONG: f64 = 1.5;

/// What to expect of a model.
pub(super) struct Expectation {
    model: &'static str,
    /// Seconds of an image and [`PROMPTS`] prompts.
    image: f64,
    /// Seconds of the scene.
    scene: f64,
    /// Seconds of a step of adaptation.
    step: f64,
    /// Bytes of that step.
    memory: u64,
    /// Measured, rather than reckoned from the rate of a matrix product.
    measured: bool,
}

/// What to expect of each model on a device that multiplies matrices at a rate in GFLOP/s. Takes some
/// ten seconds.
pub(super) fn expectations(device: &ComputeDevice, rate: f64) -> Result<Vec<Expectation>> {
    let [encode, decode, step] = measured(device)?;
    let expectations = MODELS.map(|(model, published)| {
        let config = published.config();
        let (blocks, measured) = match &config.image_encoder {
            ImageEncoderConfig::Vit(vit) => (vit.depth, false),
            ImageEncoderConfig::TinyVit(_) => (0, true),
        };
        let operations = encoder_operations(&config.image_encoder, config.image_size);
        let own = match measured {
            true => encode,
            false => BESIDE_PRODUCTS * operations / (1e9 * rate),
        };
        let sizes = Step {
            input_size: config.image_size,
            first_block: Some(blocks / 2),
            instances: INSTANCES,
            activation_checkpoints: false,
        };
        Expectation {
            model,
            image: own + PROMPTS * decode,
            scene: f64::from(WINDOWS) * own + f64::from(POINTS) * decode,
            // What is not the encoder's is the same for all of them.
            step: step + THERE_AND_BACK * (own - encode),
            memory: step_memory(&config, &sizes).total(),
            measured,
        }
    });
    Ok(expectations.into())
}

/// Seconds that the smallest model takes to encode an image, to answer a prompt, and for a step.
fn measured(device: &ComputeDevice) -> Result<[f64; 3]> {
    let folder = tempfile::tempdir().context("no place for temporary weights")?;
    let path = folder.path().join("random.safetensors");
    random_checkpoint(&path, &MODELS[0].1.config(), 0)?;
    let checkpoint = Checkpoint::open(&path)?;
    let setting = Setting {
        device: device.device.clone(),
        input_size: None,
        start_block: 0,
        seed: 0,
    };
    let mut seconds = [0.0; 3];
    let workloads = [Workload::Encode, Workload::DecodeOne, Workload::Adapt];
    for (taken, workload) in seconds.iter_mut().zip(workloads) {
        let mut prepared = workload.prepare(&checkpoint, &setting)?;
        let mut round = || {
            let started = Instant::now();
            prepared.run().map(|_| started.elapsed().as_secs_f64())
        };
        *taken = round()?;
        // The first one on a GPU compiles and tunes.
        if *taken < LONG || device.kind != DeviceKind::Cpu {
            *taken = taken.min(round()?);
        }
    }
    resam_ops::memory::give_freed_memory_back();
    Ok(seconds)
}

/// A table, with what its columns are.
pub(super) fn print(expectations: &[Expectation], device: &str) {
    println!("\nabout what to expect on {device}");
    println!(
        "  {:<12} {:>9} {:>9} {:>9} {:>9}",
        "", "image", "scene", "step", "memory"
    );
    for one in expectations {
        let [image, scene, step] = [one.image, one.scene, one.step].map(duration);
        let how = match one.measured {
            true => "measured",
            false => "reckoned from the matrix product",
        };
        println!(
            "  {:<12} {image:>9} {scene:>9} {step:>9} {:>6.1} GB  {how}",
            one.model,
            one.memory as f64 / 1e9
        );
    }
    println!("  image: one of any size, {PROMPTS} prompts, at an input of 1024 px");
    println!(
        "  scene: {SIDE} x {SIDE} pixels, {POINTS} points at random places in {WINDOWS} windows; asking \
         again at edges adds to it"
    );
    println!(
        "  step: of adaptation, an image with {INSTANCES} objects, there and back, and the memory that it \
         takes"
    );
}

pub(super) fn as_json(expectations: &[Expectation], device: &str) -> Value {
    let models = expectations.iter().map(|one| {
        json!({
            "model": one.model,
            "measured": one.measured,
            "image_seconds": one.image,
            "scene_seconds": one.scene,
            "step_seconds": one.step,
            "step_memory_bytes": one.memory,
        })
    });
    json!({
        "device": device,
        "image": { "prompts": PROMPTS },
        "scene": { "side": SIDE, "prompts": POINTS, "windows": WINDOWS },
        "step": { "objects": INSTANCES },
        "models": models.collect::<Vec<_>>(),
    })
}

/// Seconds, minutes or hours with two digits that count.
fn duration(seconds: f64) -> String {
    match seconds {
        ..9.95 => format!("{seconds:.1} s"),
        ..99.5 => format!("{seconds:.0} s"),
        ..5_970.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}
