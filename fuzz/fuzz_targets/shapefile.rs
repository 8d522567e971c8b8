#![no_main]

use libfuzzer_sys::fuzz_target;
use resam_vector::fuzz_shapefile;

// The first two bytes say how many of the rest are the `.shp`; what follows is the `.dbf`.
fuzz_target!(|bytes: &[u8]| {
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
    let (shapes, table) = rest.split_at(length);
    if let Some(points) = fuzz_shapefile(shapes, table) {
        assert!(points <= shapes.len());
    }
});
