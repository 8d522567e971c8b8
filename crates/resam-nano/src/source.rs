//! Pictures to learn from, and pictures to be judged on: made photographs with the exact mask of every
//! thing on them.

use image::RgbImage;
use resam_mask::Bitmap;
use resam_synth::{SynthError, photograph};

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
    /// The pixels, [`INPUT_SIZE`] a side.
    pub image: RgbImage,
    /// A mask of the size of the picture for each thing.
    pub masks: Vec<Bitmap>,
}

/// The picture of a number to learn from.
///
/// # Errors
/// Never at this size; the painter's errors are handed on.
pub fn lesson_picture(seed: u64, number: u64) -> Result<Picture, SynthError> {
    picture(seed.wrapping_mul(1 << 20).wrapping_add(number) % HELD_OUT)
}

/// A picture of a number that no seed learns from.
///
/// # Errors
/// As [`lesson_picture`].
pub fn held_out_picture(number: u64) -> Result<Picture, SynthError> {
    picture(HELD_OUT + number)
}

fn picture(number: u64) -> Result<Picture, SynthError> {
    let size = INPUT_SIZE as u32;
    let scene = photograph(number, size)?;
    let things = scene.instances.iter();
    let things = things.filter(|thing| thing.area() >= SMALLEST).collect();
    let things = Draws::new(number, 0).some_of(things, THINGS);
    let masks = things.iter().map(|thing| thing.image_mask(size, size));
    Ok(Picture {
        masks: masks.collect::<Result<_, _>>()?,
        image: scene.image,
    })
}
