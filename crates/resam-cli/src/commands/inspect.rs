//! `resam weights inspect`: the tensors of a checkpoint, and which model it is.

use std::path::Path;

use resam::Result;
use resam_sam::SamConfig;
use serde_json::json;

use super::Outcome;
use crate::arguments::{Common, Inspect};

pub(crate) fn run(arguments: &Inspect, common: &Common) -> Result<Outcome> {
    describe(&arguments.file, true, common)
}

/// Prints what a checkpoint is, with its tensors or without.
pub(crate) fn describe(file: &Path, tensors: bool, common: &Common) -> Result<Outcome> {
    let checkpoint = resam::open_weights(file)?;
    let model = match SamConfig::detect(&checkpoint) {
        Ok(config) => config.describe(),
        Err(_) if checkpoint.is_adapter() => "a low-rank adapter".to_owned(),
        Err(_) => "no Segment Anything model".to_owned(),
    };
    let listed: Vec<_> = checkpoint
        .names()
        .filter_map(|name| checkpoint.get(name))
        .collect();
    if common.json {
        let mut info = json!({
            "file": file.display().to_string(),
            "kind": "checkpoint",
            "model": model,
            "container": format!("{:?}", checkpoint.container()),
            "key_style": format!("{:?}", checkpoint.key_style()),
            "parameters": checkpoint.parameters(),
            "bytes": checkpoint.file_size(),
            "sha256": checkpoint.sha256()?,
            "metadata": checkpoint.metadata(),
        });
        if tensors {
            let rows = listed.iter().map(|tensor| {
                json!({ "name": tensor.name, "dtype": tensor.dtype.to_string(), "shape": tensor.shape })
            });
            info["tensors"] = rows.collect();
        }
        println!("{info:#}");
        return Ok(Outcome::Done);
    }
    println!("{}", file.display());
    println!("  model       {model}");
    println!(
        "  file        {:?}, {:?} key names",
        checkpoint.container(),
        checkpoint.key_style()
    );
    println!(
        "  parameters  {}, {:.1} MB on disk, {} tensors",
        checkpoint.parameters(),
        checkpoint.file_size() as f64 / 1e6,
        listed.len()
    );
    println!("  sha256      {}", checkpoint.sha256()?);
    for (key, value) in checkpoint.metadata() {
        println!("  {key:<11} {value}");
    }
    if tensors {
        println!();
        for tensor in listed {
            println!(
                "  {:<72} {:<5} {:?}",
                tensor.name,
                tensor.dtype.to_string(),
                tensor.shape
            );
        }
    }
    Ok(Outcome::Done)
}
