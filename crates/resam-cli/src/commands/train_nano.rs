//! `resam train-nano`: makes the built-in model again, from nothing.

use resam::Result;
use resam::nano::train_nano;
use resam_nano::Training;

use super::Outcome;
use super::convert::check_safetensors;
use crate::arguments::{Common, TrainNano};
use crate::terminal::outln;
use crate::watch::Watch;

pub(crate) fn run(arguments: &TrainNano, common: &Common) -> Result<Outcome> {
    let output = &arguments.output;
    check_safetensors(output)?;
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
        outln!("{result:#}");
        return Ok(Outcome::Done);
    }
    outln!("{}", output.display());
    outln!(
        "  IoU on {} validation pictures, {} objects",
        scores.pictures,
        scores.things
    );
    for (form, iou) in &scores.iou {
        outln!("  {form:<32} {iou:.3}");
    }
    outln!("  record  {}", output.with_extension("json").display());
    Ok(Outcome::Done)
}
