#![no_main]

use libfuzzer_sys::fuzz_target;
use resam_vector::fuzz_wkt;

// Any text is a geometry or refused, however it nests.
fuzz_target!(|text: &str| {
    fuzz_wkt(text);
});
