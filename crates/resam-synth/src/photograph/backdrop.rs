//! The background of a photograph. No part of it is an object.

use super::SIDE;
use super::palette::Palette;
use super::shapes::Shape;
use super::skin::Skin;
use crate::geometry::{Pose, Ring, rectangle};
use crate::layer::{Paint, Place};
use crate::noise::{blend, floor, fractal, hash, scaled, signed, step, value, wave};
use crate::paints::with_opacity;
use crate::random::Draws;
use crate::stage::{Stage, order};

/// A backdrop's texture.
#[derive(Debug, Clone, Copy)]
enum Texture {
    /// A wall in uneven light.
    Wall,
    /// Woven cloth.
    Cloth,
    /// Striped or checked cloth.
    Printed,
    /// Boards.
    Wood,
    /// Stone with clouds and veins.
    Marble,
    /// A table before a wall.
    Table,
    /// Stones, leaves, crumbs: cells of many shades.
    Cells,
}

struct Backdrop {
    texture: Texture,
    one: [f32; 3],
    other: [f32; 3],
    frame: crate::geometry::Frame,
    pace: f32,
    strength: f32,
    seed: u32,
}

impl Paint for Backdrop {
    fn at(&self, place: &Place) -> [f32; 4] {
        let [u, v] = self.frame.local(place.x, place.y);
        let (x, y) = (u * self.pace, v * self.pace);
        let (share, factor) = match self.texture {
            Texture::Wall => (step(-1.0, 1.0, u / 70.0 + 0.4 * place.broad) * 0.5, 1.0),
            Texture::Cloth => {
                let thread = wave(x * 3.0) * wave(y * 3.0 + 0.5 * wave(x * 1.5));
                (0.2 + 0.2 * place.broad, 1.0 + 0.14 * thread)
            }
            Texture::Printed => {
                let columns = step(-0.2, 0.2, wave(x * 0.5));
                let rows = step(-0.2, 0.2, wave(y * 0.5));
                (
                    if self.seed.is_multiple_of(2) {
                        columns
                    } else {
                        0.5 * (columns + rows)
                    },
                    1.0,
                )
            }
            Texture::Wood => {
                let board = floor(y * 0.4);
                let shift = 9.0 * signed(hash(board, 3, self.seed));
                let vein = fractal(x * 0.12 + shift, y * 1.2, 4, self.seed);
                let joint = y * 0.4 - board as f32;
                let tone = 1.0 + 0.14 * signed(hash(board, 7, self.seed));
                let dark = if joint < 0.03 { 0.55 } else { 1.0 };
                (0.5 + 0.5 * wave(4.0 * vein), tone * dark)
            }
            Texture::Marble => {
                let cloud = fractal(x * 0.35, y * 0.35, 5, self.seed);
                let bent = fractal(x * 0.3 + 1.3 * cloud, y * 0.3, 4, self.seed ^ 99);
                (step(-0.4, 0.4, bent), 1.0 + 0.1 * cloud)
            }
            Texture::Table => {
                let edge = v + 8.0 * signed(self.seed);
                (
                    step(-0.4, 0.4, edge),
                    1.0 + 0.1 * wave(u * self.pace) * step(0.0, 1.0, edge),
                )
            }
            Texture::Cells => {
                let (near, cell) = cells(x, y, self.seed);
                let shade = 1.0 + 0.3 * signed(cell);
                (
                    0.5 + 0.5 * signed(cell.rotate_left(9)),
                    shade * step(-0.05, 0.45, 0.72 - near),
                )
            }
        };
        let noise = 1.0
            + self.strength
                * (0.8 * place.broad + 0.5 * place.medium + 0.5 * place.fine + 0.4 * place.grain);
        with_opacity(
            scaled(blend(self.one, self.other, share), factor * noise),
            1.0,
        )
    }
}

