//! Examples for adaptation from a data set and the points on it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;
use resam_adapt::views::View;
use resam_adapt::{Example, ExampleInstance, Examples};
use resam_data::{Dataset, ImageRecord, draws};
use resam_prompt::PointFile;

use super::{SourceError, fingerprint, places};
use crate::error::Result;

/// Where the points come from.
#[derive(Debug, Clone)]
pub enum ImagePoints {
    /// A file of points.
    File(PointFile),
    /// Drawn from the true masks: so many on each object and as many off it.
    Drawn {
        /// Positive points an instance, and negative points an instance.
        points_per_instance: usize,
        /// Seed of the draw.
        seed: u64,
    },
}

/// The images of a data set that have points.
#[derive(Debug)]
pub struct PointedImages {
    dataset: Dataset,
    points: ImagePoints,
    /// How many pointed objects each image has, by its id.
    counts: HashMap<u64, usize>,
    /// Only these objects, by their image's id and their name; all where there is no list.
    only: Option<Arc<HashSet<(u64, String)>>>,
}

impl PointedImages {
    /// The images of `dataset` with at least one pointed object; also how many have none.
    ///
    /// # Errors
    /// [`Error`](crate::Error) when the points name images or annotations that are not there, lie
    /// outside, or when no image is left.
    pub fn new(dataset: Dataset, points: ImagePoints) -> Result<(Self, usize)> {
        let before = dataset.images().len();
        if let ImagePoints::File(file) = &points {
            dataset.check_points(file)?;
        }
        let mut counts = HashMap::new();
        for image in dataset.images() {
            let count = match &points {
                ImagePoints::File(file) => file.on_image(&image.file_name).count(),
                ImagePoints::Drawn { .. } => dataset.instances(image)?.len(),
            };
            if count > 0 {
                counts.insert(image.id, count);
            }
        }
        let dataset = dataset.retain(|image| counts.contains_key(&image.id));
        let left = dataset.images().len();
        if left == 0 {
            return Err(SourceError::NoPoints.into());
        }
        let images = Self {
            dataset,
            points,
            counts,
            only: None,
        };
        Ok((images, before - left))
    }

    /// Keeps `count` images back, drawn with a seed: those that are left and those kept back.
    #[must_use]
    pub fn hold_out(self, count: usize, seed: u64) -> (Self, Self) {
        let (rest, held) = self.dataset.clone().hold_out(count, seed);
        let of = |dataset| Self {
            dataset,
            points: self.points.clone(),
            counts: self.counts.clone(),
            only: self.only.clone(),
        };
        (of(rest), of(held))
    }

    /// Keeps the objects of places in the images back, `count` of them or somewhat more; by default
    /// an eighth, none of few. The seed picks the places; an image with few objects is one. Those
    /// that are left, and those kept back.
    #[must_use]
    pub fn hold_out_places(self, count: Option<usize>, seed: u64) -> (Self, Option<Self>) {
        let (mut placed, mut names) = (Vec::new(), Vec::new());
        for (number, image) in self.dataset.images().iter().enumerate() {
            // What cannot be read is told when it is learnt from.
            for instance in self.instances(image).unwrap_or_default() {
                let point = instance.points.iter().find(|point| point.positive);
                placed.push((number, point.map_or([0.0; 2], |point| [point.x, point.y])));
                names.push((image.id, instance.name));
            }
        }
        let held = places::hold_out(&placed, count, seed);
        if held.is_empty() {
            return (self, None);
        }
        let (mut of_held, mut of_rest) = (HashSet::new(), HashSet::new());
        for (at, name) in names.into_iter().enumerate() {
            if held.contains(&at) {
                of_held.insert(name);
            } else {
                of_rest.insert(name);
            }
        }
        (self.only(of_rest), Some(self.only(of_held)))
    }

