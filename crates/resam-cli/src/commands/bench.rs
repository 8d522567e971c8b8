//! `resam doctor --bench`: the times that matter on this machine, and the memory they take.

use std::io::{BufRead, Write};
use std::path::Path;

use resam::stopwatch::{Measurement, Stopwatch, StopwatchOptions, named, time, write_tensors};
use resam::workload::{Prepared, Workload};
use resam::{Error, Result};
use serde_json::{Value, json};

use super::Outcome;
use crate::arguments::{Bench, Common};
use crate::terminal::outln;
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
        let prepared = stopwatch.prepare(*workload)?;
        return on_request(*workload, prepared, arguments.answers.as_deref());
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
        outln!("{report:#}");
        return Ok(Outcome::Done);
    }
    let weights = if weights.is_some() {
        ""
    } else {
        ", random weights"
    };
    outln!(
        "{model}{weights}, {size} px, {}, {threads} threads",
        stopwatch.device
    );
    outln!(
        "  {:<20} {:>9}   {:<20} {:>8}",
        "",
        "median",
        "of",
        "memory"
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
    outln!("  {name:<20} {median:>7.3} s   {range:<20} {peak:>8}");
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
            "peak_memory_bytes": resam_ops::memory::peak(),
        });
        if let Some(path) = path.take() {
            write_tensors(path, &named(workload, &prepared, &answers))?;
        }
        // Whoever asks may have gone; then nobody asks again.
        if writeln!(std::io::stdout(), "{line}").is_err() {
            break;
        }
    }
    Ok(Outcome::Done)
}
