//! `resam eval`: the published scores on a COCO data set.

use std::time::Instant;

use resam::evaluate::{Prepared, result_as_json};
use resam::files::{check_writable, write_atomically};
use resam::record::{Computed, record};
use resam::{Evaluation, Model};

use super::Outcome;
use crate::arguments::{Common, Eval};
use crate::watch::Watch;

pub(crate) fn run(arguments: &Eval, common: &Common) -> resam::Result<Outcome> {
    let (evaluation, seconds) = score(arguments, common)?;
    for (image, reason) in &evaluation.failed {
        eprintln!("failed: {image}: {reason}");
    }
    if common.json {
        println!(
            "{:#}",
            result_as_json(&evaluation, arguments.per_class, seconds)
        );
    } else {
        print_table(&evaluation, arguments.per_class, seconds);
    }
    Ok(Outcome::failed_if(!evaluation.failed.is_empty()))
}

/// Asks about every instance; also the seconds that it took. Writes the CSV, prints nothing.
pub(crate) fn score(arguments: &Eval, common: &Common) -> resam::Result<(Evaluation, f64)> {
    if let Some(csv) = &arguments.csv {
        check_writable(csv)?;
    }
    let options = arguments.options(common);
    let prepared = Prepared::new(&options)?;
    let mut watch = Watch::new(common);
    let model = Model::load_with(&arguments.model.options(common), &mut watch)?;
    let started = Instant::now();
    let evaluation = prepared.run(&model, &options, &mut watch)?;
    watch.finish();
    let seconds = started.elapsed().as_secs_f64();
    if let Some(csv) = &arguments.csv {
        write_atomically(csv, |writer| evaluation.write_csv(writer))?;
        let stages = [("load", model.seconds_to_load()), ("eval", seconds)];
        let result = result_as_json(&evaluation, arguments.per_class, seconds);
        record(Computed::by(&model, common.seed), &stages, result).write_beside(csv)?;
    }
    Ok((evaluation, seconds))
}

fn print_table(evaluation: &Evaluation, per_class: bool, seconds: f64) {
    let row = |name: &str, iou: f64, f1: f64, precision: f64, recall: f64, count: usize| {
        println!("{name:<24} {iou:>7.4} {f1:>7.4} {precision:>9.4} {recall:>7.4} {count:>9}");
    };
    println!(
        "{:<24} {:>7} {:>7} {:>9} {:>7} {:>9}",
        "", "IoU", "F1", "precision", "recall", "instances"
    );
    let Some(s) = evaluation.scores.summary() else {
        return;
    };
    row(
        "mean over images",
        s.iou,
        s.f1,
        s.precision,
        s.recall,
        s.instances,
    );
    if per_class {
        for class in evaluation.scores.classes() {
            let s = class.scores;
            row(
                &class.category,
                s.iou,
                s.f1,
                s.precision,
                s.recall,
                class.instances,
            );
        }
    }
    let [iou, f1, precision, recall] =
        [s.iou, s.f1, s.precision, s.recall].map(|score| 100.0 * score);
    println!(
        "\nas a row of the paper, in per cent: | IoU {iou:.2} | F1 {f1:.2} | precision {precision:.2} | \
         recall {recall:.2} |"
    );
    println!(
        "{} images in {seconds:.1} s; IoU as a mean over all instances {:.4}",
        s.images, s.iou_instances
    );
}
