//! The data set that the command line names.

use std::path::Path;

use anyhow::Result;
use resam_data::Dataset;
use resam_data::layouts::{self, Scene, Split};
use resam_train::picture::read_picture;

use crate::arguments::{BenchmarkPart, SceneName, SplitName};

/// The images of a folder with the annotations of `--coco` or of a benchmark's part; without either,
/// the images alone.
pub(crate) fn open(images: &Path, coco: Option<&Path>, part: &BenchmarkPart) -> Result<Dataset> {
    if let Some(split) = part.split {
        let split = match split {
            SplitName::Train => Some(Split::Train),
            SplitName::Val => Some(Split::Val),
            SplitName::Test => Some(Split::Test),
            SplitName::All => None,
        };
        let scene = part.scene.map(|scene| match scene {
            SceneName::Inshore => Scene::Inshore,
            SceneName::Offshore => Scene::Offshore,
        });
        return Ok(layouts::open(images, split, scene)?.read_with(read_picture));
    }
    let dataset = match coco {
        Some(coco) => Dataset::coco(images, coco)?,
        None => Dataset::folder(images)?,
    };
    Ok(dataset.read_with(read_picture))
}
