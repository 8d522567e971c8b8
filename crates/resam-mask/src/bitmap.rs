use crate::{MaskError, PixelBox};

/// The largest number of pixels of a mask, with each side rounded up to a multiple of 64 and at
/// least 64.
///
/// A bitmap of this size takes 128 MiB. The limit prevents huge allocations for hostile sizes, and
/// every run length fits into 32 bits.
pub const MAX_PIXELS: u64 = 1 << 30;

/// A binary mask with one bit a pixel.
///
/// Rows are padded to whole words of 64 pixels, so area, overlap and set operations work on 64
/// pixels at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    width: u32,
    height: u32,
    words_per_row: usize,
    /// Row after row; bit `x % 64` of word `x / 64` is pixel `x`. Bits past the width stay zero,
    /// which every word-wise count relies on.
    words: Vec<u64>,
}

/// Refuses sizes over [`MAX_PIXELS`].
pub(crate) fn check_size(width: u32, height: u32) -> Result<(), MaskError> {
    // An empty side counts too, or going through billions of empty rows would be allowed.
    let padded = |side: u32| u64::from(side.max(1)).next_multiple_of(64);
    // Both sides are at most 2^32, so only their product can overflow.
    match padded(width).checked_mul(padded(height)) {
        Some(pixels) if pixels <= MAX_PIXELS => Ok(()),
        _ => Err(MaskError::TooManyPixels { width, height }),
    }
}

impl Bitmap {
    /// A mask of `width` x `height` pixels, none of them set.
    ///
    /// # Errors
    /// If the image would have more than [`MAX_PIXELS`] pixels.
    pub fn new(width: u32, height: u32) -> Result<Self, MaskError> {
        check_size(width, height)?;
        Ok(Self::blank(width, height))
    }

    /// As [`Bitmap::new`], for a size that has been checked already.
    pub(crate) fn blank(width: u32, height: u32) -> Self {
        let words_per_row = width.div_ceil(64) as usize;
        let words = vec![0; words_per_row * height as usize];
        Self {
            width,
            height,
            words_per_row,
            words,
        }
    }

    /// The mask of the pixels `(x, y)` for which `is_set` returns `true`.
    ///
    /// # Errors
    /// If the image would have more than [`MAX_PIXELS`] pixels.
    pub fn from_fn(
        width: u32,
        height: u32,
        mut is_set: impl FnMut(u32, u32) -> bool,
    ) -> Result<Self, MaskError> {
        let mut bitmap = Self::new(width, height)?;
        for y in 0..height {
            for (word, first) in bitmap.row_mut(y).iter_mut().zip((0..width).step_by(64)) {
                for x in first..width.min(first + 64) {
                    *word |= u64::from(is_set(x, y)) << (x - first);
                }
            }
        }
        Ok(bitmap)
    }

    /// The pixels with `value > threshold`. `values` is `[height, width]`, row-major. SAM's masks
    /// use it with logits and the threshold 0.
    ///
    /// # Errors
    /// If there is not one value for each pixel, or more than [`MAX_PIXELS`] of them.
    pub fn from_threshold(
        values: &[f32],
        width: u32,
        height: u32,
        threshold: f32,
    ) -> Result<Self, MaskError> {
        Self::from_values(values, width, height, |value| value > threshold)
    }

    /// The pixels with `value >= threshold`. `values` is `[height, width]`, row-major.
    ///
    /// # Errors
    /// If there is not one value for each pixel, or more than [`MAX_PIXELS`] of them.
    pub fn from_threshold_inclusive(
        values: &[f32],
        width: u32,
        height: u32,
        threshold: f32,
    ) -> Result<Self, MaskError> {
        Self::from_values(values, width, height, |value| value >= threshold)
    }

