//! The input of the method: images with points.

use burn::tensor::{Device, Tensor};
use resam_mask::Bitmap;
use resam_sam::postprocess::Geometry;
use resam_sam::preprocess::{Part, RgbView, normalised_input, resize_longest_side};
use resam_sam::prompt_encoder::{PointLabel, PromptBatch};
use resam_sam::{PromptPoint, SamError};

use crate::views::{Flip, View};

/// Images with points, by number. Several threads may read at once.
pub trait Examples: Sync {
    /// Number of images.
    fn len(&self) -> usize;

    /// Whether there is no image.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of objects with points, in all images.
    fn instances(&self) -> usize;

    /// The name of an image in messages.
    fn name(&self, index: usize) -> String;

    /// Reads an image with its points.
    ///
    /// # Errors
    /// The reason why it cannot be read. The image is then skipped.
    fn read(&self, index: usize) -> Result<Example, String>;

    /// Whether true masks are known.
    fn has_truth(&self) -> bool {
        false
    }

    /// Whether the size prior of the run applies to these images. It does not to the windows of a
    /// scene: the other windows of the scene give the size of its objects.
    fn use_size_prior(&self) -> bool {
        true
    }
}

/// An image and its points.
#[derive(Debug, Clone)]
pub struct Example {
    /// The image at its own size.
    pub image: View,
    /// The objects that have points.
    pub instances: Vec<ExampleInstance>,
}

impl Example {
    /// A part of the image with the points and the true masks that are on it. Instances keep their
    /// numbers.
    #[must_use]
    pub fn part(&self, part: Part) -> Self {
        let View { width, height, rgb } = &self.image;
        let image = RgbView {
            width: *width,
            height: *height,
            data: rgb,
        };
        let [x0, y0] = [part.x, part.y].map(|origin| origin as f64);
        let moved = |point: &PromptPoint| {
            part.holds(point.x, point.y).then_some(PromptPoint {
                x: point.x - x0,
                y: point.y - y0,
                ..*point
            })
        };
        let cut = |truth: &Bitmap| {
            let [x, y, width, height] = [part.x, part.y, part.width, part.height].map(|v| v as u32);
            Bitmap::from_fn(width, height, |column, row| truth.get(x + column, y + row))
                .expect("a part is no larger than the whole")
        };
        let instances = self.instances.iter().map(|instance| ExampleInstance {
            name: instance.name.clone(),
            class: instance.class.clone(),
            points: instance.points.iter().filter_map(moved).collect(),
            truth: instance.truth.as_ref().map(cut),
        });
        Self {
            image: View {
                width: part.width,
                height: part.height,
                rgb: image.cut(part),
            },
            instances: instances.collect(),
        }
    }
}

/// An object that has points.
#[derive(Debug, Clone)]
pub struct ExampleInstance {
    /// Its name in messages.
    pub name: String,
    /// What kind of thing it is, where that is known.
    pub class: Option<String>,
    /// Its points, in continuous pixels of the image.
    pub points: Vec<PromptPoint>,
    /// Its true mask, at the image's size, where one is known.
    pub truth: Option<Bitmap>,
}

/// An example in the frame of the network's input: resized, mirrored, its points transformed.
#[derive(Debug, Clone)]
pub struct Framed {
    /// The weak view.
    pub weak: View,
    /// The place and the scale of the image in the input.
    pub geometry: Geometry,
    /// How it was mirrored.
    pub flip: Flip,
    /// The points `[x, y]` of each instance in pixels of the input, as the prompt encoder takes
    /// them.
    pub points: Vec<Vec<([f32; 2], PointLabel)>>,
}

