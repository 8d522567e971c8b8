//! Fixtures with bytes changed: whatever comes of it, it is no panic.

use proptest::prelude::*;

use crate::damaged::read_all;
use crate::fixtures::all;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_changed_byte_makes_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        near_the_end: bool,
    ) {
        for (_, mut bytes) in all() {
            // Directories of many files are at one of the ends.
            let length = bytes.len();
            let range = if near_the_end { length - length.min(600)..length } else { 0..length.min(600) };
            for (place, value) in &changes {
                bytes[range.start + place.index(range.len())] = *value;
            }
            read_all(bytes);
        }
    }

    #[test]
    fn no_changed_number_makes_a_panic(
        place in any::<prop::sample::Index>(),
        value in prop::sample::select(vec![0u32, 1, 255, 65535, 1 << 20, 1 << 31, u32::MAX]),
    ) {
        for (_, mut bytes) in all() {
            let at = place.index(bytes.len() - 4);
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
            read_all(bytes);
        }
    }
}
