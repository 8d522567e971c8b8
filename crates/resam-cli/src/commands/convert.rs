//! `resam weights convert`: a checkpoint with numbers of another width.

use std::path::Path;

use resam::{Error, Result};
use resam_checkpoint::Dtype;
use serde_json::json;

use super::Outcome;
use crate::arguments::{Common, Convert, Width};
use crate::terminal::outln;

/// Refuses a name that does not say what is written.
pub(crate) fn check_safetensors(output: &Path) -> Result<()> {
    let extension = output.extension();
    if extension.is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors")) {
        return Ok(());
    }
    Err(Error::input(
        format!(
            "cannot write `{}`: weights are written as safetensors",
            output.display()
        ),
        "give the output a name that ends with `.safetensors`",
    ))
}

pub(crate) fn run(arguments: &Convert, common: &Common) -> Result<Outcome> {
    let output = &arguments.output;
    check_safetensors(output)?;
    let checkpoint = resam::open_weights(&arguments.file)?;
    let dtype = match arguments.dtype {
        Width::F16 => Dtype::F16,
        Width::Bf16 => Dtype::BF16,
        Width::F32 => Dtype::F32,
    };
    let conversion = resam_checkpoint::convert(&checkpoint, dtype, output)?;
    if common.json {
        let printed = json!({
            "file": arguments.file.display().to_string(),
            "output": output.display().to_string(),
            "dtype": dtype.to_string(),
            "tensors": conversion.tensors,
            "bytes_before": conversion.bytes_before,
            "bytes_after": conversion.bytes_after,
            "largest_rounding": conversion.largest_rounding,
            "most_rounded": conversion.most_rounded,
        });
        outln!("{printed:#}");
        return Ok(Outcome::Done);
    }
    outln!("{}", output.display());
    outln!(
        "  {} tensors as {dtype}, {:.1} MB, was {:.1} MB",
        conversion.tensors,
        conversion.bytes_after as f64 / 1e6,
        conversion.bytes_before as f64 / 1e6
    );
    match conversion.most_rounded {
        Some(name) => outln!(
            "  rounding changes no tensor by more than {:.1e} of it (`{name}`)",
            conversion.largest_rounding
        ),
        None => outln!("  nothing was rounded"),
    }
    Ok(Outcome::Done)
}
