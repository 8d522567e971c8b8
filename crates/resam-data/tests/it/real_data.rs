//! Statements about real data, which lie beside the project and not in it.

use resam_data::{Dataset, layouts};
use resam_prompt::PointFile;
use resam_testing::shared;

#[test]
fn nwpu_train_loads_whole_and_its_points_lie_as_labelled() {
    let Some(folder) = shared("data/nwpu_vhr10_train") else {
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
        assert_eq!(points.objects.len(), 3178);
    }
    let points = PointFile::read(folder.join("points_3.csv")).unwrap();
    for image in &dataset.images()[..60] {
        let instances = dataset.instances(image).unwrap();
        for object in points.on_image(&image.file_name) {
            let instance = instances
                .iter()
                .find(|one| one.id.to_string() == object.id)
                .unwrap();
            let mask = instance.mask().unwrap();
            for point in &object.points {
                assert_eq!(mask.get(point.x as u32, point.y as u32), point.positive);
            }
        }
    }
    let image = &dataset.images()[0];
    assert!(dataset.read_image(image).unwrap().notes.is_empty());
}

#[test]
fn the_ssdd_sample_opens_as_a_plain_folder() {
    let Some(folder) = shared("data/ssdd_train_sample") else {
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
