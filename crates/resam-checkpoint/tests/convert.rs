//! Checkpoints written again with numbers of another width.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::open;
use half::{bf16, f16};
use resam_checkpoint::{
    Checkpoint, Container, Dtype, TensorToWrite, convert, replace, write_safetensors,
};
use tempfile::TempDir;

/// A checkpoint of these numbers and of a tensor of bytes, with metadata.
fn checkpoint(folder: &TempDir, numbers: &[f32]) -> PathBuf {
    let path = folder.path().join("model.safetensors");
    let bytes = TensorToWrite {
        name: "counter".to_owned(),
        dtype: Dtype::I64,
        shape: vec![1],
        bytes: vec![7, 0, 0, 0, 0, 0, 0, 0].into(),
    };
    let tensors = [
        TensorToWrite::from_f32("weight", &[numbers.len()], numbers),
        bytes,
    ];
    let metadata = BTreeMap::from([("decoder_heads".to_owned(), "4".to_owned())]);
    write_safetensors(&path, &tensors, &metadata).expect("written");
    path
}

fn numbers() -> Vec<f32> {
    (0..1000).map(|i| (i as f32 * 0.37).sin() * 3.0).collect()
}

fn read(path: &Path) -> Vec<f32> {
    let checkpoint = Checkpoint::open(path).expect("a checkpoint");
    checkpoint.read_f32("weight").expect("numbers")
}

#[test]
fn numbers_are_rounded_to_the_nearest_and_all_else_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = checkpoint(&folder, &numbers());
    let original = Checkpoint::open(&path).expect("a checkpoint");
    for (dtype, most) in [(Dtype::F16, 2f64.powi(-11)), (Dtype::BF16, 2f64.powi(-8))] {
        let round = |x: f32| match dtype {
            Dtype::F16 => f16::from_f32(x).to_f32(),
            _ => bf16::from_f32(x).to_f32(),
        };
        let out = folder.path().join(format!("{dtype}.safetensors"));
        let conversion = convert(&original, dtype, &out).expect("converted");
        let half = Checkpoint::open(&out).expect("a checkpoint");
        let expected: Vec<f32> = numbers().into_iter().map(round).collect();
        assert_eq!(read(&out), expected);
        assert_eq!(half.get("weight").expect("a tensor").dtype, dtype);
        assert_eq!(half.metadata(), original.metadata());
        assert_eq!(half.bytes("counter").expect("bytes")[0], 7);
        assert_eq!(conversion.tensors, 2);
        assert_eq!(conversion.bytes_before, original.file_size());
        assert_eq!(conversion.bytes_after, half.file_size());
        assert!(conversion.bytes_after < conversion.bytes_before);
        assert!(conversion.largest_rounding > 0.0 && conversion.largest_rounding < most);
        assert_eq!(conversion.most_rounded.as_deref(), Some("weight"));
    }
}

#[test]
fn wider_again_is_the_same_and_rounds_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = checkpoint(&folder, &numbers());
    let (half, single) = (
        folder.path().join("half.safetensors"),
        folder.path().join("single.safetensors"),
    );
    convert(&Checkpoint::open(&path).expect("opens"), Dtype::F16, &half).expect("converted");
    let widened = convert(
        &Checkpoint::open(&half).expect("opens"),
        Dtype::F32,
        &single,
    );
    let widened = widened.expect("converted");
    assert_eq!(read(&half), read(&single));
    assert_eq!(
        (widened.largest_rounding, widened.most_rounded),
        (0.0, None)
    );
}

#[test]
fn what_does_not_fit_is_refused_by_name_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = checkpoint(&folder, &[1.0, -70_000.0]);
    let out = folder.path().join("half.safetensors");
    let original = Checkpoint::open(&path).expect("a checkpoint");
    let error = convert(&original, Dtype::F16, &out)
        .expect_err("refused")
        .to_string();
    assert!(
        error.contains("`weight`") && error.contains("-7e4"),
        "{error}"
    );
    assert!(error.contains("hint: bf16 takes"), "{error}");
    assert!(convert(&original, Dtype::I32, &out).is_err());
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .expect("the folder")
        .collect();
    assert_eq!(left.len(), 1, "only the checkpoint: {left:?}");
    // Numbers that are none stay so.
    let path = checkpoint(&folder, &[f32::INFINITY, f32::NAN]);
    let original = Checkpoint::open(&path).expect("a checkpoint");
    convert(&original, Dtype::F16, &out).expect("converted");
    let values = read(&out);
    assert!(values[0].is_infinite() && values[1].is_nan());
}

