use crate::{Bitmap, Connectivity, components};

/// A closed line along the sides of pixels: its corners `[x, y]` in pixels. The first corner is not
/// repeated.
///
/// No three consecutive corners lie on one line, and the ring does not touch itself.
pub type Ring = Vec<[u32; 2]>;

/// The exact outline of one 4-connected object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polygon {
    /// The outer ring, counter-clockwise as seen on the screen.
    ///
    /// With `y` downwards its signed area is negative. In map coordinates with north up it is
    /// positive, as GeoJSON requires (RFC 7946, section 3.1.6).
    pub exterior: Ring,
    /// The rings round the holes, clockwise as seen on the screen. They may touch each other or
    /// the exterior, at single points only.
    pub holes: Vec<Ring>,
}

/// The pixel-exact polygons of a bitmap: one for each 4-connected component, in the order of their
/// first pixels in row-major order.
///
/// Components that touch only at a corner are separate polygons. A component that touches itself at
/// a corner encloses a hole there. Every polygon is valid by the OGC Simple Features specification
/// (06-103r4), and filling all of them gives back the bitmap.
pub fn polygons(bitmap: &Bitmap) -> Vec<Polygon> {
    let objects = components(bitmap, Connectivity::Four);
    let outlines = objects.iter().map(|object| {
        let (pixels, [left, top]) = object.cut_out();
        let mut rings = trace_rings(&pixels)
            .into_iter()
            .map(|ring| ring.into_iter().map(|[x, y]| [left + x, top + y]).collect());
        // The ring through the top side of the first pixel comes first, and it is the outer one.
        Polygon {
            exterior: rings.next().unwrap_or_default(),
            holes: rings.collect(),
        }
    });
    outlines.collect()
}

/// All rings of a single 4-connected object, with the object on their left.
fn trace_rings(object: &Bitmap) -> Vec<Ring> {
    // Every ring passes over the top side of some pixel: the outer one at its top, that of a hole
    // at the bottom of the hole.
    let mut traced = Bitmap::blank(object.width(), object.height());
    let mut rings = Vec::new();
    for (x, y) in object.pixels() {
        let has_top_side = y == 0 || !object.get(x, y - 1);
        if has_top_side && !traced.get(x, y) {
            rings.push(trace_ring(object, &mut traced, [x, y]));
        }
    }
    rings
}

/// Follows the ring that passes leftwards over the top side of `pixel`, and marks the pixels whose
/// top sides it passes.
///
/// Where two pixels of the object touch at a corner only, the ring goes from the one to the other.
/// As both belong to one 4-connected object, the background on the two sides of the corner is
/// separate, so no ring comes to the corner twice and every ring is simple.
fn trace_ring(object: &Bitmap, traced: &mut Bitmap, pixel: [u32; 2]) -> Ring {
    let is_set = |[x, y]: [i64; 2]| match (u32::try_from(x), u32::try_from(y)) {
        (Ok(x), Ok(y)) => object.get(x, y),
        _ => false,
    };
    let start = [pixel[0] + 1, pixel[1]].map(i64::from);
    let (mut corner, mut heading) = (start, Heading::Left);
    let mut ring = Vec::new();
    loop {
        if heading == Heading::Left {
            traced.set((corner[0] - 1) as u32, corner[1] as u32, true);
        }
        let [across, down] = heading.step();
        corner = [corner[0] + across, corner[1] + down];
        let [left, right] = heading.pixels_ahead(corner);
        let next = if is_set(right) {
            heading.turned_right()
        } else if is_set(left) {
            heading
        } else {
            heading.turned_left()
        };
        if next != heading {
            ring.push(corner.map(|coordinate| coordinate as u32));
        }
        heading = next;
        if corner == start && heading == Heading::Left {
            return ring;
        }
    }
}

/// The direction of a step along the side of a pixel, as seen on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heading {
    Left,
    Down,
    Right,
    Up,
}

impl Heading {
    fn turned_left(self) -> Self {
        match self {
            Self::Left => Self::Down,
            Self::Down => Self::Right,
            Self::Right => Self::Up,
            Self::Up => Self::Left,
        }
    }

    fn turned_right(self) -> Self {
        self.turned_left().turned_left().turned_left()
    }

    fn step(self) -> [i64; 2] {
        match self {
            Self::Left => [-1, 0],
            Self::Down => [0, 1],
            Self::Right => [1, 0],
            Self::Up => [0, -1],
        }
    }

    /// The pixels ahead of a corner, to the left and to the right of the direction.
    fn pixels_ahead(self, [x, y]: [i64; 2]) -> [[i64; 2]; 2] {
        match self {
            Self::Left => [[x - 1, y], [x - 1, y - 1]],
            Self::Down => [[x, y], [x - 1, y]],
            Self::Right => [[x, y - 1], [x, y]],
            Self::Up => [[x - 1, y - 1], [x, y - 1]],
        }
    }
}
