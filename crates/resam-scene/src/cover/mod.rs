//! The fewest windows that hold the objects.
//!
//! A window is told by its origin, and an object by the origins from which a window holds it well:
//! a box in the space of origins, its [`Reach`]. So the question is which fewest points pierce a
//! set of boxes. It is hard in general, and easy in parts:
//!
//! - objects far apart have nothing to do with each other (`clusters`);
//! - whether one, two or three points pierce a set is decided exactly, fast ([`few`]);
//! - if all origins lie on a few lines, the best on each is found by a sweep, and the best lines by
//!   dynamic programming ([`lines`]): near the optimum where objects are dense;
//! - what is left over is found by taking two to four neighbouring windows at a time and asking
//!   whether one fewer would do ([`exchange`]).

mod exchange;
mod few;
mod lines;

use std::collections::HashMap;

/// The origins `[first, last]` along both axes from which a window holds an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Reach {
    /// Columns.
    pub(crate) x: [i64; 2],
    /// Rows.
    pub(crate) y: [i64; 2],
}

impl Reach {
    pub(crate) fn holds(&self, [x, y]: [i64; 2]) -> bool {
        (self.x[0]..=self.x[1]).contains(&x) && (self.y[0]..=self.y[1]).contains(&y)
    }

    fn meets(&self, other: &Self) -> bool {
        let meets = |a: [i64; 2], b: [i64; 2]| a[0] <= b[1] && b[0] <= a[1];
        meets(self.x, other.x) && meets(self.y, other.y)
    }

    /// Whether every origin of the other is one of this too, which then asks for nothing of its
    /// own.
    fn contains(&self, other: &Self) -> bool {
        self.holds([other.x[0], other.y[0]]) && self.holds([other.x[1], other.y[1]])
    }

    fn turned(&self) -> Self {
        Self {
            x: self.y,
            y: self.x,
        }
    }
}

/// Above this number, sets are not compared pair by pair.
const PAIRWISE: usize = 2000;

/// Origins such that each object is within reach of one of them, as few as are found. The same
/// reaches bring the same origins.
pub(crate) fn cover(reaches: &[Reach]) -> Vec<[i64; 2]> {
    let mut distinct = reaches.to_vec();
    distinct.sort_unstable_by_key(|reach| (reach.x, reach.y));
    distinct.dedup();
    let mut origins = Vec::new();
    for cluster in clusters(&distinct) {
        origins.extend(cover_cluster(cluster));
    }
    origins.sort_unstable_by_key(|&[x, y]| [y, x]);
    origins
}

fn cover_cluster(mut reaches: Vec<Reach>) -> Vec<[i64; 2]> {
    if reaches.len() <= PAIRWISE {
        let all = reaches.clone();
        reaches.retain(|reach| {
            !all.iter()
                .any(|other| other != reach && reach.contains(other))
        });
    }
    let everything: Vec<&Reach> = reaches.iter().collect();
    for count in 1..=few::MOST {
        if let Some(origins) = few::pierce(&everything, count) {
            return origins;
        }
    }
    let turned: Vec<Reach> = reaches.iter().map(Reach::turned).collect();
    let rows = lines::cover(&reaches);
    let columns: Vec<[i64; 2]> = lines::cover(&turned)
        .into_iter()
        .map(|[y, x]| [x, y])
        .collect();
    let fewer = |a: Vec<[i64; 2]>, b: Vec<[i64; 2]>| if b.len() < a.len() { b } else { a };
    let improve = |origins| exchange::improve(&reaches, origins);
    if reaches.len() > PAIRWISE {
        return improve(fewer(rows, columns));
    }
    fewer(improve(rows), improve(columns))
}

/// Splits reaches into sets of which no two have a common origin: exactly where they are few, and
/// otherwise wherever a row and column of empty cells lies between.
fn clusters(reaches: &[Reach]) -> Vec<Vec<Reach>> {
    let side = reaches
        .iter()
        .map(|reach| (reach.x[1] - reach.x[0]).max(reach.y[1] - reach.y[0]) + 1)
        .max()
        .unwrap_or(1);
    let cell = |reach: &Reach| [reach.x[0].div_euclid(side), reach.y[0].div_euclid(side)];
    let mut cells: HashMap<[i64; 2], usize> = HashMap::new();
    let mut groups = Groups::default();
    for reach in reaches {
        let next = cells.len();
        cells.entry(cell(reach)).or_insert_with(|| groups.add(next));
    }
    for (&[x, y], &at) in &cells {
        for neighbour in [[x + 1, y - 1], [x + 1, y], [x + 1, y + 1], [x, y + 1]] {
            if let Some(&other) = cells.get(&neighbour) {
                groups.join(at, other);
            }
        }
    }
    let rough = groups.split(reaches, |reach| cells[&cell(reach)]);
    rough.into_iter().flat_map(exact_clusters).collect()
}

fn exact_clusters(reaches: Vec<Reach>) -> Vec<Vec<Reach>> {
    if reaches.len() > PAIRWISE {
        return vec![reaches];
    }
    let mut groups = Groups::default();
    for (at, reach) in reaches.iter().enumerate() {
        groups.add(at);
        for (other, before) in reaches[..at].iter().enumerate() {
            if reach.meets(before) {
                groups.join(at, other);
            }
        }
    }
    let places: HashMap<Reach, usize> = reaches.iter().copied().zip(0..).collect();
    groups.split(&reaches, |reach| places[reach])
}

/// Sets that are joined: each member points to one of its set with a smaller number.
#[derive(Default)]
struct Groups(Vec<usize>);

impl Groups {
    fn add(&mut self, number: usize) -> usize {
        self.0.push(number);
        number
    }

    fn first(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.first(a), self.first(b));
        self.0[a.max(b)] = a.min(b);
    }

    /// The reaches of each set, sets and members in the order of the reaches.
    fn split(&mut self, reaches: &[Reach], place: impl Fn(&Reach) -> usize) -> Vec<Vec<Reach>> {
        let mut places: HashMap<usize, usize> = HashMap::new();
        let mut sets: Vec<Vec<Reach>> = Vec::new();
        for reach in reaches {
            let first = self.first(place(reach));
            let at = *places.entry(first).or_insert(sets.len());
            if at == sets.len() {
                sets.push(Vec::new());
            }
            sets[at].push(*reach);
        }
        sets
    }
}