#[test]
fn a_checkpoint_is_never_written_over_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = checkpoint(&folder, &numbers());
    let before = std::fs::read(&path).expect("bytes");
    let roundabout = folder.path().join(".").join("model.safetensors");
    let original = Checkpoint::open(&path).expect("a checkpoint");
    let error = convert(&original, Dtype::F16, &roundabout)
        .expect_err("refused")
        .to_string();
    assert!(error.contains("being converted"), "{error}");
    assert_eq!(std::fs::read(&path).expect("bytes"), before);
}

#[test]
fn tensors_that_are_views_in_a_pytorch_file_are_converted_in_their_own_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("half.safetensors");
    for name in std::fs::read_dir(common::fixture(""))
        .expect("fixtures")
        .flatten()
    {
        let name = name.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".pth") || Checkpoint::open(&common::fixture(&name)).is_err() {
            continue;
        }
        let original = open(&name);
        if convert(&original, Dtype::BF16, &out).is_err() {
            continue;
        }
        let half = Checkpoint::open(&out).expect("a checkpoint");
        for tensor in original.names() {
            let Ok(exact) = original.read_f32(tensor) else {
                continue;
            };
            let rounded: Vec<_> = exact.iter().map(|&x| bf16::from_f32(x).to_bits()).collect();
            let written = half.read_f32(tensor).expect("numbers");
            let written: Vec<_> = written
                .iter()
                .map(|&x| bf16::from_f32(x).to_bits())
                .collect();
            assert_eq!(written, rounded, "{name}: {tensor}");
        }
    }
}

#[test]
fn a_pytorch_file_is_written_for_its_ending_and_read_back_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("model.safetensors");
    let tensors = [
        TensorToWrite::from_f32("deep.kernel", &[2, 1, 3, 3], &numbers()[..18]),
        TensorToWrite::from_f32("scale", &[], &[0.5]),
        TensorToWrite::from_f32("long", &[70_000], &vec![1.5; 70_000]),
        TensorToWrite {
            name: "counter".to_owned(),
            dtype: Dtype::I64,
            shape: vec![1],
            bytes: vec![7, 0, 0, 0, 0, 0, 0, 0].into(),
        },
    ];
    // More than the short form of a pickle's numbers holds.
    let many = (0..300).map(|at| TensorToWrite::from_f32(format!("many.{at}"), &[1], &[at as f32]));
    let tensors: Vec<TensorToWrite<'_>> = tensors.into_iter().chain(many).collect();
    let format = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
    write_safetensors(&source, &tensors, &format).expect("written");
    let source = Checkpoint::open(&source).expect("a checkpoint");

    let target = folder.path().join("model.pth");
    let replaced = BTreeMap::from([("scale".to_owned(), (Vec::new(), vec![0.25]))]);
    let size = replace(&source, &replaced, &target).expect("written");
    assert_eq!(size, std::fs::metadata(&target).expect("a file").len());
    let read = Checkpoint::open(&target).expect("a checkpoint");
    assert_eq!(read.container(), Container::Pickle);
    assert!(read.names().eq(source.names()));
    for name in source.names() {
        let (before, after) = (source.get(name), read.get(name));
        let (before, after) = (before.expect("listed"), after.expect("listed"));
        assert_eq!((before.dtype, &before.shape), (after.dtype, &after.shape));
        if name == "scale" {
            assert_eq!(read.read_f32(name).expect("numbers"), [0.25]);
        } else {
            let (before, after) = (source.bytes(name), read.bytes(name));
            assert_eq!(before.expect("bytes"), after.expect("bytes"), "{name}");
        }
    }
    // The same content gives the same bytes; half as wide numbers are half the file.
    let again = folder.path().join("again/model.pth");
    std::fs::create_dir(folder.path().join("again")).expect("a folder");
    replace(&source, &replaced, &again).expect("written");
    assert_eq!(
        std::fs::read(&target).expect("a file"),
        std::fs::read(&again).expect("a file")
    );
    let half = folder.path().join("half.pt");
    convert(&source, Dtype::F16, &half).expect("written");
    let half = Checkpoint::open(&half).expect("a checkpoint");
    assert_eq!(half.get("long").expect("listed").dtype, Dtype::F16);
}

#[test]
fn what_says_the_model_is_not_dropped_by_a_pytorch_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = Checkpoint::open(&checkpoint(&folder, &numbers())).expect("a checkpoint");
    let target = folder.path().join("model.pth");
    let refusal = convert(&source, Dtype::F32, &target).expect_err("metadata");
    assert!(refusal.to_string().contains("`decoder_heads`"), "{refusal}");
    assert!(!target.exists());
}
