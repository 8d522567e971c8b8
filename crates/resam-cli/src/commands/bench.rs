//! `resam doctor --bench`: the times that matter on this machine, and the memory they take.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use resam::workload::{NamedTensor, Prepared, Setting, Workload};
use resam::{Error, Result};
use resam_checkpoint::{Checkpoint, TensorToWrite, write_safetensors};
use resam_ops::memory;
use resam_sam::{ComputeDevice, ImageEncoderConfig, SamConfig, random_checkpoint};
use serde_json::{Value, json};

use super::Outcome;
use crate::arguments::{Bench, Common};
use crate::progress::Progress;

pub(crate) fn run(arguments: &Bench, common: &Common) -> Result<Outcome> {
    let device = ComputeDevice::find(&common.device)?;
    let config = match &arguments.weights {
        Some(path) => SamConfig::detect(&Checkpoint::open(path)?)?,
        None => arguments.model.published().config(),
    };
    if let Some(path) = &arguments.keep_weights {
        random_checkpoint(path, &config, common.seed)?;
    }
    let (blocks, usual_start) = match &config.image_encoder {
        ImageEncoderConfig::Vit(vit) => (vit.depth, vit.depth / 2),
        ImageEncoderConfig::TinyVit(tiny) => (tiny.depths.iter().skip(1).sum(), 0),
    };
    let start_block = arguments.start_block.unwrap_or(usual_start);
    if start_block >= blocks {
        return Err(Error::input(
            format!("`--start-block {start_block}` of a model with {blocks} attention blocks"),
            format!("blocks are counted from 0, the last is {}", blocks - 1),
        ));
    }
    let setting = Setting {
        device: device.device,
        input_size: arguments.input_size,
        start_block,
        seed: common.seed,
    };
    let workloads = match arguments.only.as_slice() {
        [] => Workload::ALL.to_vec(),
        only => only.to_vec(),
    };
    if arguments.on_request {
        let [workload] = workloads.as_slice() else {
            return Err(Error::input(
                "`--on-request` answers for one workload at a time",
                "name it: `--only encode`",
            ));
        };
        let prepared = prepare(*workload, arguments, &config, &setting, common)?;
        return on_request(*workload, prepared, arguments.answers.as_deref());
    }

    let rounds = arguments.rounds.get();
    // Each is done once more, to warm up.
    let progress = Progress::new("rounds", workloads.len() * (rounds + 1), common);
    let mut measurements = Vec::new();
    let mut tensors = Vec::new();
    for (index, &workload) in workloads.iter().enumerate() {
        let done = index * (rounds + 1);
        progress.set(done);
        // Every workload begins as a process of its own would.
        resam_ops::memory::give_freed_memory_back();
        let counted = memory::reset_peak();
        let mut prepared = prepare(workload, arguments, &config, &setting, common)?;
        let answers = prepared.run()?;
        let mut seconds = Vec::new();
        for round in 1..=rounds {
            progress.set(done + round);
            seconds.push(time(&mut prepared)?.1);
        }
        let peak = memory::peak().filter(|_| counted || workloads.len() == 1);
        if arguments.answers.is_some() {
            tensors.extend(named(workload, &prepared, &answers));
        }
        measurements.push(Measurement {
            workload,
            seconds,
            peak,
        });
    }
    progress.finish();
    if let Some(path) = &arguments.answers {
        write_safetensors(path, &tensors, &BTreeMap::new())?;
    }

    let model = config.describe();
    let size = setting.input_size.unwrap_or(config.image_size);
    let weights = arguments.weights.as_deref();
    if common.json {
        let report = json!({
            "model": model,
            "weights": weights.map(Path::display).map(|path| path.to_string()),
            "device": device.name,
            "threads": rayon::current_num_threads(),
            "input_size": size,
            "start_block": start_block,
            "workloads": measurements.iter().map(Measurement::as_json).collect::<Vec<_>>(),
        });
        println!("{report:#}");
        return Ok(Outcome::Done);
    }
    let weights = if weights.is_some() {
        ""
    } else {
        ", random weights"
    };
    println!(
        "{model}{weights}, {size} px, {}, {} threads",
        device.name,
        rayon::current_num_threads()
    );
    println!(
        "  {:<20} {:>9}   {:<20} {:>8}",
        "", "median", "of", "memory"
    );
    for measurement in &measurements {
        measurement.print();
    }
    Ok(Outcome::Done)
}

