//! COCO instance annotations of one image.

use std::io::{self, Write};

use resam_mask::{Bitmap, PixelBox, Rle};
use serde::Serialize;

use crate::{Object, Segmentation};

/// The one image and the one category of a file.
const ONLY_ID: u32 = 1;

#[derive(Serialize)]
struct File<'a> {
    info: Info,
    images: [Image<'a>; 1],
    categories: [Category; 1],
    annotations: Vec<Annotation<'a>>,
}

#[derive(Serialize)]
struct Info {
    description: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Image<'a> {
    id: u32,
    file_name: &'a str,
    width: u32,
    height: u32,
}

#[derive(Serialize)]
struct Category {
    id: u32,
    name: &'static str,
}

#[derive(Serialize)]
struct Annotation<'a> {
    id: u32,
    image_id: u32,
    category_id: u32,
    segmentation: RunLengths,
    area: u64,
    bbox: [f64; 4],
    iscrowd: u8,
    score: f32,
    instance: &'a str,
}

/// A mask in compressed run lengths; `size` is height, width.
#[derive(Serialize)]
struct RunLengths {
    size: [u32; 2],
    counts: String,
}

/// Writes the file. Masks are compressed run lengths; an empty mask has the box `[0, 0, 0, 0]`. Two
/// members go beyond COCO's: `score` is the quality, null if it is not finite, and `instance` is
/// the user's name.
pub(crate) fn write(file: &mut dyn Write, segmentation: &Segmentation) -> io::Result<()> {
    let (width, height) = segmentation.image.dimensions();
    let content = File {
        info: Info {
            description: "objects segmented by resam",
            version: env!("CARGO_PKG_VERSION"),
        },
        images: [Image {
            id: ONLY_ID,
            file_name: &segmentation.file_name,
            width,
            height,
        }],
        categories: [Category {
            id: ONLY_ID,
            name: "object",
        }],
        annotations: segmentation.objects.iter().map(annotation).collect(),
    };
    serde_json::to_writer(&mut *file, &content)?;
    file.write_all(b"\n")
}

fn annotation(object: &Object) -> Annotation<'_> {
    let bounds = object.mask.bounding_box();
    Annotation {
        id: object.id,
        image_id: ONLY_ID,
        category_id: ONLY_ID,
        segmentation: run_lengths(&object.mask),
        area: object.mask.area(),
        bbox: bounds.map_or([0.0; 4], |bounds: PixelBox| bounds.to_coco()),
        iscrowd: 0,
        score: object.quality,
        instance: &object.instance,
    }
}

fn run_lengths(mask: &Bitmap) -> RunLengths {
    RunLengths {
        size: [mask.height(), mask.width()],
        counts: Rle::encode(mask).to_compressed_string(),
    }
}
