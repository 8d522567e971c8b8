//! Fixtures and small files for the tests.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use resam_checkpoint::Checkpoint;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A file written by the real `torch.save`, see `fixtures/make_fixtures.py`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

pub(crate) fn open(name: &str) -> Checkpoint {
    Checkpoint::open(&fixture(name)).unwrap()
}

/// What is said when a fixture is refused.
pub(crate) fn refusal(name: &str) -> String {
    Checkpoint::open(&fixture(name)).unwrap_err().to_string()
}

/// What is said when these bytes are refused.
pub(crate) fn refusal_of(bytes: &[u8]) -> String {
    Checkpoint::from_bytes("made.pth", bytes.to_vec())
        .unwrap_err()
        .to_string()
}

/// A PyTorch archive with these entries.
pub(crate) fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let stored =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        zip.start_file(*name, stored).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A pickle of `{"a": tensor}` over storage `0` of f32 with the given claims, each below 256.
pub(crate) fn pickle_of(elements: u8, offset: u8, shape: &[u8], strides: &[u8]) -> Vec<u8> {
    let tuple = |values: &[u8]| {
        let values = values.iter().flat_map(|&value| [b'K', value]);
        [b'(']
            .into_iter()
            .chain(values)
            .chain([b't'])
            .collect::<Vec<u8>>()
    };
    let text = |text: &str| [&[0x8c, text.len() as u8], text.as_bytes()].concat();
    [
        b"\x80\x02}".to_vec(),
        text("a"),
        b"ctorch._utils\n_rebuild_tensor_v2\n((".to_vec(),
        text("storage"),
        b"ctorch\nFloatStorage\n".to_vec(),
        text("0"),
        text("cpu"),
        vec![b'K', elements, b't', b'Q', b'K', offset],
        tuple(shape),
        tuple(strides),
        b"\x89NtRs.".to_vec(),
    ]
    .concat()
}

/// A safetensors file with this header before this much data.
pub(crate) fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    [
        &(header.len() as u64).to_le_bytes(),
        header.as_bytes(),
        data,
    ]
    .concat()
}

/// A small generator of reproducible numbers (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
