//! Outlines, in metres or pixels, `x` to the right and `y` down.

use crate::random::Draws;

/// A point `[x, y]`.
pub(crate) type Point = [f64; 2];

/// A closed outline, without its first point again at the end.
pub(crate) type Ring = Vec<Point>;

/// A position and a rotation. `u` is the coordinate along the object, `v` across it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pose {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) cos: f64,
    pub(crate) sin: f64,
}

impl Pose {
    /// At a place, turned by an angle in radians (clockwise on the screen).
    pub(crate) fn new(x: f64, y: f64, angle: f64) -> Self {
        let (sin, cos) = libm::sincos(angle);
        Self { x, y, cos, sin }
    }

    /// The place of a point given along and across.
    pub(crate) fn place(&self, u: f64, v: f64) -> Point {
        [
            self.x + u * self.cos - v * self.sin,
            self.y + u * self.sin + v * self.cos,
        ]
    }

    /// A pose given relative to this one.
    pub(crate) fn child(&self, u: f64, v: f64, angle: f64) -> Self {
        let [x, y] = self.place(u, v);
        let (sin, cos) = libm::sincos(angle);
        Self {
            x,
            y,
            cos: self.cos * cos - self.sin * sin,
            sin: self.sin * cos + self.cos * sin,
        }
    }

    /// The same in single precision, for paints.
    pub(crate) fn frame(&self) -> Frame {
        Frame {
            x: self.x as f32,
            y: self.y as f32,
            cos: self.cos as f32,
            sin: self.sin as f32,
        }
    }
}

/// A [`Pose`] in single precision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    x: f32,
    y: f32,
    pub(crate) cos: f32,
    pub(crate) sin: f32,
}

impl Frame {
    /// How far along and across a point lies.
    pub(crate) fn local(&self, x: f32, y: f32) -> [f32; 2] {
        let (dx, dy) = (x - self.x, y - self.y);
        [dx * self.cos + dy * self.sin, dy * self.cos - dx * self.sin]
    }
}

/// Area of a ring by the shoelace formula; positive when it runs clockwise on the screen.
pub(crate) fn signed_area(ring: &[Point]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    let twice: f64 = ring
        .iter()
        .zip(next)
        .map(|(from, to)| from[0] * to[1] - to[0] * from[1])
        .sum();
    twice / 2.0
}

/// The ring in clockwise orientation on the screen, that of exterior rings.
pub(crate) fn outer(mut ring: Ring) -> Ring {
    if signed_area(&ring) < 0.0 {
        ring.reverse();
    }
    ring
}

/// The ring in counter-clockwise orientation on the screen, that of holes.
pub(crate) fn hole(mut ring: Ring) -> Ring {
    if signed_area(&ring) > 0.0 {
        ring.reverse();
    }
    ring
}

/// A rectangle around the pose, from its centre to its sides along and across.
pub(crate) fn rectangle(pose: &Pose, along: f64, across: f64) -> Ring {
    polygon(
        pose,
        &[
            [-along, -across],
            [along, -across],
            [along, across],
            [-along, across],
        ],
    )
}

/// A rectangle given by two corners along and across.
pub(crate) fn span(pose: &Pose, from: Point, to: Point) -> Ring {
    polygon(pose, &[from, [to[0], from[1]], to, [from[0], to[1]]])
}

/// Points along and across, put in place.
pub(crate) fn polygon(pose: &Pose, points: &[Point]) -> Ring {
    outer(points.iter().map(|&[u, v]| pose.place(u, v)).collect())
}

/// An ellipse with `corners` corners, at least 8.
pub(crate) fn ellipse(pose: &Pose, along: f64, across: f64, corners: usize) -> Ring {
    radial(pose, corners, |cos, sin, _| [along * cos, across * sin])
}

/// Points all round the pose, made from the cosine, the sine and the turn from 0 to 1.
pub(crate) fn radial(pose: &Pose, corners: usize, point: impl Fn(f64, f64, f64) -> Point) -> Ring {
    let corners = corners.max(8);
    let ring = (0..corners).map(|corner| {
        let turn = corner as f64 / corners as f64;
        let (sin, cos) = libm::sincos(turn * std::f64::consts::TAU);
        let [u, v] = point(cos, sin, turn);
        pose.place(u, v)
    });
    outer(ring.collect())
}

