//! A mask somewhere in a raster: cut to its box and kept as runs, so that thousands of objects of a
//! raster of any size take little memory.

use serde::{Deserialize, Serialize};

use crate::bitmap::check_size;
use crate::rle::RunBuilder;
use crate::{Bitmap, MaskError, Rle};

/// The pixels of one object in a raster. There is always at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct PlacedMask {
    x: i64,
    y: i64,
    rle: Rle,
}

/// Pixels `top..bottom` of column `x` of the raster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The column.
    pub x: i64,
    /// The first row.
    pub top: i64,
    /// The row after the last.
    pub bottom: i64,
}

impl PlacedMask {
    /// A mask whose first pixel is at column `x` and row `y` of the raster. None when it is empty.
    pub fn new(mask: &Bitmap, x: i64, y: i64) -> Option<Self> {
        let rle = Rle::encode(mask);
        Self::from_runs(runs(&rle, x, y))
    }

    /// From runs that go through the columns from left to right and down each. None when there is
    /// none.
    fn from_runs(runs: impl Iterator<Item = Run>) -> Option<Self> {
        let runs: Vec<Run> = runs.filter(|run| run.top < run.bottom).collect();
        let (first, last) = (runs.first()?, runs.last()?);
        let (left, right) = (first.x, last.x + 1);
        let top = runs.iter().map(|run| run.top).min()?;
        let bottom = runs.iter().map(|run| run.bottom).max()?;
        let height = bottom - top;
        // The box lies within that of a mask that there was: at most 2^30 pixels in all.
        let mut counts = RunBuilder::new();
        let mut position = 0_i64;
        for run in &runs {
            let start = (run.x - left) * height + run.top - top;
            counts.push(false, (start - position) as u32);
            counts.push(true, (run.bottom - run.top) as u32);
            position = start + run.bottom - run.top;
        }
        counts.push(false, ((right - left) * height - position) as u32);
        let rle = counts.finish(
            u32::try_from(right - left).ok()?,
            u32::try_from(height).ok()?,
        );
        Some(Self {
            x: left,
            y: top,
            rle,
        })
    }

    /// Column of the raster in which the box begins.
    pub fn x(&self) -> i64 {
        self.x
    }

    /// Row of the raster in which the box begins.
    pub fn y(&self) -> i64 {
        self.y
    }

    /// The mask within its box.
    pub fn rle(&self) -> &Rle {
        &self.rle
    }

    /// The mask within its box, as a bitmap.
    pub fn bitmap(&self) -> Bitmap {
        self.rle.decode()
    }

    /// `[x0, y0, x1, y1]` of the box, half-open.
    pub fn bounds(&self) -> [i64; 4] {
        let (width, height) = (self.rle.width(), self.rle.height());
        [
            self.x,
            self.y,
            self.x + i64::from(width),
            self.y + i64::from(height),
        ]
    }

    /// Number of pixels.
    pub fn area(&self) -> u64 {
        self.rle.area()
    }

    /// Whether the object has the pixel at column `x` and row `y` of the raster.
    pub fn holds(&self, x: i64, y: i64) -> bool {
        self.runs()
            .skip_while(|run| run.x < x)
            .take_while(|run| run.x == x)
            .any(|run| (run.top..run.bottom).contains(&y))
    }

