//! `resam doctor`: what this machine and this build can do, in plain text that can be pasted.

use resam::disk_usage::DiskUsage;
use resam::expect::expectations_of;
use resam::machine::{DeviceReport, Machine};
use resam_sam::speed::PRODUCT;
use resam_sam::{BURN_VERSION, device};
use serde_json::json;

use super::{Outcome, bench, disk_usage, expect, note};
use crate::arguments::{Common, Doctor};
use crate::failure;

/// Bytes in the unit that memory is printed in.
const GIB: f64 = (1u64 << 30) as f64;

pub(crate) fn run(arguments: &Doctor, common: &Common) -> resam::Result<Outcome> {
    if arguments.bench.bench {
        return bench::run(&arguments.bench, common);
    }
    note(common, "this takes about ten seconds");
    let machine = Machine::probe();
    let kept = DiskUsage::probe();
    let devices: Vec<DeviceReport> = device::devices().iter().map(DeviceReport::probe).collect();
    // A report is wanted even if something does not work: most of all then.
    let expected = expectations_of(&common.device, &devices);
    let expected = expected.map_err(|error| failure::one_line(&error));
    if common.json {
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
    let load = machine.load.map_or(String::new(), |load| {
        format!(", {load:.1} programs running beside it")
    });
    println!(
        "cores      {cores}, {} threads used{load}",
        rayon::current_num_threads()
    );
    println!(
        "memory     {:.1} GiB, {:.1} GiB available",
        machine.memory as f64 / GIB,
        machine.available_memory as f64 / GIB
    );
    match &kept {
        Ok(kept) => disk_usage::print(kept),
        Err(problem) => println!("kept in    {problem}"),
    }
    let [rows, inner, columns] = PRODUCT;
    println!("\ndevices, and the rate of a matrix product of {rows} x {inner} x {columns}");
    for one in &devices {
        println!("  {:<10} {one}", one.name);
        match (one.matrix_product_gflops, &one.problem) {
            (Some(rate), _) => println!("  {:<10} {rate:.0} GFLOP/s", ""),
            (None, Some(problem)) => println!("  {:<10} does not work: {problem}", ""),
            (None, None) => {}
        }
    }
    match &expected {
        Ok((name, expected)) => expect::print(expected, name),
        Err(problem) => println!("\nwhat to expect is not known: {problem}"),
    }
    Ok(Outcome::Done)
}
