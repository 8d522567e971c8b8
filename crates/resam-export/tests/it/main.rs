//! What this crate promises, as statements.

mod clean;
mod coco;
mod format;
mod json;
mod labels;
mod layer;
mod overlay;
mod run_record;

use resam_crs::Crs;
use resam_export::{Cleaning, ImageReference, Segmentation};
use resam_geo::GeoTransform;
use resam_mask::Bitmap;
use resam_scene::{Counts, Ground, PlacedMask, PointedObject, PromptPoint, SegmentedObject};

const UTM: GeoTransform = GeoTransform([440_000.0, 0.3, 0.0, 36_000.0, 0.0, -0.3]);

fn ground(crs: &str, transform: GeoTransform) -> Ground {
    Ground {
        crs: Some(Crs::parse(crs).unwrap()),
        transform: Some(transform),
    }
}

/// An object drawn in text: `#` is set, anything else is not.
fn object(id: u32, score: f32, rows: &[&str]) -> SegmentedObject {
    let is_set = |x: u32, y: u32| rows[y as usize].as_bytes()[x as usize] == b'#';
    let mask = Bitmap::from_fn(rows[0].len() as u32, rows.len() as u32, is_set).unwrap();
    SegmentedObject {
        id,
        prompts: vec![id as usize - 1],
        mask: PlacedMask::new(&mask, 0, 0).unwrap(),
        score,
        stability_score: 1.0,
        scale: 1.0,
        truncated: false,
    }
}

fn rectangle(id: u32, [x, y, width, height]: [i64; 4], score: f32) -> SegmentedObject {
    let mask = Bitmap::from_fn(width as u32, height as u32, |_, _| true).unwrap();
    SegmentedObject {
        mask: PlacedMask::new(&mask, x, y).unwrap(),
        ..object(id, score, &["#"])
    }
}

/// A prompt without points.
fn prompt(id: &str) -> PointedObject {
    PointedObject {
        id: id.to_owned(),
        ..PointedObject::default()
    }
}

fn point(x: f64, y: f64, positive: bool) -> PromptPoint {
    PromptPoint { x, y, positive }
}

/// The objects of a plain image, prompted for as `name 1` and on.
fn segmentation((width, height): (u32, u32), objects: Vec<SegmentedObject>) -> Segmentation {
    let names = 1..=objects.len();
    Segmentation {
        image: ImageReference::plain("folder/harbour.jpg".as_ref(), width, height),
        model: "exact".to_owned(),
        prompts: names.map(|id| prompt(&format!("name {id}"))).collect(),
        objects,
        failures: Vec::new(),
        counts: Counts::default(),
        cleaning: Cleaning::default(),
    }
}

/// The bytes of a result in the format of a name.
fn written(name: &str, segmentation: &Segmentation) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    segmentation.write(&path).unwrap();
    fs_err::read(path).unwrap()
}

fn written_json(name: &str, segmentation: &Segmentation) -> serde_json::Value {
    serde_json::from_slice(&written(name, segmentation)).unwrap()
}
