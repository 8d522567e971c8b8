//! `resam info`: what a file is.

use std::io::Read;
use std::path::Path;

use resam::{MaskSelection, Result};
use resam_geo::Raster;
use resam_sam::{Adapter, StoredInput};
use serde_json::json;

use super::{Outcome, inspect};
use crate::arguments::{Common, Info};
use crate::terminal::outln;

/// What makes a folder an adapter.
const CONFIG: &str = "adapter_config.json";

pub(crate) fn run(arguments: &Info, common: &Common) -> Result<Outcome> {
    if arguments.file.join(CONFIG).is_file() {
        return adapter(&arguments.file, common);
    }
    if let Some(raster) = georeferenced(&arguments.file)? {
        let info = raster.info();
        if common.json {
            let mut fields = json!(info);
            fields["file"] = json!(arguments.file.display().to_string());
            fields["kind"] = json!("raster");
            outln!("{fields:#}");
        } else {
            outln!("{}\n{info}", arguments.file.display());
        }
        return Ok(Outcome::Done);
    }
    match resam_image::probe(&arguments.file) {
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
                outln!("{info:#}");
            } else {
                outln!("{}", arguments.file.display());
                outln!(
                    "  image    {:?}, {} x {} pixels",
                    image.format,
                    image.width,
                    image.height
                );
                outln!("  samples  {:?}, {} bits", image.colour, image.bit_depth);
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

/// An adapter: the folder of one.
fn adapter(folder: &Path, common: &Common) -> Result<Outcome> {
    let adapter = Adapter::load(folder)?;
    let ranks = adapter.layers.iter().map(|layer| layer.sizes[1]);
    let rank = ranks.max().unwrap_or(0);
    let factors = adapter.layers.iter().map(|one| one.a.len() + one.b.len());
    let whole = adapter.whole.values().map(|(_, values)| values.len());
    let parameters: usize = factors.chain(whole).sum();
    if common.json {
        let info = json!({
            "file": folder.display().to_string(),
            "kind": "adapter",
            "base_sha256": adapter.base_sha256,
            "mask_selection": adapter.mask_selection,
            "input": adapter.input,
            "layers": adapter.layers.len(),
            "largest_rank": rank,
            "whole_tensors": adapter.whole.len(),
            "parameters": parameters,
        });
        outln!("{info:#}");
        return Ok(Outcome::Done);
    }
    let base = adapter.base_sha256.as_deref().unwrap_or("not said");
    let selection = adapter.mask_selection.unwrap_or(MaskSelection::SINGLE);
    let mut answers = selection.mode.name().to_owned();
    if selection.zooms() {
        answers += ", with zoom";
    }
    if let Some(area) = selection.size_prior_px {
        answers += &format!(", size prior {area:.0} px");
    }
    outln!("{}", folder.display());
    outln!(
        "  adapter     {} layers of rank {rank} at the most, {} tensors trained whole",
        adapter.layers.len(),
        adapter.whole.len()
    );
    outln!("  parameters  {parameters}");
    outln!("  base        weights of SHA-256 {base}");
    outln!("  selection   {answers}");
    if let Some(input) = &adapter.input {
        outln!("  input       {}", describe_input(input));
    }
    Ok(Outcome::Done)
}

/// How images are given to the network, in words.
fn describe_input(input: &StoredInput) -> String {
    let mut parts = Vec::new();
    if let Some(size) = input.input_size {
        parts.push(format!("{size} px"));
    }
    if let Some(window) = input.window {
        parts.push(format!("windows of {window} px"));
    }
    if let Some(bands) = &input.bands {
        let bands: Vec<String> = bands.iter().map(ToString::to_string).collect();
        parts.push(format!("bands {}", bands.join(",")));
    }
    if let Some(stretch) = &input.stretch {
        parts.push(format!("stretch {stretch}"));
    }
    parts.join(", ")
}
