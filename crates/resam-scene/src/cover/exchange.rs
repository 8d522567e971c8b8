//! Fewer points by local changes: two to four neighbours at a time, whenever one fewer pierces what
//! they alone pierce. Where nothing gives way, points are pushed as far as they can go without
//! losing a box, each time towards another side, and all is tried again.

use std::collections::HashMap;

use super::Reach;
use super::few;

/// Times that the points are pushed.
const PUSHES: usize = 12;
/// Boxes visited before the search ends, so that the largest plans take seconds.
const WORK: usize = 40_000_000;
/// Neighbours of a point that are exchanged together with it.
const NEIGHBOURS: usize = 9;

pub(super) fn improve(reaches: &[Reach], origins: Vec<[i64; 2]>) -> Vec<[i64; 2]> {
    let mut search = Search::new(reaches, origins);
    search.exchange();
    for push in 0..PUSHES {
        if search.work > WORK {
            break;
        }
        search.push(push);
        search.exchange();
    }
    search.origins.into_iter().flatten().collect()
}

struct Search<'a> {
    reaches: &'a [Reach],
    /// Points that were taken away are none.
    origins: Vec<Option<[i64; 2]>>,
    /// Width of the cells: no box is wider or higher.
    side: i64,
    /// Boxes by the cell in which they begin.
    boxes: HashMap<[i64; 2], Vec<usize>>,
    /// Points by the cell in which they are.
    points: HashMap<[i64; 2], Vec<usize>>,
    /// The boxes that each point pierces.
    pierces: Vec<Vec<usize>>,
    /// How many points pierce each box.
    pierced: Vec<u32>,
    /// How many of a few points pierce each box; all zero between uses.
    times: Vec<u32>,
    /// Boxes visited so far.
    work: usize,
}

impl<'a> Search<'a> {
    fn new(reaches: &'a [Reach], origins: Vec<[i64; 2]>) -> Self {
        let side = reaches
            .iter()
            .map(|reach| (reach.x[1] - reach.x[0]).max(reach.y[1] - reach.y[0]) + 1)
            .max()
            .unwrap_or(1);
        let mut search = Self {
            reaches,
            origins: Vec::new(),
            side,
            boxes: HashMap::new(),
            points: HashMap::new(),
            pierces: vec![Vec::new(); origins.len()],
            pierced: vec![0; reaches.len()],
            times: vec![0; reaches.len()],
            work: 0,
        };
        for (at, reach) in reaches.iter().enumerate() {
            let cell = search.cell([reach.x[0], reach.y[0]]);
            search.boxes.entry(cell).or_default().push(at);
        }
        for origin in origins {
            search.origins.push(None);
            search.put(search.origins.len() - 1, origin);
        }
        search
    }

    fn cell(&self, [x, y]: [i64; 2]) -> [i64; 2] {
        [x.div_euclid(self.side), y.div_euclid(self.side)]
    }

    fn put(&mut self, at: usize, origin: [i64; 2]) {
        let [x, y] = self.cell(origin);
        let mut found = Vec::new();
        // The boxes that a point pierces begin at most a cell before it.
        for cell in [[x - 1, y - 1], [x, y - 1], [x - 1, y], [x, y]] {
            let boxes = self.boxes.get(&cell).map_or(&[][..], Vec::as_slice);
            self.work += boxes.len();
            found.extend(boxes.iter().filter(|&&at| self.reaches[at].holds(origin)));
        }
        for &reach in &found {
            self.pierced[reach] += 1;
        }
        self.pierces[at] = found;
        self.points.entry([x, y]).or_default().push(at);
        self.origins[at] = Some(origin);
    }

    fn take(&mut self, at: usize) {
        let Some(origin) = self.origins[at].take() else {
            return;
        };
        for reach in std::mem::take(&mut self.pierces[at]) {
            self.pierced[reach] -= 1;
        }
        let cell = self.cell(origin);
        if let Some(points) = self.points.get_mut(&cell) {
            points.retain(|&point| point != at);
        }
    }

    /// Exchanges until nothing gives way.
    fn exchange(&mut self) {
        let mut again = true;
        while again && self.work <= WORK {
            again = false;
            for at in 0..self.origins.len() {
                while self.work <= WORK && self.exchange_around(at) {
                    again = true;
                }
            }
        }
    }

    /// Tries a point with up to three of its neighbours that come after it.
    fn exchange_around(&mut self, at: usize) -> bool {
        let Some(origin) = self.origins[at] else {
            return false;
        };
        let near = self.neighbours(at, origin);
        for (first, &a) in near.iter().enumerate() {
            if self.fewer(&[at, a]) {
                return true;
            }
            for (second, &b) in near.iter().enumerate().skip(first + 1) {
                if self.fewer(&[at, a, b]) {
                    return true;
                }
                for &c in &near[second + 1..] {
                    if self.fewer(&[at, a, b, c]) {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// The nearest points with larger numbers that can pierce a box that this one pierces.
    fn neighbours(&self, at: usize, origin: [i64; 2]) -> Vec<usize> {
        let [x, y] = self.cell(origin);
        let mut near = Vec::new();
        for row in y - 2..=y + 2 {
            for column in x - 2..=x + 2 {
                let points = self
                    .points
                    .get(&[column, row])
                    .map_or(&[][..], Vec::as_slice);
                for &point in points.iter().filter(|&&point| point > at) {
                    if let Some([px, py]) = self.origins[point] {
                        let distance = (px - origin[0]).abs().max((py - origin[1]).abs());
                        near.push((distance, point));
                    }
                }
            }
        }
        near.retain(|&(distance, _)| distance < 2 * self.side);
        near.sort_unstable();
        near.truncate(NEIGHBOURS);
        near.into_iter().map(|(_, point)| point).collect()
    }

    /// Replaces points by one fewer, if those pierce all that these alone pierce.
    fn fewer(&mut self, points: &[usize]) -> bool {
        let mut alone = Vec::new();
        for &at in points {
            for &reach in &self.pierces[at] {
                self.times[reach] += 1;
                if self.times[reach] == self.pierced[reach] {
                    alone.push(&self.reaches[reach]);
                }
            }
        }
        for &at in points {
            self.work += self.pierces[at].len();
            for &reach in &self.pierces[at] {
                self.times[reach] = 0;
            }
        }
        let Some(better) = few::pierce(&alone, points.len() - 1) else {
            return false;
        };
        for &at in points {
            self.take(at);
        }
        for (&at, origin) in points.iter().zip(better) {
            self.put(at, origin);
        }
        true
    }

    /// Moves every point as far as the boxes that it alone pierces let it, towards one of the four
    /// corners.
    fn push(&mut self, towards: usize) {
        let mut order: Vec<usize> = (0..self.origins.len()).collect();
        order.sort_by_key(|&at| {
            let [x, y] = self.origins[at].unwrap_or_default();
            // Those in front first, to make room.
            [[-x, -y], [x, -y], [x, y], [-x, y]][towards % 4]
        });
        for at in order {
            let alone: Vec<&Reach> = self.pierces[at]
                .iter()
                .filter(|&&reach| self.pierced[reach] == 1)
                .map(|&reach| &self.reaches[reach])
                .collect();
            self.take(at);
            if alone.is_empty() {
                continue;
            }
            let [columns, rows] = few::demands(&alone);
            let x = columns[usize::from(towards % 4 == 1 || towards % 4 == 2)];
            let y = rows[usize::from(towards % 4 >= 2)];
            self.put(at, [x, y]);
        }
    }
}