/// Distance to the nearest of points strewn a lattice cell each, and the number of that point.
fn cells(x: f32, y: f32, seed: u32) -> (f32, u32) {
    let (column, row) = (floor(x), floor(y));
    let mut best = (f32::INFINITY, 0);
    for dy in -1..=1 {
        for dx in -1..=1 {
            let bits = hash(column + dx, row + dy, seed);
            let (px, py) = (
                (column + dx) as f32 + 0.5 + 0.42 * signed(bits),
                (row + dy) as f32 + 0.5 + 0.42 * signed(bits.rotate_left(16)),
            );
            let squared = (x - px) * (x - px) + (y - py) * (y - py);
            if squared < best.0 {
                best = (squared, bits);
            }
        }
    }
    (best.0.sqrt(), best.1)
}

/// Discs of light far out of focus.
struct Glow {
    colour: [f32; 3],
    opacity: f32,
    x: f32,
    y: f32,
    radius: f32,
}

impl Paint for Glow {
    fn at(&self, place: &Place) -> [f32; 4] {
        let (dx, dy) = (place.x - self.x, place.y - self.y);
        let share = (dx * dx + dy * dy).sqrt() / self.radius;
        let soft = 1.0 - step(0.55, 1.0, share);
        let wobble = 1.0 + 0.1 * value(place.x * 0.1, place.y * 0.1, 5);
        with_opacity(self.colour, self.opacity * soft * wobble)
    }
}

/// Paints the backdrop of a picture, with clutter on it now and then.
pub(super) fn backdrop(stage: &mut Stage, palette: &Palette, draws: &mut Draws) {
    let texture = draws.pick(&[
        Texture::Wall,
        Texture::Wall,
        Texture::Cloth,
        Texture::Printed,
        Texture::Wood,
        Texture::Marble,
        Texture::Table,
        Texture::Cells,
    ]);
    let paint = Backdrop {
        texture,
        one: palette.backdrop,
        other: palette.pattern,
        frame: Pose::new(SIDE / 2.0, SIDE / 2.0, draws.range(-0.5, 0.5)).frame(),
        pace: draws.log_range(0.08, 0.5) as f32,
        strength: draws.log_range(0.02, 0.14) as f32,
        seed: draws.bits(),
    };
    let all: [Ring; 1] = [rectangle(
        &Pose::new(SIDE / 2.0, SIDE / 2.0, 0.0),
        SIDE,
        SIDE,
    )];
    stage.ground(order::GROUND, &all, 0.5, paint);
    if draws.chance(0.25) {
        for _ in 0..4 + draws.below(20) {
            let (x, y, radius) = (
                draws.range(0.0, SIDE),
                draws.range(0.0, SIDE),
                draws.log_range(4.0, 26.0),
            );
            let glow = Glow {
                colour: palette.thing(draws),
                opacity: draws.range(0.1, 0.45) as f32,
                x: x as f32,
                y: y as f32,
                radius: radius as f32,
            };
            let ring = [rectangle(&Pose::new(x, y, 0.0), radius, radius)];
            stage.detail(order::LOT, &ring, 0.5, glow);
        }
    }
    if draws.chance(0.35) {
        clutter(stage, palette, draws);
    }
}

/// Crumbs and scraps too many to be things.
fn clutter(stage: &mut Stage, palette: &Palette, draws: &mut Draws) {
    let shape = Shape::draw_simple(draws);
    let colour = draws.tint(palette.pattern, 0.3, 0.1);
    let size = draws.log_range(0.5, 1.8);
    for _ in 0..20 + draws.below(160) {
        let pose = Pose::new(
            draws.range(0.0, SIDE),
            draws.range(0.0, SIDE),
            draws.angle(),
        );
        let along = size * draws.range(0.5, 1.3);
        let rings = shape.rings(&pose, along, along * 0.7, 12, draws);
        let own = draws.tint(colour, 0.2, 0.05);
        let skin = Skin::draw(&pose, [along, along * 0.7], own, palette, draws);
        stage.ground(order::WATER, &rings, 0.5, skin);
    }
}
