//! A grid of the vertices of all outlines, to test whether a triangle holds any of them.

use std::collections::HashMap;

use crate::parts::Point;

/// Side of a cell, in pixels: outlines put a few dozen vertices in one.
const CELL: i64 = 16;

/// Vertices by the square cells they lie in.
#[derive(Debug, Default)]
pub(crate) struct VertexGrid {
    cells: HashMap<[i64; 2], Vec<Point>>,
}

impl VertexGrid {
    pub(crate) fn insert(&mut self, point: Point) {
        self.cells.entry(cell_of(point)).or_default().push(point);
    }

    pub(crate) fn remove(&mut self, point: Point) {
        if let Some(cell) = self.cells.get_mut(&cell_of(point))
            && let Some(place) = cell.iter().position(|&other| other == point)
        {
            cell.swap_remove(place);
        }
    }

    /// Whether no vertex other than its own corners lies in a triangle or on its sides.
    pub(crate) fn is_empty_triangle(&self, triangle: [Point; 3]) -> bool {
        let rows = triangle.map(|[_, y]| y.div_euclid(CELL));
        let (first, last) = bounds(rows);
        (first..=last).all(|row| {
            let columns = columns(triangle, row);
            columns.into_iter().flatten().all(|column| {
                let points = self.cells.get(&[column, row]);
                points
                    .into_iter()
                    .flatten()
                    .all(|&point| !blocks(triangle, point))
            })
        })
    }
}

fn cell_of(point: Point) -> [i64; 2] {
    point.map(|coordinate| coordinate.div_euclid(CELL))
}

fn bounds(values: [i64; 3]) -> (i64, i64) {
    let [a, b, c] = values;
    (a.min(b).min(c), a.max(b).max(c))
}

/// The columns of cells that a triangle may reach into within a row of cells.
fn columns([a, b, c]: [Point; 3], row: i64) -> Option<std::ops::RangeInclusive<i64>> {
    let (top, bottom) = (row * CELL, (row + 1) * CELL);
    let mut reach: Option<(i64, i64)> = None;
    for (from, to) in [(a, b), (b, c), (c, a)] {
        let (upper, lower) = if from[1] <= to[1] {
            (from, to)
        } else {
            (to, from)
        };
        if lower[1] < top || upper[1] > bottom {
            continue;
        }
        let (across, down) = (lower[0] - upper[0], lower[1] - upper[1]);
        // Rounded either way; a pixel more on both sides below makes up for it.
        let at = |y: i64| upper[0] + (y - upper[1]) * across / down;
        let ends = if down == 0 {
            [upper[0], lower[0]]
        } else {
            [at(upper[1].max(top)), at(lower[1].min(bottom))]
        };
        let (left, right) = (ends[0].min(ends[1]) - 1, ends[0].max(ends[1]) + 1);
        reach = Some(reach.map_or((left, right), |(l, r)| (l.min(left), r.max(right))));
    }
    reach.map(|(left, right)| left.div_euclid(CELL)..=right.div_euclid(CELL))
}

/// Whether a point other than the corners lies in a triangle or on its sides.
fn blocks(triangle: [Point; 3], point: Point) -> bool {
    let [a, b, c] = triangle;
    let within = |axis: usize| {
        let (low, high) = bounds(triangle.map(|corner| corner[axis]));
        (low..=high).contains(&point[axis])
    };
    if !within(0) || !within(1) || triangle.contains(&point) {
        return false;
    }
    let sides = [turn(a, b, point), turn(b, c, point), turn(c, a, point)];
    sides.iter().all(|&side| side >= 0) || sides.iter().all(|&side| side <= 0)
}

/// Twice the signed area of a triangle, positive if it runs clockwise on the screen.
///
/// Exact: the corners lie within one mask, whose sides are below 2^25 pixels.
pub(crate) fn turn(a: Point, b: Point, c: Point) -> i64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
}
