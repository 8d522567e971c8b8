//! `resam info`: what a file is.

use std::io::Read;
use std::path::Path;

use anyhow::Result;
use resam_geo::Raster;
use serde_json::json;

use super::{Outcome, inspect};
use crate::arguments::{Common, Info};

pub(crate) fn run(arguments: &Info, common: &Common) -> Result<Outcome> {
    if let Some(raster) = georeferenced(&arguments.file)? {
        let info = raster.info();
        if common.json {
            let mut fields = json!(info);
            fields["file"] = json!(arguments.file.display().to_string());
            fields["kind"] = json!("raster");
            println!("{fields:#}");
        } else {
            println!("{}\n{info}", arguments.file.display());
        }
        return Ok(Outcome::Done);
    }
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

/// The file as a raster, if it is a TIFF, a picture that says where it lies, or read by GDAL.
fn georeferenced(file: &Path) -> Result<Option<Raster>> {
    let mut start = [0; 4];
    let read = std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut start));
    let tiff = read.is_ok() && matches!(&start[..2], b"II" | b"MM");
    match Raster::open(file) {
        Ok(raster)
            if tiff || raster.geo_transform().is_some() || raster.info().read_by.is_some() =>
        {
            Ok(Some(raster))
        }
        Err(error) if tiff => Err(error.into()),
        _ => Ok(None),
    }
}
