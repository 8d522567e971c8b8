//! Training and validation images: synthetic photographs with the exact mask of every object.

use image::RgbImage;
use resam_mask::Bitmap;
use resam_synth::{Instance, SynthError, photograph};

use crate::draws::Draws;
use crate::sizes::INPUT_SIZE;

/// The most objects of an image that one training sample uses.
pub const MAX_OBJECTS: usize = 8;

/// The fewest pixels of an object. A smaller one is a single point at the resolution of the masks.
const MIN_PIXELS: u64 = 80;

/// The first seed of the validation images; no training seed reaches it.
const VALIDATION: u64 = 1 << 40;

/// An image, and some of the objects on it.
pub struct Picture {
    /// The pixels; the image is square.
    pub image: RgbImage,
    /// One mask an object, each of the size of the image.
    pub masks: Vec<Bitmap>,
}

/// The training image of a number. On the share `plain` of the images, objects are moved towards
/// their mean colour, each image by a random degree: shapes are easier to learn without texture.
/// `side` is in pixels, a multiple of the encoder's stride.
///
/// # Errors
/// [`SynthError`] of [`resam_synth::photograph`], which accepts every size used here.
pub fn training_picture(
    seed: u64,
    number: u64,
    plain: f64,
    side: usize,
) -> Result<Picture, SynthError> {
    let number = seed.wrapping_mul(1 << 20).wrapping_add(number) % VALIDATION;
    picture(number, plain, side)
}

/// The validation image of a number. No training seed gives the same image. Its side is
/// [`INPUT_SIZE`].
///
/// # Errors
/// As [`training_picture`].
pub fn validation_picture(number: u64) -> Result<Picture, SynthError> {
    picture(VALIDATION + number, 0.0, INPUT_SIZE)
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
    let things = things.filter(|thing| thing.area() >= MIN_PIXELS).collect();
    let things = Draws::new(number, 0).some_of(things, MAX_OBJECTS);
    let masks = things.iter().map(|thing| thing.image_mask(size, size));
    Ok(Picture {
        masks: masks.collect::<Result<_, _>>()?,
        image: scene.image,
    })
}

/// Moves the pixels of an object towards their mean colour: 0 changes nothing, 1 makes them all the
/// same.
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
