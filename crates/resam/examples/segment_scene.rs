//! Segments a scene from points and writes polygons:
//! `cargo run --release -p resam --example segment_scene -- SCENE POINTS OUT.gpkg [WEIGHTS [ADAPTER]]`
//!
//! Without arguments it makes a synthetic scene and works on that.

use std::path::{Path, PathBuf};

use resam::{Model, Observer, Progress, Scene, SegmentOptions};

/// Prints what happens.
struct Printed;

impl Observer for Printed {
    fn progress(&mut self, progress: &Progress<'_>) {
        eprintln!("{} of {} {}", progress.done, progress.total, progress.unit);
    }

    fn note(&mut self, text: &str) {
        eprintln!("note: {text}");
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let made = tempfile::tempdir()?;
    let (scene, points, output) = if let [scene, points, output, ..] = arguments.as_slice() {
        (scene.clone(), points.clone(), output.clone())
    } else {
        let data = resam::demo::prepare(made.path(), 0)?;
        (
            data.scene.image,
            data.scene.points,
            made.path().join("objects.gpkg"),
        )
    };
    let weights = arguments.get(3).map_or(Path::new("nano"), PathBuf::as_path);
    let model = Model::load(weights, arguments.get(4).map(PathBuf::as_path))?;
    let scene = Scene::open(scene)?;
    let points = resam::points::read(points)?;
    let found = model.segment(&scene, &points, &SegmentOptions::default(), &mut Printed)?;
    found.write(&output)?;
    println!(
        "{} objects of {} prompts",
        found.objects.len(),
        found.prompts.len()
    );
    for object in found.objects.iter().take(5) {
        let [x0, y0, x1, y1] = object.mask.bounds();
        println!(
            "  {} score {:.3}, {x0},{y0} to {x1},{y1}",
            found.name(object),
            object.score
        );
    }
    Ok(())
}
