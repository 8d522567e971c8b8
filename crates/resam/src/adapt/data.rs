//! What a run learns from: images with points, or windows of scenes with points on the map.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use resam_adapt::Examples;
use resam_data::layouts::files_below;
use resam_geo::Raster;
use serde_json::Value;

use super::error::SourceError;
use super::fingerprint;
use super::images::{ImagePoints, PointedImages};
use super::options::AdaptOptions;
use super::scenes::PointedScenes;
use crate::dataset::DatasetOptions;
use crate::error::{Error, Result};
use crate::observer::Observer;
use crate::points::{Points, PointsOptions, are_in_pixels};
use crate::scene::is_scene;
use crate::segment::{note_left_out, window_options};

/// Images below which none is kept for validation unless asked.
const FEWEST_TO_VALIDATE: usize = 20;
/// Images that are kept for validation at the most unless asked.
const MOST_TO_VALIDATE: usize = 8;

/// Where the images and points of a run lie.
#[derive(Debug, Clone, Default)]
pub struct TrainingSource {
    /// A folder of images, a scene, or a folder of scenes; with true masks where there are any.
    pub dataset: DatasetOptions,
    /// The points. Default: drawn from the true masks.
    pub points: Option<PathBuf>,
    /// How points on the map are read.
    pub points_options: PointsOptions,
    /// Positive points an instance, and as many negative ones, when points are drawn. 0 means 1.
    pub points_per_instance: usize,
}

/// What is learnt from, and what is kept for validation.
pub(crate) struct TrainingData {
    pub(crate) images: Box<dyn Examples>,
    pub(crate) validation: Option<Box<dyn Examples>>,
    /// A fingerprint of each image, file of annotations and set of points, by name.
    pub(crate) inputs: BTreeMap<String, String>,
    /// How scenes are seen, if they are scenes.
    pub(crate) scenes: Vec<Value>,
}

impl TrainingSource {
    /// Opens the images, or the windows of scenes, with their points.
    pub(crate) fn open(
        &self,
        options: &AdaptOptions,
        input_size: usize,
        observer: &mut dyn Observer,
    ) -> Result<TrainingData> {
        let asks_for_scenes = options.input.asks_for_a_scene() || self.points_options.is_set();
        match &self.points {
            Some(points)
                if !self.dataset.has_masks() && self.has_scenes(points, asks_for_scenes)? =>
            {
                self.of_scenes(points, options, input_size, observer)
            }
            _ if asks_for_scenes => Err(Error::input(
                "settings of scenes (bands, stretch, window, CRS or layer of points) are given for \
                 images with masks",
                "leave them out; or give scenes with a file of points alone",
            )),
            _ => self.of_images(options, observer),
        }
    }

    /// Whether the images are scenes: one file, points on the map, settings that only scenes have,
    /// or rasters that `segment` would take for scenes, so that both see the same.
    fn has_scenes(&self, points: &Path, asks_for_scenes: bool) -> Result<bool> {
        let folder = &self.dataset.images;
        if folder.is_file() || asks_for_scenes || !are_in_pixels(points) {
            return Ok(true);
        }
        let files = files_below(folder).map_err(resam_data::DataError::from)?;
        let mut tiffs = files.iter().filter(|file| is_tiff(file));
        Ok(tiffs.any(|file| Raster::open(file).is_ok_and(|raster| is_scene(&raster))))
    }

    fn of_scenes(
        &self,
        points: &Path,
        options: &AdaptOptions,
        input_size: usize,
        observer: &mut dyn Observer,
    ) -> Result<TrainingData> {
        let input = input_size as u32;
        let layout = window_options(&options.input, input);
        let points = Points::open(points, &self.points_options)?;
        let (scenes, unused) = PointedScenes::new(
            &self.dataset.images,
            &options.input,
            &points,
            &layout,
            input,
        )?;
        points.tell(observer);
        for text in &unused.notes {
            observer.note(text);
        }
        if unused.scenes > 0 {
            let count = unused.scenes;
            observer.note(&format!("{count} scenes have no point and are left out"));
        }
        if unused.outside > 0 {
            let count = unused.outside;
            observer.note(&format!("{count} points lie in no scene and are skipped"));
        }
        note_left_out(
            &unused.without_positive,
            "have no point on the object",
            observer,
        );
        let no_data = "have points only where there is no data";
        note_left_out(&unused.without_data, no_data, observer);
        let shown = scenes.shown();
        let inputs = scenes.fingerprints(&name_of(points.path()));
        let of = match shown.len() {
            1 => "the scene".to_owned(),
            many => format!("{many} scenes"),
        };
        let (count, objects) = (scenes.len(), scenes.objects());
        let (scenes, validation) = match options.val_images {
            Some(_) => match validation_count(options.val_images, count, "windows")? {
                0 => (scenes, None),
                kept => {
                    let (rest, held) = scenes.hold_out(kept, options.seed);
                    if rest.is_empty() {
                        let what = "windows";
                        return Err(SourceError::AllForValidation { kept, count, what }.into());
                    }
                    (rest, Some(held))
                }
            },
            None => scenes.hold_out_places(options.val_points, options.seed)?,
        };
        observer.note(&format!(
            "learning from {} objects in {} windows of {of}",
            scenes.instances(),
            scenes.len()
        ));
        let held = validation.as_ref().map_or(0, Examples::instances);
        note_held_out(held, objects, scenes.is_empty(), options, observer)?;
        let images: Box<dyn Examples> = Box::new(scenes);
        let validation = validation.map(|of| Box::new(of) as Box<dyn Examples>);
        Ok(TrainingData {
            images,
            validation,
            inputs,
            scenes: shown,
        })
    }

