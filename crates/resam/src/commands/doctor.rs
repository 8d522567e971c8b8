//! `resam doctor`: what this machine and this build can do, in plain text that can be pasted.

use anyhow::Result;
use resam_sam::speed::{PRODUCT, matrix_product_rate};
use resam_sam::{BURN_VERSION, ComputeDevice, Precision, device};
use serde_json::{Value, json};

use super::{Outcome, bench, note};
use crate::arguments::{Common, Doctor};
use crate::machine::Machine;

/// Bytes in the unit that memory is printed in.
const GIB: f64 = (1u64 << 30) as f64;

pub(crate) fn run(arguments: &Doctor, common: &Common) -> Result<Outcome> {
    if arguments.bench.bench {
        return bench::run(&arguments.bench, common);
    }
    let machine = Machine::probe();
    let devices = device::devices();
    if common.json {
        let devices: Vec<Value> = devices.iter().map(|one| as_json(one, common)).collect();
        let report = json!({
            "resam": env!("CARGO_PKG_VERSION"),
            "burn": BURN_VERSION,
            "system": machine.system,
            "architecture": std::env::consts::ARCH,
            "processor": machine.processor,
            "vector_instructions": machine.vector_instructions,
            "cores": machine.cores,
            "threads": rayon::current_num_threads(),
            "memory_bytes": machine.memory,
            "available_memory_bytes": machine.available_memory,
            "devices": devices,
        });
        println!("{report:#}");
        return Ok(Outcome::Done);
    }
    println!(
        "resam      {}, burn {BURN_VERSION}",
        env!("CARGO_PKG_VERSION")
    );
    println!("system     {}, {}", machine.system, std::env::consts::ARCH);
    let vectors = match machine.vector_instructions.join(" ") {
        none if none.is_empty() => "no vector instructions that resam knows".into(),
        some => some,
    };
    println!("processor  {}, {vectors}", machine.processor);
    let cores = machine.cores.map_or("?".into(), |cores| cores.to_string());
    println!(
        "cores      {cores}, {} threads used",
        rayon::current_num_threads()
    );
    println!(
        "memory     {:.1} GiB, {:.1} GiB available",
        machine.memory as f64 / GIB,
        machine.available_memory as f64 / GIB
    );
    let [rows, inner, columns] = PRODUCT;
    println!("\ndevices, and the rate of a matrix product of {rows} x {inner} x {columns}");
    for one in &devices {
        println!("  {:<10} {}", one.name, description(one));
        println!("  {:<10} {}", "", rate(one, common));
    }
    Ok(Outcome::Done)
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

fn rate(one: &ComputeDevice, common: &Common) -> String {
    match measured(one, common) {
        Ok(rate) => format!("{rate:.0} GFLOP/s"),
        Err(reason) => format!("does not work: {reason}"),
    }
}

fn as_json(one: &ComputeDevice, common: &Common) -> Value {
    let details = one.open().unwrap_or_default();
    let (rate, problem) = match measured(one, common) {
        Ok(rate) => (Some(rate), None),
        Err(reason) => (None, Some(reason)),
    };
    json!({
        "device": one.name,
        "kind": one.kind.describe(),
        "model": details.model,
        "memory_bytes": details.memory,
        "precisions": precisions(one),
        "matrix_product_gflops": rate,
        "problem": problem,
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
