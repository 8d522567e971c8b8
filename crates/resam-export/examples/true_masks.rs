//! Writes the true objects of one image of a COCO dataset as if they had been found, to look at.
//!
//! `cargo run --example true_masks -- IMAGE INSTANCES.json POINTS.csv OUTPUT...`

use std::error::Error;
use std::path::Path;

use resam_export::{Cleaning, ImageReference, Segmentation};
use resam_mask::{Bitmap, PixelBox, rasterize_polygon};
use resam_scene::{Counts, PlacedMask, PointedObject, PromptPoint, SegmentedObject};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [image_path, instances, points, outputs @ ..] = arguments.as_slice() else {
        return Err("usage: true_masks IMAGE INSTANCES.json POINTS.csv OUTPUT...".into());
    };
    let (width, height) = image::image_dimensions(image_path)?;
    let file_name = Path::new(image_path).file_name().unwrap_or_default();
    let file_name = file_name.to_string_lossy().into_owned();
    let dataset: Value = serde_json::from_reader(fs_err::File::open(instances)?)?;
    let points = fs_err::read_to_string(points)?;

    let images = dataset["images"].as_array().ok_or("no images")?;
    let found = images.iter().find(|image| image["file_name"] == *file_name);
    let image_id = &found.ok_or("the dataset lacks the image")?["id"];
    let annotations = dataset["annotations"].as_array().ok_or("no annotations")?;
    let of_image = annotations
        .iter()
        .filter(|one| one["image_id"] == *image_id);
    let (mut prompts, mut objects) = (Vec::new(), Vec::new());
    for (at, annotation) in of_image.enumerate() {
        let id = annotation["id"].to_string();
        let mut bounds = None;
        if at % 3 == 2 {
            let coco = serde_json::from_value(annotation["bbox"].clone())?;
            let PixelBox { x0, y0, x1, y1 } = PixelBox::from_coco(coco);
            bounds = Some([x0, y0, x1, y1]);
        }
        let mask = mask(&annotation["segmentation"], width, height)?;
        objects.push(SegmentedObject {
            id: u32::try_from(at)? + 1,
            prompts: vec![at],
            mask: PlacedMask::new(&mask, 0, 0).ok_or("an empty mask")?,
            score: 1.0,
            stability_score: 1.0,
            scale: 1.0,
            truncated: false,
        });
        prompts.push(PointedObject {
            points: points_of(&points, &file_name, &id),
            id,
            bounds,
            ..PointedObject::default()
        });
    }
    let segmentation = Segmentation {
        image: ImageReference::plain(image_path.as_ref(), width, height),
        model: "the truth".to_owned(),
        prompts,
        objects,
        failures: Vec::new(),
        counts: Counts::default(),
        cleaning: Cleaning::default(),
    };
    for output in outputs {
        segmentation.write(output)?;
    }
    Ok(())
}

fn mask(polygons: &Value, width: u32, height: u32) -> Result<Bitmap, Box<dyn Error>> {
    let rings: Vec<Vec<f64>> = serde_json::from_value(polygons.clone())?;
    let rings: Vec<Vec<[f64; 2]>> = rings
        .iter()
        .map(|ring| {
            ring.chunks_exact(2)
                .map(|pair| [pair[0], pair[1]])
                .collect()
        })
        .collect();
    Ok(rasterize_polygon(&rings, width, height)?.decode())
}

/// The rows `image,instance,x,y,label` of one object.
fn points_of(points: &str, file_name: &str, instance: &str) -> Vec<PromptPoint> {
    let point = |row: &str| {
        let cells: Vec<&str> = row.split(',').collect();
        let [image, name, x, y, label] = cells.as_slice() else {
            return None;
        };
        let is_its = (*image, *name) == (file_name, instance);
        is_its.then_some(PromptPoint {
            x: x.parse().ok()?,
            y: y.parse().ok()?,
            positive: *label == "1",
        })
    };
    points.lines().filter_map(point).collect()
}
