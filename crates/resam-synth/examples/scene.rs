//! Paints one scene, writes it and its label picture, and says how long it took.
//!
//! ```sh
//! cargo run --release -p resam-synth --example scene OUT.png harbour,suburb aerial 1024 0.3 SEED
//! ```

use std::error::Error;
use std::time::Instant;

use image::RgbImage;
use resam_synth::{Scene, SceneSpec, generate, photograph};

/// Times are medians of so many runs.
const RUNS: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, terrain, sensor, side, gsd, seed] = arguments.as_slice() else {
        return Err(
            "usage: scene OUT.png TERRAIN[,TERRAIN...]|photograph SENSOR SIDE GSD SEED".into(),
        );
    };
    let (side, seed): (u32, u64) = (side.parse()?, seed.parse()?);
    let paint: Box<dyn Fn() -> Result<Scene, resam_synth::SynthError>> = if terrain == "photograph"
    {
        Box::new(move || photograph(seed, side))
    } else {
        let spec = SceneSpec {
            gsd: gsd.parse()?,
            sensor: sensor.parse()?,
            terrain: terrain
                .split(',')
                .map(str::parse)
                .collect::<Result<_, _>>()?,
            ..SceneSpec::new(side, side, seed)
        };
        Box::new(move || generate(&spec))
    };
    let mut times = Vec::new();
    let mut scene = paint()?;
    for _ in 0..RUNS {
        let start = Instant::now();
        scene = paint()?;
        times.push(start.elapsed());
    }
    times.sort();
    println!(
        "{} objects, median of {RUNS}: {:.0?}",
        scene.instances.len(),
        times[RUNS / 2]
    );
    scene.image.save(path)?;
    labels(&scene).save(path.replace(".png", "-labels.png"))?;
    Ok(())
}

/// Each object in a colour of its own, half over the image.
fn labels(scene: &Scene) -> RgbImage {
    let mut picture = scene.image.clone();
    for instance in &scene.instances {
        let mix = instance.id.wrapping_mul(2_654_435_761);
        let colour = [mix >> 8, mix >> 16, mix >> 24].map(|channel| channel as u8);
        for (x, y) in instance.mask.pixels() {
            let pixel = picture.get_pixel_mut(instance.x + x, instance.y + y);
            for (channel, own) in pixel.0.iter_mut().zip(colour) {
                *channel = (*channel / 3) + (own / 3) * 2;
            }
        }
    }
    picture
}