    fn of_images(
        &self,
        options: &AdaptOptions,
        observer: &mut dyn Observer,
    ) -> Result<TrainingData> {
        let dataset = self.dataset.open()?;
        dataset.look()?;
        for note in dataset.notes() {
            observer.note(&note);
        }
        for notice in dataset.notices() {
            observer.notice(notice);
        }
        let points = match &self.points {
            Some(file) => {
                let points = self.points_options.read_pixels(file)?;
                for notice in &points.notices {
                    observer.notice(notice);
                }
                if let Some(one) = points.objects.iter().find(|one| !one.object.has_positive()) {
                    return Err(Error::input(
                        format!(
                            "`{}`: object `{}` is a box, and learning needs points",
                            file.display(),
                            one.object.id
                        ),
                        "give a point on each object: a CSV with the columns image,instance,x,y,label",
                    ));
                }
                ImagePoints::File(points)
            }
            None => ImagePoints::Drawn {
                points_per_instance: self.points_per_instance.max(1),
                seed: options.seed,
            },
        };
        let (images, without) = PointedImages::new(dataset, points)?;
        if without > 0 {
            observer.note(&format!("{without} images have no point and are left out"));
        }
        let mut inputs = images.fingerprints();
        let points = self.points.as_deref();
        inputs.extend(points.map(|file| (name_of(file), fingerprint::of_file(file))));
        let by_place = options.val_images.is_none()
            && (options.val_points.is_some() || images.len() < FEWEST_TO_VALIDATE);
        let (images, validation) = if by_place {
            let objects = images.instances();
            let (rest, held) = images.hold_out_places(options.val_points, options.seed);
            let count = held.as_ref().map_or(0, Examples::instances);
            note_held_out(count, objects, rest.is_empty(), options, observer)?;
            (rest, held)
        } else {
            match validation_count(options.val_images, images.len(), "images")? {
                0 => (images, None),
                count => {
                    let (rest, held) = images.hold_out(count, options.seed);
                    (rest, Some(held))
                }
            }
        };
        let images: Box<dyn Examples> = Box::new(images);
        let validation = validation.map(|of| Box::new(of) as Box<dyn Examples>);
        Ok(TrainingData {
            images,
            validation,
            inputs,
            scenes: Vec::new(),
        })
    }
}

/// What a file of points is called among the inputs of a run.
fn name_of(points: &Path) -> String {
    let name = points.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Says what is kept for validation of the objects, and refuses to keep all of them.
fn note_held_out(
    held: usize,
    objects: usize,
    nothing_left: bool,
    options: &AdaptOptions,
    observer: &mut dyn Observer,
) -> Result<()> {
    if nothing_left {
        let (kept, count, what) = (held, objects, "objects");
        return Err(SourceError::AllForValidation { kept, count, what }.into());
    }
    if held > 0 {
        observer.note(&format!(
            "{held} of {objects} objects are kept for validation, in places of their own"
        ));
    } else if options.val_images.is_none() && options.val_points.is_none() {
        observer.note(&format!(
            "too few objects ({objects}) to keep some for validation: nothing will be known of the gain"
        ));
    }
    Ok(())
}

/// How many of so many images or windows are kept for validation.
fn validation_count(asked: Option<usize>, count: usize, what: &'static str) -> Result<usize> {
    let kept = asked.unwrap_or(match count {
        0..FEWEST_TO_VALIDATE => 0,
        _ => (count / 10).min(MOST_TO_VALIDATE),
    });
    if kept > 0 && kept >= count {
        return Err(SourceError::AllForValidation { kept, count, what }.into());
    }
    Ok(kept)
}

/// Whether a file is a TIFF by its name.
fn is_tiff(path: &std::path::Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    matches!(&*extension.to_ascii_lowercase(), "tif" | "tiff")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_is_kept_for_validation_and_none_of_few() {
        let kept = |count| validation_count(None, count, "images").expect("some are left");
        assert_eq!(
            [kept(1), kept(19), kept(20), kept(50), kept(500)],
            [0, 0, 2, 5, 8]
        );
        assert!(validation_count(Some(5), 5, "images").is_err());
        assert_eq!(
            validation_count(Some(0), 1, "images").expect("none is kept"),
            0
        );
    }
}
