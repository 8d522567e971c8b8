//! A synthetic scene whose objects are known to the pixel, and a model that segments them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use image::{Rgb, RgbImage};
use resam_geo::{RasterError, Tile, Window};
use resam_mask::Bitmap;
use resam_scene::{Answer, Model, ModelError, PlacedMask, Prompt, PromptPoint, Source};

/// A shape of the scene, in pixels.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// Centre, half axes, and the angle of the first axis.
    Ellipse([f64; 2], [f64; 2], f64),
    /// Centre, half sides, and the angle of the first side.
    Rectangle([f64; 2], [f64; 2], f64),
}

impl Shape {
    fn parts(&self) -> ([f64; 2], [f64; 2], f64) {
        match *self {
            Self::Ellipse(centre, half, angle) | Self::Rectangle(centre, half, angle) => {
                (centre, half, angle)
            }
        }
    }

    fn holds(&self, x: f64, y: f64) -> bool {
        let (centre, half, angle) = self.parts();
        let (sine, cosine) = angle.sin_cos();
        let (dx, dy) = (x - centre[0], y - centre[1]);
        let (u, v) = (
            (dx * cosine + dy * sine) / half[0],
            (dy * cosine - dx * sine) / half[1],
        );
        match self {
            Self::Ellipse(..) => u * u + v * v <= 1.0,
            Self::Rectangle(..) => u.abs() <= 1.0 && v.abs() <= 1.0,
        }
    }

    /// A point at this part of the way from the centre to the end of the first axis.
    pub(crate) fn along(&self, part: f64) -> [f64; 2] {
        let ([x, y], half, angle) = self.parts();
        let (sine, cosine) = angle.sin_cos();
        [x + part * half[0] * cosine, y + part * half[0] * sine]
    }
}

/// The pixels of each object, as its number from 1 on; 0 is ground.
pub(crate) struct SyntheticScene {
    width: u32,
    height: u32,
    labels: Vec<u16>,
    /// No data from this column on.
    pub(crate) data_ends: u32,
    /// Windows over this point cannot be read.
    pub(crate) unreadable: Option<(i64, i64)>,
    pub(crate) reads: AtomicUsize,
    pub(crate) pixels_read: AtomicUsize,
}

impl SyntheticScene {
    /// The first shape that has a pixel keeps it.
    pub(crate) fn new(width: u32, height: u32, shapes: &[Shape]) -> Self {
        let mut labels = vec![0; width as usize * height as usize];
        for (number, shape) in (1..).zip(shapes) {
            let (centre, half, _) = shape.parts();
            let reach = half[0].hypot(half[1]) + 1.0;
            let range = |centre: f64, side: u32| {
                (centre - reach).max(0.0) as u32..((centre + reach).max(0.0) as u32).min(side)
            };
            for y in range(centre[1], height) {
                for x in range(centre[0], width) {
                    let label = &mut labels[y as usize * width as usize + x as usize];
                    if *label == 0 && shape.holds(f64::from(x) + 0.5, f64::from(y) + 0.5) {
                        *label = number;
                    }
                }
            }
        }
        Self {
            width,
            height,
            labels,
            data_ends: width,
            unreadable: None,
            reads: AtomicUsize::new(0),
            pixels_read: AtomicUsize::new(0),
        }
    }

    pub(crate) fn label(&self, x: u32, y: u32) -> u16 {
        self.labels[y as usize * self.width as usize + x as usize]
    }

    /// IoU of a mask with an object, every pixel of which is counted.
    pub(crate) fn iou(&self, mask: &PlacedMask, number: u16, truth_area: u64) -> f64 {
        let common: u64 = mask
            .runs()
            .map(|run| {
                let rows = run.top..run.bottom;
                rows.filter(|&y| self.label(run.x as u32, y as u32) == number)
                    .count() as u64
            })
            .sum();
        common as f64 / (mask.area() + truth_area - common) as f64
    }

    pub(crate) fn areas(&self, objects: usize) -> Vec<u64> {
        let mut areas = vec![0; objects + 1];
        for &label in &self.labels {
            areas[label as usize] += 1;
        }
        areas
    }
}

impl Source for SyntheticScene {
    fn width(&self) -> u32 {
        self.width
    }

    fn height(&self) -> u32 {
        self.height
    }

    fn read(&self, window: Window, width: u32, height: u32) -> Result<Tile, RasterError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.pixels_read
            .fetch_add((width * height) as usize, Ordering::Relaxed);
        if let Some((x, y)) = self.unreadable
            && (window.x..window.x + i64::from(window.width)).contains(&x)
            && (window.y..window.y + i64::from(window.height)).contains(&y)
        {
            return Err(std::io::Error::other("made.tif: the disk is broken").into());
        }
        let place = |x: u32, y: u32| {
            let across = f64::from(window.width) / f64::from(width);
            let down = f64::from(window.height) / f64::from(height);
            let x = window.x + ((f64::from(x) + 0.5) * across) as i64;
            let y = window.y + ((f64::from(y) + 0.5) * down) as i64;
            (x as u32, y as u32)
        };
        let image = RgbImage::from_fn(width, height, |x, y| {
            let (x, y) = place(x, y);
            let [low, high] = self.label(x, y).to_le_bytes();
            Rgb([low, high, if x < self.data_ends { 255 } else { 0 }])
        });
        let valid = Bitmap::from_fn(width, height, |x, y| place(x, y).0 < self.data_ends);
        Ok(Tile {
            image,
            valid: valid.expect("a small tile"),
        })
    }
}

