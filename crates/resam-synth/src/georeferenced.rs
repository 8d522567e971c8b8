//! A georeferenced scene: a GeoTIFF, points as a user would collect them, and the true objects.

use std::io;
use std::path::{Path, PathBuf};

use resam_crs::{Crs, Transform};
use resam_files::{UnfinishedFolder, write_atomically};
use resam_geo::{GeoTiffSpec, GeoTiffWriter, GeoTransform, Photometric, SampleKind};
use resam_mask::polygons;
use serde_json::{Value, json};

use crate::dataset::DatasetOptions;
use crate::error::SynthError;
use crate::geometry::{Ring, signed_area};
use crate::layout::generate;
use crate::points::points_of;
use crate::scene::{Instance, Scene};
use crate::spec::SceneSpec;

/// Side of the tiles of the rasters in pixels.
const TILE: u32 = 256;

/// Longitudes and latitudes are written to a tenth of a millimetre, so that the last bits of a
/// projection, which differ between machines, are not.
const DIGITS: f64 = 1e9;

/// The place of a scene on the Earth.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// The coordinate reference system of the raster.
    pub crs: Crs,
    /// From continuous pixels, with (0, 0) the top-left corner, to coordinates of the CRS.
    pub geo_transform: GeoTransform,
}

impl Placement {
    /// A place with north up. `x` and `y` are the coordinates of the top-left corner in a CRS in
    /// metres, `gsd` is the ground sampling distance in metres a pixel.
    pub fn north_up(crs: Crs, x: f64, y: f64, gsd: f64) -> Self {
        Self {
            crs,
            geo_transform: GeoTransform([x, gsd, 0.0, y, 0.0, -gsd]),
        }
    }
}

/// The files that [`write_scene`] wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SceneFiles {
    /// The image: a GeoTIFF with three bands of 8 bits.
    pub image: PathBuf,
    /// Points on the listed objects: GeoJSON (RFC 7946) in longitude and latitude, with the
    /// properties `instance` and `label`.
    pub points: PathBuf,
    /// True polygons of the listed objects: GeoJSON (RFC 7946) in longitude and latitude, with the
    /// properties `instance`, `class` and `area_px`.
    pub truth: PathBuf,
    /// The listed objects as a raster: the number of the object at each pixel, and 0 elsewhere.
    pub labels: PathBuf,
    /// The number of listed objects.
    pub objects: usize,
}

/// Writes a scene into a new folder as `scene.tif`, `points.geojson`, `truth.geojson` and
/// `labels.tif`.
///
/// `options` select the objects. `instance` is the same number in all four files. The folder
/// appears whole or not at all.
///
/// # Errors
/// [`SynthError`] if the scene cannot be painted or placed, if the folder exists and is not empty,
/// or if a file cannot be written.
pub fn write_scene(
    folder: &Path,
    spec: &SceneSpec,
    placement: &Placement,
    options: &DatasetOptions,
) -> Result<SceneFiles, SynthError> {
    if !placement.geo_transform.is_invertible() {
        let transform = placement.geo_transform.0;
        return Err(SynthError::Placement { transform });
    }
    let ground = Ground {
        transform: Transform::new(&placement.crs, &Crs::wgs84())?,
        placement,
    };
    let new = UnfinishedFolder::beside(folder)?;
    let scene = generate(spec)?;
    let listed: Vec<&Instance> = scene
        .instances
        .iter()
        .filter(|instance| options.lists(instance))
        .collect();
    let size = scene.image.dimensions();
    let mut points = Vec::new();
    let mut truth = Vec::new();
    for instance in &listed {
        let id = u64::from(instance.id);
        let counts = (options.positives, options.negatives);
        for point in points_of(instance, size, counts, options.seed, 1, id)? {
            points.push(json!({
                "type": "Feature",
                "properties": { "instance": id.to_string(), "label": u8::from(point.positive) },
                "geometry": {
                    "type": "Point",
                    "coordinates": ground.degrees([point.x, point.y])?,
                },
            }));
        }
        truth.push(json!({
            "type": "Feature",
            "properties": {
                "instance": id.to_string(),
                "class": instance.class.name(),
                "area_px": instance.area(),
            },
            "geometry": ground.outline(instance)?,
        }));
    }
    write_features(&new.path().join("points.geojson"), points)?;
    write_features(&new.path().join("truth.geojson"), truth)?;
    write_image(&new.path().join("scene.tif"), &scene, placement)?;
    write_labels(&new.path().join("labels.tif"), &scene, &listed, placement)?;
    let objects = listed.len();
    new.finish()?;
    Ok(SceneFiles {
        image: folder.join("scene.tif"),
        points: folder.join("points.geojson"),
        truth: folder.join("truth.geojson"),
        labels: folder.join("labels.tif"),
        objects,
    })
}

