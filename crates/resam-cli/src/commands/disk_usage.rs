//! What resam keeps on this computer, printed for `resam doctor`.

use resam::disk_usage::{DiskUsage, KeptWeights};
use resam_hub::{catalogue, size_text};
use serde_json::{Value, json};

pub(super) fn print(usage: &DiskUsage) {
    let state = match (usage.exists, usage.writable) {
        (true, true) => format!("{}, can be written", size_text(usage.bytes)),
        (true, false) => format!("{}, cannot be written", size_text(usage.bytes)),
        (false, true) => "not there yet, can be made".to_owned(),
        (false, false) => "not there, cannot be made".to_owned(),
    };
    println!("kept in    {}: {state}", usage.shown);
    let names: Vec<String> = usage.weights.iter().map(describe).collect();
    if names.is_empty() {
        let count = catalogue().len();
        println!("weights    none of the {count} of `resam weights list`");
    } else {
        println!("weights    {}", names.join(", "));
    }
    println!("scenes     kept only where `resam segment --cache DIR` says");
}

pub(super) fn as_json(usage: &DiskUsage) -> Value {
    let weights = usage.weights.iter();
    let weights = weights
        .map(|one| json!({ "name": one.name, "bytes": one.bytes, "complete": one.complete }));
    json!({
        "folder": usage.shown,
        "exists": usage.exists,
        "writable": usage.writable,
        "bytes": usage.bytes,
        "weights": weights.collect::<Vec<_>>(),
        "scenes": null,
    })
}

fn describe(weights: &KeptWeights) -> String {
    if weights.complete {
        return weights.name.to_owned();
    }
    let [here, whole] = [weights.bytes, weights.size].map(size_text);
    format!("{} ({here} of {whole} so far)", weights.name)
}
