#![no_main]

use libfuzzer_sys::fuzz_target;
use resam_mask::{Bitmap, Polygon, Rle, polygons, rasterize_polygon};

/// Longest input read: some 250 points.
const MOST_BYTES: usize = 4096;

// Width and height of a byte each, then rings: a byte for the number of points, and as many pairs
// of `f64`.
fuzz_target!(|bytes: &[u8]| {
    let &[width, height, ref rest @ ..] = bytes else {
        return;
    };
    if bytes.len() > MOST_BYTES {
        return;
    }
    let (width, height) = (u32::from(width), u32::from(height));
    let Ok(runs) = rasterize_polygon(&rings(rest), width, height) else {
        return;
    };
    let bitmap = runs.decode();
    assert_eq!(runs.area(), bitmap.area());
    assert_eq!(runs.bounding_box(), bitmap.bounding_box());
    assert_eq!(Rle::encode(&bitmap).decode(), bitmap);

    let outlines = polygons(&bitmap);
    assert_eq!(filled(&outlines, width, height), bitmap);
    let areas = outlines.iter().flat_map(|outline| {
        let exterior = doubled_area(&outline.exterior);
        assert!(exterior < 0, "the exterior runs counter-clockwise");
        let holes = outline.holes.iter().map(|hole| doubled_area(hole));
        holes
            .inspect(|&hole| assert!(hole > 0, "holes run clockwise"))
            .chain([exterior])
    });
    assert_eq!(-areas.sum::<i64>(), 2 * bitmap.area() as i64);
});

fn rings(mut rest: &[u8]) -> Vec<Vec<[f64; 2]>> {
    let mut rings = Vec::new();
    while let [points, after @ ..] = rest {
        let length = (usize::from(*points) * 16).min(after.len());
        let (ring, next) = after.split_at(length);
        let numbers = ring.as_chunks().0.iter().copied().map(f64::from_le_bytes);
        rings.push(numbers.collect::<Vec<_>>().as_chunks().0.to_vec());
        rest = next;
    }
    rings
}

/// The bitmap that the rings bound by the even-odd rule.
fn filled(outlines: &[Polygon], width: u32, height: u32) -> Bitmap {
    let stride = width as usize + 1;
    let mut flips = vec![false; stride * height as usize];
    let rings = outlines
        .iter()
        .flat_map(|outline| outline.holes.iter().chain([&outline.exterior]));
    for (from, to) in rings.flat_map(|ring| sides(ring)) {
        let is_vertical = from[0] == to[0];
        assert_ne!(
            is_vertical,
            from[1] == to[1],
            "a side is neither level nor upright"
        );
        if is_vertical {
            for y in from[1].min(to[1])..from[1].max(to[1]) {
                flips[y as usize * stride + from[0] as usize] ^= true;
            }
        }
    }
    let mut inside = false;
    Bitmap::from_fn(width, height, |x, y| {
        inside = flips[y as usize * stride + x as usize] ^ (x > 0 && inside);
        inside
    })
    .expect("as small as the bitmap")
}

/// Twice the signed area, negative counter-clockwise as seen on the screen.
fn doubled_area(ring: &[[u32; 2]]) -> i64 {
    let cross = |[a, b]: [u32; 2], [c, d]: [u32; 2]| {
        i64::from(a) * i64::from(d) - i64::from(b) * i64::from(c)
    };
    sides(ring).map(|(from, to)| cross(from, to)).sum()
}

fn sides(ring: &[[u32; 2]]) -> impl Iterator<Item = ([u32; 2], [u32; 2])> + '_ {
    ring.iter()
        .copied()
        .zip(ring.iter().copied().cycle().skip(1))
}
