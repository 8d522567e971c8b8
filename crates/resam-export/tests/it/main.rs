//! What this crate promises, as statements.

mod coco;
mod format;
mod geojson;
mod label;
mod overlay;
mod run_record;

use image::{Rgb, RgbImage};
use resam_export::{Format, Object, PromptMarks, Segmentation, write};
use resam_mask::Bitmap;

/// A mask drawn in text: `#` is set, anything else is not.
fn mask(rows: &[&str]) -> Bitmap {
    let is_set = |x: u32, y: u32| rows[y as usize].as_bytes()[x as usize] == b'#';
    Bitmap::from_fn(rows[0].len() as u32, rows.len() as u32, is_set).unwrap()
}

fn object(id: u32, quality: f32, mask: Bitmap) -> Object {
    Object {
        id,
        instance: format!("name {id}"),
        mask,
        quality,
        prompt: PromptMarks::default(),
    }
}

/// An answer on a grey image of the size of the first mask.
fn answer(objects: Vec<Object>) -> Segmentation {
    let (width, height) = objects
        .first()
        .map_or((4, 3), |object| (object.mask.width(), object.mask.height()));
    Segmentation {
        file_name: "harbour.jpg".to_owned(),
        image: RgbImage::from_pixel(width, height, Rgb([120; 3])),
        objects,
    }
}

/// The bytes of an answer in a format.
fn written(format: Format, segmentation: &Segmentation) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer");
    write(&path, format, segmentation).unwrap();
    fs_err::read(path).unwrap()
}

fn written_json(format: Format, segmentation: &Segmentation) -> serde_json::Value {
    serde_json::from_slice(&written(format, segmentation)).unwrap()
}
