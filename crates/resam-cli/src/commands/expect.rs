//! What to expect of each model, printed for `resam doctor`.

use resam::expect::{Expectation, INSTANCES, POINTS, PROMPTS, SIDE, WINDOWS};
use serde_json::{Value, json};

/// A table, with what its columns are.
pub(crate) fn print(expectations: &[Expectation], device: &str) {
    println!("\nabout what to expect on {device}");
    println!(
        "  {:<12} {:>9} {:>9} {:>9} {:>9}",
        "", "image", "scene", "step", "memory"
    );
    for one in expectations {
        let [image, scene, step] = [one.image, one.scene, one.step].map(duration);
        let how = if one.measured {
            "measured"
        } else {
            "reckoned from the matrix product"
        };
        println!(
            "  {:<12} {image:>9} {scene:>9} {step:>9} {:>6.1} GB  {how}",
            one.model,
            one.memory as f64 / 1e9
        );
    }
    println!("  image: one of any size, {PROMPTS} prompts, at an input of 1024 px");
    println!(
        "  scene: {SIDE} x {SIDE} pixels, {POINTS} points at random places in {WINDOWS} windows; asking \
         again at edges adds to it"
    );
    println!(
        "  step: of adaptation, an image with {INSTANCES} objects, there and back, and the memory that it \
         takes"
    );
}

pub(crate) fn as_json(expectations: &[Expectation], device: &str) -> Value {
    json!({
        "device": device,
        "image": { "prompts": PROMPTS },
        "scene": { "side": SIDE, "prompts": POINTS, "windows": WINDOWS },
        "step": { "objects": INSTANCES },
        "models": expectations,
    })
}

/// Seconds, minutes or hours with two digits that count.
fn duration(seconds: f64) -> String {
    match seconds {
        ..9.95 => format!("{seconds:.1} s"),
        ..99.5 => format!("{seconds:.0} s"),
        ..5_970.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}
