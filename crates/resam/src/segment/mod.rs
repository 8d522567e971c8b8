//! From points to objects, on an image and on a scene alike.

mod aoi;
mod job;
mod journal;
mod options;
mod prompts;
pub(crate) mod square;
mod typed;
mod whole;
mod windows;

pub use job::{SegmentJob, Segmented, Target};
pub use journal::HeldJournal;
pub use options::{AutomaticOptions, CacheOptions, OutputOptions, SegmentOptions};
pub use prompts::{NoneInScene, check_inside};
pub use typed::{NothingPointedAt, TypedPrompts};

pub(crate) use options::windows as window_options;
pub(crate) use prompts::note_left_out;

use resam_export::{Cleaning, ImageReference, Segmentation};
use resam_geo::{Raster, Scene as RasterScene};
use resam_prompt::PointedObject;
use resam_scene::SceneResult;
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
        let objects = match &options.aoi {
            Some(area) => {
                let region = aoi::read(area, &scene.raster()?, observer)?;
                aoi::inside(&region, objects, observer)?
            }
            None => objects,
        };
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

/// The result of a run: its masks made objects.
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
        cleaning: Cleaning::default(),
    };
    segmentation.clean(&options.clean)?;
    for sentence in segmentation.cleaning_sentences() {
        observer.note(&sentence);
    }
    Ok(segmentation)
}
