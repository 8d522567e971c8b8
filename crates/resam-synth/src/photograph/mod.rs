//! Photograph-like scenes: objects of all shapes, sizes and textures on all kinds of backgrounds.
//!
//! A model learns from them what is true of every object. An object ends at its outline, not where
//! its texture changes. Touching objects of similar colour are two objects. A hidden part does not
//! belong to the mask. Colours are vivid and warm, unlike those of overhead images.

mod backdrop;
mod palette;
mod shapes;
mod skin;
mod thing;

use crate::error::SynthError;
use crate::geometry::{Point, Pose, polygon};
use crate::layer::{Paint, Place};
use crate::light::Light;
use crate::paints::with_opacity;
use crate::random::Draws;
use crate::render::{Recipe, render};
use crate::scene::{Class, Scene};
use crate::sensor::Optics;
use crate::spec::{Sun, check_size};
use crate::stage::Stage;
use crate::tile::Ground;
use palette::Palette;
use shapes::Shape;
use skin::Skin;
use thing::{Put, thing};

/// Side of the picture in its own unit of length.
const SIDE: f64 = 100.0;

/// The smallest visible share of a listed object.
const MIN_VISIBLE: f64 = 0.3;

/// The order of layers over everything, such as glass.
const OVER_ALL: f32 = 1e6;

/// Paints a square photograph-like scene with a side of `size` pixels. Objects have 5 % to 70 % of
/// this size. Objects that are mostly hidden, or of fewer than 24 visible pixels, are not listed.
/// The same arguments give the same bytes.
///
/// # Errors
/// [`SynthError`] if the size is zero or too large.
pub fn photograph(seed: u64, size: u32) -> Result<Scene, SynthError> {
    check_size(size, size)?;
    let mut draws = Draws::new(seed, "photograph", 0);
    let ground = Ground {
        gsd: (SIDE / f64::from(size)) as f32,
        seed: draws.bits(),
        radar: false,
    };
    let light = Light::new(Sun {
        azimuth: draws.range(0.0, 360.0),
        elevation: draws.range(30.0, 75.0),
    });
    let mut stage = Stage::new(size, size, SIDE / f64::from(size), light, false);
    let palette = Palette::new(&mut draws);
    backdrop::backdrop(&mut stage, &palette, &mut draws);
    match draws.unit() {
        share if share < 0.10 => {
            mosaic(&mut stage, &palette, &mut draws);
            if draws.chance(0.5) {
                still_life(&mut stage, &palette, &mut draws);
            }
        }
        share if share < 0.32 => pile(&mut stage, &palette, &mut draws),
        share if share < 0.44 => {
            still_life(&mut stage, &palette, &mut draws);
            pile(&mut stage, &palette, &mut draws);
        }
        _ => still_life(&mut stage, &palette, &mut draws),
    }
    lens(&mut stage, &mut draws);
    let blur = draws.range(0.35, 1.1);
    let noise = draws.log_range(0.003, 0.02) as f32;
    let scene = render(Recipe {
        width: size,
        height: size,
        ground,
        optics: Optics::camera(blur, noise, draws.bits()),
        layers: stage.layers,
        subjects: stage.subjects,
        min_pixels: 24,
        min_visible: MIN_VISIBLE,
    })?;
    Ok(scene)
}

/// Things of different kinds, larger ones mostly behind smaller ones.
fn still_life(stage: &mut Stage, palette: &Palette, draws: &mut Draws) {
    let count = 3 + draws.below(11);
    let mut sizes: Vec<f64> = (0..count).map(|_| draws.log_range(0.06, 0.7)).collect();
    // One at least that is no crumb.
    sizes[0] = sizes[0].max(draws.range(0.2, 0.6));
    sizes.sort_by(|left, right| right.total_cmp(left));
    let mut before: Option<[f32; 3]> = None;
    for (index, size) in sizes.into_iter().enumerate() {
        // A small object sometimes lies behind a large one.
        let order = index as f32 + 3.0 * draws.unit() as f32;
        let radius = size * SIDE / 2.0;
        let room = (SIDE / 2.0 - 0.55 * radius).max(4.0);
        let pose = Pose::new(
            SIDE / 2.0 + draws.range(-room, room),
            SIDE / 2.0 + draws.range(-room, room),
            draws.angle(),
        );
        // Neighbours of like colour are the hard ones.
        let colour = match (draws.unit(), before) {
            (share, _) if share < 0.15 => draws.tint(palette.backdrop, 0.22, 0.08),
            (share, Some(other)) if share < 0.35 => draws.tint(other, 0.12, 0.04),
            _ => palette.thing(draws),
        };
        before = Some(colour);
        let shape = Shape::draw(draws);
        let slim = draws.range(0.45, 1.0);
        thing(
            stage,
            &Put {
                pose,
                order,
                radius,
                slim,
            },
            shape,
            palette,
            colour,
            draws,
        );
    }
}

