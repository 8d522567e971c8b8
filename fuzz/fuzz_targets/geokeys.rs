#![no_main]

use libfuzzer_sys::fuzz_target;
use resam_geo::Raster;

/// Tags of a raster of one pixel, before those that hold the keys: number, kind, count, value.
const PIXEL: &[[u32; 4]] = &[
    [256, 4, 1, 1],
    [257, 4, 1, 1],
    [258, 3, 1, 8],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [273, 4, 1, 4],
    [277, 3, 1, 1],
    [278, 4, 1, 1],
    [279, 4, 1, 1],
];

// The first byte tells how the rest is shared out: key directory, floating point numbers, text.
fuzz_target!(|bytes: &[u8]| {
    let Some((&share, rest)) = bytes.split_first() else {
        return;
    };
    let directory = rest.len() * usize::from(share >> 4) / 15 / 8 * 8;
    let (directory, rest) = rest.split_at(directory);
    let doubles = rest.len() * usize::from(share & 15) / 15 / 8 * 8;
    let (doubles, text) = rest.split_at(doubles);

    let start = 8 + bytes.len() as u32;
    let mut file = b"II\x2a\0".to_vec();
    file.extend(start.to_le_bytes());
    let mut tags = PIXEL.to_vec();
    for (tag, kind, size, part) in [
        (34735, 3, 2, directory),
        (34736, 12, 8, doubles),
        (34737, 2, 1, text),
    ] {
        // Parts of four bytes or fewer would lie in the directory; there is nothing in them.
        if part.len() > 4 {
            tags.push([tag, kind, (part.len() / size) as u32, file.len() as u32]);
        }
        file.extend(part);
    }
    file.resize(start as usize, 0);
    file.extend((tags.len() as u16).to_le_bytes());
    for [tag, kind, count, value] in tags {
        file.extend((tag as u16).to_le_bytes());
        file.extend((kind as u16).to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);

    let raster = Raster::from_bytes("fuzz", file).expect("keys never keep a raster from opening");
    let info = raster.info();
    assert!(raster.crs().is_none() || info.crs_problem.is_none());
    assert_eq!(raster.require_crs().is_ok(), raster.crs().is_some());
    assert!(!info.to_string().is_empty());
});