/// How the model's masks differ from the objects.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Sight {
    /// Not at all.
    Exact,
    /// They end three pixels before the tile does.
    Short,
    /// Single pixels all over the tile are wrong.
    Noisy,
    /// In tiles of more than half the input they are made of blocks of eight pixels.
    Coarse,
}

/// Sees the object under a prompt's first positive point, or the one of a box's middle.
pub(crate) struct ExactModel {
    pub(crate) input: u32,
    pub(crate) sight: Sight,
    pub(crate) encoded: AtomicUsize,
    /// The encoder fails the first time it sees an object of these numbers.
    pub(crate) fails_on: std::sync::Mutex<BTreeSet<u16>>,
    /// The number of prompts and of points beside them, of each call.
    pub(crate) asked: std::sync::Mutex<Vec<(usize, usize)>>,
}

impl ExactModel {
    pub(crate) fn new(input: u32, sight: Sight) -> Self {
        Self {
            input,
            sight,
            encoded: AtomicUsize::new(0),
            fails_on: Default::default(),
            asked: Default::default(),
        }
    }

    pub(crate) fn encoded(&self) -> usize {
        self.encoded.load(Ordering::Relaxed)
    }
}

fn label([low, high, _]: [u8; 3]) -> u16 {
    u16::from_le_bytes([low, high])
}

impl Model for ExactModel {
    type Embedding = RgbImage;

    fn input_size(&self) -> u32 {
        self.input
    }

    fn identity(&self) -> String {
        format!("exact {}", self.sight as u8)
    }

    fn encode(&self, tile: &RgbImage) -> Result<RgbImage, ModelError> {
        assert!(tile.width().max(tile.height()) <= self.input);
        let seen: BTreeSet<u16> = tile.pixels().map(|pixel| label(pixel.0)).collect();
        let mut fails_on = self.fails_on.lock().unwrap();
        if let Some(&number) = seen.intersection(&fails_on).next() {
            fails_on.remove(&number);
            return Err("the device is gone".into());
        }
        self.encoded.fetch_add(1, Ordering::Relaxed);
        Ok(tile.clone())
    }

    fn decode(
        &self,
        tile: &RgbImage,
        prompts: &[Prompt],
        beside: &[PromptPoint],
        _size_prior_px: Option<f64>,
    ) -> Result<Vec<Answer>, ModelError> {
        self.asked
            .lock()
            .unwrap()
            .push((prompts.len(), beside.len()));
        let (width, height) = tile.dimensions();
        let mask = |number: u16| {
            let pixel = |x, y| {
                let is_object = number != 0 && label(tile.get_pixel(x, y).0) == number;
                let edge = x.min(y).min(width - 1 - x).min(height - 1 - y);
                match self.sight {
                    Sight::Exact => is_object,
                    Sight::Short => is_object && edge >= 3,
                    // A few of ten thousand pixels.
                    Sight::Coarse if width.max(height) > self.input / 2 => {
                        number != 0 && label(tile.get_pixel(x & !7, y & !7).0) == number
                    }
                    Sight::Coarse => is_object,
                    Sight::Noisy => is_object != ((x * 7919 + y * 104_729) % 4001 == 0),
                }
            };
            Bitmap::from_fn(width, height, pixel).expect("a small tile")
        };
        let mut masks: BTreeMap<u16, Bitmap> = BTreeMap::new();
        let answer = |prompt: &Prompt| {
            let point = prompt.points.iter().find(|point| point.positive);
            let [x, y] = match (point, prompt.bounds) {
                (Some(point), _) => [point.x, point.y],
                (None, Some([x0, y0, x1, y1])) => [(x0 + x1) / 2.0, (y0 + y1) / 2.0],
                (None, None) => panic!("a prompt with nothing in it"),
            };
            let number = label(tile.get_pixel(x as u32, y as u32).0);
            Answer {
                mask: masks.entry(number).or_insert_with(|| mask(number)).clone(),
                score: 0.9 + f32::from(number % 97) / 1000.0,
                stability: 0.99,
                consistency: 1.0,
                violates_prompts: false,
            }
        };
        Ok(prompts.iter().map(answer).collect())
    }

    fn embedding_to_bytes(&self, tile: &RgbImage) -> Result<Vec<u8>, ModelError> {
        Ok(tile.as_raw().clone())
    }

    fn embedding_from_bytes(
        &self,
        bytes: &[u8],
        (width, height): (u32, u32),
    ) -> Result<RgbImage, ModelError> {
        RgbImage::from_raw(width, height, bytes.to_vec()).ok_or_else(|| "of another size".into())
    }

    fn bytes(&self) -> u64 {
        1 << 20
    }
}
