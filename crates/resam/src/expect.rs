//! What an image, a scene and a step of adaptation will take on this machine, for `resam doctor`.
//!
//! The smallest model is measured, on random weights, which take the same time. Those of the ViTs
//! would be too slow to measure: their encoders are nearly all matrix products, so the rate of one
//! tells.

use std::time::Instant;

use crate::error::Result;
use crate::machine::DeviceReport;
use crate::pace::encoder_operations;
use crate::workload::{Setting, Workload};
use resam_adapt::{Step, step_memory};
use resam_checkpoint::Checkpoint;
use resam_sam::device::DeviceKind;
use resam_sam::{ComputeDevice, ImageEncoderConfig, Published, SamError, random_checkpoint};
use serde::Serialize;

/// The models by the names of their weights; the first one is measured.
const MODELS: [(&str, Published); 4] = [
    ("mobile-sam", Published::TinyVit),
    ("sam-vit-b", Published::VitB),
    ("sam-vit-l", Published::VitL),
    ("sam-vit-h", Published::VitH),
];

/// Prompts about the image.
pub const PROMPTS: f64 = 10.0;
/// Side of the scene in pixels.
pub const SIDE: u32 = 10_000;
/// Prompts about the scene, at random places.
pub const POINTS: u32 = 500;
/// The windows that the plan has for them.
pub const WINDOWS: u32 = 88;
/// The time of a ViT's encoder, in that of its operations at the rate of a matrix product: 1.03 and
/// 1.13 on the machines tried.
const BESIDE_PRODUCTS: f64 = 1.1;
/// A step of adaptation from the middle block on, in the time of its encoder: there and, through
/// one half, back; 1.75 and 1.81 on the machines tried.
const THERE_AND_BACK: f64 = 1.8;
/// Objects of a step.
pub const INSTANCES: usize = 10;
/// A round that takes longer, in seconds, has no other to warm up for on a CPU.
const LONG: f64 = 1.5;

/// What to expect of a model.
#[derive(Debug, Clone, Serialize)]
pub struct Expectation {
    /// The name of its weights.
    pub model: &'static str,
    /// Seconds of an image and [`PROMPTS`] prompts.
    #[serde(rename = "image_seconds")]
    pub image: f64,
    /// Seconds of the scene.
    #[serde(rename = "scene_seconds")]
    pub scene: f64,
    /// Seconds of a step of adaptation.
    #[serde(rename = "step_seconds")]
    pub step: f64,
    /// Bytes of that step.
    #[serde(rename = "step_memory_bytes")]
    pub memory: u64,
    /// Measured, rather than reckoned from the rate of a matrix product.
    pub measured: bool,
}

/// What to expect on a device by its name, which may be among those that were probed already; also
/// the device's full name.
///
/// # Errors
/// When there is no such device, or it does not work.
pub fn expectations_of(name: &str, probed: &[DeviceReport]) -> Result<(String, Vec<Expectation>)> {
    let device = ComputeDevice::find(name)?;
    let report = match probed.iter().find(|one| one.name == device.name) {
        Some(report) => report.clone(),
        None => DeviceReport::probe(&device),
    };
    let rate = report
        .matrix_product_gflops
        .ok_or_else(|| SamError::Failed(report.problem.unwrap_or_default()))?;
    let expected = expectations(&device, rate)?;
    Ok((device.name, expected))
}

/// What to expect of each model on a device that multiplies matrices at a rate in GFLOP/s. Takes
/// some ten seconds.
pub fn expectations(device: &ComputeDevice, rate: f64) -> Result<Vec<Expectation>> {
    let [encode, decode, step] = measured(device)?;
    let expectations = MODELS.map(|(model, published)| {
        let config = published.config();
        let (blocks, measured) = match &config.image_encoder {
            ImageEncoderConfig::Vit(vit) => (vit.depth, false),
            ImageEncoderConfig::TinyVit(_) => (0, true),
        };
        let operations = encoder_operations(&config.image_encoder, config.image_size);
        let own = if measured {
            encode
        } else {
            BESIDE_PRODUCTS * operations / (1e9 * rate)
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
    let folder = tempfile::tempdir()?;
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
