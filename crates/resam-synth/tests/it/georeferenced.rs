//! A scene lies where it was put.

use std::path::Path;

use resam_crs::{Crs, Transform, area_and_perimeter};
use resam_geo::{GeoTransform, Raster, Window};
use resam_synth::{
    Class, DatasetOptions, Placement, SceneFiles, SceneSpec, Terrain, generate, write_scene,
};
use serde_json::Value;
use tempfile::tempdir;

use crate::spec;

fn kampala(gsd: f64) -> Placement {
    Placement::north_up(Crs::from_epsg(32636).unwrap(), 453_000.0, 35_000.0, gsd)
}

fn suburb() -> SceneSpec {
    SceneSpec {
        width: 300,
        height: 270,
        ..spec(Terrain::Suburb, 300, 5)
    }
}

fn buildings() -> DatasetOptions {
    DatasetOptions {
        classes: vec![Class::Building],
        negatives: 1,
        ..DatasetOptions::default()
    }
}

fn written(folder: &Path, placement: &Placement) -> SceneFiles {
    write_scene(&folder.join("scene"), &suburb(), placement, &buildings()).unwrap()
}

fn features(path: &Path) -> Vec<Value> {
    let content: Value = serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap();
    assert_eq!(content["type"], "FeatureCollection");
    content["features"].as_array().unwrap().clone()
}

fn pair(value: &Value) -> (f64, f64) {
    (value[0].as_f64().unwrap(), value[1].as_f64().unwrap())
}

fn whole(raster: &Raster) -> Window {
    Window {
        x: 0,
        y: 0,
        width: raster.width(),
        height: raster.height(),
    }
}

#[test]
fn the_raster_has_the_pixels_and_the_place() {
    let folder = tempdir().unwrap();
    let placement = kampala(0.3);
    let files = written(folder.path(), &placement);
    let raster = Raster::open(&files.image).unwrap();
    assert_eq!(
        (raster.width(), raster.height(), raster.bands()),
        (300, 270, 3)
    );
    assert_eq!(raster.crs().and_then(Crs::epsg), Some(32636));
    assert_eq!(raster.geo_transform(), Some(placement.geo_transform));
    let samples = raster.read(whole(&raster), &[1, 2, 3]).unwrap();
    let scene = generate(&suburb()).unwrap();
    for (x, y, pixel) in scene.image.enumerate_pixels() {
        for (band, channel) in pixel.0.iter().enumerate() {
            assert_eq!(samples.get(x, y, band), f64::from(*channel));
        }
    }
}

#[test]
fn labels_are_the_listed_masks() {
    let folder = tempdir().unwrap();
    let files = written(folder.path(), &kampala(0.3));
    let raster = Raster::open(&files.labels).unwrap();
    let samples = raster.read(whole(&raster), &[1]).unwrap();
    let scene = generate(&suburb()).unwrap();
    let listed: Vec<_> = scene
        .instances
        .iter()
        .filter(|one| one.class == Class::Building)
        .collect();
    assert_eq!(files.objects, listed.len());
    assert!(listed.len() > 5);
    let mut labelled = 0;
    for instance in listed {
        for (x, y) in instance.mask.pixels() {
            assert_eq!(
                samples.get(instance.x + x, instance.y + y, 0),
                f64::from(instance.id)
            );
            labelled += 1;
        }
    }
    let all = (0..270).flat_map(|y| (0..300).map(move |x| (x, y)));
    assert_eq!(
        all.filter(|&(x, y)| samples.get(x, y, 0) != 0.0).count(),
        labelled
    );
}

/// Points go from longitude and latitude back to the pixels of their objects; also where north is
/// not up.
#[test]
fn points_lie_on_their_objects() {
    let turned = Placement {
        geo_transform: GeoTransform([453_000.0, 0.24, 0.18, 35_000.0, 0.18, -0.24]),
        ..kampala(0.3)
    };
    for placement in [kampala(0.3), turned] {
        let folder = tempdir().unwrap();
        let files = written(folder.path(), &placement);
        let labels = Raster::open(&files.labels).unwrap();
        let samples = labels.read(whole(&labels), &[1]).unwrap();
        let to_map = Transform::new(&Crs::wgs84(), &placement.crs).unwrap();
        let mut positive = 0;
        for point in features(&files.points) {
            let (longitude, latitude) = pair(&point["geometry"]["coordinates"]);
            assert!((32.5..32.7).contains(&longitude) && (0.25..0.4).contains(&latitude));
            let (x, y) = to_map.forward(longitude, latitude).unwrap();
            let (x, y) = placement.geo_transform.invert(x, y).unwrap();
            let on = samples.get(x as u32, y as u32, 0) as u64;
            let instance: u64 = point["properties"]["instance"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap();
            if point["properties"]["label"] == 1 {
                assert_eq!(on, instance);
                positive += 1;
            } else {
                assert_ne!(on, instance);
            }
        }
        assert_eq!(positive, files.objects);
    }
}

#[test]
fn true_polygons_have_the_area_of_their_pixels_and_wind_as_geojson_wants() {
    let folder = tempdir().unwrap();
    let files = written(folder.path(), &kampala(0.3));
    let truth = features(&files.truth);
    assert_eq!(truth.len(), files.objects);
    for feature in truth {
        assert_eq!(feature["properties"]["class"], "building");
        let mut area = 0.0;
        for part in feature["geometry"]["coordinates"].as_array().unwrap() {
            let rings: Vec<Vec<(f64, f64)>> = part
                .as_array()
                .unwrap()
                .iter()
                .map(|ring| ring.as_array().unwrap().iter().map(pair).collect())
                .collect();
            for (index, ring) in rings.iter().enumerate() {
                assert_eq!(ring.first(), ring.last());
                let (first, rest) = (ring[0], ring.windows(2));
                let twice: f64 = rest
                    .map(|side| {
                        (side[0].0 - first.0) * (side[1].1 - first.1)
                            - (side[1].0 - first.0) * (side[0].1 - first.1)
                    })
                    .sum();
                assert_eq!(
                    twice > 0.0,
                    index == 0,
                    "outer rings counter-clockwise, holes clockwise"
                );
            }
            area += area_and_perimeter(&Crs::wgs84(), &rings[0], &rings[1..])
                .unwrap()
                .0;
        }
        let pixels = feature["properties"]["area_px"].as_f64().unwrap();
        // The scale of the UTM projection is up to 0.04 % off, and so twice that for areas.
        assert!(
            (area / (pixels * 0.09) - 1.0).abs() < 2e-3,
            "{area} and {pixels}"
        );
    }
}

#[test]
fn a_place_without_an_inverse_is_refused() {
    let folder = tempdir().unwrap();
    let placement = Placement {
        geo_transform: GeoTransform([0.0; 6]),
        ..kampala(0.3)
    };
    let refused = write_scene(
        &folder.path().join("scene"),
        &suburb(),
        &placement,
        &buildings(),
    );
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("\n\nhint: give six finite numbers")
    );
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
}
