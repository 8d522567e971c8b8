//! candle's image encoders behind the same door as `resam doctor --bench --on-request`: a round for
//! each line of standard input, answered with a line of JSON.
//!
//!     candle-peer vit-b|tiny-vit WEIGHTS.safetensors ANSWERS.safetensors
//!
//! `ANSWERS` is a file of `resam doctor --bench --only encode --answers`: the image is taken from
//! it, and each line tells how far candle's embedding is from the one in it. `RAYON_NUM_THREADS`
//! sets the number of threads.

use std::error::Error;
use std::io::BufRead;
use std::time::Instant;

use candle_core::{DType, Device, Module, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::segment_anything::{image_encoder::ImageEncoderViT, tiny_vit};
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, weights, answers] = arguments.as_slice() else {
        return Err("usage: candle-peer vit-b|tiny-vit WEIGHTS ANSWERS".into());
    };
    let device = Device::Cpu;
    // SAFETY: the file is not changed while this process runs.
    let weights = unsafe {
        VarBuilder::from_mmaped_safetensors(&[weights], DType::F32, &device)?.pp("image_encoder")
    };
    let encoder: Box<dyn Module> = match model.as_str() {
        "vit-b" => Box::new(ImageEncoderViT::new(
            1024,
            16,
            3,
            768,
            12,
            12,
            256,
            true,
            true,
            true,
            14,
            &[2, 5, 8, 11],
            weights,
        )?),
        "tiny-vit" => Box::new(tiny_vit::tiny_vit_5m(weights)?),
        other => return Err(format!("no model `{other}`").into()),
    };
    let answers = candle_core::safetensors::load(answers, &device)?;
    let [image, expected] = ["encode.input.image", "encode.output.embedding"]
        .map(|name| answers.get(name).ok_or(format!("no `{name}` among the answers")));
    let (image, expected) = (image?, expected?);
    for line in std::io::stdin().lock().lines() {
        line?;
        let started = Instant::now();
        let embedding = encoder.forward(image)?;
        let seconds = started.elapsed().as_secs_f64();
        let error = norm(&(&embedding - expected)?)? / norm(expected)?;
        let answer = json!({
            "seconds": seconds,
            "peak_memory_bytes": peak_memory(),
            "errors": { "embedding": error },
            "peer": "candle 0.11.1",
        });
        println!("{answer}");
    }
    Ok(())
}

fn norm(tensor: &Tensor) -> candle_core::Result<f64> {
    let squares = tensor.to_dtype(DType::F64)?.sqr()?.sum_all()?;
    Ok(squares.to_scalar::<f64>()?.sqrt())
}

/// The largest resident set so far in bytes, where Linux tells it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
