use std::ops::Range;

use crate::bitmap::check_value_count;
use crate::{Bitmap, MaskError, PixelBox};

/// Which pixels are neighbours: 4- or 8-connectivity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connectivity {
    /// The four pixels that share a side.
    Four,
    /// The eight pixels that share a side or a corner.
    Eight,
}

/// A connected component.
///
/// It is stored as runs along the rows, so the memory of all components of an image depends on the
/// number of its runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    width: u32,
    height: u32,
    label: u32,
    runs: Vec<Run>,
}

/// The pixels `start..end` of row `y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    y: u32,
    start: u32,
    end: u32,
    label: u32,
}

impl Component {
    /// The value of the pixels in the label image; 1 for a component of a bitmap.
    pub fn label(&self) -> u32 {
        self.label
    }

    /// Number of pixels.
    pub fn area(&self) -> u64 {
        self.runs
            .iter()
            .map(|run| u64::from(run.end - run.start))
            .sum()
    }

    /// The smallest box that holds the component.
    pub fn bounding_box(&self) -> PixelBox {
        let [columns, rows] = self.bounds();
        PixelBox::new(
            columns.start.into(),
            rows.start.into(),
            columns.end.into(),
            rows.end.into(),
        )
    }

    /// The component alone, as a bitmap of the size of the image.
    pub fn to_bitmap(&self) -> Bitmap {
        self.paint(Bitmap::blank(self.width, self.height), [0, 0])
    }

    /// The component cropped to its bounding box, and the box's first column and row.
    pub(crate) fn cut_out(&self) -> (Bitmap, [u32; 2]) {
        let [columns, rows] = self.bounds();
        let bitmap = Bitmap::blank(columns.end - columns.start, rows.end - rows.start);
        let origin = [columns.start, rows.start];
        (self.paint(bitmap, origin), origin)
    }

    fn paint(&self, mut bitmap: Bitmap, [left, top]: [u32; 2]) -> Bitmap {
        for run in &self.runs {
            bitmap.set_run(run.y - top, run.start - left, run.end - left);
        }
        bitmap
    }

    /// Width of the image.
    pub(crate) fn width(&self) -> u32 {
        self.width
    }

    /// Height of the image.
    pub(crate) fn height(&self) -> u32 {
        self.height
    }

    /// Whether the component has a pixel.
    pub(crate) fn holds(&self, x: u32, y: u32) -> bool {
        let mut runs = self.runs.iter();
        runs.any(|run| run.y == y && (run.start..run.end).contains(&x))
    }

    /// Whether a pixel of the component is set in a bitmap of the image's size.
    pub(crate) fn meets(&self, bitmap: &Bitmap) -> bool {
        let mut runs = self.runs.iter();
        runs.any(|run| (run.start..run.end).any(|x| bitmap.get(x, run.y)))
    }

    /// Sets the component's pixels in a bitmap in which the image begins at `[left, top]`.
    pub(crate) fn add_to(&self, bitmap: &mut Bitmap, [left, top]: [u32; 2]) {
        for run in &self.runs {
            bitmap.set_run(top + run.y, left + run.start, left + run.end);
        }
    }

    /// Sets the component's pixels and those up to `margin` pixels away along both axes.
    pub(crate) fn add_with_margin(&self, bitmap: &mut Bitmap, margin: u32) {
        for run in &self.runs {
            let start = run.start.saturating_sub(margin);
            let end = run.end.saturating_add(margin).min(self.width);
            let last = run.y.saturating_add(margin).min(self.height - 1);
            for y in run.y.saturating_sub(margin)..=last {
                bitmap.set_run(y, start, end);
            }
        }
    }

