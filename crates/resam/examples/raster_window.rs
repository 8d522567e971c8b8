//! Reads a window of a raster as the model sees it, and writes it as a picture:
//! `cargo run --release -p resam --example raster_window -- SCENE X Y SIDE OUT.png`
//!
//! Without arguments it makes a synthetic scene and reads a window of that.

use std::path::PathBuf;

use resam_geo::{Scene, SceneOptions, Window};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let made = tempfile::tempdir()?;
    let (path, x, y, side, output) = if let [scene, x, y, side, output] = arguments.as_slice() {
        (
            PathBuf::from(scene),
            x.parse()?,
            y.parse()?,
            side.parse()?,
            PathBuf::from(output),
        )
    } else {
        let data = resam::demo::prepare(made.path(), 0)?;
        (
            data.scene.image,
            256,
            256,
            512,
            made.path().join("window.png"),
        )
    };
    let scene = Scene::open(&path, &SceneOptions::default())?;
    // One stretch for the whole scene, so that neighbouring windows have the same colours.
    println!("bands {:?}, stretch {}", scene.bands(), scene.stretch());
    let window = Window {
        x,
        y,
        width: side,
        height: side,
    };
    let tile = scene.read(window, side, side)?;
    tile.image.save(&output)?;
    println!(
        "{} of {} pixels are valid",
        tile.valid.area(),
        u64::from(side) * u64::from(side)
    );
    if let Some(transform) = scene.raster().geo_transform() {
        let (east, north) = transform.apply(x as f64, y as f64);
        println!("its top-left corner lies at {east:.2}, {north:.2}");
    }
    Ok(())
}
