//! Outlines of things.

use crate::geometry::{
    Point, Pose, Ring, blob, ellipse, hole, outer, polygon, radial, rectangle, rounded,
};
use crate::random::Draws;

/// A family of outlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Ellipse,
    Blob,
    Polygon,
    Star,
    Flower,
    Ring,
    Rounded,
    Leaf,
    Bar,
    Crescent,
    Cross,
    Mug,
    Bottle,
    Creature,
    Arc,
}

impl Shape {
    const ALL: [Self; 15] = [
        Self::Ellipse,
        Self::Blob,
        Self::Polygon,
        Self::Star,
        Self::Flower,
        Self::Ring,
        Self::Rounded,
        Self::Leaf,
        Self::Bar,
        Self::Crescent,
        Self::Cross,
        Self::Mug,
        Self::Bottle,
        Self::Creature,
        Self::Arc,
    ];

    /// Any shape; blobs and boxes more often than others.
    pub(crate) fn draw(draws: &mut Draws) -> Self {
        match draws.unit() {
            share if share < 0.16 => Self::Blob,
            share if share < 0.26 => Self::Rounded,
            share if share < 0.34 => Self::Polygon,
            _ => draws.pick(&Self::ALL),
        }
    }

    /// A shape for a part of a thing.
    pub(crate) fn draw_simple(draws: &mut Draws) -> Self {
        draws.pick(&[
            Self::Ellipse,
            Self::Rounded,
            Self::Bar,
            Self::Polygon,
            Self::Star,
            Self::Blob,
        ])
    }

    /// Whether its middle belongs to it, so that a part can lie there.
    pub(crate) fn is_solid(self) -> bool {
        !matches!(self, Self::Ring | Self::Crescent | Self::Arc | Self::Cross)
    }

    /// The rings of one thing of this shape.
    pub(crate) fn rings(
        self,
        pose: &Pose,
        along: f64,
        across: f64,
        corners: usize,
        draws: &mut Draws,
    ) -> Vec<Ring> {
        match self {
            Self::Ellipse => vec![ellipse(pose, along, across, corners)],
            Self::Blob => {
                let roughness = draws.range(0.12, 0.34);
                let lobes = 3 + draws.below(6);
                vec![blob(
                    pose,
                    along * 0.85,
                    across * 0.85,
                    roughness,
                    lobes,
                    corners,
                    draws,
                )]
            }
            Self::Polygon => vec![angular(pose, along, across, draws)],
            Self::Star => vec![star(pose, along, across, draws)],
            Self::Flower => {
                let petals = (3 + draws.below(6)) as f64;
                let depth = draws.range(0.12, 0.32);
                vec![radial(pose, corners.max(60), |cos, sin, turn| {
                    let wave = libm::cos(turn * petals * std::f64::consts::TAU);
                    let radius = 1.0 - depth + depth * wave;
                    [along * radius * cos, across * radius * sin]
                })]
            }
            Self::Ring => {
                let inner = draws.range(0.35, 0.78);
                vec![
                    outer(ellipse(pose, along, across, corners)),
                    hole(ellipse(pose, along * inner, across * inner, corners)),
                ]
            }
            Self::Rounded => {
                let radius = draws.range(0.0, 0.5) * across;
                vec![rounded(pose, along * 0.88, across * 0.88, radius)]
            }
            Self::Leaf => {
                let bend = draws.range(0.0, 0.35) * across;
                let side = |sign: f64| {
                    (0..=16).map(move |step| {
                        let share = f64::from(step) / 16.0;
                        let width = 4.0 * share * (1.0 - share);
                        let u = 2.0 * share - 1.0;
                        [
                            u * along,
                            sign * across * 0.8 * width + bend * (1.0 - u * u),
                        ]
                    })
                };
                let points: Vec<Point> =
                    side(1.0).chain(side(-1.0).rev().skip(1).take(15)).collect();
                vec![polygon(pose, &points)]
            }
            Self::Bar => {
                let thin = draws.range(0.07, 0.28) * along;
                vec![rounded(pose, along, thin, thin * draws.range(0.0, 1.0))]
            }
            Self::Crescent => {
                let bite = draws.range(0.25, 0.7);
                let side = |sign: f64, depth: f64| {
                    (0..=24).map(move |step| {
                        let angle = (f64::from(step) / 24.0 - 0.5) * std::f64::consts::PI;
                        let (sin, cos) = libm::sincos(angle);
                        [sign * along * depth * cos, across * sin]
                    })
                };
                let points: Vec<Point> = side(1.0, 1.0)
                    .chain(side(1.0, bite).rev().skip(1).take(23))
                    .collect();
                vec![polygon(pose, &points)]
            }
            Self::Cross => {
                let arm = draws.range(0.16, 0.34);
                let (a, b) = (along, across);
                let half: [Point; 6] = [
                    [a, -arm * a],
                    [a, arm * a],
                    [arm * a, arm * a],
                    [arm * a, b.max(arm * a * 1.5)],
                    [-arm * a, b.max(arm * a * 1.5)],
                    [-arm * a, arm * a],
                ];
                let points: Vec<Point> = half
                    .iter()
                    .copied()
                    .chain(half.iter().map(|[u, v]| [-u, -v]))
                    .collect();
                vec![polygon(pose, &points)]
            }
            Self::Mug => {
                let handle = pose.child(along * 0.62, 0.0, 0.0);
                let (size, inner) = (across * 0.52, across * 0.30);
                // The body covers the inner half of the handle, hole and all.
                vec![
                    rounded(pose, along * 0.68, across * 0.85, across * 0.2),
                    half_ring(&handle, size, inner),
                ]
            }
            Self::Bottle => vec![bottle(pose, along, across.min(along * 0.5), draws)],
            Self::Creature => creature(pose, along, across, corners, draws),
            Self::Arc => {
                let sweep = draws.range(1.8, 4.6);
                let thick = draws.range(0.12, 0.34);
                let side = |radius: f64| {
                    (0..=28).map(move |step| {
                        let angle = sweep * (f64::from(step) / 28.0 - 0.5);
                        let (sin, cos) = libm::sincos(angle);
                        [along * radius * cos, along * radius * sin]
                    })
                };
                let points: Vec<Point> = side(1.0).chain(side(1.0 - thick).rev()).collect();
                vec![polygon(pose, &points)]
            }
        }
    }
}

