#![no_main]

use libfuzzer_sys::fuzz_target;
use resam_vector::fuzz_geometry;

fuzz_target!(|bytes: &[u8]| {
    assert!(fuzz_geometry(bytes), "written and read, it is another");
});
