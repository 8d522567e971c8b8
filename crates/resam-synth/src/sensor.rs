//! The sensor model: from colours on the ground to the pixels of the image.

use crate::noise::hash;
use crate::spec::{SceneSpec, Sensor};
use crate::tile::{Ground, Tile};

/// Side in pixels of the coarse colours of a pan-sharpened image.
const COARSE: usize = 4;

/// Brightness of an echo of one, in shares of white; metal saturates.
const RADAR_GAIN: f32 = 0.76;

/// The colour factors of ground in shadow: the light of the sky is blue.
const SHADOW_LIGHT: [f32; 3] = [0.34, 0.39, 0.50];

/// A sensor with the air before it.
#[derive(Debug, Clone)]
pub(crate) struct Optics {
    kind: Kind,
    haze: f32,
    /// Half of the symmetric point spread function, its centre first; sums to 1 over the whole.
    kernel: Vec<f32>,
    /// Strength of the noise of brightness and of each channel by itself, in shares of white.
    noise: [f32; 2],
    seed: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Aerial,
    Satellite,
    Radar { looks: u32 },
    Camera,
}

impl Optics {
    /// The sensor of an overhead scene.
    pub(crate) fn new(spec: &SceneSpec, seed: u32) -> Self {
        let (kind, noise) = match spec.sensor {
            Sensor::Aerial => (Kind::Aerial, [0.012, 0.007]),
            // Its colours come from larger pixels, which collect more light.
            Sensor::Satellite => (Kind::Satellite, [0.016, 0.002]),
            Sensor::Radar { looks } => (Kind::Radar { looks }, [0.0; 2]),
        };
        Self {
            kind,
            haze: spec.haze as f32,
            kernel: kernel(spec.blur),
            noise,
            seed,
        }
    }

    /// A camera close by: no haze, colours as they are.
    pub(crate) fn camera(blur: f64, noise: f32, seed: u32) -> Self {
        Self {
            kind: Kind::Camera,
            haze: 0.0,
            kernel: kernel(blur),
            noise: [noise, 0.6 * noise],
            seed,
        }
    }

    /// How far around a pixel the sensor looks; a multiple of the coarse pixels.
    pub(crate) fn margin(&self) -> usize {
        let colours = if self.kind == Kind::Satellite {
            2 * COARSE
        } else {
            0
        };
        (self.kernel.len() + 1 + colours).next_multiple_of(COARSE)
    }

    /// The pixels of the whole tile; those within the margin are right.
    pub(crate) fn expose(&self, mut tile: Tile, ground: Ground) -> Vec<[u8; 3]> {
        let (width, height) = (tile.area.width, tile.area.height);
        soften(&mut tile.shade, width);
        self.light(&mut tile);
        blur(&mut tile.colour, width, &self.kernel);
        if self.kind == Kind::Satellite {
            sharpen_with_coarse_colours(&mut tile.colour, width, height);
        }
        let (left, top) = (tile.area.x, tile.area.y);
        let mut index = 0;
        let mut pixels = Vec::with_capacity(width * height);
        for y in (top..).take(height) {
            for x in (left..).take(width) {
                pixels.push(self.pixel(tile.colour[index], x, y, ground));
                index += 1;
            }
        }
        pixels
    }

    /// Applies sunlight, shadow and haze to colours.
    fn light(&self, tile: &mut Tile) {
        let shadow_light = match self.kind {
            // A radar shadow returns almost nothing.
            Kind::Radar { .. } => [0.06; 3],
            Kind::Camera => [0.42, 0.42, 0.46],
            _ => SHADOW_LIGHT,
        };
        let haze_colour = [0.74, 0.79, 0.85];
        let haze = if let Kind::Radar { .. } = self.kind {
            0.0
        } else {
            self.haze
        };
        for (colour, &shade) in tile.colour.iter_mut().zip(&tile.shade) {
            for channel in 0..3 {
                let lit = colour[channel] * (1.0 - shade * (1.0 - shadow_light[channel]));
                colour[channel] = lit + (haze_colour[channel] - lit) * haze;
            }
        }
    }

