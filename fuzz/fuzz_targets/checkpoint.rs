#![no_main]

use libfuzzer_sys::fuzz_target;
use resam_checkpoint::Checkpoint;

fuzz_target!(|bytes: &[u8]| {
    let Ok(checkpoint) = Checkpoint::from_bytes("fuzz", bytes.to_vec()) else {
        return;
    };
    for name in checkpoint.names() {
        let tensor = checkpoint
            .get(name)
            .expect("names() lists what get() finds");
        let stored = checkpoint.bytes(name).expect("a listed tensor has bytes");
        assert_eq!(stored.len(), tensor.elements() * tensor.dtype.size());
        match checkpoint.read_f32(name) {
            Ok(elements) => assert_eq!(elements.len(), tensor.elements()),
            Err(_) => assert!(!tensor.dtype.is_float()),
        }
    }
    let _ = (checkpoint.parameters(), checkpoint.is_adapter());
});
