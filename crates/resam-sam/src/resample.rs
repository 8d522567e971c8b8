//! Pillow's antialiased bilinear resampling of 8-bit images, to the last bit.
//!
//! The published pre-processing resizes with Pillow. If a third of the pixels differ by one grey
//! level, a network's results differ by half a percent. So the arithmetic is Pillow's: weights in
//! double precision, normalised, rounded to 22 fractional bits; columns first, then rows, with 8
//! bits between the two passes. (`fast_image_resize` uses narrower weights.)

/// Fractional bits of a weight: 8 bits of pixel and 2 of head room are left of 32.
const PRECISION: u32 = 32 - 8 - 2;

/// The weights of one output sample: the first source sample, and a weight for each from there on.
struct Taps {
    first: usize,
    weights: Vec<i64>,
}

/// The triangle filter for each of `target` samples over `length` source samples; wider than one
/// sample when the image shrinks, which is what makes it antialiased.
fn triangle_taps(length: usize, target: usize) -> Vec<Taps> {
    let scale = length as f64 / target as f64;
    let width = scale.max(1.0);
    (0..target)
        .map(|index| {
            let centre = (index as f64 + 0.5) * scale;
            let first = ((centre - width + 0.5).max(0.0)) as usize;
            let last = ((centre + width + 0.5) as usize).min(length);
            let weight = |sample: usize| {
                let distance = ((sample as f64 - centre + 0.5) * (1.0 / width)).abs();
                if distance < 1.0 { 1.0 - distance } else { 0.0 }
            };
            let weights: Vec<f64> = (first..last).map(weight).collect();
            let sum: f64 = weights.iter().sum();
            let fixed = |weight: &f64| {
                let scaled = weight / sum * f64::from(1u32 << PRECISION);
                (scaled + 0.5) as i64
            };
            Taps {
                first,
                weights: weights.iter().map(fixed).collect(),
            }
        })
        .collect()
}

/// Half a unit, so that the shift rounds.
const HALF: i64 = 1 << (PRECISION - 1);

fn to_byte(sum: i64) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

/// Resamples interleaved RGB of `[height, width]` to `[target_height, target_width]`.
pub fn resample_rgb(
    data: &[u8],
    [height, width]: [usize; 2],
    [target_height, target_width]: [usize; 2],
) -> Vec<u8> {
    let narrowed = if target_width == width {
        data.to_vec()
    } else {
        let taps = triangle_taps(width, target_width);
        let mut out = vec![0; 3 * height * target_width];
        for (row, source) in out
            .chunks_exact_mut(3 * target_width)
            .zip(data.chunks_exact(3 * width))
        {
            for (pixel, taps) in row.chunks_exact_mut(3).zip(&taps) {
                let mut sums = [HALF; 3];
                for (source, weight) in source[3 * taps.first..].chunks_exact(3).zip(&taps.weights)
                {
                    for (sum, &value) in sums.iter_mut().zip(source) {
                        *sum += i64::from(value) * weight;
                    }
                }
                pixel.copy_from_slice(&sums.map(to_byte));
            }
        }
        out
    };
    if target_height == height {
        return narrowed;
    }
    let taps = triangle_taps(height, target_height);
    let row_bytes = 3 * target_width;
    let mut out = vec![0; target_height * row_bytes];
    let mut sums = vec![HALF; row_bytes];
    for (row, taps) in out.chunks_exact_mut(row_bytes).zip(&taps) {
        sums.fill(HALF);
        let sources = narrowed[taps.first * row_bytes..].chunks_exact(row_bytes);
        for (source, &weight) in sources.zip(&taps.weights) {
            for (sum, &value) in sums.iter_mut().zip(source) {
                *sum += i64::from(value) * weight;
            }
        }
        for (byte, &sum) in row.iter_mut().zip(&sums) {
            *byte = to_byte(sum);
        }
    }
    out
}
