//! `resam doctor --bench`, from outside: what it prints and writes, and how it refuses.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// `resam doctor --bench` on a reduced SAM with random weights, in a folder of its own.
fn bench(folder: &TempDir, arguments: &[&str], input: &str) -> Output {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../resam-sam/tests/fixtures");
    let mut command = Command::cargo_bin("resam").expect("the binary");
    command
        .current_dir(folder.path())
        .args(["doctor", "--bench", "--weights"])
        .arg(fixtures.join("golden/sam_7/model.safetensors"))
        .args(arguments)
        .write_stdin(input)
        .output()
        .expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn every_workload_is_timed_with_its_memory() {
    let folder = folder();
    let output = bench(&folder, &["--rounds", "2", "--json"], "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["input_size"], 128);
    assert_eq!(report["start_block"], 2, "the middle of four");
    let workloads = report["workloads"].as_array().expect("workloads");
    let names: Vec<_> = workloads.iter().map(|one| &one["workload"]).collect();
    assert_eq!(names, ["decode-1", "decode-50", "encode", "adapt"]);
    for workload in workloads {
        let rounds = workload["rounds"].as_array().expect("rounds");
        assert_eq!(rounds.len(), 2);
        let [least, most] = [0, 1].map(|round| rounds[round].as_f64().expect("seconds"));
        let median = workload["seconds"].as_f64().expect("seconds");
        assert!((median - (least + most) / 2.0).abs() < 1e-9);
        if cfg!(target_os = "linux") {
            assert!(workload["peak_memory_bytes"].as_u64() > Some(1 << 20));
        }
    }
}

#[test]
fn the_table_has_a_row_for_each_workload_asked_for() {
    let folder = folder();
    let output = bench(&folder, &["--only", "encode,decode-1", "--rounds", "1"], "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!(table.contains("128 px, cpu"), "{table}");
    assert!(table.contains("encode one image"), "{table}");
    assert!(table.contains("decode 1 prompt"), "{table}");
    assert!(!table.contains("adaptation"), "{table}");
}

#[test]
fn a_round_is_done_for_each_line_that_asks() {
    let folder = folder();
    let output = bench(&folder, &["--only", "encode", "--on-request"], "\n\n\n");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    assert_eq!(lines.lines().count(), 3, "{lines}");
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["workload"], "encode");
        assert!(line["seconds"].as_f64() > Some(0.0));
    }
}

#[test]
fn answers_can_be_kept_and_are_the_same_on_request() {
    let folder = folder();
    let read = |name: &str| std::fs::read(folder.path().join(name)).expect("a file");
    let only = ["--only", "adapt", "--answers"];
    let output = bench(&folder, &[&only[..], &["a", "--rounds", "1"]].concat(), "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let output = bench(&folder, &[&only[..], &["b", "--on-request"]].concat(), "\n");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(read("a") == read("b"));
    let header = text(&read("a")[..8192]);
    for name in [
        "adapt.input.image",
        "adapt.output.loss",
        "adapt.output.gradient.3.bv",
    ] {
        assert!(header.contains(name), "no `{name}`");
    }
}

#[test]
fn what_cannot_be_timed_is_refused() {
    let folder = folder();
    for (arguments, words) in [
        (&["--only", "dream"][..], "`encode`"),
        (
            &["--only", "encode,adapt", "--on-request"],
            "`--only encode`",
        ),
        (&["--input-size", "100"], "input size 100"),
        (&["--model", "vit-b"], "--model"),
        (&["--rounds", "0"], "--rounds"),
        (
            &["--start-block", "4", "--only", "adapt"],
            "4 attention blocks",
        ),
    ] {
        let output = bench(&folder, arguments, "");
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(words), "no `{words}` in: {message}");
    }
}
