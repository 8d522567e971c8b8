//! Writes what this crate reads of rasters, for a comparison with another reader
//! (`scripts/raster_agreement.py`).
//!
//! Beside each file `x` that is named, `x.dump` gets a line of JSON, then the samples of all bands
//! as `f64`, pixel after pixel, then the 8-bit RGB of the scene, then a byte a pixel that says
//! whether it is valid. Of a file that cannot be read it has `{"error": ...}` alone.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use resam_geo::{Raster, Scene, SceneOptions, Window};
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        let dump = dump(&path);
        let bytes = dump.unwrap_or_else(|error| {
            format!("{}\n", json!({ "error": error.to_string() })).into_bytes()
        });
        let mut name = path.into_os_string();
        name.push(".dump");
        fs_err::write(name, bytes)?;
    }
    Ok(())
}

fn dump(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let raster = Raster::open(path)?;
    let (width, height) = (raster.width(), raster.height());
    let all = Window {
        x: 0,
        y: 0,
        width,
        height,
    };
    let bands: Vec<usize> = (1..=raster.bands()).collect();
    let samples = raster.read(all, &bands)?;
    let mut bytes = Vec::new();
    writeln!(bytes, "{}", json!(raster.info()))?;
    bytes.extend(samples.values.iter().flat_map(|value| value.to_le_bytes()));
    let tile = Scene::of_raster(raster, &SceneOptions::default())
        .and_then(|scene| scene.read(all, width, height));
    if let Ok(tile) = tile {
        bytes.extend_from_slice(tile.image.as_raw());
        for y in 0..height {
            bytes.extend((0..width).map(|x| u8::from(tile.valid.get(x, y))));
        }
    }
    Ok(bytes)
}