impl Framed {
    /// Resizes an example to an input of `size` pixels a side: the longest side is `size`, as SAM's
    /// `ResizeLongestSide`.
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
            let label = if point.positive {
                PointLabel::Positive
            } else {
                PointLabel::Negative
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

    /// Pixels of the input that a pixel of the image covers.
    pub fn pixels_of_input(&self) -> f64 {
        let Geometry {
            original, covered, ..
        } = self.geometry;
        let area = |[rows, columns]: [usize; 2]| rows as f64 * columns as f64;
        area(covered) / area(original)
    }

    /// A box as the prompt encoder takes it, in continuous pixels of the image as it was before it
    /// was mirrored, along the outer edges of the pixels.
    pub fn box_of_image(&self, [x0, y0, x1, y1]: [f32; 4]) -> [f64; 4] {
        let Geometry {
            original, covered, ..
        } = self.geometry;
        let axis = |from: f32, to: f32, axis: usize, mirrored: bool| {
            let scale = original[axis] as f64 / covered[axis] as f64;
            let ends = [f64::from(from), f64::from(to) + 1.0].map(|end| end * scale);
            if mirrored {
                let size = original[axis] as f64;
                [size - ends[1], size - ends[0]]
            } else {
                ends
            }
        };
        let [left, right] = axis(x0, x1, 1, self.flip.horizontal);
        let [top, bottom] = axis(y0, y1, 0, self.flip.vertical);
        [left, top, right, bottom]
    }

    /// Takes a mask from the padded input of a part of the image to that of the whole. A pixel is
    /// set when at least two of four sample positions in it are.
    pub fn from_part(&self, mask: &Bitmap, of_part: &Self, part: Part) -> Bitmap {
        self.sampled(mask, of_part, [-(part.x as f64), -(part.y as f64)])
    }

    /// Takes a mask from the padded input of the whole image, `of_whole`, to that of a part of it.
    pub fn to_part(&self, mask: &Bitmap, of_whole: &Self, part: Part) -> Bitmap {
        self.sampled(mask, of_whole, [part.x as f64, part.y as f64])
    }

    /// A mask of another input, whose image begins `offset` before this one's, in this input.
    fn sampled(&self, mask: &Bitmap, other: &Self, offset: [f64; 2]) -> Bitmap {
        let side = self.geometry.padded as u32;
        // Along an axis: the two pixels of the other input that lie under each pixel of this one.
        let axis = |axis: usize, offset: f64| {
            let mirrored = |framed: &Self, at: f64| {
                let flips = [framed.flip.vertical, framed.flip.horizontal];
                if flips[axis] {
                    framed.geometry.original[axis] as f64 - at
                } else {
                    at
                }
            };
            let scale = |framed: &Self| {
                framed.geometry.covered[axis] as f64 / framed.geometry.original[axis] as f64
            };
            let place = |at: f64| {
                let at = mirrored(self, at / scale(self)) + offset;
                let inside = at >= 0.0 && at < other.geometry.original[axis] as f64;
                inside.then(|| (mirrored(other, at) * scale(other)) as u32)
            };
            let pair = |at: usize| [0.25, 0.75].map(|within| place(at as f64 + within));
            (0..self.geometry.covered[axis])
                .map(pair)
                .collect::<Vec<_>>()
        };
        let (across, down) = (axis(1, offset[0]), axis(0, offset[1]));
        Bitmap::from_fn(side, side, |x, y| {
            let (Some(across), Some(down)) = (across.get(x as usize), down.get(y as usize)) else {
                return false;
            };
            let pairs = down
                .iter()
                .flat_map(|y| across.iter().map(move |x| x.zip(*y)));
            pairs.flatten().filter(|&(x, y)| mask.get(x, y)).count() >= 2
        })
        .expect("an input is at most 4096 pixels across")
    }

    /// The prompts of these instances: at most `most` together, and only such as have the same
    /// number of points, because padding points change SAM's result.
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

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 256;

    /// An image with a disc and one point.
    fn example(width: usize, height: usize) -> Example {
        let truth = Bitmap::from_fn(width as u32, height as u32, |x, y| {
            let (dx, dy) = (f64::from(x) - 70.0, f64::from(y) - 52.0);
            dx * dx + dy * dy < 400.0
        });
        Example {
            image: View {
                width,
                height,
                rgb: vec![9; 3 * width * height],
            },
            instances: vec![ExampleInstance {
                name: "disc".into(),
                class: None,
                points: vec![PromptPoint {
                    x: 70.0,
                    y: 52.0,
                    positive: true,
                }],
                truth: truth.ok(),
            }],
        }
    }

    #[test]
    fn a_mask_goes_from_a_part_to_the_whole_and_back_however_both_are_mirrored() {
        let example = example(180, 130);
        let part = Part {
            x: 37,
            y: 21,
            width: 90,
            height: 90,
        };
        let of_part = example.part(part);
        for [horizontal, vertical] in [[false, false], [true, false], [false, true], [true, true]] {
            let flip = Flip {
                horizontal,
                vertical,
            };
            let whole = Framed::new(&example, SIZE, flip).expect("a frame");
            let magnified = Framed::new(&of_part, SIZE, flip).expect("a frame");
            let truth = |framed: &Framed, example: &Example| {
                framed.truth(example.instances[0].truth.as_ref().expect("a mask"))
            };
            let (large, small) = (truth(&magnified, &of_part), truth(&whole, &example));
            assert!(
                whole
                    .from_part(&large, &magnified, part)
                    .iou(&small)
                    .expect("one size")
                    > 0.95
            );
            assert!(
                magnified
                    .to_part(&small, &whole, part)
                    .iou(&large)
                    .expect("one size")
                    > 0.95
            );
            // The point lies on the disc in both.
            for (framed, mask) in [(&whole, &small), (&magnified, &large)] {
                let [x, y] = framed.points[0][0].0;
                assert!(mask.get(x.round() as u32, y.round() as u32));
            }
        }
    }

    #[test]
    fn a_box_in_the_input_is_the_masks_box_in_the_image() {
        let example = example(128, 100);
        for horizontal in [false, true] {
            let flip = Flip {
                horizontal,
                vertical: !horizontal,
            };
            let framed = Framed::new(&example, SIZE, flip).expect("a frame");
            let truth = example.instances[0].truth.as_ref().expect("a mask");
            let bounds = crate::requery::requery_box(&framed.truth(truth)).expect("a box");
            let found = framed.box_of_image(bounds);
            let own = truth.bounding_box().expect("a box");
            for (found, own) in found.into_iter().zip([own.x0, own.y0, own.x1, own.y1]) {
                assert!((found - own).abs() <= 0.5, "{found} is not {own}");
            }
        }
    }

    #[test]
    fn a_part_has_the_points_that_are_on_it_and_every_instance() {
        let example = example(180, 130);
        let part = Part {
            x: 100,
            y: 60,
            width: 80,
            height: 70,
        };
        let of_part = example.part(part);
        assert_eq!(of_part.image.rgb.len(), 3 * 80 * 70);
        assert_eq!(of_part.instances.len(), 1);
        assert!(of_part.instances[0].points.is_empty());
        let around = Part {
            x: 60,
            y: 40,
            ..part
        };
        let point = example.part(around).instances[0].points[0];
        assert_eq!([point.x, point.y], [10.0, 12.0]);
    }
}
