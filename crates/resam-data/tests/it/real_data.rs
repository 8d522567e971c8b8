//! Statements about real data, which lie beside the project and not in it.

use std::path::{Path, PathBuf};

use resam_data::{Dataset, layouts};
use resam_prompt::PointFile;

fn shared(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("RESAM_SHARED").map_or(beside, PathBuf::from);
    let path = root.join("data").join(name);
    if !path.is_dir() {
        println!("skipped: no `{}`; set RESAM_SHARED", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn nwpu_train_loads_whole_and_its_points_lie_as_labelled() {
    let Some(folder) = shared("nwpu_vhr10_train") else {
        return;
    };
    let dataset = Dataset::coco(folder.join("images"), folder.join("instances.json")).unwrap();
    assert_eq!(dataset.images().len(), 520);
    let count: usize = dataset
        .images()
        .iter()
        .map(|image| dataset.instances(image).unwrap().len())
        .sum();
    assert_eq!(count, 3178);
    for name in ["points_1.csv", "points_3.csv"] {
        let points = PointFile::read(folder.join(name)).unwrap();
        dataset.check_points(&points).unwrap();
        assert_eq!(points.prompts.len(), 3178);
    }
    let points = PointFile::read(folder.join("points_3.csv")).unwrap();
    for image in &dataset.images()[..60] {
        let instances = dataset.instances(image).unwrap();
        for prompts in points.on_image(&image.file_name) {
            let instance = instances
                .iter()
                .find(|one| one.id.to_string() == prompts.instance)
                .unwrap();
            let mask = instance.mask().unwrap();
            for point in &prompts.points {
                assert_eq!(mask.get(point.x as u32, point.y as u32), point.positive);
            }
        }
    }
    let image = &dataset.images()[0];
    assert!(dataset.read_image(image).unwrap().notes.is_empty());
}

#[test]
fn the_ssdd_sample_opens_as_a_plain_folder() {
    let Some(folder) = shared("ssdd_train_sample") else {
        return;
    };
    let dataset = layouts::open(&folder, None, None).unwrap();
    assert_eq!(dataset.images().len(), 60);
    dataset
        .check_points(&PointFile::read(folder.join("points_1.csv")).unwrap())
        .unwrap();
    for image in dataset.images() {
        dataset.read_image(image).unwrap();
    }
}
