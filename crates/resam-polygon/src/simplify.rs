//! Simplification of all outlines together.
//!
//! Corners of the net of arcs ([`Net`]) are removed one at a time. The corner with the smallest
//! triangle with its neighbours is first (Visvalingam and Whyatt, 1993). A corner stays if without
//! it
//!
//! - the exact arc would be farther than the tolerance from the side that takes its place,
//! - a ring would change its area by more than a twentieth, or
//! - the net would change its shape: another vertex lies in the triangle, or the new side is there
//!   already.
//!
//! If no vertex lies in the triangle, no line does either. So rings never cross, holes stay in
//! their exteriors, and every ring keeps at least three corners. All tests are exact, in integers.
//! Nodes are never removed.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use crate::arcs::Net;
use crate::parts::{Part, Point, doubled_area};
use crate::vertex_grid::{VertexGrid, turn};

/// How many times corners are tried again that stayed because of what lay around them.
const ATTEMPTS: usize = 4;

/// Share of its area that a ring may gain or lose: one in this many.
const AREA_SHARE: i64 = 20;

/// The parts of each object, simplified by at most `tolerance` pixels.
pub(crate) fn simplify(objects: &[Vec<Part>], tolerance: f64) -> Vec<Vec<Part>> {
    let rings = || {
        let parts = objects.iter().flatten();
        parts.flat_map(|part| part.rings.iter().map(Vec::as_slice))
    };
    let mut net = Net::new(rings());
    let mut simplifier = Simplifier::new(&net, rings().map(doubled_area).collect(), tolerance);
    simplifier.run();
    simplifier.write(&mut net);

    let mut rings = net.rings.iter().map(|pieces| net.ring(pieces));
    let mut simplified = |part: &Part| Part {
        rings: rings.by_ref().take(part.rings.len()).collect(),
    };
    let objects = objects.iter();
    objects
        .map(|parts| parts.iter().map(&mut simplified).collect())
        .collect()
}

/// A vertex of an arc. Nodes have a place for each arc that ends there.
struct Vertex {
    point: Point,
    arc: usize,
    /// The remaining vertices before and after it on the arc; the ends of an arc refer to
    /// themselves.
    before: usize,
    after: usize,
    /// Whether it was removed.
    gone: bool,
}

/// The state of an arc.
struct Line {
    /// Its vertices are `start..end`.
    start: usize,
    end: usize,
    closed: bool,
    /// Rings that it is part of, and how an area on its right counts in them.
    rings: Vec<(usize, i64)>,
}

/// Twice the area of a ring, at the start and now.
struct DoubledArea {
    exact: i64,
    now: i64,
}

pub(crate) struct Simplifier {
    tolerance: f64,
    vertices: Vec<Vertex>,
    lines: Vec<Line>,
    areas: Vec<DoubledArea>,
    /// Vertices that have not been taken away.
    grid: VertexGrid,
    /// Ends of the arcs that are a single side.
    single_sides: HashSet<[Point; 2]>,
    waiting: BinaryHeap<Reverse<Candidate>>,
}

/// A corner by its rank: the least comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    /// Twice the area of the triangle with its neighbours.
    doubled_area: i64,
    /// Number of exact sides that the new side would replace: among equals, short ones come first,
    /// or a straight line would be eaten up from one end in quadratic time.
    replaced: usize,
    vertex: usize,
}

impl Simplifier {
    /// `areas` are the doubled areas of the rings of the net.
    pub(crate) fn new(net: &Net, areas: Vec<i64>, tolerance: f64) -> Self {
        let mut new = Self {
            tolerance,
            vertices: Vec::new(),
            lines: Vec::new(),
            areas: areas
                .into_iter()
                .map(|exact| DoubledArea { exact, now: exact })
                .collect(),
            grid: VertexGrid::default(),
            single_sides: HashSet::new(),
            waiting: BinaryHeap::new(),
        };
        let mut nodes = HashSet::new();
        for (index, arc) in net.arcs.iter().enumerate() {
            let (start, end) = (new.vertices.len(), new.vertices.len() + arc.points.len());
            for (vertex, &point) in (start..end).zip(&arc.points) {
                let is_first = vertex == start;
                let is_last = vertex + 1 == end;
                let is_node = !arc.closed && (is_first || is_last);
                new.vertices.push(Vertex {
                    point,
                    arc: index,
                    before: if is_first {
                        if arc.closed { end - 1 } else { start }
                    } else {
                        vertex - 1
                    },
                    after: if is_last {
                        if arc.closed { start } else { vertex }
                    } else {
                        vertex + 1
                    },
                    gone: false,
                });
                if !is_node || nodes.insert(point) {
                    new.grid.insert(point);
                }
            }
            if !arc.closed && arc.points.len() == 2 {
                new.single_sides.insert(side(arc.points[0], arc.points[1]));
            }
            new.lines.push(Line {
                start,
                end,
                closed: arc.closed,
                rings: Vec::new(),
            });
        }
        for (ring, pieces) in net.rings.iter().enumerate() {
            for piece in pieces {
                let sign = if piece.reversed { -1 } else { 1 };
                new.lines[piece.arc].rings.push((ring, sign));
            }
        }
        new
    }

