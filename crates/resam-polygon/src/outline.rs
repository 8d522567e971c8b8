//! A ring of pixel sides as points, to which walls are fitted.
//!
//! The points are the middles of the pixel sides. Along a straight wall at any angle they scatter
//! evenly on both sides of it, unlike the corners of pixels.

use crate::parts::{Point, doubled_area};

/// A frame: two directions at a right angle, rotated against those of the raster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    angle: f64,
    cosine: f64,
    sine: f64,
}

impl Frame {
    /// The frame at an angle in radians, from the `x` axis towards the `y` axis.
    pub(crate) fn new(angle: f64) -> Self {
        let (sine, cosine) = angle.sin_cos();
        Self {
            angle,
            cosine,
            sine,
        }
    }

    pub(crate) fn angle(&self) -> f64 {
        self.angle
    }

    /// A point of the raster in the frame.
    pub(crate) fn enter(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [
            self.cosine * x + self.sine * y,
            self.cosine * y - self.sine * x,
        ]
    }

    /// A point of the frame in the raster.
    pub(crate) fn leave(&self, [u, v]: [f64; 2]) -> [f64; 2] {
        [
            self.cosine * u - self.sine * v,
            self.sine * u + self.cosine * v,
        ]
    }
}

/// Sums over points: their number, the coordinates, and the products of these.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moments {
    count: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Moments {
    fn with(self, [x, y]: [f64; 2]) -> Self {
        Self {
            count: self.count + 1.0,
            x: self.x + x,
            y: self.y + y,
            xx: self.xx + x * x,
            xy: self.xy + x * y,
            yy: self.yy + y * y,
        }
    }

    fn without(self, other: Self) -> Self {
        Self {
            count: self.count - other.count,
            x: self.x - other.x,
            y: self.y - other.y,
            xx: self.xx - other.xx,
            xy: self.xy - other.xy,
            yy: self.yy - other.yy,
        }
    }

    /// The middle of the points, which must not be none.
    pub(crate) fn mean(&self) -> [f64; 2] {
        [self.x / self.count, self.y / self.count]
    }

    /// Sums of the products of the distances from the mean: `xx`, `xy`, `yy`.
    pub(crate) fn scatter(&self) -> [f64; 3] {
        let [x, y] = self.mean();
        [
            self.xx - x * self.x,
            self.xy - x * self.y,
            self.yy - y * self.y,
        ]
    }

    /// Sums of the squared distances from the mean, along either direction of a frame.
    pub(crate) fn spread(&self, frame: &Frame) -> [f64; 2] {
        let [xx, xy, yy] = self.scatter();
        let (c, s) = (frame.cosine, frame.sine);
        let mixed = 2.0 * c * s * xy;
        [
            c * c * xx + mixed + s * s * yy,
            s * s * xx - mixed + c * c * yy,
        ]
    }
}

/// A ring, side of a pixel after side of a pixel.
#[derive(Debug)]
pub(crate) struct Outline {
    /// Where the sides start.
    corners: Vec<[f64; 2]>,
    /// Cumulative sums of the middles, from the first one on, twice round the ring.
    sums: Vec<Moments>,
    clockwise: bool,
}

impl Outline {
    /// The ring with its coordinates counted from `origin`, which should not be far from it.
    pub(crate) fn new(ring: &[Point], origin: Point) -> Self {
        let mut corners = Vec::new();
        let next = ring.iter().cycle().skip(1);
        for (from, to) in ring.iter().zip(next) {
            let way = [to[0] - from[0], to[1] - from[1]];
            let steps = (0..way[0].abs() + way[1].abs()).map(|step| {
                let coordinate =
                    |axis: usize| (from[axis] - origin[axis] + step * way[axis].signum()) as f64;
                [coordinate(0), coordinate(1)]
            });
            corners.extend(steps);
        }
        let mut sums = vec![Moments::default()];
        let next = corners.iter().cycle().skip(1);
        for (from, to) in corners.iter().zip(next).cycle().take(2 * corners.len()) {
            let middle = [(from[0] + to[0]) / 2.0, (from[1] + to[1]) / 2.0];
            sums.push(sums[sums.len() - 1].with(middle));
        }
        Self {
            corners,
            sums,
            clockwise: doubled_area(ring) > 0,
        }
    }

    /// Number of sides.
    pub(crate) fn len(&self) -> usize {
        self.corners.len()
    }

    /// Whether the ring runs clockwise on the screen.
    pub(crate) fn is_clockwise(&self) -> bool {
        self.clockwise
    }

    /// Where a side starts, counted on round the ring.
    pub(crate) fn corner(&self, side: usize) -> [f64; 2] {
        self.corners[side % self.corners.len()]
    }

    /// The way from the start of a side to the start of another.
    pub(crate) fn way(&self, from: usize, to: usize) -> [f64; 2] {
        let [from, to] = [self.corner(from), self.corner(to)];
        [to[0] - from[0], to[1] - from[1]]
    }

    /// The sums over the sides `start..end`, where `end` is at most twice round.
    pub(crate) fn moments(&self, start: usize, end: usize) -> Moments {
        self.sums[end].without(self.sums[start])
    }

    /// Number of sides over which a direction can be told: more of them in longer rings.
    pub(crate) fn reach(&self) -> usize {
        (self.len() / 16).clamp(4, 16)
    }

    /// The ways over [`reach`](Self::reach) sides, from each side on.
    pub(crate) fn ways(&self) -> impl Iterator<Item = [f64; 2]> + '_ {
        (0..self.len()).map(|side| self.way(side, side + self.reach()))
    }
}