/// A rectangle with round corners.
pub(crate) fn rounded(pose: &Pose, along: f64, across: f64, radius: f64) -> Ring {
    let radius = radius.min(along).min(across);
    let quarter: Vec<Point> = (0..=4)
        .map(|corner| {
            let (sin, cos) = libm::sincos(f64::from(corner) * std::f64::consts::FRAC_PI_8);
            [radius * cos, radius * sin]
        })
        .collect();
    let (inner_along, inner_across) = (along - radius, across - radius);
    let mut points = Vec::with_capacity(20);
    for (side_u, side_v, forward) in [
        (1.0, 1.0, true),
        (-1.0, 1.0, false),
        (-1.0, -1.0, true),
        (1.0, -1.0, false),
    ] {
        let corner = quarter
            .iter()
            .map(|[u, v]| [side_u * (inner_along + u), side_v * (inner_across + v)]);
        if forward {
            points.extend(corner);
        } else {
            points.extend(corner.rev());
        }
    }
    polygon(pose, &points)
}

/// A round outline whose radius varies smoothly by a share of itself, with a limited number of
/// lobes.
pub(crate) fn blob(
    pose: &Pose,
    along: f64,
    across: f64,
    roughness: f64,
    lobes: usize,
    corners: usize,
    draws: &mut Draws,
) -> Ring {
    let waves: Vec<[f64; 3]> = (2..=lobes.max(2))
        .map(|lobe| {
            let strength = roughness * draws.range(0.3, 1.0) / libm::sqrt(lobe as f64);
            [lobe as f64, strength, draws.unit()]
        })
        .collect();
    radial(pose, corners, |cos, sin, turn| {
        let wander: f64 = waves
            .iter()
            .map(|[lobe, strength, phase]| {
                strength * libm::sin((turn * lobe + phase) * std::f64::consts::TAU)
            })
            .sum();
        let radius = (1.0 + wander).max(0.2);
        [along * radius * cos, across * radius * sin]
    })
}

/// A line of some width with square ends and mitred bends; gentle bends only.
pub(crate) fn stroke(points: &[Point], width: f64) -> Ring {
    let last = points.len().saturating_sub(1);
    let offsets: Vec<Point> = (0..points.len())
        .map(|index| {
            let before = direction(
                points[index.saturating_sub(1)],
                points[index.max(1).min(last)],
            );
            let after = direction(
                points[index.min(last.saturating_sub(1))],
                points[(index + 1).min(last)],
            );
            let (x, y) = (-(before[1] + after[1]), before[0] + after[0]);
            let squared = (x * x + y * y).max(1.0);
            [x * width / squared, y * width / squared]
        })
        .collect();
    let side = |sign: f64| {
        points
            .iter()
            .zip(&offsets)
            .map(move |(point, offset)| [point[0] + sign * offset[0], point[1] + sign * offset[1]])
            .collect::<Ring>()
    };
    let mut ring = side(1.0);
    ring.extend(side(-1.0).into_iter().rev());
    outer(ring)
}

/// The unit vector from one point towards another; to the right if they are the same.
pub(crate) fn direction(from: Point, to: Point) -> Point {
    let (x, y) = (to[0] - from[0], to[1] - from[1]);
    let length = (x * x + y * y).sqrt();
    if length > 0.0 {
        [x / length, y / length]
    } else {
        [1.0, 0.0]
    }
}

/// The rings moved.
pub(crate) fn moved(rings: &[Ring], by: Point) -> Vec<Ring> {
    let shift = |point: &Point| [point[0] + by[0], point[1] + by[1]];
    rings
        .iter()
        .map(|ring| ring.iter().map(shift).collect())
        .collect()
}

/// The area that the rings sweep when they move from one offset to another, as overlapping rings.
pub(crate) fn swept(rings: &[Ring], from: Point, to: Point) -> Vec<Ring> {
    let mut result = moved(rings, to);
    result.extend(moved(rings, from));
    for ring in rings {
        for (start, end) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            let at = |point: &Point, by: Point| [point[0] + by[0], point[1] + by[1]];
            result.push(outer(vec![
                at(start, from),
                at(end, from),
                at(end, to),
                at(start, to),
            ]));
        }
    }
    result
}

/// The smallest upright box around the rings: left, top, right, bottom.
pub(crate) fn bounds(rings: &[Ring]) -> [f64; 4] {
    let start = [
        f64::INFINITY,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NEG_INFINITY,
    ];
    rings.iter().flatten().fold(start, |bounds, &[x, y]| {
        [
            bounds[0].min(x),
            bounds[1].min(y),
            bounds[2].max(x),
            bounds[3].max(y),
        ]
    })
}
