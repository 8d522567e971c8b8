//! `resam adapt`: from points to a better model.

use std::path::Path;

use resam::TrainingResult;
use resam::adapt::{Validation, recipe, result_as_json};

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
        !result.failed.is_empty() || result.interrupted || !result.has_learnt(),
    ))
}

/// Runs a recipe in the folder `output`; prints nothing but progress and notes.
pub(crate) fn learn(
    arguments: &Adapt,
    output: &Path,
    common: &Common,
) -> resam::Result<TrainingResult> {
    let mut watch = Watch::stopping_after("iteration", common)?;
    let options = arguments.options(common)?;
    let result = resam::adapt(&arguments.source(common)?, &options, output, &mut watch);
    watch.finish();
    result
}

fn print_result(result: &TrainingResult, output: &Path) {
    let folder = output.display();
    if result.interrupted {
        println!(
            "stopped after {} iterations; the same command goes on",
            result.iterations
        );
        return;
    }
    println!(
        "{} iterations, {} updates in {:.1} min; {} skipped: no confident pseudo-label",
        result.iterations,
        result.updates,
        result.seconds / 60.0,
        result.skipped
    );
    if let (Some(before), Some(after)) = (result.before, result.after) {
        let row = |name: &str, value: fn(&Validation) -> Option<f64>| {
            let cell = |of: Option<Validation>| {
                let value = of.as_ref().and_then(value);
                value.map_or("-".to_owned(), |value| format!("{value:.4}"))
            };
            let [single, before, after] =
                [result.before_single, Some(before), Some(after)].map(cell);
            println!("{name:<24} {single:>12} {before:>12} {after:>12}");
        };
        println!(
            "\n{:<24} {:>12} {:>12} {:>12}",
            "", "single mask,", "selected,", "selected,"
        );
        println!(
            "{:<24} {:>12} {:>12} {:>12}",
            format!("{} validation images", before.images),
            "pretrained",
            "pretrained",
            "adapted"
        );
        row("consistency", |of| Some(of.consistency));
        if before.iou.is_some() {
            row("IoU", |of| of.iou);
        }
    }
    println!("\n{}", result.verdict());
    println!("\nadapter   {folder}  (--adapter {folder})");
    println!("report    {}", output.join("report.html").display());
}
