//! Pictures to learn from, and pictures to be judged on: made photographs with the exact mask of every
//! thing on them.

use image::RgbImage;
use resam_mask::Bitmap;
use resam_synth::{Instance, SynthError, photograph};

use crate::draws::Draws;
use crate::sizes::INPUT_SIZE;

/// Things of a picture that a lesson is about at most.
pub const THINGS: usize = 8;

/// Things of fewer pixels are passed over: they are a point at the resolution of the masks.
const SMALLEST: u64 = 80;

/// Where the pictures that nothing learns from begin.
const HELD_OUT: u64 = 1 << 40;

/// A picture, and some of the things on it.
pub struct Picture {
    /// The pixels, a square.
    pub image: RgbImage,
    /// A mask of the size of the picture for each thing.
    pub masks: Vec<Bitmap>,
}

/// The picture of a number to learn from. `plain` is the share of the pictures on which things are nearer
/// to one colour, each picture by a degree of its own: a skill that textures hide at first.
/// `side` is in pixels, a multiple of the stride.
///
/// # Errors
/// Never at this size; the painter's errors are handed on.
pub fn lesson_picture(
    seed: u64,
    number: u64,
    plain: f64,
    side: usize,
) -> Result<Picture, SynthError> {
    let number = seed.wrapping_mul(1 << 20).wrapping_add(number) % HELD_OUT;
    picture(number, plain, side)
}

/// A picture of a number that no seed learns from.
///
/// # Errors
/// As [`lesson_picture`].
pub fn held_out_picture(number: u64) -> Result<Picture, SynthError> {
    picture(HELD_OUT + number, 0.0, INPUT_SIZE)
}

fn picture(number: u64, plain: f64, side: usize) -> Result<Picture, SynthError> {
    let size = side as u32;
    let mut scene = photograph(number, size)?;
    let mut draws = Draws::new(number, 3);
    if draws.unit() < plain {
        let degree = draws.unit() as f32;
        for thing in &scene.instances {
            tone_down(&mut scene.image, thing, degree);
        }
    }
    let things = scene.instances.iter();
    let things = things.filter(|thing| thing.area() >= SMALLEST).collect();
    let things = Draws::new(number, 0).some_of(things, THINGS);
    let masks = things.iter().map(|thing| thing.image_mask(size, size));
    Ok(Picture {
        masks: masks.collect::<Result<_, _>>()?,
        image: scene.image,
    })
}

/// Moves the pixels of a thing towards their mean: 0 leaves them, 1 makes them one colour.
fn tone_down(image: &mut RgbImage, thing: &Instance, degree: f32) {
    let places = || {
        let pixels = thing.mask.pixels();
        pixels.map(|(x, y)| (thing.x + x, thing.y + y))
    };
    let mut sum = [0u64; 3];
    for (x, y) in places() {
        let pixel = image.get_pixel(x, y).0;
        for (sum, value) in sum.iter_mut().zip(pixel) {
            *sum += u64::from(value);
        }
    }
    let mean = sum.map(|sum| sum as f32 / thing.area().max(1) as f32);
    for (x, y) in places() {
        let pixel = &mut image.get_pixel_mut(x, y).0;
        for (value, mean) in pixel.iter_mut().zip(mean) {
            let toned = f32::from(*value) + degree * (mean - f32::from(*value));
            *value = toned.round() as u8;
        }
    }
}
