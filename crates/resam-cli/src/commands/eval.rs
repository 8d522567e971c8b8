//! `resam eval`: the published scores on a COCO data set.

use std::time::Instant;

use anyhow::Result;
use resam_eval::evaluate::InstanceRow;
use resam_eval::{Evaluation, Prompting, evaluate};
use resam_files::{check_writable, write_atomically};
use serde_json::json;

use super::{Outcome, load, note, run_record};
use crate::arguments::{Common, Eval, PromptKind};
use crate::failure::WrongInput;
use crate::progress::Progress;

pub(crate) fn run(arguments: &Eval, common: &Common) -> Result<Outcome> {
    let (evaluation, seconds) = score(arguments, common)?;
    for (image, reason) in &evaluation.failed {
        eprintln!("failed: {image}: {reason}");
    }
    if common.json {
        println!("{:#}", result(&evaluation, arguments.per_class, seconds));
    } else {
        print_table(&evaluation, arguments.per_class, seconds);
    }
    Ok(if evaluation.failed.is_empty() {
        Outcome::Done
    } else {
        Outcome::SomeFailed
    })
}

/// Asks about every instance; also the seconds that it took. Writes what is to be written, prints
/// nothing.
pub(crate) fn score(arguments: &Eval, common: &Common) -> Result<(Evaluation, f64)> {
    if let Some(csv) = &arguments.csv {
        check_writable(csv)?;
    }
    if !arguments.threshold.is_finite() {
        let message = format!("`--threshold {}` is not a logit", arguments.threshold);
        return Err(WrongInput::new(message, "SAM's own is 0, ReSAM's scorer took 0.5").into());
    }
    let dataset = super::dataset::open(
        &arguments.images,
        arguments.coco.as_deref(),
        &arguments.part,
    )?;
    let prompting = match (&arguments.points, arguments.prompt) {
        (Some(file), _) => {
            let points = super::read_point_file(file, common)?;
            dataset.check_points(&points)?;
            Prompting::Points(points)
        }
        (None, PromptKind::Box) => Prompting::TrueBox,
        (None, PromptKind::Points) => Prompting::Drawn {
            points_per_instance: arguments.points_per_instance.get(),
            seed: common.seed,
        },
    };
    let dataset = match arguments.limit {
        Some(limit) => dataset.limit(limit.get()),
        None => dataset,
    };
    let model = load(&arguments.model, common)?;
    let started = Instant::now();
    let progress = Progress::new("images", dataset.images().len(), common);
    let evaluation = evaluate(
        &dataset,
        &prompting,
        &model.selection(arguments.requery, arguments.multimask),
        arguments.threshold,
        &model.predictor,
        |done| progress.set(done),
    )?;
    progress.finish();
    let seconds = started.elapsed().as_secs_f64();

    if evaluation.unprompted > 0 {
        note(
            common,
            &format!(
                "{} instances have no point and are not scored",
                evaluation.unprompted
            ),
        );
    }
    if let Some(csv) = &arguments.csv {
        write_atomically(csv, |writer| rows_to_csv(&evaluation.rows, writer))?;
        let stages = [("load", model.seconds), ("eval", seconds)];
        let result = result(&evaluation, arguments.per_class, seconds);
        run_record(&model, common, &stages, result).write_beside(csv)?;
    }
    Ok((evaluation, seconds))
}

fn result(evaluation: &Evaluation, per_class: bool, seconds: f64) -> serde_json::Value {
    let mut result = match evaluation.scores.summary() {
        Some(summary) => json!(summary),
        None => json!({ "images": 0, "instances": 0 }),
    };
    result["seconds"] = json!(seconds);
    if per_class {
        result["classes"] = json!(evaluation.scores.classes());
    }
    if !evaluation.failed.is_empty() {
        result["failed"] = json!(
            evaluation
                .failed
                .iter()
                .map(|(image, _)| image)
                .collect::<Vec<_>>()
        );
    }
    result
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

fn rows_to_csv(rows: &[InstanceRow], writer: &mut dyn std::io::Write) -> std::io::Result<()> {
    let mut csv = csv::Writer::from_writer(writer);
    let header = [
        "image",
        "instance",
        "category",
        "area",
        "predicted_area",
        "quality",
        "iou",
        "f1",
        "precision",
        "recall",
    ];
    csv.write_record(header)?;
    for row in rows {
        let s = &row.scores;
        csv.write_record([
            row.image.clone(),
            row.instance.to_string(),
            row.category.clone(),
            row.area.to_string(),
            row.predicted_area.to_string(),
            row.quality.to_string(),
            s.iou.to_string(),
            s.f1.to_string(),
            s.precision.to_string(),
            s.recall.to_string(),
        ])?;
    }
    csv.flush()
}
