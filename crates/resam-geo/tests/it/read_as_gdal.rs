//! Rasters of many varieties give what GDAL reads of them. `tests/fixtures/gdal/make.py` made the
//! files and, with GDAL, what lies beside each as `.json`: samples of some pixels, how many are
//! valid, the place.

use std::path::PathBuf;

use resam_geo::{Raster, Scene, SceneOptions};
use serde_json::Value;

use crate::fixtures::{fixture, window};

fn cases() -> Vec<(PathBuf, Value)> {
    let folder = fixture("gdal");
    let entries = fs_err::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let cases = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let mut cases: Vec<_> = cases
        .map(|path| {
            let text = fs_err::read_to_string(&path).unwrap();
            (
                path.with_extension(""),
                serde_json::from_str(&text).unwrap(),
            )
        })
        .collect();
    cases.sort_by(|(one, _), (other, _): &(PathBuf, Value)| one.cmp(other));
    assert!(cases.len() >= 30, "{} cases", cases.len());
    cases
}

#[test]
fn samples_and_valid_pixels_are_those_that_gdal_reads() {
    for (path, expected) in cases() {
        let name = path.display();
        let raster = Raster::open(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (width, height) = (raster.width(), raster.height());
        assert_eq!(
            expected["size"],
            serde_json::json!([width, height]),
            "{name}"
        );
        let bands: Vec<usize> = (1..=raster.bands()).collect();
        let samples = raster.read(window(0, 0, width, height), &bands).unwrap();
        let tolerance = expected["tolerance"].as_f64().unwrap();
        for sample in expected["samples"].as_array().unwrap() {
            let [x, y] = [0, 1].map(|at| sample[at].as_u64().unwrap() as u32);
            for (band, value) in sample[2].as_array().unwrap().iter().enumerate() {
                let found = samples.get(x, y, band);
                match value.as_f64() {
                    Some(value) => assert!(
                        (found - value).abs()
                            <= tolerance + value.abs() * 1e-6 * tolerance.min(1.0),
                        "{name} {x} {y} {band}: {found} and not {value}"
                    ),
                    None => assert!(found.is_nan(), "{name} {x} {y} {band}: {found}"),
                }
            }
        }
        let scene = Scene::of_raster(raster, &SceneOptions::default()).unwrap();
        let tile = scene
            .read(window(0, 0, width, height), width, height)
            .unwrap();
        assert_eq!(
            Some(tile.valid.area()),
            expected["valid"].as_u64(),
            "{name}"
        );
    }
}

#[test]
fn the_place_and_the_meaning_of_bands_are_those_that_gdal_reads() {
    for (path, expected) in cases() {
        let name = path.display();
        let raster = Raster::open(&path).unwrap();
        let found = serde_json::to_value(raster.info()).unwrap();
        assert_eq!(found["crs"]["epsg"], expected["epsg"], "{name}");
        if let Some(transform) = expected["transform"].as_array() {
            let own = raster.geo_transform().expect("a transform");
            for (number, value) in own.0.iter().zip(transform) {
                assert!((number - value.as_f64().unwrap()).abs() < 1e-9, "{name}");
            }
        }
        for (band, colour) in expected["colours"].as_array().unwrap().iter().enumerate() {
            assert_eq!(&found["bands"][band]["colour"], colour, "{name} {band}");
        }
    }
}