    fn pixel(&self, colour: [f32; 3], x: i32, y: i32, ground: Ground) -> [u8; 3] {
        let seed = self.seed ^ ground.seed;
        if let Kind::Radar { looks } = self.kind {
            return [radar_sample(colour[0], looks, x, y, seed); 3];
        }
        let common = gaussian(x, y, seed) * self.noise[0];
        let mut sample = [0; 3];
        for (channel, value) in colour.into_iter().enumerate() {
            let own = gaussian(x, y, seed.wrapping_add(17 + channel as u32)) * self.noise[1];
            let toned = match self.kind {
                // Contrast as a mapping agency sets it: blacks a little crushed.
                Kind::Aerial => value * 1.08 - 0.03,
                // Stretched between percentiles, greener and flatter.
                Kind::Satellite => value * [1.08, 1.10, 1.04][channel] - [0.04, 0.02, 0.0][channel],
                _ => value,
            };
            sample[channel] = byte(toned + common + own);
        }
        sample
    }
}

fn byte(value: f32) -> u8 {
    // Saturates at both ends; NaN becomes black.
    (value * 255.0 + 0.5) as u8
}

/// Amplitude of an echo with speckle: the intensity is multiplied by the mean of as many
/// exponential numbers as there are looks.
fn radar_sample(echo: f32, looks: u32, x: i32, y: i32, seed: u32) -> u8 {
    let mut sum = 0.0_f32;
    // A product of up to four uniform numbers has one logarithm.
    let mut look = 0;
    while look < looks {
        let mut product = 1.0_f32;
        for _ in 0..4.min(looks - look) {
            let bits = hash(x, y, seed.wrapping_mul(31).wrapping_add(look));
            product *= ((bits >> 8) as f32 + 0.5) / 16_777_216.0;
            look += 1;
        }
        sum -= libm::logf(product);
    }
    let intensity = echo.max(0.0) * sum / looks as f32;
    byte(RADAR_GAIN * intensity.sqrt())
}

/// Around zero with unit variance, nearly normal.
fn gaussian(x: i32, y: i32, seed: u32) -> f32 {
    let bits = hash(x, y, seed);
    let more = hash(x, y, seed ^ 0x5bd1_e995);
    let halves = [bits & 0xffff, bits >> 16, more & 0xffff, more >> 16];
    let sum: f32 = halves.iter().map(|&half| half as f32).sum();
    (sum / 65_535.0 - 2.0) * 1.732_050_8
}

/// The centre and one side of a Gaussian that sums to 1.
fn kernel(deviation: f64) -> Vec<f32> {
    let radius = (2.5 * deviation).ceil() as usize;
    let weight = |offset: usize| {
        if offset == 0 {
            return 1.0;
        }
        let ratio = offset as f64 / deviation;
        libm::exp(-0.5 * ratio * ratio)
    };
    let half: Vec<f64> = (0..=radius).map(weight).collect();
    let sum = half[0] + 2.0 * half[1..].iter().sum::<f64>();
    half.iter().map(|weight| (weight / sum) as f32).collect()
}

/// A soft edge of a pixel, as the sun is no point.
fn soften(values: &mut [f32], width: usize) {
    let kernel = [0.5, 0.25];
    let mut line = vec![0.0; width.max(values.len() / width)];
    for row in values.chunks_exact_mut(width) {
        convolve(row, 1, &kernel, &mut line);
    }
    let height = values.len() / width;
    let copy = values.to_vec();
    for y in 1..height.saturating_sub(1) {
        for x in 0..width {
            let at = y * width + x;
            values[at] = 0.5 * copy[at] + 0.25 * (copy[at - width] + copy[at + width]);
        }
    }
}

fn convolve(values: &mut [f32], step: usize, kernel: &[f32], line: &mut [f32]) {
    let count = values.len() / step;
    for (place, value) in line.iter_mut().zip(values.iter().step_by(step)) {
        *place = *value;
    }
    let reach = kernel.len() - 1;
    for index in reach..count.saturating_sub(reach) {
        let mut sum = kernel[0] * line[index];
        for (offset, weight) in kernel.iter().enumerate().skip(1) {
            sum += weight * (line[index - offset] + line[index + offset]);
        }
        values[index * step] = sum;
    }
}

