#![no_main]

use libfuzzer_sys::fuzz_target;
use resam_mask::{Bitmap, MaskError, Rle};

/// Most pixels of a mask that is decoded; larger ones only cost the fuzzer its speed.
const MOST_PIXELS: u64 = 1 << 12;

// The width and the height of four bytes each, then the text, whose bytes are also taken as run
// lengths of two bytes each.
fuzz_target!(|bytes: &[u8]| {
    let Some((width, rest)) = bytes.split_first_chunk() else {
        return;
    };
    let Some((height, text)) = rest.split_first_chunk() else {
        return;
    };
    let [width, height] = [width, height].map(|side| u32::from_le_bytes(*side));
    check(Rle::from_compressed(text, width, height));
    let counts = text
        .as_chunks()
        .0
        .iter()
        .map(|&count| u16::from_le_bytes(count).into());
    check(Rle::from_counts(counts.collect(), width, height));
});

fn check(read: Result<Rle, MaskError>) {
    let Ok(runs) = read else {
        return;
    };
    let (width, height) = (runs.width(), runs.height());
    let text = runs.to_compressed_string();
    assert_eq!(
        Rle::from_compressed(&text, width, height).as_ref(),
        Ok(&runs)
    );
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return;
    }
    let bitmap = runs.decode();
    let shortest = Rle::encode(&bitmap);
    assert_eq!([runs.area(), shortest.area()], [bitmap.area(); 2]);
    assert_eq!(runs.bounding_box(), bitmap.bounding_box());
    assert_eq!(shortest.decode(), bitmap);
    assert_eq!(naive_counts(&bitmap), shortest.counts());
    // Only the first run may be empty where no shorter run lengths exist.
    if !runs.counts().is_empty() && runs.counts().iter().skip(1).all(|&count| count > 0) {
        assert_eq!(text, shortest.to_compressed_string());
    }
    let both = [runs.clone(), shortest.clone()];
    assert_eq!(Rle::union(&both).as_ref(), Ok(&shortest));
    assert_eq!(Rle::intersection(&both).as_ref(), Ok(&shortest));
    let overlap = if bitmap.is_empty() { 0.0 } else { 1.0 };
    assert_eq!(runs.iou(&shortest, false), Ok(overlap));
}

/// The run lengths, pixel by pixel.
fn naive_counts(bitmap: &Bitmap) -> Vec<u32> {
    let mut counts = vec![0];
    let mut current = false;
    for x in 0..bitmap.width() {
        for y in 0..bitmap.height() {
            if bitmap.get(x, y) != current {
                current = !current;
                counts.push(0);
            }
            *counts.last_mut().expect("never empty") += 1;
        }
    }
    counts
}