/// Many things of one kind and like colours, on top of each other.
fn pile(stage: &mut Stage, palette: &Palette, draws: &mut Draws) {
    let count = 6 + draws.below(22);
    let size = draws.log_range(0.09, 0.34);
    let spread = (size * (count as f64).sqrt() * draws.range(0.35, 0.75)).min(0.48) * SIDE;
    let (x, y) = (
        SIDE * draws.range(0.35, 0.65),
        SIDE * draws.range(0.35, 0.65),
    );
    let shape = Shape::draw(draws);
    let slim = draws.range(0.5, 1.0);
    let colour = palette.thing(draws);
    let in_line = draws.chance(0.3);
    let turn = draws.angle();
    for index in 0..count {
        let order = 50.0 + index as f32;
        let (u, v) = (draws.range(-spread, spread), draws.range(-spread, spread));
        let angle = if in_line {
            turn + draws.around(0.1)
        } else {
            draws.angle()
        };
        let pose = Pose::new(x + u, y + v, angle);
        let radius = 0.5 * SIDE * size * draws.range(0.75, 1.2);
        let own = draws.tint(colour, 0.10, 0.03);
        thing(
            stage,
            &Put {
                pose,
                order,
                radius,
                slim,
            },
            shape,
            palette,
            own,
            draws,
        );
    }
}

/// Pieces that share their edges: a quilt, tiles, a broken plate.
fn mosaic(stage: &mut Stage, palette: &Palette, draws: &mut Draws) {
    let columns = 2 + draws.below(5);
    let rows = 2 + draws.below(5);
    let side = SIDE * draws.range(0.7, 1.15);
    let pose = Pose::new(SIDE / 2.0, SIDE / 2.0, draws.range(-0.6, 0.6));
    let (wide, high) = (side / columns as f64, side / rows as f64);
    let wander = draws.range(0.0, 0.3);
    let corners: Vec<Point> = (0..(columns + 1) * (rows + 1))
        .map(|index| {
            let (column, row) = (index % (columns + 1), index / (columns + 1));
            [
                wide * (column as f64 + draws.range(-wander, wander)) - side / 2.0,
                high * (row as f64 + draws.range(-wander, wander)) - side / 2.0,
            ]
        })
        .collect();
    // Nothing between the pieces, or a joint.
    let shrunk = draws.pick(&[1.0, 1.0, 0.97, 0.93]);
    let mut colour = palette.thing(draws);
    for row in 0..rows {
        for column in 0..columns {
            let at = row * (columns + 1) + column;
            let piece =
                [at, at + 1, at + columns + 2, at + columns + 1].map(|index| corners[index]);
            let middle =
                [0, 1].map(|axis| piece.iter().map(|point| point[axis]).sum::<f64>() / 4.0);
            let piece = piece.map(|point| {
                [0, 1].map(|axis| middle[axis] + shrunk * (point[axis] - middle[axis]))
            });
            colour = if draws.chance(0.4) {
                draws.tint(colour, 0.12, 0.04)
            } else {
                palette.thing(draws)
            };
            let at = pose.child(middle[0], middle[1], 0.0);
            let skin = Skin::draw(&at, [wide / 2.0, high / 2.0], colour, palette, draws);
            let ring = [polygon(&pose, &piece)];
            stage.object(Class::Thing, 0.0, &ring, 0.5, skin);
        }
    }
}

/// Dark corners and light that falls from one side.
struct Lens {
    corners: f32,
    /// Change of light to the right and down.
    slope: [f32; 2],
}

impl Paint for Lens {
    fn at(&self, place: &Place) -> [f32; 4] {
        let (x, y) = (place.x / 50.0 - 1.0, place.y / 50.0 - 1.0);
        let dark = self.corners * (x * x + y * y) * 0.5;
        let side = self.slope[0] * x + self.slope[1] * y;
        let share = (dark - side.min(0.0)).clamp(0.0, 0.7);
        if share > side {
            with_opacity([0.02, 0.02, 0.03], share)
        } else {
            with_opacity([1.0, 0.97, 0.90], side.clamp(0.0, 0.5) * 0.7)
        }
    }
}

fn lens(stage: &mut Stage, draws: &mut Draws) {
    let paint = Lens {
        corners: draws.range(0.0, 0.35) as f32,
        slope: [draws.around(0.12) as f32, draws.around(0.12) as f32],
    };
    let all = [crate::geometry::rectangle(
        &Pose::new(SIDE / 2.0, SIDE / 2.0, 0.0),
        SIDE,
        SIDE,
    )];
    stage.detail(OVER_ALL, &all, 0.5, paint);
}
