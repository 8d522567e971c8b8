//! Views: a weak and a strong augmentation of an image. Step 1 of the method (arXiv 2511.21606).
//!
//! The weak view is the image, mirrored or not along each axis. The strong view is the weak one
//! with other colours; both have the same geometry, so that a label of one holds in the other.
//!
//! Images are interleaved 8-bit RGB, row-major, at the size that they have in the network's input.

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::draws::{below, chance, uniform};

/// An image of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `3 * width * height` values.
    pub rgb: Vec<u8>,
}

/// Which axes are mirrored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flip {
    /// Left and right change places.
    pub horizontal: bool,
    /// Top and bottom change places.
    pub vertical: bool,
}

impl Flip {
    /// Each axis with a probability of one half.
    pub fn draw(random: &mut ChaCha8Rng) -> Self {
        Self {
            horizontal: chance(random, 0.5),
            vertical: chance(random, 0.5),
        }
    }

    /// Mirrors an image.
    pub fn view(self, view: &mut View) {
        let row = 3 * view.width;
        if row == 0 {
            return;
        }
        if self.horizontal {
            for row in view.rgb.chunks_exact_mut(row) {
                let (pixels, _) = row.as_chunks_mut::<3>();
                pixels.reverse();
            }
        }
        if self.vertical {
            let mut rows: Vec<_> = view.rgb.chunks_exact_mut(row).collect();
            let (upper, lower) = rows.split_at_mut(view.height / 2);
            for (upper, lower) in upper.iter_mut().zip(lower.iter_mut().rev()) {
                upper.swap_with_slice(lower);
            }
        }
    }

    /// Mirrors a position in continuous pixels of an image of this width and height.
    pub fn point(self, [x, y]: [f64; 2], [width, height]: [f64; 2]) -> [f64; 2] {
        [
            if self.horizontal { width - x } else { x },
            if self.vertical { height - y } else { y },
        ]
    }
}

/// The photometric augmentation of the strong view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Photometric {
    /// The probability of each of the six changes; published 0.5.
    pub probability: f64,
}

impl Photometric {
    /// The strong view: posterised, equalised, sharpened, solarised, of another brightness and
    /// contrast, with a shadow, each with the same probability, in this order.
    ///
    /// The strengths are the defaults of the augmentation library that the published code uses: 4
    /// bits, the whole histogram, a blend of 0.2 to 0.5, values from 128 on, a fifth up or down, a
    /// darkening by half inside a random pentagon of the lower half.
    pub fn strong(self, weak: &View, random: &mut ChaCha8Rng) -> View {
        let mut view = weak.clone();
        for change in CHANGES {
            // Drawn whether it is used or not: a change does not move the others' draws.
            let mut own = crate::draws::branch(random);
            if chance(&mut own, self.probability) {
                change(&mut view, &mut own);
            }
        }
        view
    }
}

/// The changes of the strong view, in their order.
const CHANGES: [fn(&mut View, &mut ChaCha8Rng); 6] = [
    posterize,
    equalize,
    sharpen,
    solarize,
    brightness_and_contrast,
    shadow,
];

/// Puts every value through a table.
fn look_up(view: &mut View, tables: &[[u8; 256]; 3]) {
    view.rgb.par_chunks_mut(3 << 14).for_each(|values| {
        for pixel in values.chunks_exact_mut(3) {
            for (value, table) in pixel.iter_mut().zip(tables) {
                *value = table[usize::from(*value)];
            }
        }
    });
}

/// The same table for all bands.
fn look_up_all(view: &mut View, table: impl Fn(u8) -> u8) {
    look_up(view, &[std::array::from_fn(|value| table(value as u8)); 3]);
}

/// Keeps the four highest bits.
fn posterize(view: &mut View, _: &mut ChaCha8Rng) {
    look_up_all(view, |value| value & 0xf0);
}

/// Spreads each band's histogram evenly.
fn equalize(view: &mut View, _: &mut ChaCha8Rng) {
    let mut histograms = [[0u64; 256]; 3];
    for pixel in view.rgb.chunks_exact(3) {
        for (histogram, &value) in histograms.iter_mut().zip(pixel) {
            histogram[usize::from(value)] += 1;
        }
    }
    look_up(view, &histograms.map(|histogram| equalizing(&histogram)));
}

