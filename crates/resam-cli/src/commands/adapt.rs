//! `resam adapt`: from points to a better model.

use std::path::Path;

use resam::TrainingResult;
use resam::adapt::{recipe, result_as_json};

use super::Outcome;
use crate::arguments::{Adapt, Common};
use crate::watch::Watch;

pub(crate) fn run(arguments: &Adapt, common: &Common) -> resam::Result<Outcome> {
    if arguments.print_config {
        crate::terminal::out(format_args!(
            "{}",
            recipe::to_toml(&arguments.recipe(common)?)
        ));
        return Ok(Outcome::Done);
    }
    // The command line asks for it unless the recipe is only printed.
    let output = arguments.output.as_deref().unwrap_or(Path::new("."));
    let result = learn(arguments, output, common)?;
    if common.json {
        println!("{:#}", result_as_json(&result, output));
    } else {
        print_result(&result, output);
    }
    for (image, reason) in &result.failed {
        eprintln!("failed: {image}: {reason}");
    }
    Ok(Outcome::failed_if(
        !result.failed.is_empty() || result.interrupted,
    ))
}

/// Runs a recipe in the folder `output`; prints nothing but progress and notes.
pub(crate) fn learn(
    arguments: &Adapt,
    output: &Path,
    common: &Common,
) -> resam::Result<TrainingResult> {
    let mut watch = Watch::stopping_after("image", common)?;
    let options = arguments.options(common)?;
    let result = resam::adapt(&arguments.source()?, &options, output, &mut watch);
    watch.finish();
    result
}

fn print_result(result: &TrainingResult, output: &Path) {
    let folder = output.display();
    if result.interrupted {
        println!(
            "stopped after {} images; the same command goes on",
            result.iterations
        );
        return;
    }
    println!(
        "{} images, {} updates in {:.1} min; {} images skipped: no confident pseudo-label",
        result.iterations,
        result.updates,
        result.seconds / 60.0,
        result.skipped
    );
    if let (Some(before), Some(after)) = (result.before, result.after) {
        let row = |name: &str, before: f64, after: f64| {
            println!("{name:<28} {before:>10.4} {after:>10.4}");
        };
        let title = format!("{} validation images", before.images);
        println!("\n{title:<28} {:>10} {:>10}", "pretrained", "adapted");
        row("consistency", before.consistency, after.consistency);
        if let (Some(before), Some(after)) = (before.iou, after.iou) {
            row("IoU", before, after);
        }
    }
    println!("\nadapter   {folder}  (--adapter {folder})");
    println!("report    {}", output.join("report.html").display());
}
