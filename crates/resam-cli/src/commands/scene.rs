//! `resam segment` on a scene: a georeferenced raster, or one larger than a window.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::Result;
use resam_crs::Crs;
use resam_export::{Format, ImageReference, Segmentation, WriteOptions};
use resam_geo::{Raster, Scene, SceneOptions};
use resam_polygon::PolygonOptions;
use resam_prompt::PointedObject;
use resam_scene::{
    AutoOptions, Cache, Failure, Ground, Journal, Model, Observer, OnChange, Overlap, Plan,
    PointedObject, Progress, SceneResult, SegmentOptions, Stores,
};
use resam_train::ScenePoints;
use resam_train::pace::pace;
use resam_train::picture::is_stretched;
use resam_train::scene_model::SceneModel;
use resam_vector::VectorFormat;
use sha2::{Digest, Sha256};

use super::segment::{object_prompt, typed_prompts};
use super::{LoadedModel, Outcome, load, note, run_record};
use crate::arguments::{Common, OverlapName, SceneInput, Segment};
use crate::failure::WrongInput;
use crate::interrupt::asked_to_stop;
use crate::progress::Progress as Bar;

/// A side above which a raster is a scene: the model would see too little of it at once.
const LARGE: u32 = 4096;

/// The end of a journal's name.
const JOURNAL: &str = ".resam-journal";

/// Whether what was asked is about a scene: the file is georeferenced, large or not of 8 bits, or
/// something was asked for that only scenes have.
pub(crate) fn is_meant(arguments: &Segment) -> bool {
    let points = arguments.points.as_deref();
    if arguments.scene.asks_for_a_scene() || points.and_then(VectorFormat::of_input).is_some() {
        return true;
    }
    // What cannot be opened as a raster is refused as an image, with the image's words, unless it is
    // no image either.
    match Raster::open(&arguments.image) {
        Ok(raster) if is_scene(&raster) => Subject::Scene,
        Ok(raster) => Subject::Image(Some(Box::new(raster))),
        Err(_) => match resam_image::probe(&arguments.image) {
            Err(error) if error.is_unknown_format() => Subject::Scene,
            _ => Subject::Image(None),
        },
    }
}

/// Whether a raster is a scene by itself: georeferenced, large or not of 8 bits.
pub(crate) fn is_scene(raster: &Raster) -> bool {
    raster.geo_transform().is_some()
        || raster.crs().is_some()
        || raster.info().read_by.is_some()
        || raster.width().max(raster.height()) > LARGE
        || is_stretched(raster)
}

pub(crate) fn run(arguments: &Segment, common: &Common) -> Result<Outcome> {
    let Written { found, seconds } = find_and_write(arguments, common)?;
    tell(&found, seconds, common);
    Ok(match found.failures.is_empty() {
        true => Outcome::Done,
        false => Outcome::SomeFailed,
    })
}

/// What was found and written.
pub(crate) struct Written {
    found: Segmentation,
    seconds: f64,
}

