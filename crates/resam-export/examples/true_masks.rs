//! Writes the true objects of one image of a COCO dataset as if they had been found, to look at.
//!
//! `cargo run --example true_masks -- IMAGE INSTANCES.json POINTS.csv OUTPUT...`

use std::error::Error;
use std::path::Path;

use resam_export::{Format, Object, PromptMarks, Segmentation, write};
use resam_mask::{Bitmap, PixelBox, rasterize_polygon};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [image_path, instances, points, outputs @ ..] = arguments.as_slice() else {
        return Err("usage: true_masks IMAGE INSTANCES.json POINTS.csv OUTPUT...".into());
    };
    let image = image::open(image_path)?.to_rgb8();
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
    let mut objects = Vec::new();
    for (id, annotation) in (1..).zip(of_image) {
        let instance = annotation["id"].to_string();
        let mut prompt = marks(&points, &file_name, &instance);
        if id % 3 == 0 {
            let coco = serde_json::from_value(annotation["bbox"].clone())?;
            let PixelBox { x0, y0, x1, y1 } = PixelBox::from_coco(coco);
            prompt.bounds = Some([x0, y0, x1, y1]);
        }
        objects.push(Object {
            id,
            instance,
            mask: mask(&annotation["segmentation"], image.width(), image.height())?,
            quality: 1.0,
            prompt,
        });
    }
    let segmentation = Segmentation {
        file_name,
        image,
        objects,
    };
    for output in outputs {
        let path = Path::new(output);
        write(path, Format::of(path)?, &segmentation)?;
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
fn marks(points: &str, file_name: &str, instance: &str) -> PromptMarks {
    let mut marks = PromptMarks::default();
    for row in points.lines() {
        let cells: Vec<&str> = row.split(',').collect();
        if let [image, name, x, y, label] = cells.as_slice()
            && (*image, *name) == (file_name, instance)
            && let (Ok(x), Ok(y)) = (x.parse(), y.parse())
        {
            let kind = match *label {
                "1" => &mut marks.positive,
                _ => &mut marks.negative,
            };
            kind.push([x, y]);
        }
    }
    marks
}
