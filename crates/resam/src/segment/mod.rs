//! From points to objects, on an image and on a scene alike.

mod job;
mod journal;
mod options;
mod prompts;
pub(crate) mod square;
mod typed;
mod whole;
mod windows;

pub use job::{SegmentJob, Segmented, Target};
pub use options::{AutomaticOptions, CacheOptions, OutputOptions, SegmentOptions};
pub use prompts::{NoneInScene, check_inside};
pub use typed::{NothingPointedAt, TypedPrompts};

pub(crate) use options::windows as window_options;
pub(crate) use prompts::note_left_out;

use resam_export::{ImageReference, Segmentation};
use resam_geo::{Raster, Scene as RasterScene};
use resam_prompt::PointedObject;
use resam_scene::{Ground, SceneResult};
use resam_select::SelectionMode;

use crate::error::Result;
use crate::model::Model;
use crate::observer::Observer;
use crate::points::Points;
use crate::scene::Scene;

impl Model {
    /// Finds the object that each prompt points at.
    ///
    /// A plain image is encoded at once; a scene is worked on in windows, in bounded memory, and
    /// goes on from `options.journal` after an interruption. Coordinates of the result are
    /// continuous pixels of the raster: `(0, 0)` is its top-left corner.
    ///
    /// # Errors
    /// When the raster or the points cannot be read, when none of the points lies on the raster,
    /// when the device fails, and with [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted)
    /// when the observer asks for a stop.
    pub fn segment(
        &self,
        scene: &Scene,
        points: &Points,
        options: &SegmentOptions,
        observer: &mut dyn Observer,
    ) -> Result<Segmentation> {
        let raster = scene.raster()?;
        let objects = prompts::on_raster(points, scene, &raster, observer)?;
        self.segment_objects(scene, objects, options, observer)
    }

    /// The same for objects whose points and boxes are pixels of the raster.
    ///
    /// # Errors
    /// As [`segment`](Self::segment).
    pub fn segment_objects(
        &self,
        scene: &Scene,
        objects: Vec<PointedObject>,
        options: &SegmentOptions,
        observer: &mut dyn Observer,
    ) -> Result<Segmentation> {
        let selection = self.selection(&options.selection, SelectionMode::Requery);
        if !scene.is_scene() && !options.asks_for_windows() {
            let raster = scene.raster()?;
            check_inside(&objects, raster.width(), raster.height())?;
            note_file(&raster, observer);
            let result = whole::segment(self, scene, &objects, &selection, observer)?;
            let (width, height) = (raster.width(), raster.height());
            let image = seen_as(scene, ImageReference::plain(scene.path(), width, height));
            return finish(self, image, objects, result, options, observer);
        }
        let seen = self.look_at(scene, observer)?;
        let result = windows::segment(self, scene, &seen, &objects, &selection, options, observer)?;
        finish(
            self,
            seen_as(scene, ImageReference::of_scene(&seen)),
            objects,
            result,
            options,
            observer,
        )
    }

    /// Finds whatever there is, without points.
    ///
    /// # Errors
    /// As [`segment`](Self::segment).
    pub fn segment_everything(
        &self,
        scene: &Scene,
        automatic: &AutomaticOptions,
        options: &SegmentOptions,
        observer: &mut dyn Observer,
    ) -> Result<Segmentation> {
        let seen = self.look_at(scene, observer)?;
        let result = windows::everything(self, scene, &seen, automatic, options, observer)?;
        finish(
            self,
            seen_as(scene, ImageReference::of_scene(&seen)),
            Vec::new(),
            result,
            options,
            observer,
        )
    }

    /// The scene as the model sees it: bands and one stretch.
    fn look_at(&self, scene: &Scene, observer: &mut dyn Observer) -> Result<RasterScene> {
        let settings = scene.input_settings().or(self.input_settings());
        let raster = scene.raster()?;
        note_file(&raster, observer);
        if raster.crs().is_none() {
            observer.note("the scene has no CRS: coordinates are pixels, areas are square pixels");
        }
        let seen = RasterScene::of_raster(raster, &settings.scene_options())?.seen_square();
        if let Some(note) = seen.shape_note() {
            observer.note(&note);
        }
        Ok(seen)
    }
}

/// The image with what the caller knows better than its file.
fn seen_as(scene: &Scene, image: ImageReference) -> ImageReference {
    ImageReference {
        seen_as: scene.input_settings().seen_as.clone(),
        ..image
    }
}

fn note_file(raster: &Raster, observer: &mut dyn Observer) {
    for text in &raster.info().notes {
        observer.note(text);
    }
}

/// The result of a run, without objects of other areas than were asked for.
fn finish(
    model: &Model,
    image: ImageReference,
    prompts: Vec<PointedObject>,
    result: SceneResult,
    options: &SegmentOptions,
    observer: &mut dyn Observer,
) -> Result<Segmentation> {
    let mut segmentation = Segmentation {
        image,
        model: model.name(),
        prompts,
        objects: result.objects,
        failures: result.failures,
        counts: result.counts,
    };
    let removed = segmentation.with_areas_between(options.min_area, options.max_area)?;
    if removed > 0 {
        observer.note(&format!("{removed} objects are left out for their area"));
    }
    Ok(segmentation)
}

/// Square metres of a pixel in the middle of an image; 1 without a CRS.
pub(crate) fn pixel_area(image: &ImageReference) -> Result<f64> {
    let [x, y] = [image.width, image.height].map(|side| f64::from(side) / 2.0);
    let ground: &Ground = &image.ground;
    Ok(ground.pixel_area(x, y)?)
}