    /// The runs of pixels, from left to right and down each column.
    pub fn runs(&self) -> impl Iterator<Item = Run> + '_ {
        runs(&self.rle, self.x, self.y)
    }

    /// The mask in a raster of `width` x `height` pixels, without what lies outside it.
    ///
    /// # Errors
    /// If the raster has more than [`MAX_PIXELS`](crate::MAX_PIXELS) pixels.
    pub fn in_raster(&self, width: u32, height: u32) -> Result<Rle, MaskError> {
        check_size(width, height)?;
        let (columns, rows) = (i64::from(width), i64::from(height));
        let mut runs = RunBuilder::new();
        let mut position = 0;
        for run in self.runs() {
            let (top, bottom) = (run.top.max(0), run.bottom.min(rows));
            if !(0..columns).contains(&run.x) || top >= bottom {
                continue;
            }
            // At most 2^30 pixels in all.
            let start = (run.x * rows + top) as u32;
            let length = (bottom - top) as u32;
            runs.push(false, start - position);
            runs.push(true, length);
            position = start + length;
        }
        runs.push(false, width * height - position);
        Ok(runs.finish(width, height))
    }

    /// Bytes of memory that the mask takes.
    pub fn bytes(&self) -> u64 {
        (size_of::<Self>() + size_of_val(self.rle.counts())) as u64
    }

    /// Number of pixels that both have.
    pub fn intersection(&self, other: &Self) -> u64 {
        if !overlap(self.bounds(), other.bounds()) {
            return 0;
        }
        let (mut left, mut right) = (self.runs().peekable(), other.runs().peekable());
        let mut common = 0;
        while let (Some(&a), Some(&b)) = (left.peek(), right.peek()) {
            if a.x == b.x {
                common += (a.bottom.min(b.bottom) - a.top.max(b.top)).max(0) as u64;
            }
            if (a.x, a.bottom) <= (b.x, b.bottom) {
                left.next();
            } else {
                right.next();
            }
        }
        common
    }

    /// Intersection over union, from 0 to 1.
    pub fn iou(&self, other: &Self) -> f64 {
        let common = self.intersection(other);
        common as f64 / (self.area() + other.area() - common) as f64
    }

    /// The part within a half-open box `[x0, y0, x1, y1]` of the raster. None when there is none.
    pub fn within(&self, [x0, y0, x1, y1]: [i64; 4]) -> Option<Self> {
        let runs = self
            .runs()
            .skip_while(|run| run.x < x0)
            .take_while(|run| run.x < x1);
        Self::from_runs(runs.map(|run| Run {
            top: run.top.max(y0),
            bottom: run.bottom.min(y1),
            ..run
        }))
    }

    /// What is left without the pixels of another mask. None when nothing is.
    pub fn without(&self, other: &Self) -> Option<Self> {
        if !overlap(self.bounds(), other.bounds()) {
            return Some(self.clone());
        }
        let mut cuts = other.runs().peekable();
        let mut left = Vec::new();
        for run in self.runs() {
            while cuts
                .next_if(|cut| (cut.x, cut.bottom) <= (run.x, run.top))
                .is_some()
            {}
            let mut top = run.top;
            while let Some(cut) = cuts.next_if(|cut| cut.x == run.x && cut.bottom <= run.bottom) {
                left.push(Run {
                    bottom: cut.top.min(run.bottom),
                    top,
                    ..run
                });
                top = cut.bottom;
            }
            // A cut that goes on below this run may reach the next one too.
            let bottom = match cuts.peek() {
                Some(cut) if cut.x == run.x => run.bottom.min(cut.top),
                _ => run.bottom,
            };
            left.push(Run { top, bottom, ..run });
        }
        Self::from_runs(left.into_iter())
    }
}

/// Whether two half-open boxes `[x0, y0, x1, y1]` have a common pixel.
fn overlap(a: [i64; 4], b: [i64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// The runs of a mask at `(x, y)`; a run length that goes on into the next column becomes several.
fn runs(rle: &Rle, x: i64, y: i64) -> impl Iterator<Item = Run> + '_ {
    let height = u64::from(rle.height());
    let spans = rle
        .counts()
        .iter()
        .enumerate()
        .scan(0_u64, |position, (index, &count)| {
            let start = *position;
            *position += u64::from(count);
            Some((index % 2 == 1 && count > 0).then_some((start, *position)))
        });
    spans.flatten().flat_map(move |(start, end)| {
        (start / height..=(end - 1) / height).map(move |column| {
            let first = column * height;
            Run {
                x: x + column as i64,
                top: y + (start.max(first) - first) as i64,
                bottom: y + (end.min(first + height) - first) as i64,
            }
        })
    })
}

/// A placed mask as it stands in a journal: COCO's compressed text beside its place and size.
#[derive(Serialize, Deserialize)]
struct Written(i64, i64, u32, u32, String);

impl From<PlacedMask> for Written {
    fn from(mask: PlacedMask) -> Self {
        let text = mask.rle.to_compressed_string();
        Self(mask.x, mask.y, mask.rle.width(), mask.rle.height(), text)
    }
}

impl TryFrom<Written> for PlacedMask {
    type Error = MaskError;

    fn try_from(Written(x, y, width, height, text): Written) -> Result<Self, MaskError> {
        let rle = Rle::from_compressed(text, width, height)?;
        Self::from_runs(runs(&rle, x, y)).ok_or(MaskError::NothingToMerge)
    }
}
