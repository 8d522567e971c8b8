//! What the method is given: an image and the points on it, from wherever they come.

use burn::tensor::{Device, Tensor};
use resam_mask::Bitmap;
use resam_sam::postprocess::Geometry;
use resam_sam::preprocess::{RgbView, normalised_input, resize_longest_side};
use resam_sam::prompt_encoder::{PointLabel, PromptBatch};
use resam_sam::{PromptPoint, SamError};

use crate::views::{Flip, View};

/// Images with points, by number. Several may be read at once.
pub trait Examples: Sync {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What to call one in messages.
    fn name(&self, index: usize) -> String;

    /// Reads one.
    ///
    /// # Errors
    /// The reason, in words, why it cannot be read now: it is passed over.
    fn read(&self, index: usize) -> Result<Example, String>;
}

/// An image and the points on it.
#[derive(Debug, Clone)]
pub struct Example {
    /// The image at its own size.
    pub image: View,
    /// The objects that have points.
    pub instances: Vec<ExampleInstance>,
}

/// An object that has points.
#[derive(Debug, Clone)]
pub struct ExampleInstance {
    /// What to call it in messages.
    pub name: String,
    /// Its points, in continuous pixels of the image.
    pub points: Vec<PromptPoint>,
    /// Its true mask, at the image's size, where one is known.
    pub truth: Option<Bitmap>,
}

/// An example as the network sees it: resized, mirrored, its points in the frame of the input.
#[derive(Debug, Clone)]
pub struct Framed {
    /// The weak view.
    pub weak: View,
    /// Where the image lies in the input.
    pub geometry: Geometry,
    /// How it was mirrored.
    pub flip: Flip,
    /// The points of each instance, as the prompt encoder takes them.
    pub points: Vec<Vec<([f32; 2], PointLabel)>>,
}

impl Framed {
    /// Brings an example into an input of `size` pixels.
    ///
    /// # Errors
    /// [`SamError::Image`] for an image without pixels.
    pub fn new(example: &Example, size: usize, flip: Flip) -> Result<Self, SamError> {
        let View { width, height, rgb } = &example.image;
        let (rgb, covered) = resize_longest_side(RgbView::new(*width, *height, rgb)?, size);
        let mut weak = View {
            width: covered[1],
            height: covered[0],
            rgb,
        };
        flip.view(&mut weak);
        let geometry = Geometry {
            original: [*height, *width],
            covered,
            padded: size,
        };
        let place = |point: &PromptPoint| {
            let size = [*width as f64, *height as f64];
            let label = match point.positive {
                true => PointLabel::Positive,
                false => PointLabel::Negative,
            };
            (
                geometry.to_input(flip.point([point.x, point.y], size)),
                label,
            )
        };
        let instances = example.instances.iter();
        let points = instances.map(|instance| instance.points.iter().map(place).collect());
        Ok(Self {
            weak,
            geometry,
            flip,
            points: points.collect(),
        })
    }

    /// A view as the network's input, `[1, 3, size, size]`.
    pub fn input(&self, view: &View, device: &Device) -> Tensor<4> {
        let Geometry {
            covered, padded, ..
        } = self.geometry;
        normalised_input(&view.rgb, covered, padded, device)
    }

    /// A true mask in the padded input: each pixel has the value of the mask where its centre lies.
    pub fn truth(&self, mask: &Bitmap) -> Bitmap {
        let Geometry {
            original: [height, width],
            covered,
            padded,
        } = self.geometry;
        let size = padded as u32;
        let source = |at: u32, covered: usize, original: usize, mirrored: bool| {
            let at = if mirrored {
                covered as u32 - 1 - at
            } else {
                at
            };
            ((f64::from(at) + 0.5) * original as f64 / covered as f64) as u32
        };
        let [rows, columns] = covered.map(|side| side as u32);
        Bitmap::from_fn(size, size, |x, y| {
            y < rows
                && x < columns
                && mask.get(
                    source(x, covered[1], width, self.flip.horizontal),
                    source(y, covered[0], height, self.flip.vertical),
                )
        })
        .expect("an input is at most 4096 pixels across")
    }

    /// The prompts of these instances: at most `most` together, and only such as have the same number
    /// of points, because a batch with filling points would be answered otherwise.
    pub fn batches(&self, instances: &[usize], most: usize) -> Vec<(Vec<usize>, PromptBatch)> {
        let mut by_count = std::collections::BTreeMap::<usize, Vec<usize>>::new();
        for &instance in instances {
            let count = self.points[instance].len();
            by_count.entry(count).or_default().push(instance);
        }
        let groups = by_count
            .values()
            .flat_map(|group| group.chunks(most.max(1)));
        let batch = |group: &[usize]| {
            let points = group.iter().map(|&instance| self.points[instance].clone());
            let batch = PromptBatch {
                points: points.collect(),
                ..Default::default()
            };
            (group.to_vec(), batch)
        };
        groups.map(batch).collect()
    }
}
