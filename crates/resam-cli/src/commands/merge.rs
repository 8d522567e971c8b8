//! `resam weights merge`: an adapter merged into its weights.

use resam::outputs::check_outputs;
use resam::{Result, WEIGHTS_ENDINGS, check_weights_output};
use resam_sam::Adapter;
use serde_json::json;

use super::Outcome;
use crate::arguments::{Common, Merge};

pub(crate) fn run(arguments: &Merge, common: &Common) -> Result<Outcome> {
    let output = &arguments.output;
    check_weights_output(output, &WEIGHTS_ENDINGS)?;
    check_outputs(
        std::slice::from_ref(output),
        &[arguments.file.clone(), arguments.adapter.clone()],
    )?;
    let base = resam::open_weights(&arguments.file)?;
    let adapter = Adapter::load(&arguments.adapter)?;
    adapter.check_base(&base.sha256()?)?;
    let merged = adapter.merged(&base)?;
    resam_checkpoint::replace(&base, &merged, output)?;
    if common.json {
        let printed = json!({
            "file": arguments.file.display().to_string(),
            "adapter": arguments.adapter.display().to_string(),
            "output": output.display().to_string(),
            "tensors_changed": merged.len(),
        });
        println!("{printed:#}");
    } else {
        println!("{}", output.display());
        println!("  {} tensors changed by the adapter", merged.len());
    }
    Ok(Outcome::Done)
}
