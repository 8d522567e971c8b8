use std::path::PathBuf;

use proptest::prelude::*;
use resam_report::{MetricsFile, ReportError};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::names_in;

/// A folder and the path of a metrics file in it with this content.
fn file_of(content: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.jsonl");
    fs_err::write(&path, content).unwrap();
    (folder, path)
}

fn is_before(step: u64) -> impl Fn(&Value) -> bool {
    move |line| line["step"].as_u64().is_some_and(|found| found < step)
}

#[test]
fn records_are_read_in_the_order_that_they_were_appended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.jsonl");
    let mut metrics = MetricsFile::create(&path).unwrap();
    let records = [
        json!({"step": 1, "loss": 0.5}),
        json!({"step": 2, "note": "a\nb"}),
    ];
    for record in &records {
        metrics.append(record).unwrap();
    }
    assert_eq!(MetricsFile::read(&path).unwrap(), records);
}

#[test]
fn a_line_can_be_read_while_the_file_is_still_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.jsonl");
    let mut metrics = MetricsFile::create(&path).unwrap();
    assert_eq!(fs_err::read_to_string(&path).unwrap(), "");
    metrics.append(&json!({"step": 1})).unwrap();
    assert_eq!(fs_err::read_to_string(&path).unwrap(), "{\"step\":1}\n");
}

#[test]
fn numbers_that_are_not_finite_become_null() {
    let (_folder, path) = file_of("");
    let mut metrics = MetricsFile::resume(&path, |_| true).unwrap();
    metrics.append(&[f64::NAN, f64::INFINITY]).unwrap();
    assert_eq!(MetricsFile::read(&path).unwrap(), [json!([null, null])]);
}

#[test]
fn a_new_file_replaces_an_old_one() {
    let (folder, path) = file_of("{\"step\":1}\n");
    MetricsFile::create(&path).unwrap();
    assert_eq!(fs_err::read(&path).unwrap(), b"");
    assert_eq!(names_in(folder.path()), ["metrics.jsonl"]);
}

#[test]
fn a_torn_last_line_is_left_out() {
    for torn in ["{\"ste", "{\"step\":3}", "{\"note\":\"\u{e4}"] {
        let (_folder, path) = file_of(&format!("{{\"step\":1}}\n{{\"step\":2}}\n{torn}"));
        let lines = MetricsFile::read(&path).unwrap();
        assert_eq!(lines, [json!({"step": 1}), json!({"step": 2})], "{torn}");
    }
}

#[test]
fn any_other_bad_line_is_named_with_its_file() {
    let (_folder, path) = file_of("{\"step\":1}\n{\"step\":\n{\"step\":3}\n");
    let error = MetricsFile::read(&path).unwrap_err();
    assert!(matches!(error, ReportError::MetricsLine { line: 2, .. }));
    let message = error.to_string();
    assert!(
        message.contains("metrics.jsonl: line 2 is not JSON"),
        "{message}"
    );
    assert!(message.contains("\n\nhint: "), "{message}");
}

#[test]
fn a_file_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing.jsonl");
    let message = MetricsFile::read(&path).unwrap_err().to_string();
    assert!(message.contains("missing.jsonl"), "{message}");
    let path = folder.path().join("no folder").join("metrics.jsonl");
    let message = MetricsFile::create(&path).unwrap_err().to_string();
    assert!(message.contains("no folder"), "{message}");
}

#[test]
fn resuming_keeps_the_leading_lines_to_the_byte_and_drops_all_others() {
    // The last line would be kept, did it not follow one that is dropped.
    let content = "{\"step\": 1}\n{ \"step\":2 }\n{\"step\":3}\n{\"step\":1}\n";
    let (folder, path) = file_of(content);
    let mut metrics = MetricsFile::resume(&path, is_before(3)).unwrap();
    metrics.append(&json!({"step": 3})).unwrap();
    let expected = "{\"step\": 1}\n{ \"step\":2 }\n{\"step\":3}\n";
    assert_eq!(fs_err::read_to_string(&path).unwrap(), expected);
    assert_eq!(names_in(folder.path()), ["metrics.jsonl"]);
}

#[test]
fn resuming_does_not_look_behind_the_first_line_that_is_dropped() {
    let (_folder, path) = file_of("{\"step\":1}\n{\"step\":5}\nno JSON\n");
    MetricsFile::resume(&path, is_before(2)).unwrap();
    assert_eq!(MetricsFile::read(&path).unwrap(), [json!({"step": 1})]);
}

#[test]
fn resuming_at_a_bad_line_is_refused_and_changes_nothing() {
    let content = "{\"step\":1}\nno JSON\n{\"step\":2}\n";
    let (_folder, path) = file_of(content);
    let message = MetricsFile::resume(&path, |_| true)
        .unwrap_err()
        .to_string();
    assert!(message.contains("line 2"), "{message}");
    assert_eq!(fs_err::read_to_string(&path).unwrap(), content);
}

#[test]
fn resuming_without_a_file_begins_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.jsonl");
    let mut metrics = MetricsFile::resume(&path, |_| true).unwrap();
    metrics.append(&json!({"step": 1})).unwrap();
    assert_eq!(MetricsFile::read(&path).unwrap(), [json!({"step": 1})]);
}

proptest! {
    #[test]
    fn wherever_a_process_was_killed_the_next_goes_on(cut in 0_usize..200) {
        let lines: Vec<_> = (0..9).map(|step| json!({"step": step, "name": "Größe"})).collect();
        let content: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let bytes = &content.as_bytes()[..cut.min(content.len())];
        let (_folder, path) = file_of("");
        fs_err::write(&path, bytes).unwrap();
        let complete = bytes.iter().filter(|&&byte| byte == b'\n').count();
        let mut metrics = MetricsFile::resume(&path, |_| true).unwrap();
        for line in &lines[complete..] {
            metrics.append(line).unwrap();
        }
        prop_assert_eq!(fs_err::read_to_string(&path).unwrap(), content);
    }
}
