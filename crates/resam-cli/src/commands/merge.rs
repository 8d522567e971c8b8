//! `resam weights merge`: an adapter baked into its weights.

use resam::Result;
use resam_sam::Adapter;
use serde_json::json;

use super::Outcome;
use super::convert::check_safetensors;
use crate::arguments::{Common, Merge};
use crate::terminal::outln;

pub(crate) fn run(arguments: &Merge, common: &Common) -> Result<Outcome> {
    let output = &arguments.output;
    check_safetensors(output)?;
    let base = resam::open_weights(&arguments.file)?;
    let adapter = Adapter::load(&arguments.adapter)?;
    adapter.check_base(&base.sha256())?;
    let merged = adapter.merged(&base)?;
    resam_checkpoint::replace(&base, &merged, output)?;
    if common.json {
        let printed = json!({
            "file": arguments.file.display().to_string(),
            "adapter": arguments.adapter.display().to_string(),
            "output": output.display().to_string(),
            "tensors_changed": merged.len(),
        });
        outln!("{printed:#}");
    } else {
        outln!("{}", output.display());
        outln!("  {} tensors changed by the adapter", merged.len());
    }
    Ok(Outcome::Done)
}
