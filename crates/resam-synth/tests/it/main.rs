//! What this crate promises, as statements.

mod bad_input;
mod dataset;
mod georeferenced;
mod light;
mod masks;
mod photographs;
mod same_bytes;
mod scale;
mod sensors;

use resam_synth::{Scene, SceneSpec, Sensor, Terrain, generate};

/// A scene of one terrain as an aerial camera sees it.
fn spec(terrain: Terrain, side: u32, seed: u64) -> SceneSpec {
    SceneSpec {
        terrain: vec![terrain],
        ..SceneSpec::new(side, side, seed)
    }
}

/// The same as another sensor sees it.
fn seen_by(sensor: Sensor, spec: SceneSpec) -> Scene {
    generate(&SceneSpec { sensor, ..spec }).unwrap()
}

/// Brightness of a pixel, 0 to 255.
fn brightness(scene: &Scene, x: u32, y: u32) -> f64 {
    let [red, green, blue] = scene.image.get_pixel(x, y).0.map(f64::from);
    0.3 * red + 0.59 * green + 0.11 * blue
}