/// From pixels to longitude and latitude.
struct Ground<'a> {
    transform: Transform,
    placement: &'a Placement,
}

impl Ground<'_> {
    fn degrees(&self, [x, y]: [f64; 2]) -> Result<[f64; 2], SynthError> {
        let (x, y) = self.placement.geo_transform.apply(x, y);
        let (longitude, latitude) = self.transform.forward(x, y)?;
        Ok([longitude, latitude].map(|degrees| (degrees * DIGITS).round() / DIGITS))
    }

    /// The pixel-exact outline of the object.
    fn outline(&self, instance: &Instance) -> Result<Value, SynthError> {
        let ring = |ring: &[[u32; 2]], outer: bool| {
            let places = ring.iter().map(|&[x, y]| {
                self.degrees([f64::from(instance.x + x), f64::from(instance.y + y)])
            });
            let mut ring = places.collect::<Result<Ring, SynthError>>()?;
            // Latitude grows upwards, so this is counter-clockwise on a map, as RFC 7946 wants it.
            if (signed_area(&ring) > 0.0) != outer {
                ring.reverse();
            }
            ring.extend(ring.first().copied());
            Ok::<Ring, SynthError>(ring)
        };
        let parts = polygons(&instance.mask).into_iter().map(|polygon| {
            let mut rings = vec![ring(&polygon.exterior, true)?];
            for hole in &polygon.holes {
                rings.push(ring(hole, false)?);
            }
            Ok(rings)
        });
        let parts = parts.collect::<Result<Vec<Vec<Ring>>, SynthError>>()?;
        Ok(json!({ "type": "MultiPolygon", "coordinates": parts }))
    }
}

fn write_features(path: &Path, features: Vec<Value>) -> Result<(), SynthError> {
    let collection = json!({ "type": "FeatureCollection", "features": features });
    write_atomically(path, |out| {
        serde_json::to_writer(&mut *out, &collection).map_err(io::Error::from)?;
        out.write_all(b"\n")
    })?;
    Ok(())
}

fn write_image(path: &Path, scene: &Scene, placement: &Placement) -> Result<(), SynthError> {
    let (width, height) = scene.image.dimensions();
    let spec = GeoTiffSpec {
        bands: 3,
        photometric: Photometric::Rgb,
        ..raster_spec(width, height, placement)
    };
    write_tiles(path, &spec, |x, y| scene.image.get_pixel(x, y).0)
}

fn write_labels(
    path: &Path,
    scene: &Scene,
    listed: &[&Instance],
    placement: &Placement,
) -> Result<(), SynthError> {
    let (width, height) = scene.image.dimensions();
    let mut labels = vec![0_u32; width as usize * height as usize];
    for instance in listed {
        for (x, y) in instance.mask.pixels() {
            let row = (instance.y + y) as usize * width as usize;
            labels[row + (instance.x + x) as usize] = instance.id;
        }
    }
    let spec = GeoTiffSpec {
        sample: SampleKind::U32,
        ..raster_spec(width, height, placement)
    };
    write_tiles(path, &spec, |x, y| {
        labels[y as usize * width as usize + x as usize].to_le_bytes()
    })
}

fn raster_spec(width: u32, height: u32, placement: &Placement) -> GeoTiffSpec {
    GeoTiffSpec {
        tile: TILE,
        geo_transform: Some(placement.geo_transform),
        crs: Some(placement.crs.clone()),
        ..GeoTiffSpec::new(width, height)
    }
}

/// Writes every tile from the bytes of its pixels.
fn write_tiles<const BYTES: usize>(
    path: &Path,
    spec: &GeoTiffSpec,
    pixel: impl Fn(u32, u32) -> [u8; BYTES],
) -> Result<(), SynthError> {
    let mut writer = GeoTiffWriter::create(path, spec)?;
    for row in 0..spec.tiles_down() {
        for column in 0..spec.tiles_across() {
            let mut bytes = Vec::with_capacity(spec.tile_bytes());
            for y in row * TILE..(row + 1) * TILE {
                for x in column * TILE..(column + 1) * TILE {
                    // Edge tiles extend beyond the raster; their samples there are ignored.
                    bytes.extend(pixel(x.min(spec.width - 1), y.min(spec.height - 1)));
                }
            }
            writer.write_tile(column, row, &bytes)?;
        }
    }
    writer.finish()?;
    Ok(())
}