/// Finds the objects and writes them; prints nothing but progress.
pub(crate) fn find_and_write(arguments: &Segment, common: &Common) -> Result<Written> {
    // Everything that can be wrong is found before the long work.
    let options = &arguments.scene;
    let outputs = &arguments.output;
    for path in outputs {
        Format::of(path)?;
    }
    let out_crs = options.out_crs.as_deref().map(Crs::parse).transpose()?;
    let raster = Raster::open(&arguments.image)?;
    let scene = Scene::of_raster(
        raster,
        &SceneOptions {
            bands: options.input.bands.clone(),
            stretch: options.input.stretch,
        },
    )?;
    for text in &scene.raster().info().notes {
        note(common, text);
    }
    if scene.raster().crs().is_none() {
        note(
            common,
            "the scene has no CRS: coordinates are pixels, areas are square pixels",
        );
    }
    let image = ImageReference::of_scene(&scene);
    for path in outputs {
        Format::check(path, image.ground.map_crs(), out_crs.as_ref())?;
    }
    let prompts = match options.auto {
        true => Vec::new(),
        false => prompts(arguments, &scene, common)?,
    };
    let model = load(&arguments.model, common)?;
    let scene_model = scene_model(arguments, &model)?;
    let cache = match &options.cache {
        Some(folder) => Some(Cache::open(folder, options.cache_size)?),
        None => None,
    };
    let mut journal = journal(arguments, &scene, &scene_model, &prompts, &outputs[0])?;

    let started = Instant::now();
    let mut watch = Watch::new(common)?;
    let mut stores = Stores {
        cache: cache.as_ref(),
        journal: Some(&mut journal),
    };
    let found = find(
        arguments,
        &scene,
        &prompts,
        &scene_model,
        &mut stores,
        &mut watch,
    )?;
    watch.finish();
    let seconds = started.elapsed().as_secs_f64();

    let mut found = Segmentation {
        image,
        model: model.name.clone(),
        prompts,
        objects: found.objects,
        failures: found.failures,
        counts: found.counts,
    };
    found.with_areas_between(options.min_area, options.max_area)?;
    let write = WriteOptions {
        polygons: polygon_options(arguments, &scene, &found.image.ground)?,
        layer: Some(stem(&outputs[0])),
        out_crs,
    };
    for path in outputs {
        found.write(path, &write)?;
    }
    let stages = [("load", model.seconds), ("segment", seconds)];
    let record = run_record(&model, common, &stages, found.to_json());
    let mut folders = std::collections::BTreeSet::new();
    for path in outputs {
        if folders.insert(path.parent()) {
            record.write_beside(path)?;
        }
    }
    let is_window = |failure: &&Failure| matches!(failure, Failure::Window { .. });
    match found.failures.iter().filter(is_window).count() {
        0 if cache.is_some() => {}
        0 => journal.remove()?,
        windows => note(
            common,
            &format!("{windows} windows failed; the same command tries them again, and only them"),
        ),
    }
    Ok(Written { found, seconds })
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// How the scene is searched: for the objects of prompts, or for whatever there is.
#[derive(Debug)]
enum Search {
    Prompts(SegmentOptions),
    Everything(AutoOptions),
}

fn search(arguments: &Segment, model: &SceneModel<'_>) -> Search {
    let options = &arguments.scene;
    let run = SegmentOptions {
        closer: model.selection.zooms(),
        merge: options.merge,
        overlap: match options.overlap {
            OverlapName::Keep => Overlap::Keep,
            OverlapName::Resolve => Overlap::Resolve,
        },
        ..windows_of(&options.input, model.input_size())
    };
    if !options.auto {
        return Search::Prompts(run);
    }
    let automatic = AutoOptions::default();
    Search::Everything(AutoOptions {
        points_per_side: options.points_per_side.get(),
        score: options.min_quality,
        stability: options.min_stability,
        min_area: options.min_area.unwrap_or(0.0),
        max_area: options.max_area.unwrap_or(f64::INFINITY),
        same: options.merge.unwrap_or(automatic.same),
        run: SegmentOptions {
            merge: None,
            rounds: automatic.run.rounds,
            ..run
        },
        ..automatic
    })
}

/// How windows are laid for a model whose input has `input` pixels a side.
pub(crate) fn windows_of(asked: &SceneInput, input: u32) -> SegmentOptions {
    let window = asked.window.map(std::num::NonZeroU32::get);
    SegmentOptions {
        window,
        // Small windows have small margins.
        margin: SegmentOptions::default()
            .margin
            .min(window.unwrap_or(input) / 8),
        ..Default::default()
    }
}

/// The points of a file, in pixels or on the map.
pub(crate) fn points_of(file: &Path, asked: &SceneInput) -> Result<ScenePoints> {
    let source_crs = asked.points_crs.as_deref().map(Crs::parse).transpose()?;
    let layer = asked.points_layer.clone();
    Ok(ScenePoints::open(file, source_crs, layer)?)
}

/// Says that instances are left out, and the first of their names.
pub(crate) fn note_left_out(names: &[String], why: &str, common: &Common) {
    if names.is_empty() {
        return;
    }
    let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
    note(
        common,
        &format!(
            "{} instances {why} and are skipped: {}",
            names.len(),
            shown.join(", ")
        ),
    );
}

fn find(
    arguments: &Segment,
    scene: &Scene,
    prompts: &[PointedObject],
    model: &SceneModel<'_>,
    stores: &mut Stores<'_>,
    watch: &mut Watch<'_>,
) -> Result<SceneResult> {
    Ok(match search(arguments, model) {
        Search::Prompts(options) => {
            resam_scene::segment(scene, prompts, &options, model, stores, watch)?
        }
        Search::Everything(options) => {
            let ground = Ground::of(scene);
            resam_scene::segment_all(scene, &ground, &options, model, stores, watch)?
        }
    })
}

/// What is asked about: typed in pixels, or in a file, in pixels or on the map.
fn prompts(arguments: &Segment, scene: &Scene, common: &Common) -> Result<Vec<PointedObject>> {
    let raster = scene.raster();
    let size = (raster.width(), raster.height());
    let Some(file) = &arguments.points else {
        let asked = typed_prompts(arguments)?;
        for asked in &asked {
            super::segment::check_inside(asked, size.0, size.1)?;
        }
        return Ok(asked.into_iter().map(object_prompt).collect());
    };
    let mut points = points_of(file, &arguments.scene.input)?;
    let name = file_name(&arguments.image);
    let gathered = points.on(raster, &name)?;
    for text in points.notes() {
        note(common, text);
    }
    if points.are_pixels() {
        if gathered.objects.is_empty() {
            return Err(WrongInput::new(
                format!("`{}` has no point for the image `{name}`", file.display()),
                "its `image` column names other images; leave the column out for a single scene",
            )
            .into());
        }
        return Ok(gathered.objects);
    }
    let outside = gathered.outside.len();
    let first = gathered.outside.first();
    if gathered.objects.is_empty() {
        let landed = first.map_or_else(
            || "none is on an object".to_owned(),
            |(row, [x, y])| {
                format!(
                    "row {row} lands at pixel {x:.1},{y:.1} of a scene of {} x {} pixels",
                    size.0, size.1
                )
            },
        );
        return Err(WrongInput::new(
            format!(
                "`{}`: none of its {} points lies in `{}`: {landed}",
                file.display(),
                points.count(),
                arguments.image.display()
            ),
            "see `resam info` of the scene for where it lies, and say the points' CRS with \
             `--points-crs EPSG:...` if their file does not",
        )
        .into());
    }
    if let Some((row, [x, y])) = first {
        note(
            common,
            &format!(
                "{outside} points lie outside the scene and are skipped, the first in row {row}, at \
                 pixel {x:.1},{y:.1}"
            ),
        );
    }
    note_left_out(
        &gathered.without_positive,
        "have no point on the object",
        common,
    );
    Ok(gathered.objects)
}

fn scene_model<'a>(arguments: &Segment, model: &'a LoadedModel) -> Result<SceneModel<'a>> {
    let size = model.predictor.input_size();
    let step = resam_adapt::Step {
        input_size: size,
        first_block: None,
        instances: 16,
        activation_checkpoints: false,
    };
    let adapter = model.adapter_sha256.as_deref().unwrap_or("no adapter");
    Ok(SceneModel {
        predictor: &model.predictor,
        device: model.compute.clone(),
        selection: model.selection(arguments.requery, arguments.multimask),
        identity: format!(
            "{} {adapter} {} {size}",
            model.sha256,
            model.precision.name()
        ),
        bytes: resam_adapt::step_memory(&model.config, &step).total(),
        pace: pace(&model.config, size, &model.compute),
    })
}

