//! `resam train-nano`: makes the built-in model again, from nothing.

use resam::nano::train_nano;
use resam::{Result, check_weights_output};
use resam_nano::Training;

use super::Outcome;
use crate::arguments::{Common, TrainNano};
use crate::watch::Watch;

pub(crate) fn run(arguments: &TrainNano, common: &Common) -> Result<Outcome> {
    let output = &arguments.output;
    check_weights_output(output, &["safetensors"])?;
    let training = Training {
        updates: arguments.updates.get(),
        rate: arguments.rate,
        plain: arguments.plain,
        batch: arguments.batch.get(),
        side: arguments.side.get() * 16,
        seed: common.seed,
    };
    let until = arguments.until.unwrap_or(arguments.updates).get();
    let from = match &arguments.from {
        Some(file) => Some(resam::open_weights(file)?),
        None => None,
    };
    let mut watch = Watch::stopping_after("update", common)?;
    let (result, scores) = train_nano(&training, until, from.as_ref(), output, &mut watch)?;
    watch.finish();
    if common.json {
        println!("{result:#}");
        return Ok(Outcome::Done);
    }
    println!("{}", output.display());
    println!(
        "  IoU on {} validation pictures, {} objects",
        scores.pictures, scores.things
    );
    for (form, iou) in &scores.iou {
        println!("  {form:<32} {iou:.3}");
    }
    println!("  record  {}", output.with_extension("json").display());
    Ok(Outcome::Done)
}
