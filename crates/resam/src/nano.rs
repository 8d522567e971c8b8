//! The built-in model, trained again from nothing, with a record of how it went.

use std::path::Path;
use std::time::Instant;

use resam_checkpoint::Checkpoint;
use resam_files::{check_writable, write_atomically};
use resam_nano::{Scores, Training, judge, train};
use resam_sam::Device;
use serde_json::{Value, json};

use crate::error::Result;
use crate::observer::{Observer, Progress};

/// Pictures that the model is judged on at the end.
const JUDGED: usize = 200;
/// Pictures that it is judged on along the way.
const GLANCED: usize = 40;
/// Validations along the way.
const VALIDATIONS: usize = 20;

/// Trains the built-in model into `output`, to `until` updates of those that are planned, and
/// writes a record beside it. The result is the record and the scores.
///
/// # Errors
/// When a file cannot be read or written, or the device fails.
pub fn train_nano(
    training: &Training,
    until: usize,
    from: Option<&Checkpoint>,
    output: &Path,
    observer: &mut dyn Observer,
) -> Result<(Value, Scores)> {
    let record = output.with_extension("json");
    check_writable(&record)?;
    let started = Instant::now();
    let every = training.updates.div_ceil(VALIDATIONS);
    let device = Device::flex();
    let mut curve: Vec<Value> = Vec::new();
    let (mut loss, mut iou, mut since) = (0.0, 0.0, 0);
    let mut reached = 0;
    let sam = train(training, from, output, |now, model| {
        loss += now.loss;
        iou += now.iou;
        since += 1;
        reached = now.updates;
        let done = now.updates;
        let seconds = started.elapsed().as_secs_f64();
        let [mean_loss, mean_iou] = [loss, iou].map(|sum| sum / since as f64);
        observer.progress(&Progress {
            unit: "updates",
            done: done as u64,
            total: training.updates as u64,
            seconds_left: Some(seconds / done as f64 * (training.updates - done) as f64),
            detail: &format!("loss {mean_loss:.3}, IoU {mean_iou:.3}"),
        });
        if done % every == 0 {
            let mut row = json!({
                "updates": done,
                "seconds": seconds,
                "loss": mean_loss,
                "iou": mean_iou,
            });
            if let Ok(scores) = judge(&model.model(), GLANCED, &device) {
                row["held_out"] = by_form(&scores);
            }
            curve.push(row);
            (loss, iou, since) = (0.0, 0.0, 0);
        }
        done < until && !observer.interrupted()
    })?;
    let scores = judge(&sam, JUDGED, &device)?;
    let result = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "seed": training.seed,
        "updates": reached,
        "planned_updates": training.updates,
        "from": from.map(Checkpoint::sha256).transpose()?,
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
    Ok((result, scores))
}

/// Scores as an object of forms.
fn by_form(scores: &Scores) -> Value {
    let forms = scores.iou.iter();
    forms
        .map(|(form, iou)| (form.clone(), json!(iou)))
        .collect()
}
