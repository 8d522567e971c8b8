//! `resam weights convert`: a checkpoint with numbers of another width.

use resam::outputs::check_outputs;
use resam::{Result, WEIGHTS_ENDINGS, check_weights_output};
use resam_checkpoint::Dtype;
use serde_json::json;

use super::Outcome;
use crate::arguments::{Common, Convert, Width};

pub(crate) fn run(arguments: &Convert, common: &Common) -> Result<Outcome> {
    let output = &arguments.output;
    check_weights_output(output, &WEIGHTS_ENDINGS)?;
    check_outputs(
        std::slice::from_ref(output),
        std::slice::from_ref(&arguments.file),
    )?;
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
        println!("{printed:#}");
        return Ok(Outcome::Done);
    }
    println!("{}", output.display());
    println!(
        "  {} tensors as {dtype}, {:.1} MB, was {:.1} MB",
        conversion.tensors,
        conversion.bytes_after as f64 / 1e6,
        conversion.bytes_before as f64 / 1e6
    );
    match conversion.most_rounded {
        Some(name) => println!(
            "  rounding changes no tensor by more than {:.1e} of it (`{name}`)",
            conversion.largest_rounding
        ),
        None => println!("  nothing was rounded"),
    }
    Ok(Outcome::Done)
}
