//! A scene: worked on in windows, with a cache and a journal.

use resam_geo::Scene as RasterScene;
use resam_prompt::PointedObject;
use resam_scene::{
    AutoOptions, Cache, Ground, Plan, Progress as WindowProgress, SceneResult,
    SegmentOptions as WindowOptions, Stores,
};
use resam_select::{MaskSelection, SelectionMode};

use super::aoi;
use super::journal::{Question, journal_of};
use super::options::{self, AutomaticOptions, SegmentOptions};
use super::square::{to_raster, to_seen};
use crate::error::Result;
use crate::model::Model;
use crate::observer::{Observer, Progress};
use crate::scene::Scene;
use crate::scene_model::SceneModel;

/// How the scene is searched.
#[derive(Debug)]
pub(super) enum Search {
    Prompts(WindowOptions),
    Everything(AutoOptions),
}

/// Finds the objects of prompts.
pub(super) fn segment(
    model: &Model,
    scene: &Scene,
    seen: &RasterScene,
    prompts: &[PointedObject],
    selection: &MaskSelection,
    options: &SegmentOptions,
    observer: &mut dyn Observer,
) -> Result<SceneResult> {
    let settings = scene.input_settings().or(model.input_settings());
    let input = model.predictor().input_size() as u32;
    let zoom = selection.mode == SelectionMode::Requery && selection.zoom;
    let search = Search::Prompts(options::of_prompts(&settings, input, zoom));
    Run {
        model,
        scene,
        seen,
        prompts,
        selection,
        options,
        search,
    }
    .run(observer)
}

/// Finds whatever there is.
pub(super) fn everything(
    model: &Model,
    scene: &Scene,
    seen: &RasterScene,
    automatic: &AutomaticOptions,
    options: &SegmentOptions,
    observer: &mut dyn Observer,
) -> Result<SceneResult> {
    let settings = scene.input_settings().or(model.input_settings());
    let input = model.predictor().input_size() as u32;
    let mut search = options::of_everything(automatic, options, &settings, input);
    if let Some(area) = &options.aoi {
        search.region = Some(aoi::read(area, seen.raster(), observer)?);
    }
    let search = Search::Everything(search);
    let selection = &model.selection(&options.selection, SelectionMode::Requery);
    Run {
        model,
        scene,
        seen,
        prompts: &[],
        selection,
        options,
        search,
    }
    .run(observer)
}

/// A run over a scene.
struct Run<'a> {
    model: &'a Model,
    scene: &'a Scene,
    seen: &'a RasterScene,
    prompts: &'a [PointedObject],
    selection: &'a MaskSelection,
    options: &'a SegmentOptions,
    search: Search,
}

impl Run<'_> {
    fn run(&self, observer: &mut dyn Observer) -> Result<SceneResult> {
        let model = SceneModel::new(self.model, *self.selection);
        let cache = match &self.options.cache {
            Some(cache) => Some(Cache::open(&cache.folder, cache.bytes)?),
            None => None,
        };
        let question = Question {
            scene: self.scene,
            seen: self.seen,
            selection: self.selection,
        };
        let mut journal = journal_of(&question, self.options)?;
        let mut stores = Stores {
            cache: cache.as_ref(),
            journal: journal.as_mut(),
        };
        let watch = &mut Watch {
            observer,
            windows: 0,
            prompts: 0,
            asked_before: 0,
            asked: 0,
        };
        let mut result = match &self.search {
            Search::Prompts(options) => {
                let prompts = &to_seen(self.seen, self.prompts);
                resam_scene::segment(self.seen, prompts, options, &model, &mut stores, watch)?
            }
            Search::Everything(options) => {
                let ground = Ground {
                    transform: self.seen.seen_transform(),
                    ..Ground::of(self.seen)
                };
                resam_scene::segment_all(self.seen, &ground, options, &model, &mut stores, watch)?
            }
        };
        if let Some(held) = &self.options.held {
            held.hold(journal);
        }
        to_raster(self.seen, &mut result.objects)?;
        let failed = result.failed_windows();
        if failed > 0 {
            watch.observer.note(&format!(
                "{failed} windows failed; the same call tries them again, and only them"
            ));
        }
        Ok(result)
    }
}

/// Tells the observer of the engine what the scene tells its own.
struct Watch<'a> {
    observer: &'a mut dyn Observer,
    /// Windows and prompts of the round.
    windows: u64,
    prompts: usize,
    /// Objects that were asked about in earlier rounds, and in all.
    asked_before: usize,
    asked: usize,
}

impl resam_scene::Observer for Watch<'_> {
    fn planned(&mut self, plan: &Plan) {
        let time = plan
            .seconds
            .map_or(String::new(), |seconds| format!(", about {seconds:.0} s"));
        let again = match plan.round {
            0 => String::new(),
            round => format!(
                "round {}, small objects and those at edges again: ",
                round + 1
            ),
        };
        self.observer.note(&format!(
            "{again}{} windows for {} prompts, at most {:.1} GB of memory{time}",
            plan.windows.len(),
            plan.prompts,
            plan.memory as f64 / 1e9
        ));
        self.windows = plan.windows.len() as u64;
        self.prompts = plan.prompts;
        self.asked_before = self.asked;
        self.observer.progress(&Progress {
            unit: "windows",
            done: 0,
            total: self.windows,
            seconds_left: plan.seconds,
            detail: "",
        });
    }

    fn progress(&mut self, progress: &WindowProgress) {
        self.asked = progress.objects_done;
        let done = self.asked - self.asked_before;
        // Points of a grid are no objects.
        let detail = match (done, progress.round) {
            (0, _) => String::new(),
            (done, 0) => format!("{done} of {} objects", self.prompts),
            (done, _) => format!("{done} of {} objects again", self.prompts),
        };
        self.observer.progress(&Progress {
            unit: "windows",
            done: progress.windows_done as u64,
            total: self.windows,
            seconds_left: progress.seconds_left,
            detail: &detail,
        });
    }

    fn notice(&mut self, text: &str) {
        self.observer.note(text);
    }

    fn stop(&mut self) -> bool {
        self.observer.interrupted()
    }
}
