#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use resam_checkpoint::Checkpoint;
use tempfile::NamedTempFile;

fuzz_target!(|bytes: &[u8]| {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for a temporary file");
    let mapped = Checkpoint::open(file.path());
    let held = Checkpoint::from_bytes("fuzz", bytes.to_vec());
    let (mapped, held) = match (mapped, held) {
        (Ok(mapped), Ok(held)) => (mapped, held),
        (Err(_), Err(_)) => return,
        (mapped, held) => panic!("mapped: {mapped:?}, in memory: {held:?}"),
    };
    assert!(mapped.names().eq(held.names()));
    // Borrowed before any page is given back, and looked at again afterwards.
    let borrowed: Vec<_> = held.names().map(|name| mapped.bytes(name).ok()).collect();
    for (name, borrowed) in held.names().zip(&borrowed) {
        // The second time from pages that were given back.
        for _ in 0..2 {
            let values = [&mapped, &held].map(|checkpoint| {
                let values = checkpoint.read_f32(name).ok()?;
                Some(
                    values
                        .iter()
                        .map(|value| value.to_bits())
                        .collect::<Vec<_>>(),
                )
            });
            assert_eq!(values[0], values[1]);
        }
        assert!(*borrowed == held.bytes(name).ok());
    }
    assert_eq!(mapped.sha256().ok(), held.sha256().ok());
    for (name, borrowed) in held.names().zip(&borrowed) {
        assert!(*borrowed == held.bytes(name).ok());
    }
});