    fn from_values(
        values: &[f32],
        width: u32,
        height: u32,
        is_set: impl Fn(f32) -> bool,
    ) -> Result<Self, MaskError> {
        check_value_count(values.len(), width, height)?;
        Self::from_fn(width, height, |x, y| {
            is_set(values[y as usize * width as usize + x as usize])
        })
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Whether a pixel is set; `false` outside the image.
    pub fn get(&self, x: u32, y: u32) -> bool {
        x < self.width && y < self.height && self.row(y)[x as usize / 64] >> (x % 64) & 1 == 1
    }

    /// Sets or clears a pixel; does nothing outside the image.
    pub fn set(&mut self, x: u32, y: u32, value: bool) {
        if x < self.width && y < self.height {
            let word = &mut self.row_mut(y)[x as usize / 64];
            let bit = 1 << (x % 64);
            if value { *word |= bit } else { *word &= !bit }
        }
    }

    /// Number of pixels set.
    pub fn area(&self) -> u64 {
        self.words
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum()
    }

    /// Whether no pixel is set.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The bounding box of the set pixels; `None` if no pixel is set.
    pub fn bounding_box(&self) -> Option<PixelBox> {
        let occupied = |&y: &u32| self.row(y).iter().any(|&word| word != 0);
        let top = (0..self.height).find(occupied)?;
        let bottom = (top..self.height).rev().find(occupied)?;
        let mut columns = Self::blank(self.width, 1);
        for y in top..=bottom {
            for (column, word) in columns.words.iter_mut().zip(self.row(y)) {
                *column |= word;
            }
        }
        let left = columns.row_runs(0).next()?.0;
        let right = columns.row_runs(0).last()?.1;
        Some(PixelBox::new(
            left.into(),
            top.into(),
            right.into(),
            f64::from(bottom) + 1.0,
        ))
    }

    /// Number of pixels set in both images.
    ///
    /// # Errors
    /// If the sizes differ.
    pub fn intersection_area(&self, other: &Self) -> Result<u64, MaskError> {
        self.check_same_size(other)?;
        let pairs = self.words.iter().zip(&other.words);
        Ok(pairs
            .map(|(left, right)| u64::from((left & right).count_ones()))
            .sum())
    }

    /// Number of pixels set in either image.
    ///
    /// # Errors
    /// If the sizes differ.
    pub fn union_area(&self, other: &Self) -> Result<u64, MaskError> {
        self.check_same_size(other)?;
        let pairs = self.words.iter().zip(&other.words);
        Ok(pairs
            .map(|(left, right)| u64::from((left | right).count_ones()))
            .sum())
    }

    /// Intersection over union, from 0 to 1; 1 for two empty masks.
    ///
    /// # Errors
    /// If the sizes differ.
    pub fn iou(&self, other: &Self) -> Result<f64, MaskError> {
        let union = self.union_area(other)?;
        let intersection = self.intersection_area(other)?;
        Ok(if union == 0 {
            1.0
        } else {
            intersection as f64 / union as f64
        })
    }

    /// Keeps the pixels that are also set in the other image.
    ///
    /// # Errors
    /// If the sizes differ.
    pub fn and_assign(&mut self, other: &Self) -> Result<(), MaskError> {
        self.combine(other, |left, right| left & right)
    }

    /// Adds the pixels set in the other image.
    ///
    /// # Errors
    /// If the sizes differ.
    pub fn or_assign(&mut self, other: &Self) -> Result<(), MaskError> {
        self.combine(other, |left, right| left | right)
    }

    /// Clears the pixels set in the other image.
    ///
    /// # Errors
    /// If the sizes differ.
    pub fn subtract_assign(&mut self, other: &Self) -> Result<(), MaskError> {
        self.combine(other, |left, right| left & !right)
    }

    /// The coordinates `(x, y)` of the pixels set, row after row.
    pub fn pixels(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..self.height).flat_map(move |y| {
            self.row_runs(y)
                .flat_map(move |(start, end)| (start..end).map(move |x| (x, y)))
        })
    }

    /// The maximal runs `start..end` of set pixels in row `y`, from left to right; none outside the
    /// image.
    pub fn row_runs(&self, y: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let row = if y < self.height { self.row(y) } else { &[] };
        let mut position = 0;
        std::iter::from_fn(move || {
            let start = next_bit(row, position, true)?;
            let end = next_bit(row, start, false).unwrap_or(self.width);
            position = end;
            Some((start, end))
        })
    }

    /// Sets the pixels `start..end` of row `y`, which must lie within the image.
    pub(crate) fn set_run(&mut self, y: u32, start: u32, end: u32) {
        let row = self.row_mut(y);
        let mut position = start;
        while position < end {
            let stop = end.min((position / 64 + 1) * 64);
            let ones = u64::MAX >> (64 - (stop - position));
            row[position as usize / 64] |= ones << (position % 64);
            position = stop;
        }
    }

    /// The words of row `y`.
    pub(crate) fn row(&self, y: u32) -> &[u64] {
        let start = y as usize * self.words_per_row;
        &self.words[start..start + self.words_per_row]
    }

    /// The words of row `y`, whose bits past the width have to stay zero.
    pub(crate) fn row_mut(&mut self, y: u32) -> &mut [u64] {
        let start = y as usize * self.words_per_row;
        &mut self.words[start..start + self.words_per_row]
    }

    fn combine(
        &mut self,
        other: &Self,
        operation: impl Fn(u64, u64) -> u64,
    ) -> Result<(), MaskError> {
        self.check_same_size(other)?;
        for (left, &right) in self.words.iter_mut().zip(&other.words) {
            *left = operation(*left, right);
        }
        Ok(())
    }

    fn check_same_size(&self, other: &Self) -> Result<(), MaskError> {
        let (left, right) = ((self.width, self.height), (other.width, other.height));
        if left == right {
            Ok(())
        } else {
            Err(MaskError::SizesDiffer { left, right })
        }
    }
}

/// Refuses a number of values other than one for each pixel.
pub(crate) fn check_value_count(found: usize, width: u32, height: u32) -> Result<(), MaskError> {
    check_size(width, height)?;
    if found as u64 == u64::from(width) * u64::from(height) {
        Ok(())
    } else {
        Err(MaskError::WrongValueCount {
            width,
            height,
            found,
        })
    }
}

/// Position of the first bit equal to `value` at `from` or after it.
fn next_bit(words: &[u64], from: u32, value: bool) -> Option<u32> {
    let flip = if value { 0 } else { u64::MAX };
    let mut index = from as usize / 64;
    let mut word = (words.get(index)? ^ flip) & (u64::MAX << (from % 64));
    while word == 0 {
        index += 1;
        word = words.get(index)? ^ flip;
    }
    Some(index as u32 * 64 + word.trailing_zeros())
}
