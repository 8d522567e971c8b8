//! What becomes of a command whose standard output cannot be written: a reader that has gone ends
//! it quietly, a full disk is told. Never a panic.
#![cfg(unix)]

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Every subcommand in the ways in which it prints.
const COMMANDS: [&str; 32] = [
    "--help",
    "--version",
    "help",
    "help weights pull",
    "segment --help",
    "segment --version",
    "segment -h",
    "adapt --help",
    "eval --help",
    "demo --help",
    "info --help",
    "weights --help",
    "weights list --help",
    "doctor --help",
    "completions --help",
    "man --help",
    "train-nano --help",
    "completions bash",
    "completions zsh",
    "completions fish",
    "completions powershell",
    "completions elvish",
    "man pages",
    "man pages --json",
    "weights list",
    "weights list --json",
    "info roof.png",
    "info roof.png --json",
    "adapt --print-config",
    "segment roof.png --point 40,32 -o roof.json -q",
    "segment roof.png --point 40,32 -o roof.json -q --json",
    "eval --images . --coco coco.json -q",
];

fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let image = image::RgbImage::from_pixel(96, 64, image::Rgb([70, 110, 60]));
    image
        .save(folder.path().join("roof.png"))
        .expect("an image");
    let coco = serde_json::json!({
        "images": [{"id": 1, "file_name": "roof.png", "width": 96, "height": 64}],
        "categories": [{"id": 1, "name": "roof"}],
        "annotations": [{
            "id": 1, "image_id": 1, "category_id": 1, "bbox": [24, 16, 32, 32], "area": 1024,
            "iscrowd": 0, "segmentation": [[24, 16, 56, 16, 56, 48, 24, 48]],
        }],
    });
    std::fs::write(folder.path().join("coco.json"), coco.to_string()).expect("annotations");
    folder
}

fn run(folder: &Path, words: &str, stdout: Stdio) -> Output {
    Command::new(env!("CARGO_BIN_EXE_resam"))
        .args(words.split(' '))
        .current_dir(folder)
        .env("RESAM_HOME", folder.join("home"))
        .stdout(stdout)
        .output()
        .expect("it runs")
}

/// A pipe whose reader has gone.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_has_gone_ends_every_command_quietly() {
    let folder = folder();
    for words in COMMANDS {
        let output = run(folder.path(), words, closed_pipe());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{words}: {said}");
        let is_talk = |line: &str| line.starts_with("note: ") || line.starts_with("warning: ");
        assert!(said.lines().all(is_talk), "{words}: {said}");
    }
}

#[test]
fn a_full_disk_below_standard_output_is_told_by_every_command() {
    let folder = folder();
    for words in COMMANDS {
        let Ok(full) = File::options().write(true).open("/dev/full") else {
            eprintln!("skipped: this system has no /dev/full");
            return;
        };
        let output = run(folder.path(), words, full.into());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{words}: {said}");
        assert!(
            said.contains("error: standard output cannot be written"),
            "{words}: {said}"
        );
        assert!(!said.contains("panicked"), "{words}: {said}");
    }
}

#[test]
fn nobody_needs_to_read_standard_error() {
    let folder = folder();
    let full = || {
        File::options()
            .write(true)
            .open("/dev/full")
            .map(Stdio::from)
    };
    for stderr in [Ok(closed_pipe()), full()].into_iter().flatten() {
        let status = Command::new(env!("CARGO_BIN_EXE_resam"))
            .args(["segment", "roof.png", "--point", "40,32", "-o", "out.json"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(stderr)
            .status()
            .expect("it runs");
        assert_eq!(status.code(), Some(0));
        assert!(folder.path().join("out.json").exists());
    }
}

#[test]
fn with_json_an_error_is_one_object_on_standard_output() {
    let folder = folder();
    // The words, and what the object says: its kind, its file, and whether there is a hint.
    let wrong = [
        (
            "segment rof.png --point 4,3 -o a.png --json",
            "input",
            Some("rof.png"),
        ),
        (
            "segment roof.png --point 400,3 -o a.png --json",
            "input",
            None,
        ),
        ("info coco.txt --json", "input", Some("coco.txt")),
        (
            "weights inspect none.safetensors --json",
            "input",
            Some("none.safetensors"),
        ),
        (
            "eval --images . --coco none.json --json",
            "input",
            Some("none.json"),
        ),
        (
            "adapt --images . --points none.csv -o out --json",
            "input",
            Some("none.csv"),
        ),
        ("weights pull unheard-of --json", "input", None),
        ("segment --json", "usage", None),
        ("segment roof.png --colour red --json", "usage", None),
        ("nonsense --json", "usage", None),
    ];
    for (words, kind, file) in wrong {
        let output = run(folder.path(), words, Stdio::piped());
        assert_eq!(output.status.code(), Some(2), "{words}");
        let object: Value = serde_json::from_slice(&output.stdout).expect(words);
        assert_eq!(object["kind"], kind, "{words}: {object}");
        assert_eq!(object["file"].as_str(), file, "{words}: {object}");
        assert_eq!(object["exit_code"], 2, "{words}");
        let message = object["error"].as_str().expect(words);
        let first = message.lines().next().expect(words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(&format!("error: {first}")), "{words}: {said}");
        assert!(
            !message.starts_with("error") && !message.contains("hint:"),
            "{words}"
        );
        assert!(object["hint"].is_string(), "{words}: {object}");
    }
    // `--json` behind `--` is the name of a file.
    let output = run(folder.path(), "segment --colour -- --json", Stdio::piped());
    assert!(output.stdout.is_empty() && output.status.code() == Some(2));
}
