#![no_main]

use libfuzzer_sys::fuzz_target;
use resam_vector::fuzz_flat_geobuf;

// Points of what is FlatGeobuf are finite, and no more than it has bytes for.
fuzz_target!(|bytes: &[u8]| {
    if let Some(points) = fuzz_flat_geobuf(bytes) {
        assert!(points <= bytes.len());
    }
});
