//! What `resam demo` works on, and how polygons are held against the truth.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};

use resam_crs::Crs;
use resam_geo::{GeoTransform, Raster, Window};
use resam_mask::{Bitmap, rasterize_polygon};
use resam_synth::{
    Class, DatasetOptions, Picture, Placement, SceneFiles, SceneSpec, Sensor, Terrain,
    write_dataset, write_scene,
};
use resam_vector::{ReadOptions, Value, read_polygons};

use crate::error::Result;

/// Side of the images in pixels, that of the nano model's input.
const SIDE: u32 = 256;
/// Images to learn from.
const TRAIN: u64 = 32;
/// Images to be judged on.
const VALIDATION: u64 = 24;
/// Side of the scene in pixels.
const SCENE: u32 = 1024;
/// Ground sampling distance in metres.
const GSD: f64 = 0.5;
/// Tanks of fewer visible pixels have no point.
const SMALLEST: u64 = 100;

/// What differs from the default recipe for a model as small as the built-in one.
const RECIPE: &str = "\
# The built-in model is small: it learns fast, everywhere, and has little to lose. It has no room to learn
# the IoU of masks that it is not taught.
[schedule]
epochs = 12
max_instances_per_image = 16
decoder_batch_size = 16
[adapter]
start_block = 0
encoder_layers = \"all\"
encoder_rank = 8
[optimizer]
learning_rate = 1e-3
decoder_lr_scale = 1.0
[loss]
multimask_iou = 0.0
";

/// What was made.
#[derive(Debug, Clone)]
pub struct DemoData {
    /// A data set to learn from: only its images and points are used.
    pub train: PathBuf,
    /// A data set to be judged on.
    pub validation: PathBuf,
    /// A scene with points and the truth.
    pub scene: SceneFiles,
    /// The recipe that the model learns by.
    pub recipe: PathBuf,
}

/// Paints satellite images of industrial sites and a scene of the same kind somewhere in UTM zone
/// 36 north, with one point on every storage tank, into new folders below `folder`.
///
/// # Errors
/// [`Error`](crate::Error) if the folders are not empty or cannot be written.
pub fn prepare(folder: &Path, seed: u64) -> Result<DemoData> {
    let options = DatasetOptions {
        seed,
        positives: 1,
        negatives: 0,
        classes: vec![Class::StorageTank],
        min_pixels: SMALLEST,
        min_visible: 0.5,
    };
    // Different seeds have no image in common.
    let spec = |number: u64, side: u32| SceneSpec {
        gsd: GSD,
        sensor: Sensor::Satellite,
        terrain: vec![Terrain::Industrial],
        ..SceneSpec::new(side, side, seed.wrapping_mul(1000).wrapping_add(number))
    };
    let data_set = |name: &str, from: u64, count: u64| {
        let pictures = (from..from + count).map(|number| Picture::Overhead(spec(number, SIDE)));
        let path = folder.join(name);
        write_dataset(&path, &pictures.collect::<Vec<_>>(), &options)?;
        crate::Result::Ok(path)
    };
    let placement = Placement::north_up(Crs::from_epsg(32636)?, 452_000.0, 38_000.0, GSD);
    let recipe = folder.join("recipe.toml");
    fs_err::create_dir_all(folder)?;
    fs_err::write(&recipe, RECIPE)?;
    Ok(DemoData {
        train: data_set("train", 0, TRAIN)?,
        validation: data_set("val", TRAIN, VALIDATION)?,
        scene: write_scene(
            &folder.join("scene"),
            &spec(TRAIN + VALIDATION, SCENE),
            &placement,
            &options,
        )?,
        recipe,
    })
}

/// How polygons compare with the truth.
#[derive(Debug, Clone, PartialEq)]
pub struct PolygonScores {
    /// The objects of the truth.
    pub objects: usize,
    /// Mean IoU over them, those without a polygon counting as 0.
    pub iou: f64,
    /// How many have an IoU of a half or more.
    pub found: usize,
}

/// Holds the polygons of a file against a raster of the true objects, matched by an attribute that
/// holds the number of the object that each was asked for.
///
/// Polygons are taken to the raster's CRS and pixels and filled; what a user would measure, in
/// other words, with coordinates and holes in it. Without a geotransform coordinates are pixels.
///
/// # Errors
/// [`Error`](crate::Error) when a file cannot be read, or the polygons cannot be taken to the
/// raster's CRS.
pub fn judge_polygons(polygons: &Path, labels: &Path, attribute: &str) -> Result<PolygonScores> {
    let raster = Raster::open(labels)?;
    let (width, height) = (raster.width(), raster.height());
    let transform = raster
        .geo_transform()
        .unwrap_or(GeoTransform([0.0, 1.0, 0.0, 0.0, 0.0, 1.0]));
    let truth = true_masks(&raster)?;
    let read = read_polygons(
        polygons,
        &ReadOptions {
            target: raster.crs(),
            ..Default::default()
        },
    )?;
    let mut ious: HashMap<u32, f64> = truth.keys().map(|&id| (id, 0.0)).collect();
    for feature in &read.layer.features {
        let named = feature
            .attributes
            .iter()
            .find(|(name, _)| name == attribute);
        let id = named.and_then(|(_, value)| match value {
            Value::Text(text) => text.parse().ok(),
            Value::Integer(number) => u32::try_from(*number).ok(),
            _ => None,
        });
        let Some((id, mask)) = id.and_then(|id| Some((id, truth.get(&id)?))) else {
            continue;
        };
        let pixels = |line: &geo_types::LineString<f64>| -> Vec<[f64; 2]> {
            let places = line.coords().filter_map(|at| transform.invert(at.x, at.y));
            places.map(|(x, y)| [x, y]).collect()
        };
        let mut answer = Bitmap::new(width, height)?;
        for polygon in &feature.geometry {
            let mut filled = filled(&pixels(polygon.exterior()), width, height)?;
            for hole in polygon.interiors() {
                filled.subtract_assign(&self::filled(&pixels(hole), width, height)?)?;
            }
            answer.or_assign(&filled)?;
        }
        let iou = answer.iou(mask)?;
        let best = ious.entry(id).or_default();
        *best = best.max(iou);
    }
    Ok(PolygonScores {
        objects: ious.len(),
        iou: ious.values().sum::<f64>() / ious.len().max(1) as f64,
        found: ious.values().filter(|&&iou| iou >= 0.5).count(),
    })
}

/// The pixels of every number of a raster of labels.
fn true_masks(raster: &Raster) -> Result<HashMap<u32, Bitmap>> {
    let (width, height) = (raster.width(), raster.height());
    let all = Window {
        x: 0,
        y: 0,
        width,
        height,
    };
    let labels = raster.read(all, &[1])?;
    let mut masks = HashMap::new();
    for (at, &label) in labels.values.iter().enumerate() {
        if label > 0.0 {
            let mask = match masks.entry(label as u32) {
                Entry::Occupied(found) => found.into_mut(),
                Entry::Vacant(place) => place.insert(Bitmap::new(width, height)?),
            };
            mask.set(at as u32 % width, at as u32 / width, true);
        }
    }
    Ok(masks)
}

fn filled(ring: &[[f64; 2]], width: u32, height: u32) -> Result<Bitmap> {
    if ring.len() < 3 {
        return Ok(Bitmap::new(width, height)?);
    }
    Ok(rasterize_polygon(&[ring], width, height)?.decode())
}
