//! `resam segment`: points or boxes on an image or a scene to masks and polygons.

use resam::segment::{Segmented, Target, TypedPrompts};
use resam::{Error, Model, Points, PointsOptions, Scene, SegmentJob, Segmentation};
use resam_scene::Failure;

use super::Outcome;
use crate::arguments::{Common, Segment};
use crate::watch::Watch;

pub(crate) fn run(arguments: &Segment, common: &Common) -> resam::Result<Outcome> {
    let mut watch = Watch::stopping_after("window", common)?;
    let segmented = find_and_write(arguments, common, &mut watch)?;
    watch.finish();
    let Segmented {
        segmentation,
        seconds,
    } = &segmented;
    for failure in &segmentation.failures {
        eprintln!("failed: {}", failure.describe(&segmentation.prompts));
    }
    if common.json {
        println!("{:#}", segmentation.to_json());
    } else {
        print_summary(segmentation, *seconds, arguments);
    }
    Ok(Outcome::failed_if(!segmentation.failures.is_empty()))
}

/// Finds the objects and writes them; prints nothing but progress and notes.
pub(crate) fn find_and_write(
    arguments: &Segment,
    common: &Common,
    watch: &mut Watch<'_>,
) -> resam::Result<Segmented> {
    let input = arguments.scene.input.settings(None)?;
    let scene = Scene::open_all(&arguments.images, input)?;
    let job = SegmentJob::new(
        scene,
        target(arguments, common)?,
        arguments.output.clone(),
        arguments.options(),
        arguments.output_options(common)?,
        watch,
    )?;
    let model = Model::load_with(&arguments.model.options(common), watch)?;
    job.run(&model, common.seed, watch)
}

/// What is looked for: whatever there is, the objects of a file, or those of typed points and
/// boxes.
fn target(arguments: &Segment, common: &Common) -> resam::Result<Target> {
    if let Some(automatic) = arguments.automatic() {
        return Ok(Target::Everything(automatic));
    }
    if let Some(file) = arguments.points.as_ref().or(arguments.box_file.as_ref()) {
        let options = PointsOptions {
            boxes: arguments.points.is_none(),
            ..arguments.scene.input.points(common)?
        };
        return Ok(Target::Points(Points::open(file, &options)?));
    }
    let point = |option: &'static str| move |text: &String| numbers(text, option, "X,Y");
    let bounds = |text: &String| numbers(text, "--box", "X0,Y0,X1,Y1");
    let typed = TypedPrompts {
        coordinates: arguments.scene.input.coordinates()?,
        points: arguments
            .point
            .iter()
            .map(point("--point"))
            .collect::<Result<_, _>>()?,
        negative: arguments
            .negative
            .iter()
            .map(point("--negative"))
            .collect::<Result<_, _>>()?,
        boxes: arguments
            .boxes
            .iter()
            .map(bounds)
            .collect::<Result<_, _>>()?,
        one_object: arguments.one_object,
    };
    Ok(Target::Typed(typed))
}

/// `N` finite numbers with commas between.
fn numbers<const N: usize>(text: &str, option: &str, form: &str) -> resam::Result<[f64; N]> {
    let parsed: Option<Vec<f64>> = text
        .split(',')
        .map(|part| {
            part.trim()
                .parse()
                .ok()
                .filter(|value: &f64| value.is_finite())
        })
        .collect();
    parsed
        .and_then(|values| values.try_into().ok())
        .ok_or_else(|| {
            Error::input(
                format!("`{option} {text}` is not {N} numbers with commas between them"),
                format!("write `{option} {form}`, in pixels from the top-left corner of the image or on the map"),
            )
        })
}

/// A row an object of a few, and what was done.
fn print_summary(segmentation: &Segmentation, seconds: f64, arguments: &Segment) {
    /// Objects of which each has a row.
    const ROWS: usize = 20;
    let objects = &segmentation.objects;
    if !objects.is_empty() && objects.len() <= ROWS {
        println!(
            "{:>4}  {:<16} {:>6}  {:>10}  box (px)",
            "id", "prompt", "score", "area (px)"
        );
        for object in objects {
            let [x0, y0, x1, y1] = object.mask.bounds();
            println!(
                "{:>4}  {:<16} {:>6.3}  {:>10}  {x0},{y0} to {x1},{y1}",
                object.id,
                segmentation.name(object),
                object.score,
                object.mask.area()
            );
        }
        println!();
    }
    let counts = &segmentation.counts;
    println!(
        "{} objects of {} prompts in {seconds:.1} s",
        objects.len(),
        segmentation.prompts.len(),
    );
    for (reason, count) in left_out(segmentation) {
        println!("  {count} left out: {reason}");
    }
    let of_windows = [
        (counts.encoded, "encoded"),
        (counts.cached, "from the cache"),
        (counts.resumed, "from an earlier run"),
    ];
    let of_windows = of_windows.iter().filter(|(count, _)| *count > 0);
    let of_windows: Vec<String> = of_windows
        .map(|(count, how)| format!("{count} {how}"))
        .collect();
    if !of_windows.is_empty() {
        println!("  windows: {}", of_windows.join(", "));
    }
    if counts.zoom_requeries > 0 {
        println!(
            "  {} small objects requeried, enlarged",
            counts.zoom_requeries
        );
    }
    if counts.edge_requeries > 0 {
        println!(
            "  {} objects at the edge of a window requeried; {} still truncated",
            counts.edge_requeries, counts.truncated
        );
    }
    println!();
    for output in &arguments.output {
        println!("written   {}", output.display());
    }
}

/// How many prompts have no object, by the reason, the most common first.
fn left_out(segmentation: &Segmentation) -> Vec<(String, usize)> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for failure in &segmentation.failures {
        let (reason, count) = match failure {
            Failure::Window {
                prompts, reason, ..
            } => (reason.clone(), prompts.len()),
            Failure::Object { reason, .. } => (reason.to_string(), 1),
        };
        match counts.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, sum)) => *sum += count,
            None => counts.push((reason, count)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}