/// The journal of the run: beside its first output, or with a cache in there, where it stays, so that the
/// same question about the same scene finds its answers, whatever is written of them.
fn journal(
    arguments: &Segment,
    scene: &Scene,
    model: &SceneModel<'_>,
    prompts: &[PointedObject],
    output: &Path,
) -> Result<Journal> {
    let file = std::fs::metadata(&arguments.image)?;
    let modified = file
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let about = [
        ("scene", arguments.image.display().to_string()),
        ("size of the scene's file", file.len().to_string()),
        (
            "time of the scene's file",
            modified.map_or(0, |time| time.as_nanos()).to_string(),
        ),
        ("bands", format!("{:?}", scene.bands())),
        ("stretch", format!("{:?}", scene.stretch_limits())),
        // A size prior of other images has no say in a scene.
        (
            "mask selection",
            format!("{:?}", model.selection.with_size_prior(None)),
        ),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let path = match &arguments.scene.cache {
        Some(folder) => {
            let options = search(arguments, model);
            let question = format!("{about:?} {} {options:?} {prompts:?}", model.identity());
            let digest = Sha256::digest(question.as_bytes());
            let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            folder.join(name + JOURNAL)
        }
        None => {
            let mut name = output.as_os_str().to_owned();
            name.push(JOURNAL);
            PathBuf::from(name)
        }
    };
    if arguments.scene.restart && path.exists() {
        std::fs::remove_file(&path)?;
    }
    let journal = Journal::new(&path, OnChange::Refuse);
    Ok(about
        .into_iter()
        .fold(journal, |journal, (name, value)| journal.about(name, value)))
}

/// Areas in square metres become pixels, at the middle of the scene.
fn polygon_options(arguments: &Segment, scene: &Scene, ground: &Ground) -> Result<PolygonOptions> {
    let options = &arguments.scene;
    let [x, y] = [scene.raster().width(), scene.raster().height()].map(|side| side as f64 / 2.0);
    let pixel = match options.min_area.is_some() || options.fill_holes.is_some() {
        true => ground.pixel_area(x, y)?,
        false => 1.0,
    };
    Ok(PolygonOptions {
        simplify: options.simplify,
        regularize: options.regularize,
        fill_holes: options.fill_holes.map(|area| area / pixel),
        min_area: options.min_area.unwrap_or(0.0) / pixel,
        ..Default::default()
    })
}

fn tell(found: &Segmentation, seconds: f64, common: &Common) {
    for failure in &found.failures {
        eprintln!("failed: {}", failure.describe(&found.prompts));
    }
    if common.json {
        println!("{:#}", found.to_json());
        return;
    }
    let counts = &found.counts;
    println!(
        "{} objects of {} prompts in {seconds:.1} s; {} windows encoded, {} from the cache, {} from the \
         run before",
        found.objects.len(),
        found.prompts.len(),
        counts.encoded,
        counts.cached,
        counts.resumed
    );
    if counts.zoom_requeries > 0 {
        println!(
            "{} are small and were asked about again, closer",
            counts.zoom_requeries
        );
    }
    if counts.edge_requeries > 0 {
        println!(
            "{} asked again because they reached an edge; {} reach one still",
            counts.edge_requeries, counts.truncated
        );
    }
}

/// Watches a run for the command line.
struct Watch<'a> {
    bar: Option<Bar>,
    common: &'a Common,
    interrupted: Arc<AtomicBool>,
}

