//! `resam doctor`: what this machine and this build can do, in plain text that can be pasted.

use resam::Error;
use resam::disk_usage::DiskUsage;
use resam::machine::Machine;
use resam_sam::speed::{PRODUCT, matrix_product_rate};
use resam_sam::{BURN_VERSION, ComputeDevice, Precision, device};
use serde_json::{Value, json};

use resam::expect::{Expectation, expectations};

use super::{Outcome, bench, disk_usage, expect, note};
use crate::arguments::{Common, Doctor};
use crate::failure;
use crate::terminal::outln;

/// Bytes in the unit that memory is printed in.
const GIB: f64 = (1u64 << 30) as f64;

pub(crate) fn run(arguments: &Doctor, common: &Common) -> resam::Result<Outcome> {
    if arguments.bench.bench {
        return bench::run(&arguments.bench, common);
    }
    note(common, "this takes about ten seconds");
    let machine = Machine::probe();
    let kept = DiskUsage::probe();
    let devices: Vec<Timed> = device::devices()
        .into_iter()
        .map(|device| Timed {
            rate: measured(&device, common),
            device,
        })
        .collect();
    let expected = expected(&devices, common);
    if common.json {
        let devices: Vec<Value> = devices.iter().map(as_json).collect();
        let kept = match &kept {
            Ok(kept) => disk_usage::as_json(kept),
            Err(problem) => json!({ "problem": problem }),
        };
        let expected = match &expected {
            Ok((name, expected)) => expect::as_json(expected, name),
            Err(problem) => json!({ "problem": problem }),
        };
        let report = json!({
            "resam": env!("CARGO_PKG_VERSION"),
            "burn": BURN_VERSION,
            "system": machine.system,
            "architecture": std::env::consts::ARCH,
            "processor": machine.processor,
            "vector_instructions": machine.vector_instructions,
            "cores": machine.cores,
            "load": machine.load,
            "threads": rayon::current_num_threads(),
            "memory_bytes": machine.memory,
            "available_memory_bytes": machine.available_memory,
            "kept": kept,
            "devices": devices,
            "expected": expected,
        });
        outln!("{report:#}");
        return Ok(Outcome::Done);
    }
    outln!(
        "resam      {}, burn {BURN_VERSION}",
        env!("CARGO_PKG_VERSION")
    );
    outln!("system     {}, {}", machine.system, std::env::consts::ARCH);
    let vectors = match machine.vector_instructions.join(" ") {
        none if none.is_empty() => "no vector instructions that resam knows".into(),
        some => some,
    };
    outln!("processor  {}, {vectors}", machine.processor);
    let cores = machine.cores.map_or("?".into(), |cores| cores.to_string());
    let load = machine.load.map_or(String::new(), |load| {
        format!(", {load:.1} programs running beside it")
    });
    outln!(
        "cores      {cores}, {} threads used{load}",
        rayon::current_num_threads()
    );
    outln!(
        "memory     {:.1} GiB, {:.1} GiB available",
        machine.memory as f64 / GIB,
        machine.available_memory as f64 / GIB
    );
    match &kept {
        Ok(kept) => disk_usage::print(kept),
        Err(problem) => outln!("kept in    {problem}"),
    }
    let [rows, inner, columns] = PRODUCT;
    outln!("\ndevices, and the rate of a matrix product of {rows} x {inner} x {columns}");
    for one in &devices {
        outln!("  {:<10} {}", one.device.name, description(&one.device));
        outln!("  {:<10} {}", "", one.describe());
    }
    match &expected {
        Ok((name, expected)) => expect::print(expected, name),
        Err(problem) => outln!("\nwhat to expect is not known: {problem}"),
    }
    Ok(Outcome::Done)
}

/// A device, and the rate of its matrix product in GFLOP/s or what kept it from making one.
struct Timed {
    device: ComputeDevice,
    rate: Result<f64, String>,
}

impl Timed {
    fn describe(&self) -> String {
        match &self.rate {
            Ok(rate) => format!("{rate:.0} GFLOP/s"),
            Err(reason) => format!("does not work: {reason}"),
        }
    }
}

/// What to expect on the device of `--device`, with its name.
fn expected(devices: &[Timed], common: &Common) -> Result<(String, Vec<Expectation>), String> {
    // A report is wanted even if something does not work: most of all then.
    let words = |error: Error| failure::one_line(&error);
    let device = ComputeDevice::find(&common.device).map_err(|error| words(error.into()))?;
    let timed = devices.iter().find(|one| one.device.name == device.name);
    let rate = match timed {
        Some(timed) => timed.rate.clone()?,
        None => measured(&device, common)?,
    };
    let expected = expectations(&device, rate).map_err(words)?;
    Ok((device.name, expected))
}

fn description(one: &ComputeDevice) -> String {
    let details = one.open().unwrap_or_default();
    let mut text = one.kind.describe().to_owned();
    if let Some(model) = &details.model {
        text = format!("{model}, {text}");
    }
    if let Some(memory) = details.memory {
        text.push_str(&format!(", {:.1} GiB", memory as f64 / GIB));
    }
    match precisions(one).join(" ") {
        none if none.is_empty() => text,
        some => format!("{text}, {some}"),
    }
}

/// The names of the precisions that a device computes in; none when it does not open.
fn precisions(one: &ComputeDevice) -> Vec<&'static str> {
    if one.open().is_err() {
        return Vec::new();
    }
    Precision::of_device(one)
        .into_iter()
        .map(Precision::name)
        .collect()
}

fn as_json(one: &Timed) -> Value {
    let device = &one.device;
    let details = device.open().unwrap_or_default();
    json!({
        "device": device.name,
        "kind": device.kind.describe(),
        "model": details.model,
        "memory_bytes": details.memory,
        "precisions": precisions(device),
        "matrix_product_gflops": one.rate.as_ref().ok(),
        "problem": one.rate.as_ref().err(),
    })
}

/// The rate of the matrix product, in GFLOP/s, or what kept the device from making it.
fn measured(one: &ComputeDevice, common: &Common) -> Result<f64, String> {
    if common.verbose {
        note(common, &format!("timing a matrix product on {}", one.name));
    }
    one.open()?;
    matrix_product_rate(&one.device)
}
