//! Whether up to three points pierce a set of boxes, and which.
//!
//! Let `left` be the smallest last column of the boxes and `right` the largest first column, `top`
//! and `bottom` likewise. If `left < right`, some point is at or before `left` and another at or
//! after `right`; so too along the other axis. Two or three points have to answer four such
//! demands, so one of them answers two, of different axes, and may as well lie in that corner: a
//! box that holds the point holds the corner. Where an axis makes no demand, every box holds both
//! its bounds, and a corner is as good. So: try the four corners, take away what each pierces, go
//! on with the rest.

use super::Reach;

/// The most points that [`pierce`] decides about.
pub(super) const MOST: usize = 3;

/// At most `count` points, at most [`MOST`], that pierce all the boxes; none if there are no such.
pub(super) fn pierce(reaches: &[&Reach], count: usize) -> Option<Vec<[i64; 2]>> {
    if reaches.is_empty() {
        return Some(Vec::new());
    }
    let [columns, rows] = demands(reaches);
    if count == 1 {
        let common = columns[0] >= columns[1] && rows[0] >= rows[1];
        return common.then(|| vec![[columns[0], rows[0]]]);
    }
    for x in columns {
        for y in rows {
            let left: Vec<&Reach> = reaches
                .iter()
                .filter(|reach| !reach.holds([x, y]))
                .copied()
                .collect();
            if let Some(mut points) = pierce(&left, count - 1) {
                points.push([x, y]);
                return Some(points);
            }
        }
    }
    None
}

/// Along both axes: the smallest last origin and the largest first one.
pub(super) fn demands(reaches: &[&Reach]) -> [[i64; 2]; 2] {
    let mut demands = [[i64::MAX, i64::MIN]; 2];
    for reach in reaches {
        for (demand, [first, last]) in demands.iter_mut().zip([reach.x, reach.y]) {
            demand[0] = demand[0].min(last);
            demand[1] = demand[1].max(first);
        }
    }
    demands
}
