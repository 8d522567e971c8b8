//! The exact share of each pixel's area that lies within an outline.
//!
//! Each edge adds its change of coverage to the pixels that it crosses, and the running sum along a
//! row is the coverage. A part that rings enclose twice counts once, if all of these rings have the
//! same orientation.

use crate::geometry::Ring;
use crate::noise::Area;

/// Coverage of the pixels of an area. The buffers are reused from shape to shape.
#[derive(Default)]
pub(crate) struct Coverage {
    changes: Vec<f32>,
    area: Option<Area>,
}

impl Coverage {
    /// Rasterises rings, in pixels, within a window. Returns `false` if no part of them lies there.
    pub(crate) fn fill(&mut self, rings: &[Ring], bounds: [f64; 4], window: Area) -> bool {
        self.area = common(bounds, window);
        let Some(area) = self.area else { return false };
        self.changes.clear();
        // One more column takes the remainder at the right edge.
        self.changes.resize((area.width + 1) * area.height, 0.0);
        for ring in rings {
            for (start, end) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                let local =
                    |point: &[f64; 2]| [point[0] - f64::from(area.x), point[1] - f64::from(area.y)];
                add_edge(&mut self.changes, area, local(start), local(end));
            }
        }
        true
    }

    /// Calls `visit` for each row with the row, the first column, and the coverage from that column
    /// on.
    pub(crate) fn rows(&mut self, mut visit: impl FnMut(i32, i32, &[f32])) {
        let Some(area) = self.area else { return };
        for (line, row) in self.changes.chunks_exact_mut(area.width + 1).zip(area.y..) {
            let mut sum = 0.0_f32;
            for value in line.iter_mut() {
                sum += *value;
                *value = sum.abs().min(1.0);
            }
            visit(row, area.x, &line[..area.width]);
        }
    }
}

/// The pixels of the window that lie in the bounds.
fn common(bounds: [f64; 4], window: Area) -> Option<Area> {
    let (right, bottom) = (
        window.x + window.width as i32,
        window.y + window.height as i32,
    );
    // Float to integer conversions saturate, and NaN becomes an empty range.
    let left = (bounds[0].floor() as i32).clamp(window.x, right);
    let top = (bounds[1].floor() as i32).clamp(window.y, bottom);
    let end = (bounds[2].ceil() as i32).clamp(window.x, right);
    let under = (bounds[3].ceil() as i32).clamp(window.y, bottom);
    (left < end && top < under).then(|| Area {
        x: left,
        y: top,
        width: (end - left) as usize,
        height: (under - top) as usize,
    })
}

/// Adds the changes of one edge.
fn add_edge(changes: &mut [f32], area: Area, start: [f64; 2], end: [f64; 2]) {
    let (sign, top, bottom) = if start[1] < end[1] {
        (1.0, start, end)
    } else {
        (-1.0, end, start)
    };
    let (from, to) = (top[1].max(0.0), bottom[1].min(area.height as f64));
    if from >= to {
        return;
    }
    let slope = (bottom[0] - top[0]) / (bottom[1] - top[1]);
    let at = |y: f64| top[0] + slope * (y - top[1]);
    let stride = area.width + 1;
    let mut y = from;
    let mut x = at(y);
    for row in from as usize..area.height {
        let next_y = to.min((row + 1) as f64);
        if next_y <= y {
            break;
        }
        let next_x = at(next_y);
        let line = &mut changes[row * stride..(row + 1) * stride];
        add_piece(line, x.min(next_x), x.max(next_x), sign * (next_y - y));
        (x, y) = (next_x, next_y);
    }
}

/// Adds the changes of a piece of an edge within one row, from `left` to `right`, of this height.
fn add_piece(line: &mut [f32], left: f64, right: f64, height: f64) {
    let width = (line.len() - 1) as f64;
    if left >= width {
        return;
    }
    if right <= 0.0 {
        line[0] += height as f32;
        return;
    }
    if left < 0.0 || right > width {
        let per_column = height / (right - left);
        let (inner_left, inner_right) = (left.max(0.0), right.min(width));
        line[0] += (per_column * (inner_left - left)) as f32;
        add_inner(
            line,
            inner_left,
            inner_right,
            per_column * (inner_right - inner_left),
        );
    } else {
        add_inner(line, left, right, height);
    }
}

/// As [`add_piece`], for a piece that lies wholly within the row.
fn add_inner(line: &mut [f32], left: f64, right: f64, height: f64) {
    let last = line.len() - 2;
    let first = (left as usize).min(last);
    let end = (right as usize).min(last);
    if first == end {
        // Mean share of the pixel to the left of the piece.
        let left_share = (left + right) * 0.5 - first as f64;
        line[first] += (height * (1.0 - left_share)) as f32;
        line[first + 1] += (height * left_share) as f32;
        return;
    }
    let per_column = height / (right - left);
    let mut position = left;
    for column in first..=end {
        let next = right.min((column + 1) as f64);
        let part = per_column * (next - position);
        let left_share = (position + next) * 0.5 - column as f64;
        line[column] += (part * (1.0 - left_share)) as f32;
        line[column + 1] += (part * left_share) as f32;
        position = next;
    }
}