    /// Only these objects, and the images that have some of them.
    fn only(&self, objects: HashSet<(u64, String)>) -> Self {
        let mut counts = HashMap::new();
        for (image, _) in &objects {
            *counts.entry(*image).or_default() += 1;
        }
        Self {
            dataset: self
                .dataset
                .clone()
                .retain(|image| counts.contains_key(&image.id)),
            points: self.points.clone(),
            counts,
            only: Some(Arc::new(objects)),
        }
    }

    /// The fingerprints of the images and of their true masks, by name.
    pub(super) fn fingerprints(&self) -> BTreeMap<String, String> {
        let files = self.dataset.images().par_iter().flat_map(|image| {
            let own = (image.file_name.clone(), fingerprint::of_file(&image.path));
            let mask = self.dataset.label_file(image).map(|mask| {
                let name = format!("the mask of {}", image.file_name);
                (name, fingerprint::of_file(mask))
            });
            [Some(own), mask]
        });
        let mut all: BTreeMap<String, String> = files.flatten().collect();
        if let Some(annotations) = self.dataset.known_annotations() {
            let sum = fingerprint::of_content(&annotations);
            all.insert("the annotations".to_owned(), sum);
        }
        all
    }

    /// The images.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    fn instances(&self, image: &ImageRecord) -> std::result::Result<Vec<ExampleInstance>, String> {
        let mut instances = self.all_instances(image)?;
        if let Some(only) = &self.only {
            instances.retain(|instance| only.contains(&(image.id, instance.name.clone())));
        }
        Ok(instances)
    }

    fn all_instances(
        &self,
        image: &ImageRecord,
    ) -> std::result::Result<Vec<ExampleInstance>, String> {
        let known = self
            .dataset
            .instances(image)
            .map_err(|error| error.to_string())?;
        let words = |error: resam_data::coco::CocoError| error.to_string();
        match &self.points {
            ImagePoints::File(file) => {
                let by_id: HashMap<String, _> = known
                    .iter()
                    .map(|instance| (instance.id.to_string(), instance))
                    .collect();
                file.on_image(&image.file_name)
                    .map(|object| {
                        let truth = by_id.get(&object.id);
                        let category = truth.map(|instance| instance.category.to_string());
                        let truth = truth.map(|instance| instance.mask()).transpose();
                        Ok(ExampleInstance {
                            name: object.id.clone(),
                            class: object.class.clone().or(category),
                            points: object.points.clone(),
                            truth: truth.map_err(words)?,
                        })
                    })
                    .collect()
            }
            &ImagePoints::Drawn {
                points_per_instance: count,
                seed,
            } => known
                .iter()
                .map(|instance| {
                    let mask = instance.mask().map_err(words)?;
                    let points =
                        draws::draw_points(&mask, count, count, seed, image.id, instance.id);
                    Ok(ExampleInstance {
                        name: instance.id.to_string(),
                        class: Some(instance.category.to_string()),
                        points,
                        truth: Some(mask),
                    })
                })
                .filter(|instance| {
                    // A mask without a pixel gives no point.
                    let some = |instance: &ExampleInstance| {
                        instance.points.iter().any(|point| point.positive)
                    };
                    instance.as_ref().map_or(true, some)
                })
                .collect(),
        }
    }
}

impl Examples for PointedImages {
    fn len(&self) -> usize {
        self.dataset.images().len()
    }

    fn instances(&self) -> usize {
        let images = self.dataset.images().iter();
        let counts = images.filter_map(|image| self.counts.get(&image.id));
        counts.sum()
    }

    fn name(&self, index: usize) -> String {
        self.dataset.images()[index].file_name.clone()
    }

    fn read(&self, index: usize) -> std::result::Result<Example, String> {
        let record = &self.dataset.images()[index];
        let decoded = self
            .dataset
            .read_image(record)
            .map_err(|error| error.to_string())?;
        let (width, height) = decoded.rgb.dimensions();
        Ok(Example {
            image: View {
                width: width as usize,
                height: height as usize,
                rgb: decoded.rgb.into_raw(),
            },
            instances: self.instances(record)?,
        })
    }

    fn has_truth(&self) -> bool {
        self.dataset.has_truth()
    }
}
