//! `resam train-nano`: makes the built-in model again, from nothing.

use std::time::Instant;

use resam::Result;
use resam::files::{check_writable, write_atomically};
use resam_checkpoint::Checkpoint;
use resam_nano::{Scores, Training, judge, train};
use resam_sam::Device;
use serde_json::{Value, json};

use super::Outcome;
use super::convert::check_safetensors;
use crate::arguments::{Common, TrainNano};
use crate::interrupt::asked_to_stop;
use crate::progress::Progress;

/// Pictures that the model is judged on at the end.
const JUDGED: usize = 200;
/// Pictures that it is judged on along the way.
const GLANCED: usize = 40;
/// Looks along the way.
const LOOKS: usize = 20;

pub(crate) fn run(arguments: &TrainNano, common: &Common) -> Result<Outcome> {
    let output = &arguments.output;
    check_safetensors(output)?;
    let record = output.with_extension("json");
    check_writable(&record)?;
    let training = Training {
        updates: arguments.updates.get(),
        rate: arguments.rate,
        plain: arguments.plain,
        batch: arguments.batch.get(),
        side: arguments.side.get() * 16,
        seed: common.seed,
    };
    let until = arguments
        .until
        .map_or(training.updates, std::num::NonZeroUsize::get);
    let from = match &arguments.from {
        Some(file) => Some(resam::open_weights(file)?),
        None => None,
    };
    let interrupted = asked_to_stop("update")?;
    let bar = Progress::new("updates", training.updates, common);
    let started = Instant::now();
    let every = training.updates.div_ceil(LOOKS);
    let device = Device::flex();
    let mut curve: Vec<Value> = Vec::new();
    let (mut loss, mut iou, mut since) = (0.0, 0.0, 0);
    let mut reached = 0;
    let sam = train(&training, from.as_ref(), output, |now, model| {
        loss += now.loss;
        iou += now.iou;
        since += 1;
        reached = now.updates;
        let done = now.updates;
        let left = started.elapsed().as_secs_f64() / done as f64 * (training.updates - done) as f64;
        let text = format!(
            "loss {:.3}, IoU {:.3}",
            loss / since as f64,
            iou / since as f64
        );
        bar.say(done as u64, Some(left), &text);
        if done % every == 0 {
            let mut row = json!({
                "updates": done,
                "seconds": started.elapsed().as_secs_f64(),
                "loss": loss / since as f64,
                "iou": iou / since as f64,
            });
            if let Ok(scores) = judge(&model.model(), GLANCED, &device) {
                row["held_out"] = by_form(&scores);
            }
            curve.push(row);
            (loss, iou, since) = (0.0, 0.0, 0);
        }
        done < until && !interrupted.load(std::sync::atomic::Ordering::SeqCst)
    })?;
    bar.finish();
    let scores = judge(&sam, JUDGED, &device)?;
    let result = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "seed": training.seed,
        "updates": reached,
        "planned_updates": training.updates,
        "from": from.as_ref().map(Checkpoint::sha256),
        "batch": training.batch,
        "learning_rate": training.rate,
        "plain": training.plain,
        "side": training.side,
        "seconds": started.elapsed().as_secs_f64(),
        "pictures": scores.pictures,
        "things": scores.things,
        "held_out": by_form(&scores),
        "curve": curve,
    });
    write_atomically(&record, |file| {
        serde_json::to_writer_pretty(&mut *file, &result)?;
        std::io::Write::write_all(file, b"\n")
    })?;
    if common.json {
        println!("{result:#}");
        return Ok(Outcome::Done);
    }
    println!("{}", output.display());
    println!(
        "  IoU on {} held-out pictures, {} things",
        scores.pictures, scores.things
    );
    for (form, iou) in &scores.iou {
        println!("  {form:<32} {iou:.3}");
    }
    println!("  record  {}", record.display());
    Ok(Outcome::Done)
}

/// Scores as an object of forms.
fn by_form(scores: &Scores) -> Value {
    let forms = scores.iou.iter();
    forms
        .map(|(form, iou)| (form.clone(), json!(iou)))
        .collect()
}
