//! Pixels of a level to pixels of another scale: area averages to coarser ones, bilinear to finer
//! ones, along each axis by itself; what is not valid has no weight.
//!
//! Source pixels are scattered into sums, so that they may come in any order and are needed once.

use crate::blocks::{Area, Block};

/// How the pixels of a level along one axis fall into the pixels of the result.
pub(crate) struct Axis {
    /// Source pixel, target pixel, weight; sorted by source pixel.
    shares: Vec<(u32, u32, f32)>,
    /// A target pixel is valid from this share of its weight on.
    least: f32,
}

impl Axis {
    /// `count` target pixels of `scale` source pixels each, from the source position `origin` on,
    /// among `length` source pixels. Weights of a target pixel add up to 1, if all of it is inside.
    pub(crate) fn new(origin: f64, scale: f64, count: u32, length: u32) -> Self {
        let mut shares = Vec::new();
        let inside = |place: f64| place >= 0.0 && place < f64::from(length);
        for target in 0..count {
            let start = origin + f64::from(target) * scale;
            if scale >= 1.0 {
                let end = (start + scale).min(length.into());
                let mut from = start.max(0.0);
                while from < end {
                    let next = (from.floor() + 1.0).min(end);
                    shares.push((from as u32, target, ((next - from) / scale) as f32));
                    from = next;
                }
            } else if inside(start + scale / 2.0) {
                let centre = start + scale / 2.0 - 0.5;
                let share = centre - centre.floor();
                for (place, weight) in
                    [(centre.floor(), 1.0 - share), (centre.floor() + 1.0, share)]
                {
                    if inside(place) && weight > 0.0 {
                        shares.push((place as u32, target, weight as f32));
                    }
                }
            }
        }
        shares.sort_by_key(|&(source, ..)| source);
        // Finer: a corner of a valid pixel has a quarter of its weight, half of it along an axis.
        let least = if scale >= 1.0 { 0.0 } else { 0.499 };
        Self { shares, least }
    }

    /// The source pixels that have any share, as a half-open range.
    pub(crate) fn sources(&self) -> Option<(u32, u32)> {
        let ((first, ..), (last, ..)) = (self.shares.first()?, self.shares.last()?);
        Some((*first, last + 1))
    }

    /// The shares of the source pixels of a range.
    fn of(&self, first: u32, count: u32) -> &[(u32, u32, f32)] {
        let before = |end: u32| self.shares.partition_point(|&(source, ..)| source < end);
        // Both are within a level, so their sum is of 32 bits.
        &self.shares[before(first)..before(first + count)]
    }
}

/// Sums over the valid source pixels of each target pixel, for each band.
pub(crate) struct Sums {
    across: Axis,
    down: Axis,
    width: usize,
    /// For each band, sums of values and of weights.
    bands: Vec<(Vec<f32>, Vec<f32>)>,
}

impl Sums {
    pub(crate) fn new(across: Axis, down: Axis, width: u32, height: u32, bands: usize) -> Self {
        let width = width as usize;
        let blank = || vec![0.0; width * height as usize];
        Self {
            across,
            down,
            width,
            bands: (0..bands).map(|_| (blank(), blank())).collect(),
        }
    }

    /// Adds the pixels of a block.
    pub(crate) fn add(&mut self, block: &Block) {
        let Area { x, y, width, .. } = block.area;
        let across = self.across.of(x, width);
        let targets = across.iter().map(|&(_, target, _)| target as usize);
        let (Some(left), Some(right)) = (targets.clone().min(), targets.max()) else {
            return;
        };
        let mut line = vec![(0f32, 0f32); right + 1 - left];
        for (plane, (sums, weights)) in block.planes.iter().zip(&mut self.bands) {
            for (row, pixels) in plane.chunks_exact(width as usize).enumerate() {
                let down = self.down.of(y + row as u32, 1);
                if down.is_empty() {
                    continue;
                }
                line.fill((0.0, 0.0));
                for &(source, target, weight) in across {
                    let value = pixels[(source - x) as usize];
                    if !value.is_nan() {
                        let (sum, total) = &mut line[target as usize - left];
                        *sum += value * weight;
                        *total += weight;
                    }
                }
                for &(_, target, weight) in down {
                    let start = target as usize * self.width + left;
                    let sums = &mut sums[start..start + line.len()];
                    let weights = &mut weights[start..start + line.len()];
                    for ((&(sum, total), target_sum), target_total) in
                        line.iter().zip(sums).zip(weights)
                    {
                        *target_sum += sum * weight;
                        *target_total += total * weight;
                    }
                }
            }
        }
    }

    /// The means of a row of a band; NaN where too little is valid.
    pub(crate) fn means(&self, band: usize, row: u32) -> Vec<f32> {
        let (sums, weights) = &self.bands[band];
        let row = row as usize * self.width..(row as usize + 1) * self.width;
        let least = self.across.least * self.down.least;
        let mean = |(&sum, &weight): (&f32, &f32)| {
            if weight > least {
                sum / weight
            } else {
                f32::NAN
            }
        };
        sums[row.clone()]
            .iter()
            .zip(&weights[row])
            .map(mean)
            .collect()
    }
}
