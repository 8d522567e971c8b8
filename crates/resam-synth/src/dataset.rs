//! Data sets of synthetic images: PNG files, true masks as COCO instances, and points on the
//! objects.

use std::io;
use std::path::Path;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbImage};
use rayon::prelude::*;
use resam_data::coco::{CocoCategory, CocoImage};
use resam_data::coco_writer::{CocoDocument, CocoObject};
use resam_files::{UnfinishedFolder, write_atomically};
use resam_prompt::{ObjectOnImage, PointedObject, write_csv};

use crate::error::SynthError;
use crate::layout::generate;
use crate::photograph::photograph;
use crate::points::points_of;
use crate::scene::{Class, Instance, Scene};
use crate::spec::SceneSpec;

/// The specification of one synthetic image.
#[derive(Debug, Clone, PartialEq)]
pub enum Picture {
    /// An overhead scene.
    Overhead(SceneSpec),
    /// A photograph-like scene.
    Photograph {
        /// The same seed gives the same picture.
        seed: u64,
        /// Side of the image in pixels.
        size: u32,
    },
}

impl Picture {
    /// Paints the image.
    ///
    /// # Errors
    /// As [`generate`] and [`photograph`].
    pub fn paint(&self) -> Result<Scene, SynthError> {
        match self {
            Self::Overhead(spec) => generate(spec),
            Self::Photograph { seed, size } => photograph(*seed, *size),
        }
    }
}

/// Which objects and points go into a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetOptions {
    /// The seed of the points.
    pub seed: u64,
    /// Number of positive points on each object.
    pub positives: usize,
    /// Number of negative points near each object.
    pub negatives: usize,
    /// Only objects of these classes are listed; with an empty list, all are.
    pub classes: Vec<Class>,
    /// Objects with fewer visible pixels are not listed.
    pub min_pixels: u64,
    /// Objects with a smaller visible share are not listed, 0 to 1.
    pub min_visible: f64,
}

impl Default for DatasetOptions {
    /// One point on every object.
    fn default() -> Self {
        Self {
            seed: 0,
            positives: 1,
            negatives: 0,
            classes: Vec::new(),
            min_pixels: 16,
            min_visible: 0.0,
        }
    }
}

impl DatasetOptions {
    /// Whether an object goes into the data set.
    pub fn lists(&self, instance: &Instance) -> bool {
        (self.classes.is_empty() || self.classes.contains(&instance.class))
            && instance.area() >= self.min_pixels
            && (self.min_visible <= 0.0 || instance.visible() >= self.min_visible)
    }
}

/// Writes a data set into a new folder: `images/0001.png` and on, `instances.json` (COCO, run
/// lengths), `points.csv` (`image,instance,x,y,label`; the instance is the annotation's id). Hands
/// back the number of objects.
///
/// The folder appears whole or not at all. The same arguments give the same bytes.
///
/// # Errors
/// [`SynthError`] if an image cannot be painted, if the folder exists and is not empty, or if a
/// file cannot be written.
pub fn write_dataset(
    folder: &Path,
    pictures: &[Picture],
    options: &DatasetOptions,
) -> Result<usize, SynthError> {
    let new = UnfinishedFolder::beside(folder)?;
    let images = new.path().join("images");
    fs_err::create_dir(&images).map_err(|source| new.refused(source))?;
    let digits = pictures.len().to_string().len().max(4);
    let names: Vec<String> = (1..=pictures.len())
        .map(|number| format!("{number:0digits$}.png"))
        .collect();
    // Images are written as soon as they are painted; masks are kept as run lengths.
    let painted: Vec<(CocoImage, Vec<Listed>)> = pictures
        .par_iter()
        .zip(&names)
        .enumerate()
        .map(|(index, (picture, name))| {
            let id = index as u64 + 1;
            let scene = picture.paint()?;
            write_png(&images.join(name), &scene.image)?;
            list(&scene, name, id, options)
        })
        .collect::<Result<_, SynthError>>()?;
    let mut file = CocoDocument {
        categories: categories(),
        ..CocoDocument::new("painted scenes with exact masks, by resam-synth")
    };
    let mut pointed = Vec::new();
    for (image, listed) in painted {
        for Listed {
            mut annotation,
            instance,
        } in listed
        {
            annotation.id = file.annotations.len() as u64 + 1;
            let points = points_of(
                &instance,
                (image.width, image.height),
                (options.positives, options.negatives),
                options.seed,
                image.id,
                annotation.id,
            )?;
            if points.iter().any(|point| point.positive) {
                let object = PointedObject::new(annotation.id.to_string(), points);
                pointed.push(ObjectOnImage::new(Some(image.file_name.clone()), object));
            }
            file.annotations.push(annotation);
        }
        file.images.push(image);
    }
    write_atomically(&new.path().join("instances.json"), |out| file.write(out))?;
    write_atomically(&new.path().join("points.csv"), |out| {
        write_csv(out, &pointed).map_err(io::Error::other)
    })?;
    new.finish()?;
    Ok(file.annotations.len())
}

/// A listed object, whose annotation has no id yet.
struct Listed {
    annotation: CocoObject,
    instance: Instance,
}

fn list(
    scene: &Scene,
    name: &str,
    id: u64,
    options: &DatasetOptions,
) -> Result<(CocoImage, Vec<Listed>), SynthError> {
    let (width, height) = scene.image.dimensions();
    let listed = scene
        .instances
        .iter()
        .filter(|instance| options.lists(instance))
        .map(|instance| {
            let mask = instance.rle(width, height)?;
            let annotation = CocoObject::new(0, id, instance.class.category_id(), &mask);
            Ok(Listed {
                annotation,
                instance: instance.clone(),
            })
        })
        .collect::<Result<Vec<_>, SynthError>>()?;
    let image = CocoImage {
        id,
        file_name: name.to_owned(),
        width,
        height,
    };
    Ok((image, listed))
}

fn categories() -> Vec<CocoCategory> {
    let all = Class::ALL.iter();
    all.map(|class| CocoCategory {
        id: class.category_id(),
        name: class.name().to_owned(),
    })
    .collect()
}

/// Writes a PNG, whole or not at all.
fn write_png(path: &Path, image: &RgbImage) -> Result<(), SynthError> {
    let (width, height) = image.dimensions();
    write_atomically(path, |out| {
        PngEncoder::new_with_quality(out, CompressionType::Fast, FilterType::Adaptive)
            .write_image(image, width, height, ExtendedColorType::Rgb8)
            .map_err(io::Error::other)
    })?;
    Ok(())
}
