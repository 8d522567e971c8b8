//! A file that this crate wrote is equal to what was written, or refused by name; and one that is
//! cut while it is read is an error.

use std::collections::BTreeMap;
use std::path::Path;

use resam_checkpoint::{Checkpoint, CheckpointError, TensorToWrite, write_safetensors};

fn written(folder: &Path) -> (std::path::PathBuf, Vec<u8>) {
    let path = folder.join("state.safetensors");
    let values: Vec<f32> = (0..300).map(|value| value as f32 / 7.0).collect();
    let tensors = [
        TensorToWrite::from_f32("a", &[100], &values[..100]),
        TensorToWrite::from_f32("b", &[10, 20], &values[100..]),
    ];
    let metadata = BTreeMap::from([("position".to_owned(), "17".to_owned())]);
    write_safetensors(&path, &tensors, &metadata).expect("room");
    let bytes = std::fs::read(&path).expect("a file");
    (path, bytes)
}

/// All that a reader sees.
fn content(path: &Path) -> Result<String, CheckpointError> {
    let file = Checkpoint::open(path)?;
    let mut text = format!("{:?}", file.metadata());
    for name in file.names() {
        text += &format!("{name} {:?} {:?}", file.get(name), file.read_f32(name)?);
    }
    Ok(text)
}

#[test]
fn every_damage_is_noticed_but_of_the_name_of_the_checksum_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, bytes) = written(folder.path());
    let whole = content(&path).expect("what was written");
    assert!(!whole.contains("crc32c"), "it is not metadata of the user");
    let sum = Checkpoint::open(&path)
        .expect("it")
        .checksum()
        .map(str::to_owned);
    assert_eq!(sum.map(|sum| sum.len()), Some(8));
    let check = |damaged: &[u8], what: &str| {
        std::fs::write(&path, damaged).expect("written");
        match content(&path) {
            Ok(_) => {
                // Other metadata than the checksum is as it was, and so are all tensors.
                let own = Checkpoint::open(&path).expect("it");
                assert!(own.checksum().is_none(), "{what}");
                assert_eq!(own.metadata()["position"], "17", "{what}");
                for name in ["a", "b"] {
                    assert!(whole.contains(&format!("{:?}", own.read_f32(name).expect(name))));
                }
            }
            Err(error) => assert!(error.to_string().contains("state.safetensors"), "{error}"),
        }
    };
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        check(&damaged, &format!("a bit of byte {at}"));
    }
    for length in 0..bytes.len() {
        check(&bytes[..length], &format!("cut to {length}"));
        let mut zeroed = bytes.clone();
        zeroed[length..].fill(0);
        check(&zeroed, &format!("zeros from {length} on"));
    }
    // Two blocks that changed places, at every distance of 64 bytes.
    for (one, other) in (0..bytes.len() - 64).step_by(64).zip((64..).step_by(64)) {
        let mut swapped = bytes.clone();
        let (first, second) = swapped.split_at_mut(other);
        let length = 64.min(second.len());
        first[one..one + length].swap_with_slice(&mut second[..length]);
        check(&swapped, &format!("{one} and {other} changed places"));
    }
}

#[test]
fn the_checksum_is_the_crc32c_of_the_file_with_its_digits_as_zeros() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, mut bytes) = written(folder.path());
    let sum = Checkpoint::open(&path)
        .expect("it")
        .checksum()
        .expect("a sum")
        .to_owned();
    let place = bytes.windows(8).position(|window| window == sum.as_bytes());
    bytes[place.expect("it is in there")..][..8].fill(b'0');
    // CRC-32C (RFC 3720, B.4), bit by bit.
    let mut register = u32::MAX;
    for byte in &bytes {
        register ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = register & 1;
            register >>= 1;
            register ^= carry * 0x82f6_3b78;
        }
    }
    assert_eq!(sum, format!("{:08x}", !register));
}

#[test]
fn a_file_that_is_cut_while_it_is_open_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, bytes) = written(folder.path());
    let file = Checkpoint::open(&path).expect("it");
    let half = bytes.len() as u64 / 2;
    let open = std::fs::OpenOptions::new().write(true).open(&path);
    open.expect("a file").set_len(half).expect("cut");
    let error = file
        .read_f32("b")
        .expect_err("half of it is gone")
        .to_string();
    assert!(error.contains("state.safetensors"), "{error}");
    assert!(error.contains("became shorter"), "{error}");
    assert!(file.sha256().is_err());
}