/// Convolves rows and columns; the outermost pixels, which lie in the margin, stay as they are.
fn blur(colour: &mut [[f32; 3]], width: usize, kernel: &[f32]) {
    let reach = kernel.len() - 1;
    let height = colour.len() / width;
    if reach == 0 || width <= 2 * reach || height <= 2 * reach {
        return;
    }
    let mut line = vec![[0.0; 3]; width];
    for row in colour.chunks_exact_mut(width) {
        line.copy_from_slice(row);
        for x in reach..width - reach {
            let mut sum = line[x].map(|channel| channel * kernel[0]);
            for (offset, weight) in kernel.iter().enumerate().skip(1) {
                for (channel, sum) in sum.iter_mut().enumerate() {
                    *sum += weight * (line[x - offset][channel] + line[x + offset][channel]);
                }
            }
            row[x] = sum;
        }
    }
    let copy = colour.to_vec();
    for y in reach..height - reach {
        let row = &mut colour[y * width..(y + 1) * width];
        for (pixel, centre) in row.iter_mut().zip(&copy[y * width..]) {
            *pixel = centre.map(|channel| channel * kernel[0]);
        }
        for (offset, weight) in kernel.iter().enumerate().skip(1) {
            let above = &copy[(y - offset) * width..];
            let below = &copy[(y + offset) * width..];
            for ((pixel, above), below) in row.iter_mut().zip(above).zip(below) {
                for channel in 0..3 {
                    pixel[channel] += weight * (above[channel] + below[channel]);
                }
            }
        }
    }
}

/// Keeps the brightness of each pixel, sharpened a little, and takes its colour from a grid four
/// times coarser that lies a pixel beside it, as the bands of a satellite do.
fn sharpen_with_coarse_colours(colour: &mut [[f32; 3]], width: usize, height: usize) {
    let brightness: Vec<f32> = colour
        .iter()
        .map(|[red, green, blue]| 0.3 * red + 0.55 * green + 0.15 * blue)
        .collect();
    let (columns, rows) = (width / COARSE, height / COARSE);
    if columns < 2 || rows < 2 {
        return;
    }
    let mut coarse = vec![[0.0_f32; 3]; columns * rows];
    for row in 0..rows * COARSE {
        for column in 0..columns * COARSE {
            let at = row * width + column;
            let cell = &mut coarse[row / COARSE * columns + column / COARSE];
            for (sum, channel) in cell.iter_mut().zip(colour[at]) {
                *sum += (channel - brightness[at]) / (COARSE * COARSE) as f32;
            }
        }
    }
    for y in 1..height.saturating_sub(1) {
        let (row, down) = cell_of(y, rows);
        for x in 1..width - 1 {
            let (column, across) = cell_of(x, columns);
            let at = y * width + x;
            let around = brightness[at - 1]
                + brightness[at + 1]
                + brightness[at - width]
                + brightness[at + width];
            let sharp = brightness[at] + 0.35 * (brightness[at] - 0.25 * around);
            let cell = row * columns + column;
            let corners = [cell, cell + 1, cell + columns, cell + columns + 1];
            let weights = [
                (1.0 - across) * (1.0 - down),
                across * (1.0 - down),
                (1.0 - across) * down,
                across * down,
            ];
            for channel in 0..3 {
                let chroma: f32 = corners
                    .iter()
                    .zip(weights)
                    .map(|(&corner, weight)| coarse[corner][channel] * weight)
                    .sum();
                colour[at][channel] = sharp + 1.15 * chroma;
            }
        }
    }
}

/// The coarse cell before a pixel and how far on towards the next one it lies. The coarse grid lies
/// a pixel off.
fn cell_of(position: usize, cells: usize) -> (usize, f32) {
    let along = (position as f32 + 1.0) / COARSE as f32 - 0.5;
    let along = along.clamp(0.0, (cells - 1) as f32);
    let cell = (along as usize).min(cells - 2);
    (cell, along - cell as f32)
}
