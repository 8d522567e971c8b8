//! Safetensors files are read, written whole or not at all, and not believed.

mod common;

use std::collections::BTreeMap;

use common::{refusal_of, safetensors};
use resam_checkpoint::{
    Checkpoint, CheckpointError, Container, Dtype, TensorToWrite, write_safetensors,
};

fn metadata() -> BTreeMap<String, String> {
    ["format", "rank", "alpha", "seed"]
        .map(|key| (key.to_owned(), format!("{key} value")))
        .into()
}

fn tensors() -> Vec<TensorToWrite<'static>> {
    vec![
        TensorToWrite::from_f32("b", &[2, 2], &[1.0, -2.0, 3.5, f32::MIN_POSITIVE]),
        TensorToWrite {
            name: "a".to_owned(),
            dtype: Dtype::U8,
            shape: vec![3],
            bytes: vec![1, 2, 3].into(),
        },
        TensorToWrite {
            name: "c".to_owned(),
            dtype: Dtype::I64,
            shape: vec![],
            bytes: vec![9, 0, 0, 0, 0, 0, 0, 0].into(),
        },
    ]
}

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("adapter.safetensors");
    write_safetensors(&path, &tensors(), &metadata()).unwrap();
    let checkpoint = Checkpoint::open(&path).unwrap();
    assert_eq!(checkpoint.container(), Container::Safetensors);
    assert_eq!(checkpoint.metadata(), &metadata());
    assert_eq!(checkpoint.names().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(
        checkpoint.read_f32("b").unwrap(),
        [1.0, -2.0, 3.5, f32::MIN_POSITIVE]
    );
    assert_eq!(checkpoint.bytes("a").unwrap().as_ref(), [1, 2, 3]);
    assert!(checkpoint.get("c").unwrap().shape.is_empty());
    assert_eq!(checkpoint.parameters(), 4);
}

#[test]
fn what_is_written_satisfies_the_safetensors_library() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("adapter.safetensors");
    write_safetensors(&path, &tensors(), &metadata()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let library = ::safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(library.len(), 3);
    assert_eq!(library.tensor("a").unwrap().data(), [1, 2, 3]);
}

#[test]
fn the_same_content_gives_the_same_bytes_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    write_safetensors(&one, &tensors(), &metadata()).unwrap();
    let reversed: Vec<_> = tensors().into_iter().rev().collect();
    write_safetensors(&other, &reversed, &metadata()).unwrap();
    let sha256 = Checkpoint::open(&one).unwrap().sha256().unwrap();
    assert_eq!(sha256, Checkpoint::open(&other).unwrap().sha256().unwrap());
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&other).unwrap());
}

#[test]
fn a_failed_write_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("adapter.safetensors");
    std::fs::write(&path, b"the old file").unwrap();
    let mut twice = tensors();
    twice.push(TensorToWrite::from_f32("a", &[1], &[0.0]));
    let mut wrong = tensors();
    wrong[0].shape = vec![usize::MAX, 2];
    let mut reserved = tensors();
    reserved[0].name = "__metadata__".to_owned();
    for refused in [twice, wrong, reserved] {
        let error = write_safetensors(&path, &refused, &metadata()).unwrap_err();
        assert!(matches!(error, CheckpointError::Write { .. }), "{error}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"the old file");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_folder_that_is_not_there_is_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/adapter.safetensors");
    let message = write_safetensors(&path, &tensors(), &metadata())
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with(&format!("cannot write `{}`: ", path.display())),
        "{message}"
    );
}

#[test]
fn headers_that_lie_are_refused() {
    let tensor = |shape: &str, start: u64, end: u64| {
        format!(r#"{{"dtype":"F32","shape":{shape},"data_offsets":[{start},{end}]}}"#)
    };
    let one = |tensor: String| format!(r#"{{"a":{tensor}}}"#);
    let two = |a: String, b: String| format!(r#"{{"a":{a},"b":{b}}}"#);
    assert!(
        Checkpoint::from_bytes("true", safetensors(&one(tensor("[2]", 0, 8)), &[0; 8])).is_ok()
    );
    let lies = [
        one(tensor("[2]", 0, 16)), // beyond the file, and not the shape
        one(tensor("[4]", 0, 16)), // beyond the file
        one(tensor("[1]", 0, 4)),  // bytes that belong to no tensor
        one(tensor("[3]", 0, 8)),  // shape against size
        one(tensor("[2]", 8, 0)),  // backwards
        one(tensor("[4294967296,4294967296,4]", 0, 8)), // overflowing shape
        one(tensor("[-1]", 0, 8)), // negative
        two(tensor("[1]", 0, 4), tensor("[2]", 0, 8)), // overlapping
        two(tensor("[1]", 0, 4), tensor("[0]", 8, 8)), // a gap
        "{}".to_owned(),           // no tensors
        r#"{"a":1}"#.to_owned(),   // no tensor
        r#"{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#.to_owned(),
        r#"{"a":{"dtype":"#.to_owned(),
    ];
    for header in lies {
        let message = refusal_of(&safetensors(&header, &[0; 8]));
        assert!(
            message.contains("is not a valid safetensors file"),
            "{header}: {message}"
        );
    }
}

/// Nine tensors of almost 2^61 bytes add up, beyond 2^64, to the size of the real file.
#[test]
fn sizes_that_wrap_around_are_refused() {
    let step = (1u64 << 61) - 1;
    let mut tensors = Vec::new();
    for index in 0..8 {
        tensors.push((step, index * step, (index + 1) * step));
    }
    let header = |last: u64| {
        let end = 8 * step;
        let all = tensors
            .iter()
            .copied()
            .chain([(last, end, end.wrapping_add(last))]);
        let all = all.enumerate().map(|(index, (length, start, end))| {
            format!(
                r#""t{index}":{{"dtype":"U8","shape":[{length}],"data_offsets":[{start},{end}]}}"#
            )
        });
        format!("{{{}}}", all.collect::<Vec<_>>().join(","))
    };
    for last in 0..16 {
        refusal_of(&safetensors(&header(last), &[]));
    }
}

#[test]
fn a_header_longer_than_the_file_is_refused_with_both_numbers() {
    let mut file = safetensors(
        r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
        &[0],
    );
    file[..8].copy_from_slice(&1000u64.to_le_bytes());
    assert!(refusal_of(&file).contains("its header claims 1000 bytes and only 54 follow"));
    file[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(refusal_of(&file).contains("its header claims 18446744073709551615 bytes"));
}

#[test]
fn a_lora_adapter_is_read_and_known_for_what_it_is() {
    let name = "base_model.model.image_encoder.blocks.0.attn.qkv.lora_A.weight";
    let header = format!(r#"{{"{name}":{{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}}}"#);
    let adapter = Checkpoint::from_bytes("adapter", safetensors(&header, &[0; 4])).unwrap();
    assert!(adapter.is_adapter());
    assert_eq!(adapter.read_f32(name).unwrap(), [0.0]);
    let message = adapter
        .read_f32("image_encoder.pos_embed")
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("hint: this is a LoRA adapter"),
        "{message}"
    );
}
