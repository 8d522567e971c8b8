//! What is not a checkpoint is refused by what it is.

mod common;

use std::path::Path;

use common::{refusal, refusal_of};
use resam_checkpoint::Checkpoint;

#[test]
fn other_files_are_named_with_what_to_do() {
    let cases: [(&[u8], &str); 13] = [
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "a JPEG image"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        (b"\x93NUMPY\x01\0v\0{'descr': '<f4'}", "a NumPy array"),
        (b"<!DOCTYPE html>\n<html>", "an HTML page"),
        (b"\n  <HTML lang=en>", "an HTML page"),
        (
            b"<?xml version=\"1.0\"?><Error><Code>AccessDenied",
            "an XML document",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
            "a git-lfs pointer",
        ),
        (b"II*\0\x08\0\0\0", "a TIFF image"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "a gzip archive"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"{\"r\": 8, \"lora_alpha\": 16}", "a JSON file"),
        (&[0; 600], "a block of zeros"),
        (b"hello", "nothing known (it begins 68 65 6c 6c 6f)"),
    ];
    for (content, looks_like) in cases {
        let message = refusal_of(content);
        assert!(
            message.starts_with("`made.pth` is not a checkpoint"),
            "{message}"
        );
        assert!(
            message.contains(looks_like) && message.contains("\n\nhint: "),
            "{message}"
        );
    }
    assert!(refusal_of(cases[6].0).ends_with("git lfs pull` to get the weights themselves"));
    assert!(refusal("bare.pickle").contains("a bare pickle"));
}

#[test]
fn a_missing_file_is_named() {
    let message = Checkpoint::open(Path::new("no/such.pth"))
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("cannot read `no/such.pth`: "),
        "{message}"
    );
}

#[test]
fn an_empty_file_is_an_error_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.pth");
    std::fs::write(&path, b"").unwrap();
    assert!(
        Checkpoint::open(&path)
            .unwrap_err()
            .to_string()
            .contains("is empty\n\nhint: ")
    );
    assert!(refusal_of(b"").contains("is empty\n\nhint: "));
}

#[test]
fn a_directory_is_refused_with_what_to_pass() {
    let folder = tempfile::tempdir().unwrap();
    let message = Checkpoint::open(folder.path()).unwrap_err().to_string();
    assert!(
        message.contains("is a directory, not a file\n\nhint: pass the checkpoint"),
        "{message}"
    );
}

#[cfg(unix)]
#[test]
fn a_device_is_refused() {
    let message = Checkpoint::open(Path::new("/dev/zero"))
        .unwrap_err()
        .to_string();
    assert!(message.contains("is a pipe or a device"), "{message}");
}

#[test]
fn checksums_are_those_of_sha256() {
    let header = r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#;
    let file = common::safetensors(header, b"!");
    let checkpoint = Checkpoint::from_bytes("made", file.clone()).unwrap();
    assert_eq!(checkpoint.file_size(), file.len() as u64);
    assert_eq!(
        checkpoint.sha256().unwrap(),
        "ab60482eea1b9ba1fee3d5c20763098b01170a82c71ad7c6cedf812bc78e8c41"
    );
}
