//! Value noise: random numbers on a lattice with smooth transitions, summed over scales.

/// A well mixed 32-bit hash of a lattice point.
pub(crate) fn hash(x: i32, y: i32, seed: u32) -> u32 {
    let mut bits = (x as u32).wrapping_mul(0x9E37_79B1)
        ^ (y as u32).wrapping_mul(0x85EB_CA77)
        ^ seed.wrapping_mul(0xC2B2_AE3D);
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x2C1B_3C6D);
    bits = (bits ^ (bits >> 12)).wrapping_mul(0x297A_2D39);
    bits ^ (bits >> 15)
}

/// From -1 to 1.
pub(crate) fn signed(bits: u32) -> f32 {
    (bits >> 8) as f32 * (2.0 / 16_777_215.0) - 1.0
}

/// The largest whole number that is at most `value`; `f32::floor` is slow on old processors.
pub(crate) fn floor(value: f32) -> i32 {
    let whole = value as i32;
    whole - i32::from((whole as f32) > value)
}

/// From 0 to 1 with flat ends.
pub(crate) fn smooth(value: f32) -> f32 {
    value * value * (3.0 - 2.0 * value)
}

/// [`smooth`] from one edge to another.
pub(crate) fn step(from: f32, to: f32, value: f32) -> f32 {
    smooth(((value - from) / (to - from)).clamp(0.0, 1.0))
}

/// A wave of period 1 between -1 and 1, near a sine.
pub(crate) fn wave(phase: f32) -> f32 {
    let part = phase - floor(phase) as f32;
    let (half, sign) = if part < 0.5 {
        (part, 16.0)
    } else {
        (part - 0.5, -16.0)
    };
    sign * half * (0.5 - half)
}

pub(crate) fn mix(from: f32, to: f32, share: f32) -> f32 {
    from + (to - from) * share
}

/// The colour between two colours.
pub(crate) fn blend(from: [f32; 3], to: [f32; 3], share: f32) -> [f32; 3] {
    [
        mix(from[0], to[0], share),
        mix(from[1], to[1], share),
        mix(from[2], to[2], share),
    ]
}

/// A colour made brighter or darker.
pub(crate) fn scaled(colour: [f32; 3], factor: f32) -> [f32; 3] {
    colour.map(|channel| channel * factor)
}

/// Value noise at a point, wavelength 1, from -1 to 1.
pub(crate) fn value(x: f32, y: f32, seed: u32) -> f32 {
    let (column, row) = (floor(x), floor(y));
    let (across, down) = (smooth(x - column as f32), smooth(y - row as f32));
    let corner =
        |dx: i32, dy: i32| signed(hash(column.wrapping_add(dx), row.wrapping_add(dy), seed));
    mix(
        mix(corner(0, 0), corner(1, 0), across),
        mix(corner(0, 1), corner(1, 1), across),
        down,
    )
}

/// Noise summed over octaves, each of half the wavelength and half the strength, about -1 to 1.
pub(crate) fn fractal(mut x: f32, mut y: f32, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut strength) = (0.0, 0.6);
    for octave in 0..octaves {
        sum += strength * value(x, y, seed.wrapping_add(octave));
        strength *= 0.5;
        // Each octave is rotated a little, to hide the lattices.
        (x, y) = (1.62 * x - 1.18 * y, 1.18 * x + 1.62 * y);
    }
    sum
}

/// A rectangle of pixels of an image, part of it possibly outside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// One octave of noise added to the pixels of an area: lattice points that several pixels share are
/// computed once.
pub(crate) fn add_octave(field: &mut [f32], area: Area, wavelength: f32, strength: f32, seed: u32) {
    let pace = 1.0 / wavelength;
    for (line, row) in field.chunks_exact_mut(area.width).zip(area.y..) {
        let y = (row as f32 + 0.5) * pace;
        let lattice_row = floor(y);
        let down = smooth(y - lattice_row as f32);
        let column_value = |column: i32| {
            let above = signed(hash(column, lattice_row, seed));
            let below = signed(hash(column, lattice_row.wrapping_add(1), seed));
            strength * mix(above, below, down)
        };
        let mut lattice_column = i32::MIN;
        let (mut left, mut right) = (0.0, 0.0);
        for (pixel, column) in line.iter_mut().zip(area.x..) {
            let x = (column as f32 + 0.5) * pace;
            let at = floor(x);
            if at != lattice_column {
                left = if at == lattice_column.wrapping_add(1) {
                    right
                } else {
                    column_value(at)
                };
                right = column_value(at.wrapping_add(1));
                lattice_column = at;
            }
            *pixel += mix(left, right, smooth(x - at as f32));
        }
    }
}