/// The table that spreads a histogram: the share of pixels below or at a value among those above
/// the lowest value, as OpenCV's `equalizeHist`. One value alone stays as it is.
fn equalizing(histogram: &[u64; 256]) -> [u8; 256] {
    let total: u64 = histogram.iter().sum();
    let lowest = histogram.iter().position(|&count| count > 0).unwrap_or(0);
    let above = total - histogram[lowest];
    if above == 0 {
        return std::array::from_fn(|value| value as u8);
    }
    let mut sum = 0;
    std::array::from_fn(|value| {
        if value > lowest {
            sum += histogram[value];
        }
        (255.0 * sum as f64 / above as f64).round() as u8
    })
}

/// Blends with a sharpened image: the kernel of -1 around 8 plus a lightness.
fn sharpen(view: &mut View, random: &mut ChaCha8Rng) {
    let blend = uniform(random, 0.2, 0.5) as f32;
    let lightness = uniform(random, 0.5, 1.0) as f32;
    let View { width, height, rgb } = view;
    let (width, height) = (*width, *height);
    let source = rgb.clone();
    let at = |x: usize, y: usize, band: usize| f32::from(source[3 * (y * width + x) + band]);
    let row = (3 * width).max(1);
    rgb.par_chunks_mut(row).enumerate().for_each(|(y, row)| {
        let rows = y.saturating_sub(1)..=(y + 1).min(height - 1);
        for x in 0..width {
            let columns = x.saturating_sub(1)..=(x + 1).min(width - 1);
            for band in 0..3 {
                let own = at(x, y, band);
                let around: f32 = rows
                    .clone()
                    .flat_map(|y| columns.clone().map(move |x| (x, y)))
                    .map(|(x, y)| at(x, y, band) - own)
                    .sum();
                // Neighbours beyond the edge count as the pixel itself.
                let sharp = own * lightness - around;
                row[3 * x + band] = (own + blend * (sharp - own)).round() as u8;
            }
        }
    });
}

/// Inverts the upper half of the values.
fn solarize(view: &mut View, _: &mut ChaCha8Rng) {
    look_up_all(view, |value| if value >= 128 { !value } else { value });
}

/// Contrast about zero and brightness, each by up to a fifth.
fn brightness_and_contrast(view: &mut View, random: &mut ChaCha8Rng) {
    let contrast = uniform(random, 0.8, 1.2);
    let brightness = uniform(random, -0.2, 0.2) * 255.0;
    look_up_all(view, |value| {
        (f64::from(value) * contrast + brightness).round() as u8
    });
}

/// Halves the brightness inside one or two pentagons whose corners lie in the lower half.
fn shadow(view: &mut View, random: &mut ChaCha8Rng) {
    let (width, height) = (view.width as f64, view.height as f64);
    for _ in 0..1 + below(random, 2) {
        let corners: [[f64; 2]; 5] = std::array::from_fn(|_| {
            [
                uniform(random, 0.0, width),
                uniform(random, height / 2.0, height),
            ]
        });
        let row = (3 * view.width).max(1);
        view.rgb
            .par_chunks_mut(row)
            .enumerate()
            .for_each(|(y, row)| {
                for [from, to] in inside(&corners, y as f64 + 0.5) {
                    let pixels =
                        from.max(0.0).round() as usize..(to.round() as usize).min(width as usize);
                    for value in &mut row[3 * pixels.start..3 * pixels.end.max(pixels.start)] {
                        *value /= 2;
                    }
                }
            });
    }
}

/// The stretches of a line at height `y` that lie inside a polygon, by the even-odd rule.
fn inside(corners: &[[f64; 2]], y: f64) -> Vec<[f64; 2]> {
    let edges = corners.iter().zip(corners.iter().cycle().skip(1));
    let mut crossings: Vec<f64> = edges
        .filter(|(a, b)| (a[1] <= y) != (b[1] <= y))
        .map(|(a, b)| a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
        .collect();
    crossings.sort_by(f64::total_cmp);
    crossings.as_chunks().0.to_vec()
}
