//! `resam info`: what a file is.

use anyhow::Result;
use serde_json::json;

use super::{Outcome, inspect};
use crate::arguments::{Common, Info};

pub(crate) fn run(arguments: &Info, common: &Common) -> Result<Outcome> {
    match resam_data::probe(&arguments.file) {
        Ok(image) => {
            let info = json!({
                "file": arguments.file.display().to_string(),
                "kind": "image",
                "format": format!("{:?}", image.format),
                "width": image.width,
                "height": image.height,
                "colour": format!("{:?}", image.colour),
                "bit_depth": image.bit_depth,
            });
            if common.json {
                println!("{info:#}");
            } else {
                println!("{}", arguments.file.display());
                println!(
                    "  image    {:?}, {} x {} pixels",
                    image.format, image.width, image.height
                );
                println!("  samples  {:?}, {} bits", image.colour, image.bit_depth);
            }
            Ok(Outcome::Done)
        }
        Err(error) if error.is_unknown_format() => {
            inspect::describe(&arguments.file, false, common)
        }
        Err(error) => Err(error.into()),
    }
}
