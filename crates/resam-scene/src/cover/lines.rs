//! The fewest points that pierce a set of boxes if all points lie on some rows, each box being
//! pierced on the first row that crosses it.
//!
//! On one row the boxes are intervals, and taking always the last column of the interval that ends
//! first is the optimum. Which rows are best is found by dynamic programming: the boxes that begin
//! between two rows following each other are pierced on the second.

use super::Reach;

/// Rows tried for each height of a reach: many where there are few boxes.
fn rows_per_height(boxes: usize) -> i64 {
    match boxes {
        0..=500 => 128,
        501..=20_000 => 32,
        _ => 16,
    }
}

pub(super) fn cover(reaches: &[Reach]) -> Vec<[i64; 2]> {
    let rows = rows(reaches);
    let mut by_start = reaches.to_vec();
    by_start.sort_unstable_by_key(|reach| reach.y[0]);
    // Where the boxes begin that no row up to this one has crossed.
    let starts: Vec<usize> = rows
        .iter()
        .map(|&row| by_start.partition_point(|reach| reach.y[0] <= row))
        .collect();

    // From which row one comes best to each, and with how many points; the first entry stands for
    // no row at all.
    let mut best: Vec<Option<(usize, usize)>> = vec![None; rows.len() + 1];
    best[0] = Some((0, 0));
    for from in 0..rows.len() {
        let Some((points, _)) = best[from] else {
            continue;
        };
        let begin = if from == 0 { 0 } else { starts[from - 1] };
        let Some(first_end) = first_end(&by_start[begin..], rows[from]) else {
            continue;
        };
        let reachable = rows.partition_point(|&row| row <= first_end);
        let Some(last) = reachable.checked_sub(1).filter(|&last| last >= from) else {
            continue;
        };
        let mut band = by_start[begin..starts[last]].to_vec();
        band.sort_unstable_by_key(|reach| reach.x[1]);
        for row in from..reachable {
            let total = points + sweep(&band, rows[row], |_| {});
            let to = &mut best[row + 1];
            if to.is_none_or(|(points, _)| total < points) {
                *to = Some((total, from));
            }
        }
    }

    let done = (1..=rows.len())
        .filter(|&at| starts[at - 1] == by_start.len())
        .filter_map(|at| best[at].map(|(points, _)| (points, at)))
        .min();
    let mut origins = Vec::new();
    let mut at = done.map_or(0, |(_, at)| at);
    while at > 0
        && let Some((_, from)) = best[at]
    {
        let begin = if from == 0 { 0 } else { starts[from - 1] };
        let mut band = by_start[begin..starts[at - 1]].to_vec();
        band.sort_unstable_by_key(|reach| reach.x[1]);
        let row = rows[at - 1];
        sweep(&band, row, |column| origins.push([column, row]));
        at = from;
    }
    origins
}

/// Rows of which each box is crossed by at least one: last rows of boxes, thinned out.
fn rows(reaches: &[Reach]) -> Vec<i64> {
    let height = reaches
        .iter()
        .map(|reach| reach.y[1] - reach.y[0])
        .max()
        .unwrap_or(0)
        + 1;
    let step = (height / rows_per_height(reaches.len())).max(1);
    let mut ends: Vec<i64> = reaches.iter().map(|reach| reach.y[1]).collect();
    ends.sort_unstable();
    ends.dedup_by_key(|end| end.div_euclid(step));
    let mut missed: Vec<i64> = reaches
        .iter()
        .filter(|reach| {
            let at = ends.partition_point(|&end| end < reach.y[0]);
            ends.get(at).is_none_or(|&end| end > reach.y[1])
        })
        .map(|reach| reach.y[1])
        .collect();
    ends.append(&mut missed);
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// The row at which the first of the boxes ends. Boxes are in the order in which they begin, so
/// once one begins after the earliest end, no later one can end earlier. None if one ends before
/// `row`.
fn first_end(by_start: &[Reach], row: i64) -> Option<i64> {
    let mut end = i64::MAX;
    for reach in by_start {
        if reach.y[0] > end {
            break;
        }
        end = end.min(reach.y[1]);
    }
    (end >= row).then_some(end)
}

/// The points on a row for those of the boxes that begin at it or before, in the order in which
/// they end; their number.
fn sweep(band: &[Reach], row: i64, mut point: impl FnMut(i64)) -> usize {
    let (mut count, mut last) = (0, i64::MIN);
    for reach in band {
        if reach.y[0] <= row && reach.x[0] > last {
            last = reach.x[1];
            count += 1;
            point(last);
        }
    }
    count
}
