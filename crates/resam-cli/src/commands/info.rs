//! `resam info`: what a file is.

use std::path::Path;

use resam::{Crs, Description, FileKind, MaskSelection, Observer, Result};
use resam_geo::Raster;
use resam_image::ImageInfo;
use resam_sam::Adapter;
use serde_json::json;

use super::{Outcome, inspect};
use crate::arguments::{Common, Info};
use crate::watch::Watch;

pub(crate) fn run(arguments: &Info, common: &Common) -> Result<Outcome> {
    let kind = match arguments.files.as_slice() {
        [file] => FileKind::of(file)?,
        files => FileKind::of_all(files)?,
    };
    let file = &arguments.files[0];
    match kind {
        FileKind::Adapter(adapter) => print_adapter(file, &adapter, common),
        FileKind::Raster(raster) => {
            let raster = arguments.picture.options().apply(*raster)?;
            print_raster(file, &in_crs(raster, arguments)?, common);
        }
        FileKind::Foreign(format) => print_foreign(file, format, common),
        FileKind::Image(image) => print_image(file, &image, common),
        FileKind::Described(found) => print_described(file, &found, common),
        FileKind::Checkpoint => return inspect::describe(file, false, common),
    }
    Ok(Outcome::Done)
}

/// The raster in the CRS that is asked for.
fn in_crs(raster: Raster, arguments: &Info) -> Result<Raster> {
    let Some(crs) = &arguments.scene_crs else {
        return Ok(raster);
    };
    Ok(raster.with_crs(&Crs::parse(crs)?))
}

fn print_raster(file: &Path, raster: &Raster, common: &Common) {
    let info = raster.info();
    if common.json {
        let mut fields = json!(info);
        fields["file"] = json!(file.display().to_string());
        fields["kind"] = json!("raster");
        println!("{fields:#}");
    } else {
        println!("{}\n{info}", raster.path().display());
    }
}

fn print_foreign(file: &Path, format: &str, common: &Common) {
    let tif = file.with_extension("tif");
    let command = format!(
        "gdal_translate -co TILED=YES -co COMPRESS=DEFLATE {} {}",
        file.display(),
        tif.display()
    );
    if common.json {
        let info = json!({
            "file": file.display().to_string(),
            "kind": "raster that is not read",
            "format": format,
            "convert": command,
        });
        println!("{info:#}");
    } else {
        println!("{}", file.display());
        println!("  format   {format}, which resam does not read");
        println!("  convert  {command}");
    }
}

fn print_image(file: &Path, image: &ImageInfo, common: &Common) {
    let (format, colour) = (format!("{:?}", image.format), format!("{:?}", image.colour));
    let (width, height, bits) = (image.width, image.height, image.bit_depth);
    if common.json {
        let info = json!({
            "file": file.display().to_string(),
            "kind": "image",
            "format": format,
            "width": width,
            "height": height,
            "colour": colour,
            "bit_depth": bits,
            "orientation": image.orientation,
            "notes": image.notes(),
        });
        println!("{info:#}");
    } else {
        println!("{}", file.display());
        println!("  image    {format}, {width} x {height} pixels");
        println!("  samples  {colour}, {bits} bits");
        for note in image.notes() {
            println!("  note     {note}");
        }
    }
}

fn print_described(file: &Path, found: &Description, common: &Common) {
    if common.json {
        let mut fields = found.json.clone();
        fields["file"] = json!(file.display().to_string());
        fields["kind"] = json!(found.kind);
        println!("{fields:#}");
    } else {
        println!("{}", file.display());
        for (name, text) in &found.rows {
            println!("  {name:<11} {text}");
        }
    }
    let mut watch = Watch::new(common);
    for notice in &found.notices {
        watch.notice(notice);
    }
}

fn print_adapter(folder: &Path, adapter: &Adapter, common: &Common) {
    let (layers, rank, whole) = (adapter.layers.len(), adapter.rank(), adapter.whole.len());
    let parameters = adapter.parameters();
    if common.json {
        let info = json!({
            "file": folder.display().to_string(),
            "kind": "adapter",
            "base_sha256": adapter.base_sha256,
            "mask_selection": adapter.mask_selection,
            "input": adapter.input,
            "layers": layers,
            "largest_rank": rank,
            "whole_tensors": whole,
            "parameters": parameters,
        });
        println!("{info:#}");
        return;
    }
    let base = adapter.base_sha256.as_deref().unwrap_or("not said");
    let selection = adapter.mask_selection.unwrap_or(MaskSelection::SINGLE);
    println!("{}", folder.display());
    println!(
        "  adapter     {layers} layers of rank {rank} at the most, {whole} tensors trained whole"
    );
    println!("  parameters  {parameters}");
    println!("  base        weights of SHA-256 {base}");
    println!("  selection   {selection}");
    if let Some(input) = &adapter.input {
        println!("  input       {input}");
    }
}