    /// The columns and the rows that the component spans.
    pub(crate) fn bounds(&self) -> [Range<u32>; 2] {
        let span = |start: fn(&Run) -> u32, end: fn(&Run) -> u32| {
            let start = self.runs.iter().map(start).min().unwrap_or(0);
            start..self.runs.iter().map(end).max().unwrap_or(0)
        };
        [
            span(|run| run.start, |run| run.end),
            span(|run| run.y, |run| run.y + 1),
        ]
    }
}

/// The connected components of a bitmap, in the order of their first pixels, row after row.
pub fn components(bitmap: &Bitmap, connectivity: Connectivity) -> Vec<Component> {
    let (width, height) = (bitmap.width(), bitmap.height());
    let rows = (0..height).map(|y| {
        let runs = bitmap.row_runs(y);
        runs.map(|(start, end)| Run {
            y,
            start,
            end,
            label: 1,
        })
        .collect()
    });
    connect(rows, width, height, connectivity)
}

/// The connected components of a label image, in the order of their first pixels in row-major
/// order.
///
/// `labels` is `[height, width]`, row-major. Zero is background. Only pixels with equal labels are
/// connected, so one label may have several components.
///
/// # Errors
/// If there is not one label for each pixel, or more than [`MAX_PIXELS`](crate::MAX_PIXELS) of
/// them.
pub fn label_components(
    labels: &[u32],
    width: u32,
    height: u32,
    connectivity: Connectivity,
) -> Result<Vec<Component>, MaskError> {
    check_value_count(labels.len(), width, height)?;
    let rows = (0..height).map(|y| {
        let first = y as usize * width as usize;
        let mut start = 0;
        let mut runs = Vec::new();
        for equal in labels[first..first + width as usize].chunk_by(|left, right| left == right) {
            let end = start + equal.len() as u32;
            if equal[0] != 0 {
                runs.push(Run {
                    y,
                    start,
                    end,
                    label: equal[0],
                });
            }
            start = end;
        }
        runs
    });
    Ok(connect(rows, width, height, connectivity))
}

/// Joins the runs of each row with those they touch in the row before.
fn connect(
    rows: impl Iterator<Item = Vec<Run>>,
    width: u32,
    height: u32,
    connectivity: Connectivity,
) -> Vec<Component> {
    let reach = match connectivity {
        Connectivity::Four => 0,
        Connectivity::Eight => 1,
    };
    let mut runs: Vec<Run> = Vec::new();
    let mut forest = Forest {
        parents: Vec::new(),
    };
    let mut above = 0..0;
    for row in rows {
        let mut candidate = above.start;
        let row_start = runs.len();
        for run in row {
            let index = runs.len();
            forest.parents.push(index);
            while candidate < above.end && runs[candidate].end + reach <= run.start {
                candidate += 1;
            }
            let mut touching = candidate;
            while touching < above.end && runs[touching].start < run.end + reach {
                if runs[touching].label == run.label {
                    forest.join(touching, index);
                }
                touching += 1;
            }
            // Side by side within the row, as different labels can be, runs never connect.
            runs.push(run);
        }
        above = row_start..runs.len();
    }

    let mut components: Vec<Component> = Vec::new();
    let mut component_of_root = vec![usize::MAX; runs.len()];
    for (index, &run) in runs.iter().enumerate() {
        let root = forest.root(index);
        if component_of_root[root] == usize::MAX {
            component_of_root[root] = components.len();
            components.push(Component {
                width,
                height,
                label: run.label,
                runs: Vec::new(),
            });
        }
        components[component_of_root[root]].runs.push(run);
    }
    components
}

/// Disjoint sets of runs, each a tree.
struct Forest {
    parents: Vec<usize>,
}

impl Forest {
    /// The run that stands for the set of another.
    fn root(&mut self, mut index: usize) -> usize {
        while self.parents[index] != index {
            // Halving the path on the way keeps the trees flat.
            self.parents[index] = self.parents[self.parents[index]];
            index = self.parents[index];
        }
        index
    }

    fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.root(left), self.root(right));
        self.parents[left.max(right)] = left.min(right);
    }
}