impl<'a> Watch<'a> {
    fn new(common: &'a Common) -> Result<Self> {
        let interrupted = asked_to_stop("window")?;
        Ok(Self {
            bar: None,
            common,
            interrupted,
        })
    }

    fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish();
        }
    }

    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.pause(|| note(self.common, text)),
            None => note(self.common, text),
        }
    }
}

impl Observer for Watch<'_> {
    fn planned(&mut self, plan: &Plan) {
        self.finish();
        let time = plan
            .seconds
            .map_or(String::new(), |seconds| format!(", about {seconds:.0} s"));
        let again = match plan.round {
            0 => String::new(),
            round => format!("round {}: ", round + 1),
        };
        note(
            self.common,
            &format!(
                "{again}{} windows for {} prompts, at most {:.1} GB of memory{time}",
                plan.windows.len(),
                plan.prompts,
                plan.memory as f64 / 1e9
            ),
        );
        self.bar = Some(Bar::new("windows", plan.windows.len(), self.common));
    }

    fn progress(&mut self, progress: &Progress) {
        if let Some(bar) = &self.bar {
            let done = progress.windows_done as u64;
            bar.say(done, progress.seconds_left, "");
        }
    }

    fn notice(&mut self, text: &str) {
        self.say(text);
    }

    fn stop(&mut self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }
}