/// The times of one workload.
struct Measurement {
    workload: Workload,
    seconds: Vec<f64>,
    peak: Option<u64>,
}

impl Measurement {
    fn median(&self) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        let [low, high] = [(sorted.len() - 1) / 2, sorted.len() / 2];
        (sorted[low] + sorted[high]) / 2.0
    }

    fn as_json(&self) -> Value {
        json!({
            "workload": self.workload.name(),
            "seconds": self.median(),
            "rounds": self.seconds,
            "peak_memory_bytes": self.peak,
        })
    }

    fn print(&self) {
        let least = self.seconds.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.seconds.iter().copied().fold(0.0, f64::max);
        let range = format!("{} ({least:.3} to {most:.3})", self.seconds.len());
        let peak = self.peak.map_or("unknown".into(), |peak| {
            format!("{:.2} GB", peak as f64 / 1e9)
        });
        println!(
            "  {:<20} {:>7.3} s   {range:<20} {peak:>8}",
            self.workload.describe(),
            self.median(),
        );
    }
}

/// Loads a workload; random weights lie in a temporary file as long as that takes.
fn prepare(
    workload: Workload,
    arguments: &Bench,
    config: &SamConfig,
    setting: &Setting,
    common: &Common,
) -> Result<Prepared> {
    let kept = arguments
        .weights
        .as_ref()
        .or(arguments.keep_weights.as_ref());
    if let Some(path) = kept {
        return Ok(workload.prepare(&Checkpoint::open(path)?, setting)?);
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("random.safetensors");
    random_checkpoint(&path, config, common.seed)?;
    Ok(workload.prepare(&Checkpoint::open(&path)?, setting)?)
}

fn time(prepared: &mut Prepared) -> Result<(Vec<NamedTensor>, f64)> {
    let started = Instant::now();
    let answers = prepared.run()?;
    Ok((answers, started.elapsed().as_secs_f64()))
}

/// Inputs and answers under names that tell whose they are: `encode.output.embedding`.
fn named(
    workload: Workload,
    prepared: &Prepared,
    answers: &[NamedTensor],
) -> Vec<TensorToWrite<'static>> {
    let of_kind = |kind: &str, tensors: &[NamedTensor]| -> Vec<_> {
        let name = |tensor: &NamedTensor| format!("{}.{kind}.{}", workload.name(), tensor.name);
        tensors
            .iter()
            .map(|tensor| TensorToWrite::from_f32(name(tensor), &tensor.shape, &tensor.values))
            .collect()
    };
    [
        of_kind("input", &prepared.inputs),
        of_kind("output", answers),
    ]
    .concat()
}

/// Measures one round for each line of standard input, and answers with a line of JSON, so that
/// another program can take turns. The first round's answers are written to `path`.
fn on_request(
    workload: Workload,
    mut prepared: Prepared,
    mut path: Option<&Path>,
) -> Result<Outcome> {
    for line in std::io::stdin().lock().lines() {
        line?;
        let (answers, seconds) = time(&mut prepared)?;
        let line = json!({
            "workload": workload.name(),
            "seconds": seconds,
            "peak_memory_bytes": memory::peak(),
        });
        if let Some(path) = path.take() {
            write_safetensors(
                path,
                &named(workload, &prepared, &answers),
                &BTreeMap::new(),
            )?;
        }
        // Whoever asks may have gone; then nobody asks again.
        if writeln!(std::io::stdout(), "{line}").is_err() {
            break;
        }
    }
    Ok(Outcome::Done)
}
