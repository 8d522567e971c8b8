use std::time::{Duration, SystemTime};

use resam_export::{RunRecord, Weights};
use serde_json::{Value, json};

fn record(seconds_since_1970: u64) -> RunRecord {
    RunRecord {
        version: "0.1.0".to_owned(),
        command_line: ["resam", "segment", "a b.jpg"].map(String::from).to_vec(),
        seed: Some(7),
        weights: Some(Weights {
            path: "sam.pth".to_owned(),
            sha256: "ab".repeat(32),
            adapter_sha256: Some("cd".repeat(32)),
        }),
        device: "cpu".to_owned(),
        precision: "f32".to_owned(),
        threads: 4,
        started: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds_since_1970),
        seconds: vec![("read".to_owned(), 0.25), ("embed".to_owned(), 1.5)],
        result: json!({"objects": 3}),
    }
}

#[test]
fn the_record_lies_beside_the_output() {
    let folder = tempfile::tempdir().unwrap();
    let path = record(0)
        .write_beside(&folder.path().join("a.png"))
        .unwrap();
    assert_eq!(path, folder.path().join("run.json"));
    let text = fs_err::read_to_string(path).unwrap();
    let found: Value = serde_json::from_str(&text).unwrap();
    let expected = json!({
        "version": "0.1.0",
        "command_line": ["resam", "segment", "a b.jpg"],
        "seed": 7,
        "weights": {
            "path": "sam.pth",
            "sha256": "ab".repeat(32),
            "adapter_sha256": "cd".repeat(32),
        },
        "device": "cpu",
        "precision": "f32",
        "threads": 4,
        "started": "1970-01-01T00:00:00Z",
        "seconds": {"read": 0.25, "embed": 1.5},
        "result": {"objects": 3},
    });
    assert_eq!(found, expected);
    assert!(
        text.find("\"read\"") < text.find("\"embed\""),
        "stages in order"
    );
}

#[test]
fn the_start_is_told_in_utc() {
    let folder = tempfile::tempdir().unwrap();
    // As `date --utc --date @SECONDS +%FT%TZ` prints them.
    for (seconds, expected) in [
        (951_868_799, "2000-02-29T23:59:59Z"),
        (951_868_800, "2000-03-01T00:00:00Z"),
        (1_709_164_800, "2024-02-29T00:00:00Z"),
        (1_767_225_599, "2025-12-31T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
    ] {
        let path = record(seconds).write_beside(&folder.path().join("a.png"));
        let text = fs_err::read_to_string(path.unwrap()).unwrap();
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn the_record_never_replaces_the_output() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("run.json");
    let message = record(0).write_beside(&output).unwrap_err().to_string();
    assert!(message.contains("kept for the record"), "{message}");
    assert!(!output.exists());
}
