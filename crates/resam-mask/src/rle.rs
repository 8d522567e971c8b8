use crate::bitmap::check_size;
use crate::{Bitmap, MaskError, PixelBox};

/// A mask in COCO's run-length encoding.
///
/// Pixels are in column-major order. Run lengths alternate between clear and set pixels, starting
/// with clear ones, so the first may be zero. Results equal those of `pycocotools`.
///
/// The run lengths always add up to the number of pixels. Run lengths that were read are kept
/// unchanged, even if some are zero; computed ones are minimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rle {
    width: u32,
    height: u32,
    counts: Vec<u32>,
}

impl Rle {
    /// The encoding of a bitmap.
    pub fn encode(bitmap: &Bitmap) -> Self {
        let columns = bitmap.transposed();
        let (width, height) = (bitmap.width(), bitmap.height());
        let mut runs = RunBuilder::new();
        for x in 0..width {
            let mut position = 0;
            for (start, end) in columns.row_runs(x) {
                runs.push(false, start - position);
                runs.push(true, end - start);
                position = end;
            }
            runs.push(false, height - position);
        }
        runs.finish(width, height)
    }

    /// The mask with the given run lengths, COCO's uncompressed form.
    ///
    /// # Errors
    /// If the mask would have more than [`MAX_PIXELS`](crate::MAX_PIXELS) pixels, or if the run
    /// lengths do not add up to their number.
    pub fn from_counts(counts: Vec<u32>, width: u32, height: u32) -> Result<Self, MaskError> {
        check_size(width, height)?;
        let sum = counts
            .iter()
            .fold(0_u64, |sum, &count| sum.saturating_add(count.into()));
        if sum == u64::from(width) * u64::from(height) {
            Ok(Self {
                width,
                height,
                counts,
            })
        } else {
            Err(MaskError::WrongRunSum { sum, width, height })
        }
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The run lengths, COCO's uncompressed form.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The mask as a bitmap.
    pub fn decode(&self) -> Bitmap {
        let mut columns = Bitmap::blank(self.height, self.width);
        for (start, end) in self.spans() {
            let (mut x, mut y) = (start / self.height, start % self.height);
            let mut remaining = end - start;
            while remaining > 0 {
                let length = remaining.min(self.height - y);
                columns.set_run(x, y, y + length);
                remaining -= length;
                (x, y) = (x + 1, 0);
            }
        }
        columns.transposed()
    }

    /// Number of pixels set.
    pub fn area(&self) -> u64 {
        self.spans()
            .map(|(start, end)| u64::from(end - start))
            .sum()
    }

    /// The bounding box of the set pixels; `None` if no pixel is set.
    pub fn bounding_box(&self) -> Option<PixelBox> {
        let boxes = self.spans().map(|(start, end)| {
            let last = end - 1;
            let (left, right) = (start / self.height, last / self.height);
            // A run that goes on into the next column reaches both the bottom and the top.
            let (top, bottom) = if left == right {
                (start % self.height, last % self.height)
            } else {
                (0, self.height - 1)
            };
            PixelBox::new(
                left.into(),
                top.into(),
                f64::from(right) + 1.0,
                f64::from(bottom) + 1.0,
            )
        });
        boxes.reduce(|bounds, next| bounds.union(&next))
    }

    /// Intersection over union with a true mask, as `iou` of `pycocotools`; 0 without overlap, also
    /// for two empty masks.
    ///
    /// With `crowd` (COCO's `iscrowd`), the intersection is divided by the area of `self` instead
    /// of the union.
    ///
    /// # Errors
    /// If the sizes differ.
    pub fn iou(&self, truth: &Self, crowd: bool) -> Result<f64, MaskError> {
        let (mut intersection, mut union) = (0_u64, 0_u64);
        self.walk_with(truth, |left, right, length| {
            intersection += if left && right { length.into() } else { 0 };
            union += if left || right { length.into() } else { 0 };
        })?;
        let whole = if crowd { self.area() } else { union };
        Ok(if intersection == 0 {
            0.0
        } else {
            intersection as f64 / whole as f64
        })
    }

    /// The pixels set in any of the masks.
    ///
    /// # Errors
    /// If there are no masks or their sizes differ.
    pub fn union(masks: &[Self]) -> Result<Self, MaskError> {
        Self::merge(masks, |left, right| left || right)
    }

    /// The pixels set in all of the masks.
    ///
    /// # Errors
    /// If there are no masks or their sizes differ.
    pub fn intersection(masks: &[Self]) -> Result<Self, MaskError> {
        Self::merge(masks, |left, right| left && right)
    }

    fn merge(
        masks: &[Self],
        operation: impl Fn(bool, bool) -> bool + Copy,
    ) -> Result<Self, MaskError> {
        let (first, others) = masks.split_first().ok_or(MaskError::NothingToMerge)?;
        others.iter().try_fold(first.clone(), |merged, mask| {
            let mut runs = RunBuilder::new();
            merged.walk_with(mask, |left, right, length| {
                runs.push(operation(left, right), length);
            })?;
            Ok(runs.finish(merged.width, merged.height))
        })
    }

    /// Visits the longest stretches over which neither mask changes, in order.
    fn walk_with(
        &self,
        other: &Self,
        mut visit: impl FnMut(bool, bool, u32),
    ) -> Result<(), MaskError> {
        let (left, right) = ((self.width, self.height), (other.width, other.height));
        if left != right {
            return Err(MaskError::SizesDiffer { left, right });
        }
        let (mut left_runs, mut right_runs) = (self.runs(), other.runs());
        let (mut left, mut right) = (left_runs.next(), right_runs.next());
        while let (Some((left_set, left_length)), Some((right_set, right_length))) = (left, right) {
            let length = left_length.min(right_length);
            visit(left_set, right_set, length);
            left = if left_length > length {
                Some((left_set, left_length - length))
            } else {
                left_runs.next()
            };
            right = if right_length > length {
                Some((right_set, right_length - length))
            } else {
                right_runs.next()
            };
        }
        Ok(())
    }

    /// The runs that are not empty: whether their pixels are set, and their length.
    fn runs(&self) -> impl Iterator<Item = (bool, u32)> + '_ {
        let runs = self
            .counts
            .iter()
            .enumerate()
            .map(|(index, &count)| (index % 2 == 1, count));
        runs.filter(|&(_, count)| count > 0)
    }

    /// The ranges `start..end` of pixels set, counted down the columns; none is empty.
    fn spans(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let mut position = 0;
        self.runs().filter_map(move |(set, length)| {
            let start = position;
            position += length;
            set.then_some((start, position))
        })
    }
}

/// Puts runs together into the shortest run lengths. The caller sees to it that they add up to
/// the number of pixels.
pub(crate) struct RunBuilder {
    counts: Vec<u32>,
    current: bool,
}

impl RunBuilder {
    pub(crate) fn new() -> Self {
        Self {
            counts: vec![0],
            current: false,
        }
    }

    /// Adds `length` pixels that are all set or all clear.
    pub(crate) fn push(&mut self, set: bool, length: u32) {
        if length == 0 {
            return;
        }
        match self.counts.last_mut() {
            Some(count) if set == self.current => *count += length,
            _ => self.counts.push(length),
        }
        self.current = set;
    }

    pub(crate) fn finish(self, width: u32, height: u32) -> Rle {
        Rle {
            width,
            height,
            counts: self.counts,
        }
    }
}