/// Three to eight corners at uneven distances.
fn angular(pose: &Pose, along: f64, across: f64, draws: &mut Draws) -> Ring {
    let corners = 3 + draws.below(6);
    let points: Vec<Point> = (0..corners)
        .map(|corner| {
            let turn = (corner as f64 + draws.range(-0.3, 0.3)) / corners as f64;
            let (sin, cos) = libm::sincos(turn * std::f64::consts::TAU);
            let radius = draws.range(0.7, 1.0);
            [along * radius * cos, across * radius * sin]
        })
        .collect();
    polygon(pose, &points)
}

fn star(pose: &Pose, along: f64, across: f64, draws: &mut Draws) -> Ring {
    let tips = 4 + draws.below(6);
    let inner = draws.range(0.35, 0.72);
    let points: Vec<Point> = (0..2 * tips)
        .map(|corner| {
            let (sin, cos) = libm::sincos(corner as f64 / tips as f64 * std::f64::consts::PI);
            let radius = if corner % 2 == 0 { 1.0 } else { inner };
            [along * radius * cos, across * radius * sin]
        })
        .collect();
    polygon(pose, &points)
}

/// The half of a ring that lies towards +u.
fn half_ring(pose: &Pose, radius: f64, inner: f64) -> Ring {
    let side = |radius: f64| {
        (0..=16).map(move |step| {
            let angle = (f64::from(step) / 16.0 - 0.5) * std::f64::consts::PI;
            let (sin, cos) = libm::sincos(angle);
            [radius * cos, radius * sin]
        })
    };
    let points: Vec<Point> = side(radius).chain(side(inner).rev()).collect();
    polygon(pose, &points)
}

/// A body, shoulders and a neck.
fn bottle(pose: &Pose, along: f64, across: f64, draws: &mut Draws) -> Ring {
    let neck = across * draws.range(0.25, 0.5);
    let shoulder = along * draws.range(0.0, 0.4);
    let mut half: Vec<Point> = vec![[along, neck], [shoulder + along * 0.25, neck]];
    for step in 1..=6 {
        let share = f64::from(step) / 6.0;
        let width = neck + (across - neck) * share * share * (3.0 - 2.0 * share);
        half.push([shoulder + along * 0.25 * (1.0 - share), width]);
    }
    half.push([-along * 0.96, across]);
    half.push([-along, across * 0.92]);
    let mirrored: Vec<Point> = half.iter().rev().map(|&[u, v]| [u, -v]).collect();
    half.extend(mirrored);
    polygon(pose, &half)
}

/// A body with a head and legs: one thing of several outlines that overlap.
fn creature(pose: &Pose, along: f64, across: f64, corners: usize, draws: &mut Draws) -> Vec<Ring> {
    let mut rings = vec![ellipse(pose, along * 0.62, across * 0.5, corners)];
    let head = pose.child(
        along * 0.66,
        across * draws.range(-0.3, 0.3),
        draws.range(-0.5, 0.5),
    );
    rings.push(ellipse(&head, along * 0.28, across * 0.3, corners / 2));
    for leg in 0..2 + draws.below(4) {
        let u = along * draws.range(-0.45, 0.4);
        let side = if leg % 2 == 0 { 1.0 } else { -1.0 };
        let at = pose.child(u, side * across * 0.55, draws.range(-0.35, 0.35));
        rings.push(rectangle(
            &at,
            along * draws.range(0.05, 0.09),
            across * 0.3,
        ));
    }
    rings
}
