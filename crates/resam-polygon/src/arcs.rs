//! Outlines divided into arcs at the points where outlines meet.
//!
//! All rings of all objects together form a net of lines along the sides of pixels. Its nodes are
//! the corners at which three or four lines end, and its arcs are the lines between nodes. A ring
//! that meets no other is a closed arc. Rings with a common line share its arc, forwards or
//! backwards, so a change of the arc changes all of them.

use std::collections::HashMap;

use crate::parts::Point;

/// A line of the net.
#[derive(Debug)]
pub(crate) struct Arc {
    /// From node to node, or once round without repeating the first point.
    pub(crate) points: Vec<Point>,
    /// Whether the last point is joined with the first.
    pub(crate) closed: bool,
}

/// A piece of a ring.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    /// Index of the arc.
    pub(crate) arc: usize,
    /// Whether the ring goes along it from its last point to its first.
    pub(crate) reversed: bool,
}

/// The net: its arcs, and for each ring the pieces that it consists of, in their order.
#[derive(Debug, Default)]
pub(crate) struct Net {
    pub(crate) arcs: Vec<Arc>,
    pub(crate) rings: Vec<Vec<Piece>>,
}

impl Net {
    /// Cuts rings, given by their corners, at the nodes of the net that they form.
    pub(crate) fn new<'a>(rings: impl Iterator<Item = &'a [Point]> + Clone) -> Self {
        let mut lines_at: HashMap<Point, u8> = HashMap::new();
        for (from, heading) in rings.clone().flat_map(steps) {
            *lines_at.entry(from).or_default() |= 1 << heading;
            *lines_at.entry(ahead(from, heading)).or_default() |= 1 << opposite(heading);
        }
        // Where two lines meet, every ring comes along the one and leaves along the other.
        lines_at.retain(|_, lines| lines.count_ones() > 2);

        let mut net = Self::default();
        // The arcs that leave a point in a direction; a ring without nodes starts at its top.
        let mut leaving: HashMap<(Point, u8), Piece> = HashMap::new();
        for ring in rings {
            let mut pieces = Vec::new();
            for line in cut(ring, |point| lines_at.contains_key(&point)) {
                let piece = *leaving.entry(line.start).or_insert(Piece {
                    arc: net.arcs.len(),
                    reversed: false,
                });
                if piece.arc == net.arcs.len() {
                    leaving.insert(
                        line.end,
                        Piece {
                            reversed: true,
                            ..piece
                        },
                    );
                    net.arcs.push(line.arc);
                }
                pieces.push(piece);
            }
            net.rings.push(pieces);
        }
        net
    }

    /// Rings of any direction that meet no other, each an arc of its own.
    pub(crate) fn of_closed(rings: Vec<Vec<Point>>) -> Self {
        let pieces = |arc| {
            let reversed = false;
            vec![Piece { arc, reversed }]
        };
        Self {
            rings: (0..rings.len()).map(pieces).collect(),
            arcs: rings
                .into_iter()
                .map(|points| Arc {
                    points,
                    closed: true,
                })
                .collect(),
        }
    }

    /// The corners of a ring, the first not repeated.
    pub(crate) fn ring(&self, pieces: &[Piece]) -> Vec<Point> {
        let mut ring = Vec::new();
        for piece in pieces {
            let arc = &self.arcs[piece.arc];
            if piece.reversed {
                ring.extend(arc.points.iter().rev());
            } else {
                ring.extend(&arc.points);
            }
            if !arc.closed {
                // The next piece starts with it.
                ring.pop();
            }
        }
        ring
    }
}

/// Directions in clockwise order, as seen on the screen, from the one to the right.
const STEPS: [Point; 4] = [[1, 0], [0, 1], [-1, 0], [0, -1]];

fn opposite(heading: u8) -> u8 {
    (heading + 2) % 4
}

fn ahead([x, y]: Point, heading: u8) -> Point {
    let [across, down] = STEPS[usize::from(heading)];
    [x + across, y + down]
}

/// The sides of pixels that a ring goes along: where each starts, and its direction.
fn steps(ring: &[Point]) -> impl Iterator<Item = (Point, u8)> + Clone + '_ {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).flat_map(|(&from, &to)| {
        let [across, down] = [to[0] - from[0], to[1] - from[1]];
        let heading = match (across.signum(), down.signum()) {
            (1, _) => 0,
            (-1, _) => 2,
            (_, 1) => 1,
            _ => 3,
        };
        let [x, y] = STEPS[usize::from(heading)];
        let length = across.abs() + down.abs();
        (0..length).map(move |step| ([from[0] + step * x, from[1] + step * y], heading))
    })
}

/// An arc as one ring comes along it, with the direction in which it leaves either end.
struct Line {
    arc: Arc,
    start: (Point, u8),
    end: (Point, u8),
}

/// Cuts a ring at its nodes.
fn cut(ring: &[Point], is_node: impl Fn(Point) -> bool) -> Vec<Line> {
    struct Vertex {
        point: Point,
        heading: u8,
        is_node: bool,
    }
    let mut vertices: Vec<Vertex> = Vec::new();
    for (point, heading) in steps(ring) {
        let is_node = is_node(point);
        if is_node || vertices.last().is_none_or(|last| last.heading != heading) {
            vertices.push(Vertex {
                point,
                heading,
                is_node,
            });
        }
    }
    let closed = !vertices.iter().any(|vertex| vertex.is_node);
    // All rings that share a closed arc have to start it at the same point.
    let first = (0..vertices.len()).min_by_key(|&index| {
        let Vertex {
            point: [x, y],
            is_node,
            ..
        } = vertices[index];
        (!is_node, y, x)
    });
    let Some(first) = first else {
        return Vec::new();
    };
    vertices.rotate_left(first);

    let starts: Vec<usize> = (0..vertices.len())
        .filter(|&index| index == 0 || vertices[index].is_node)
        .collect();
    let ends = starts.iter().skip(1).copied().chain([vertices.len()]);
    let lines = starts.iter().zip(ends).map(|(&start, end)| {
        let inside = &vertices[start..end];
        let last = &vertices[end % vertices.len()];
        let mut points: Vec<Point> = inside.iter().map(|vertex| vertex.point).collect();
        if !closed {
            points.push(last.point);
        }
        Line {
            arc: Arc { points, closed },
            start: (inside[0].point, inside[0].heading),
            end: (last.point, opposite(vertices[end - 1].heading)),
        }
    });
    lines.collect()
}
