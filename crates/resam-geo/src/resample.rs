//! Resampling of a level to another scale: area averages to coarser scales, bilinear interpolation
//! to finer ones, for each axis separately. Pixels that are not valid have no weight.
//!
//! Source pixels are added to sums, so they may come in any order, and each is needed once.

use crate::blocks::{Area, Block};

/// How the pixels of a level along one axis fall into the pixels of the result.
pub(crate) struct Axis {
    /// The source position where the first target pixel begins, and source pixels in one.
    origin: f64,
    scale: f64,
    /// Target pixels.
    count: u32,
    /// Source pixels.
    length: u32,
    /// To a finer scale: the shares of all target pixels, sorted by source pixel.
    finer: Vec<Share>,
}

/// A source pixel, a target pixel, and its weight there.
type Share = (u32, u32, f32);

impl Axis {
    /// `count` target pixels of `scale` source pixels each, from the source position `origin` on,
    /// among `length` source pixels. Weights of a target pixel add up to 1, if all of it is inside.
    pub(crate) fn new(origin: f64, scale: f64, count: u32, length: u32) -> Self {
        let mut axis = Self {
            origin,
            scale,
            count,
            length,
            finer: Vec::new(),
        };
        if scale < 1.0 {
            axis.finer = axis.linear_shares();
        }
        axis
    }

    /// Target pixels whose centres lie inside are interpolated between the two nearest centres.
    fn linear_shares(&self) -> Vec<Share> {
        let mut shares = Vec::new();
        let inside = |place: f64| place >= 0.0 && place < f64::from(self.length);
        for target in 0..self.count {
            let centre = self.origin + (f64::from(target) + 0.5) * self.scale;
            if !inside(centre) {
                continue;
            }
            let place = (centre - 0.5).floor();
            let share = centre - 0.5 - place;
            for (place, weight) in [(place, 1.0 - share), (place + 1.0, share)] {
                if inside(place) && weight > 0.0 {
                    shares.push((place as u32, target, weight as f32));
                }
            }
        }
        shares.sort_by_key(|&(source, ..)| source);
        shares
    }

    /// The source pixels that have any share, as a half-open range.
    pub(crate) fn sources(&self) -> Option<(u32, u32)> {
        if self.scale < 1.0 {
            let ((first, ..), (last, ..)) = (self.finer.first()?, self.finer.last()?);
            return Some((*first, last + 1));
        }
        let end = self.origin + f64::from(self.count) * self.scale;
        // Within the length, so of 32 bits.
        let first = self.origin.max(0.0).floor().min(self.length.into()) as u32;
        let end = end.clamp(0.0, self.length.into()).ceil() as u32;
        (first < end).then_some((first, end))
    }

    /// The shares of the source pixels of a range. To a coarser scale they are made on the spot:
    /// a raster may be long.
    fn of(&self, first: u32, count: u32) -> Vec<Share> {
        if self.scale < 1.0 {
            let before = |end: u32| self.finer.partition_point(|&(source, ..)| source < end);
            // Both are within a level, so their sum is of 32 bits.
            return self.finer[before(first)..before(first + count)].to_vec();
        }
        let mut shares = Vec::with_capacity(count as usize + 1);
        for source in first..first + count {
            let start = (f64::from(source) - self.origin) / self.scale;
            let end = (f64::from(source) + 1.0 - self.origin) / self.scale;
            // A source pixel is no wider than a target pixel, so it lies in two of them at most.
            let middle = start.floor() + 1.0;
            for (from, to) in [(start, end.min(middle)), (middle, end)] {
                let target = from.floor();
                if to > from && target >= 0.0 && target < f64::from(self.count) {
                    shares.push((source, target as u32, (to - from) as f32));
                }
            }
        }
        shares
    }

    /// What the source pixels of a range weigh together in target pixels; of a finer scale, a
    /// target pixel may come twice.
    fn weights_of(&self, first: u32, count: u32) -> Vec<(u32, f32)> {
        if self.scale < 1.0 {
            let shares = self.of(first, count).into_iter();
            return shares.map(|(_, target, weight)| (target, weight)).collect();
        }
        let place = |source: f64| {
            let place = (source - self.origin) / self.scale;
            place.clamp(0.0, self.count.into())
        };
        let (start, end) = (
            place(first.into()),
            place(f64::from(first) + f64::from(count)),
        );
        // Within the count, so of 32 bits.
        let targets = start.floor() as u32..end.ceil() as u32;
        let share = |target: u32| end.min(f64::from(target) + 1.0) - start.max(target.into());
        targets
            .map(|target| (target, share(target) as f32))
            .collect()
    }

    /// A target pixel is valid from this share of its weight on. To a finer scale a corner of a
    /// valid pixel has half of its weight along each axis.
    fn least(&self) -> f32 {
        if self.scale < 1.0 { 0.499 } else { 0.0 }
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
        let Area {
            x,
            y,
            width,
            height,
        } = block.area;
        let across = self.across.of(x, width);
        let targets = across.iter().map(|&(_, target, _)| target as usize);
        let (Some(left), Some(right)) = (targets.clone().min(), targets.max()) else {
            return;
        };
        let mut line = vec![(0f32, 0f32); right + 1 - left];
        let rows: Vec<Vec<Share>> = (y..y + height).map(|row| self.down.of(row, 1)).collect();
        for (plane, (sums, weights)) in block.planes.iter().zip(&mut self.bands) {
            for (down, pixels) in rows.iter().zip(plane.chunks_exact(width as usize)) {
                if down.is_empty() {
                    continue;
                }
                line.fill((0.0, 0.0));
                for &(source, target, weight) in &across {
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

    /// Adds an area whose pixels are all the same, one value for each band: in the time that its
    /// target pixels take, however large it is.
    pub(crate) fn add_even(&mut self, area: Area, values: &[f32]) {
        let across = self.across.weights_of(area.x, area.width);
        let down = self.down.weights_of(area.y, area.height);
        for (value, (sums, weights)) in values.iter().zip(&mut self.bands) {
            for &(row, down) in &down {
                for &(column, across) in &across {
                    let place = row as usize * self.width + column as usize;
                    sums[place] += value * across * down;
                    weights[place] += across * down;
                }
            }
        }
    }

    /// The means of a row of a band; NaN where too little is valid.
    pub(crate) fn means(&self, band: usize, row: u32) -> Vec<f32> {
        let (sums, weights) = &self.bands[band];
        let row = row as usize * self.width..(row as usize + 1) * self.width;
        let least = self.across.least() * self.down.least();
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
