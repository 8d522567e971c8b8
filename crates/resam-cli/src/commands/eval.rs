//! `resam eval`: the published scores on a COCO data set.

use resam::evaluate::{Prepared, Scored};
use resam::files::{check_writable, write_atomically};
use resam::outputs::{check_outputs, record_path, write_records};
use resam::record::{Computed, record};
use resam::{Evaluation, Model};

use super::Outcome;
use crate::arguments::{Common, Eval};
use crate::watch::Watch;

pub(crate) fn run(arguments: &Eval, common: &Common) -> resam::Result<Outcome> {
    let scored = score(arguments, common)?;
    for (image, reason) in &scored.evaluation.failed {
        eprintln!("failed: {image}: {reason}");
        if reason.contains("EXIF orientation") {
            eprintln!("hint: `--exif apply` or `--exif ignore` says it");
        }
    }
    if common.json {
        println!("{:#}", scored.to_json(arguments.per_class));
    } else {
        print_table(&scored, arguments.per_class);
    }
    Ok(Outcome::failed_if(!scored.evaluation.failed.is_empty()))
}

/// Asks about every instance. Writes the CSV, prints nothing.
pub(crate) fn score(arguments: &Eval, common: &Common) -> resam::Result<Scored> {
    let options = arguments.options(common);
    if let Some(csv) = &arguments.csv {
        check_writable(csv)?;
        let mut inputs = arguments.model.options(common).inputs();
        inputs.extend(options.inputs());
        check_outputs(&[csv.clone(), record_path(csv)], &inputs)?;
    }
    let prepared = Prepared::new(&options)?;
    let mut watch = Watch::new(common);
    let of_model = arguments.model.options(common);
    let model = Model::load_with(&of_model, &mut watch)?;
    let baseline = (!arguments.no_baseline).then_some(&of_model);
    let scored = prepared.compare(&model, &options, baseline, &mut watch)?;
    watch.finish();
    if let Some(csv) = &arguments.csv {
        let (selection, baseline) = (&scored.selection, scored.baseline.as_ref());
        write_atomically(csv, |writer| {
            scored.evaluation.write_csv(selection, baseline, writer)
        })?;
        let stages = [("load", model.seconds_to_load()), ("eval", scored.seconds)];
        let result = scored.to_json(arguments.per_class);
        let record = record(Computed::by(&model, common.seed), &stages, result);
        write_records(&record, std::slice::from_ref(csv), &mut watch)?;
    }
    Ok(scored)
}

fn print_table(scored: &Scored, per_class: bool) {
    let evaluation = &scored.evaluation;
    let Some(s) = evaluation.scores.summary() else {
        return;
    };
    println!("answered with: {}", scored.answered());
    println!(
        "\n{:<28} {:>7} {:>7} {:>9} {:>7} {:>9}",
        "", "IoU", "F1", "precision", "recall", "instances"
    );
    let adapted = if scored.has_adapter { ", adapted" } else { "" };
    print_mean(&format!("mean over images{adapted}"), evaluation);
    if let Some(baseline) = &scored.baseline {
        print_mean("the same, pretrained", baseline);
    }
    if per_class {
        for class in evaluation.scores.classes() {
            let s = class.scores;
            let scores = [s.iou, s.f1, s.precision, s.recall];
            row(&class.category, scores, class.instances);
        }
    }
    if let Some(gain) = scored.gain() {
        println!(
            "\nlearning: {:+.4} IoU, with a standard error of {:.4} over {} images: {}",
            gain.mean,
            gain.standard_error,
            gain.count,
            gain.word()
        );
    }
    let [iou, f1, precision, recall] =
        [s.iou, s.f1, s.precision, s.recall].map(|score| 100.0 * score);
    println!(
        "\nas a row of the paper, in per cent: | IoU {iou:.2} | F1 {f1:.2} | precision {precision:.2} | \
         recall {recall:.2} |"
    );
    println!(
        "{} images in {:.1} s; IoU as a mean over all instances {:.4}",
        s.images, scored.seconds, s.iou_instances
    );
    if scored.segment_answers_otherwise() {
        println!("`segment` answers with requery; `--mask-selection requery` scores that");
    }
}

fn print_mean(name: &str, evaluation: &Evaluation) {
    if let Some(s) = evaluation.scores.summary() {
        row(name, [s.iou, s.f1, s.precision, s.recall], s.instances);
    }
}

fn row(name: &str, [iou, f1, precision, recall]: [f64; 4], count: usize) {
    println!("{name:<28} {iou:>7.4} {f1:>7.4} {precision:>9.4} {recall:>7.4} {count:>9}");
}