    /// Removes corners until no other may be removed.
    pub(crate) fn run(&mut self) {
        let mut refused: Vec<usize> = (0..self.vertices.len()).collect();
        for _ in 0..ATTEMPTS {
            for vertex in std::mem::take(&mut refused) {
                self.wait(vertex);
            }
            let mut any_gone = false;
            while let Some(Reverse(candidate)) = self.waiting.pop() {
                // The neighbours may have changed since.
                if self.candidate(candidate.vertex) != Some(candidate)
                    || !self.is_near(candidate.vertex)
                {
                    continue;
                }
                if self.may_go(candidate.vertex) {
                    self.take_away(candidate.vertex);
                    any_gone = true;
                } else {
                    refused.push(candidate.vertex);
                }
            }
            if !any_gone {
                break;
            }
        }
    }

    fn wait(&mut self, vertex: usize) {
        self.waiting.extend(self.candidate(vertex).map(Reverse));
    }

    /// The rank of a vertex, if it is a corner that has not been taken away.
    fn candidate(&self, vertex: usize) -> Option<Candidate> {
        let Vertex {
            before,
            after,
            gone,
            ..
        } = self.vertices[vertex];
        let [a, b, c] = self.triangle(vertex);
        (!gone && before != vertex && after != vertex).then(|| Candidate {
            doubled_area: turn(a, b, c).abs(),
            replaced: self.replaced(vertex).count(),
            vertex,
        })
    }

    /// A vertex between its neighbours.
    fn triangle(&self, vertex: usize) -> [Point; 3] {
        let Vertex { before, after, .. } = self.vertices[vertex];
        [before, vertex, after].map(|vertex| self.vertices[vertex].point)
    }

    /// The exact vertices between the neighbours of a vertex.
    fn replaced(&self, vertex: usize) -> impl Iterator<Item = usize> + use<> {
        let Vertex {
            before, after, arc, ..
        } = self.vertices[vertex];
        let Line { start, end, .. } = self.lines[arc];
        // On a closed arc the way may lead over its end.
        let (upper, lower) = if before < after {
            (before + 1..after, 0..0)
        } else {
            (before + 1..end, start..after)
        };
        upper.chain(lower)
    }

    /// Whether the exact arc is within the tolerance of the side that would replace it.
    ///
    /// As the arc has the ends of the side, the side is then within the tolerance of the arc, too.
    fn is_near(&self, vertex: usize) -> bool {
        let [from, _, to] = self.triangle(vertex);
        self.replaced(vertex).all(|vertex| {
            squared_distance(self.vertices[vertex].point, from, to) <= self.tolerance.powi(2)
        })
    }

    fn may_go(&self, vertex: usize) -> bool {
        let [a, b, c] = self.triangle(vertex);
        let doubled_area = turn(a, b, c);
        let Vertex {
            before, after, arc, ..
        } = self.vertices[vertex];
        let keeps_areas = self.lines[arc].rings.iter().all(|&(ring, sign)| {
            let area = &self.areas[ring];
            (area.now - sign * doubled_area - area.exact).abs() * AREA_SHARE <= area.exact.abs()
        });
        // A loop from a node to itself has two places there, hence the comparison of points.
        let beyond = [self.vertices[before].before, self.vertices[after].after];
        let [before_a, after_c] = beyond.map(|vertex| self.vertices[vertex].point);
        let is_there =
            before_a == c || after_c == a || a == c || self.single_sides.contains(&side(a, c));
        keeps_areas && !is_there && self.grid.is_empty_triangle([a, b, c])
    }

    fn take_away(&mut self, vertex: usize) {
        let [a, b, c] = self.triangle(vertex);
        let Vertex {
            before, after, arc, ..
        } = self.vertices[vertex];
        for &(ring, sign) in &self.lines[arc].rings {
            self.areas[ring].now -= sign * turn(a, b, c);
        }
        self.grid.remove(b);
        self.vertices[vertex].gone = true;
        self.vertices[before].after = after;
        self.vertices[after].before = before;
        let Line {
            start, end, closed, ..
        } = self.lines[arc];
        if !closed && before == start && after + 1 == end {
            self.single_sides.insert(side(a, c));
        }
        self.wait(before);
        self.wait(after);
    }

    /// Writes the remaining vertices to the arcs of the net.
    pub(crate) fn write(&self, net: &mut Net) {
        for (arc, line) in net.arcs.iter_mut().zip(&self.lines) {
            let left = self.vertices[line.start..line.end]
                .iter()
                .filter(|vertex| !vertex.gone);
            arc.points = left.map(|vertex| vertex.point).collect();
        }
    }
}

/// A side without a direction.
fn side(a: Point, b: Point) -> [Point; 2] {
    if a <= b { [a, b] } else { [b, a] }
}

/// Squared distance of a point from the side between two others.
fn squared_distance(point: Point, from: Point, to: Point) -> f64 {
    let between = |a: Point, b: Point| [(b[0] - a[0]) as f64, (b[1] - a[1]) as f64];
    let dot = |a: [f64; 2], b: [f64; 2]| a[0] * b[0] + a[1] * b[1];
    let (side, away) = (between(from, to), between(from, point));
    let length = dot(side, side);
    let along = if length > 0.0 {
        (dot(side, away) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let rest = [away[0] - along * side[0], away[1] - along * side[1]];
    dot(rest, rest)
}
