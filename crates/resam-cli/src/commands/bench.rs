//! `resam doctor --bench`: the times that matter on this machine, and the memory they take.

use std::path::Path;

use resam::stopwatch::{Measurement, Stopwatch, StopwatchOptions, write_tensors};
use resam::workload::Workload;
use resam::{Error, Result};
use serde_json::{Value, json};

use super::Outcome;
use crate::arguments::{Bench, Common};
use crate::watch::Watch;

pub(crate) fn run(arguments: &Bench, common: &Common) -> Result<Outcome> {
    let stopwatch = Stopwatch::new(&StopwatchOptions {
        device: common.device.clone(),
        weights: arguments.weights.clone(),
        model: arguments.model.published(),
        keep_weights: arguments.keep_weights.clone(),
        input_size: arguments.input_size,
        start_block: arguments.start_block,
        seed: common.seed,
    })?;
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
        let (asked, said) = (std::io::stdin().lock(), std::io::stdout());
        stopwatch.on_request(*workload, arguments.answers.as_deref(), asked, said)?;
        return Ok(Outcome::Done);
    }
    let mut watch = Watch::new(common);
    let measurements = stopwatch.run(&workloads, arguments.rounds.get(), &mut watch)?;
    watch.finish();
    if let Some(path) = &arguments.answers {
        let tensors: Vec<_> = measurements
            .iter()
            .flat_map(|one| one.tensors.clone())
            .collect();
        write_tensors(path, &tensors)?;
    }
    let weights = arguments.weights.as_deref();
    let (model, size) = (stopwatch.config.describe(), stopwatch.input_size());
    let threads = rayon::current_num_threads();
    if common.json {
        let report = json!({
            "model": model,
            "weights": weights.map(Path::display).map(|path| path.to_string()),
            "device": stopwatch.device,
            "threads": threads,
            "input_size": size,
            "start_block": stopwatch.start_block(),
            "workloads": measurements.iter().map(as_json).collect::<Vec<_>>(),
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
        "{model}{weights}, {size} px, {}, {threads} threads",
        stopwatch.device
    );
    println!(
        "  {:<20} {:>9}   {:<20} {:>8}",
        "", "median", "of", "memory"
    );
    for measurement in &measurements {
        print(measurement);
    }
    Ok(Outcome::Done)
}

fn as_json(one: &Measurement) -> Value {
    json!({
        "workload": one.workload.name(),
        "seconds": one.median(),
        "rounds": one.seconds,
        "peak_memory_bytes": one.peak,
    })
}

fn print(one: &Measurement) {
    let least = one.seconds.iter().copied().fold(f64::INFINITY, f64::min);
    let most = one.seconds.iter().copied().fold(0.0, f64::max);
    let range = format!("{} ({least:.3} to {most:.3})", one.seconds.len());
    let gigabytes = |peak: u64| format!("{:.2} GB", peak as f64 / 1e9);
    let peak = one.peak.map_or("unknown".to_owned(), gigabytes);
    let (name, median) = (one.workload.describe(), one.median());
    println!("  {name:<20} {median:>7.3} s   {range:<20} {peak:>8}");
}
