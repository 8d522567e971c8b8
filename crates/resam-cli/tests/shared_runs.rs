//! `resam segment` from outside: several rasters as one scene, an area of interest, runs that share
//! a cache and a folder, and runs that are killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use resam_crs::Crs;
use resam_geo::{
    GeoTiffSpec, GeoTiffWriter, GeoTransform, Photometric, Raster, SampleKind, Window,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const WIDTH: u32 = 256;
const HEIGHT: u32 = 128;
const TILE: u32 = 64;

fn weights() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../resam-sam/tests/fixtures/golden/sam_7/model.safetensors")
}

/// A part of a scene of bright squares, 0.5 m a pixel, from a column of tiles up to another.
fn part(path: &Path, columns: std::ops::Range<u32>) {
    let left = f64::from(columns.start * TILE);
    let spec = GeoTiffSpec {
        bands: 3,
        sample: SampleKind::U8,
        tile: TILE,
        geo_transform: Some(GeoTransform([
            450_000.0 + 0.5 * left,
            0.5,
            0.0,
            36_000.0,
            0.0,
            -0.5,
        ])),
        crs: Some(Crs::from_epsg(32636).expect("a CRS")),
        photometric: Photometric::Rgb,
        ..GeoTiffSpec::new(TILE * (columns.end - columns.start), HEIGHT)
    };
    let mut writer = GeoTiffWriter::create(path, &spec).expect("a writer");
    for row in 0..HEIGHT / TILE {
        for (at, column) in columns.clone().enumerate() {
            let pixels = (0..TILE).flat_map(|y| (0..TILE).map(move |x| (x, y)));
            let bytes = pixels.flat_map(|(x, y)| {
                let (x, y) = (TILE * column + x, TILE * row + y);
                let bright = x % 80 < 40 && y % 60 < 30;
                [if bright { 200 + (x % 50) as u8 } else { 40 }; 3]
            });
            let bytes: Vec<u8> = bytes.collect();
            writer.write_tile(at as u32, row, &bytes).expect("a tile");
        }
    }
    writer.finish().expect("a file");
}

/// Map coordinates of pixels in longitude and latitude.
fn degrees(pixels: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let utm = Crs::from_epsg(32636).expect("a CRS");
    let transform = resam_crs::Transform::new(&utm, &Crs::wgs84()).expect("a transform");
    let place = |[x, y]: &[f64; 2]| {
        let place = transform.forward(450_000.0 + 0.5 * x, 36_000.0 - 0.5 * y);
        place.expect("a place").into()
    };
    pixels.iter().map(place).collect()
}

fn write(folder: &TempDir, name: &str, features: Vec<Value>) {
    let collection = json!({"type": "FeatureCollection", "features": features});
    std::fs::write(folder.path().join(name), collection.to_string()).expect("written");
}

fn made() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    part(&path("whole.tif"), 0..4);
    std::fs::create_dir(path("tiles")).expect("a folder");
    part(&path("tiles/a.tif"), 0..1);
    part(&path("tiles/b.tif"), 1..3);
    part(&path("tiles/c.tif"), 3..4);
    let pixels = [[20.0, 15.0], [90.0, 75.0], [180.0, 75.0], [245.0, 15.0]];
    let features = degrees(&pixels).into_iter().enumerate().map(|(at, place)| {
        json!({
            "type": "Feature",
            "properties": {"instance": format!("roof {at}")},
            "geometry": {"type": "Point", "coordinates": place},
        })
    });
    write(&folder, "points.geojson", features.collect());
    folder
}

fn command(folder: &TempDir, images: &[&str], more: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("resam"));
    command
        .current_dir(folder)
        .arg("segment")
        .args(images)
        .arg("--weights")
        .arg(weights())
        .args(["--points", "points.geojson"])
        .args(more);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Random weights may find nothing for a point: then it is named and the exit code is 1.
fn ran(output: &Output) {
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1)), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains("panicked"));
}

/// The features of a layer without the name of the image.
fn features(folder: &TempDir, name: &str) -> Vec<Value> {
    let bytes = std::fs::read(folder.path().join(name)).expect("a file");
    let layer: Value = serde_json::from_slice(&bytes).expect("JSON");
    let mut features = layer["features"].as_array().expect("features").clone();
    for feature in &mut features {
        feature["properties"]["source"] = Value::Null;
    }
    features
}

#[test]
fn rasters_side_by_side_bring_what_the_whole_raster_brings() {
    let folder = made();
    let vrt = |left: u32, file: &str, width: u32| {
        format!(
            "<SimpleSource><SourceFilename relativeToVRT=\"1\">tiles/{file}</SourceFilename>\
             <SourceBand>BAND</SourceBand><SrcRect xOff=\"0\" yOff=\"0\" xSize=\"{width}\" \
             ySize=\"128\"/><DstRect xOff=\"{left}\" yOff=\"0\" xSize=\"{width}\" ySize=\"128\"/>\
             </SimpleSource>"
        )
    };
    let sources = [
        vrt(0, "a.tif", 64),
        vrt(64, "b.tif", 128),
        vrt(192, "c.tif", 64),
    ]
    .concat();
    let bands: String = (1..=3)
        .map(|band| {
            let sources = sources.replace("BAND", &band.to_string());
            format!("<VRTRasterBand dataType=\"Byte\" band=\"{band}\">{sources}</VRTRasterBand>")
        })
        .collect();
    let text_of_vrt = format!(
        "<VRTDataset rasterXSize=\"256\" rasterYSize=\"128\"><SRS>EPSG:32636</SRS>\
         <GeoTransform>450000, 0.5, 0, 36000, 0, -0.5</GeoTransform>{bands}</VRTDataset>"
    );
    std::fs::write(folder.path().join("mosaic.vrt"), text_of_vrt).expect("written");
    let ways: [(&str, &[&str]); 4] = [
        ("whole", &["whole.tif"]),
        ("files", &["tiles/c.tif", "tiles/a.tif", "tiles/b.tif"]),
        ("folder", &["tiles"]),
        ("vrt", &["mosaic.vrt"]),
    ];
    for (name, images) in ways {
        let (vector, labels) = (format!("{name}.geojson"), format!("{name}.tif.labels.tif"));
        let picture = format!("{name}.png");
        let outputs = ["-o", &vector, "-o", &labels, "-o", &picture];
        let output = command(&folder, images, &outputs)
            .output()
            .expect("it runs");
        ran(&output);
        assert_eq!(
            features(&folder, &vector),
            features(&folder, "whole.geojson"),
            "{name}"
        );
        let raster = Raster::open(folder.path().join(&labels)).expect("labels");
        let all = Window {
            x: 0,
            y: 0,
            width: WIDTH,
            height: HEIGHT,
        };
        let whole = Raster::open(folder.path().join("whole.tif.labels.tif")).expect("labels");
        assert_eq!(raster.geo_transform(), whole.geo_transform());
        assert_eq!(
            raster.read(all, &[1]).expect("pixels"),
            whole.read(all, &[1]).expect("pixels")
        );
        let read = |name: &str| image::open(folder.path().join(name)).expect("a picture");
        assert_eq!(read(&picture), read("whole.png"), "{name}");
    }
    assert!(!features(&folder, "whole.geojson").is_empty());
}

#[test]
fn a_tile_that_is_an_output_is_refused() {
    let folder = made();
    let before = std::fs::read(folder.path().join("tiles/b.tif")).expect("a tile");
    let output = command(&folder, &["tiles"], &["-o", "tiles/b.tif"]).output();
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert_eq!(
        std::fs::read(folder.path().join("tiles/b.tif")).expect("a tile"),
        before
    );
}

#[test]
fn only_what_is_pointed_at_inside_the_area_of_interest_is_asked_about() {
    let folder = made();
    let area = |name: &str, left: f64, right: f64| {
        let ring = [
            [left, -20.0],
            [right, -20.0],
            [right, 200.0],
            [left, 200.0],
            [left, -20.0],
        ];
        let polygon = json!({
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "Polygon", "coordinates": [degrees(&ring)]},
        });
        write(&folder, name, vec![polygon]);
    };
    area("east.geojson", 80.0, 200.0);
    area("elsewhere.geojson", 9000.0, 9100.0);
    let run = |area: &str| {
        let more = ["--aoi", area, "-o", "o.geojson", "--json"];
        command(&folder, &["whole.tif"], &more)
            .output()
            .expect("it runs")
    };
    let output = run("east.geojson");
    ran(&output);
    let told = text(&output.stderr);
    let note =
        "2 objects are pointed at outside the area of interest and are left out: roof 0, roof 3";
    assert!(told.contains(note), "{told}");
    let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(result["counts"]["planned_windows"], 1);
    let output = run("elsewhere.geojson");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("none of the area in `elsewhere.geojson`"));
}

#[test]
fn eight_runs_with_one_cache_and_one_folder_bring_what_each_brings_alone() {
    let folder = made();
    let questions: [&[&str]; 4] = [
        &[],
        &["--dedup-iou", "0.5"],
        &["--mask-selection", "best-score"],
        &["--overlap", "resolve"],
    ];
    for (at, question) in questions.iter().enumerate() {
        let out = format!("lone{at}.geojson");
        let more = [question, &["-o", out.as_str()][..]].concat();
        ran(&command(&folder, &["whole.tif"], &more)
            .output()
            .expect("it runs"));
    }
    for round in 0..2 {
        let runs: Vec<Child> = (0..8)
            .map(|run| {
                let out = format!("shared{run}.geojson");
                let own = ["--cache", "cache", "-o", out.as_str()];
                let more = [questions[run % 4], &own[..]].concat();
                let mut command = command(&folder, &["whole.tif"], &more);
                command.stdout(Stdio::piped()).stderr(Stdio::piped());
                command.spawn().expect("it runs")
            })
            .collect();
        for (run, child) in runs.into_iter().enumerate() {
            ran(&child.wait_with_output().expect("it ends"));
            let (shared, lone) = (
                format!("shared{run}.geojson"),
                format!("lone{}.geojson", run % 4),
            );
            assert_eq!(
                features(&folder, &shared),
                features(&folder, &lone),
                "round {round}"
            );
        }
    }
    assert_eq!(strays(folder.path()), Vec::<String>::new());
    assert_eq!(strays(&folder.path().join("cache")), Vec::<String>::new());
}

/// Unfinished files and journals in a folder.
fn strays(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).expect("a folder");
    let names = names.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    names
        .filter(|name| name.ends_with(".part") || name.ends_with(".resam-journal"))
        .collect()
}

#[test]
fn beside_a_run_that_is_at_it_nothing_is_begun_afresh() {
    let folder = made();
    // A run that was killed after its first windows.
    let journal = folder.path().join("o.geojson.resam-journal");
    std::fs::write(&journal, "what the other run has done so far").expect("written");
    let held = std::fs::File::open(&journal).expect("the journal");
    held.lock().expect("a lock");
    let run = |more: &[&str]| {
        let more = [&["-o", "o.geojson"], more].concat();
        command(&folder, &["whole.tif"], &more)
            .output()
            .expect("it runs")
    };
    let output = run(&["--restart"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("another run is writing this"), "{told}");
    let kept = std::fs::read_to_string(&journal).expect("the journal");
    assert_eq!(kept, "what the other run has done so far");
    drop(held);
    ran(&run(&["--restart"]));
    assert!(!journal.exists());
}

#[cfg(unix)]
#[test]
fn a_run_killed_at_any_operation_on_the_disk_is_gone_on_with_to_the_same_bytes() {
    use std::os::unix::process::ExitStatusExt;
    let outputs = [
        "-o",
        "o.geojson",
        "-o",
        "o.json",
        "-o",
        "o.fgb",
        "--cache",
        "cache",
    ];
    let clear = |folder: &TempDir| {
        std::fs::remove_dir_all(folder.path().join("cache")).ok();
        for name in ["o.geojson", "o.json", "o.fgb", "run.json"] {
            std::fs::remove_file(folder.path().join(name)).ok();
        }
    };
    let read = |folder: &TempDir| {
        ["o.geojson", "o.json", "o.fgb"]
            .map(|name| std::fs::read(folder.path().join(name)).expect("an output"))
    };
    let folder = made();
    let run = |fault: Option<String>| {
        let mut command = command(&folder, &["whole.tif"], &outputs);
        if let Some(fault) = fault {
            command.env("RESAM_FAULT", fault);
        }
        command.output().expect("it runs")
    };
    ran(&run(None));
    let whole = read(&folder);
    let mut number = 0;
    loop {
        clear(&folder);
        let fault = if number % 2 == 0 { "die" } else { "torn" };
        let killed = run(Some(format!("{fault}@{number}")));
        if killed.status.signal().is_none() {
            ran(&killed);
            break;
        }
        ran(&run(None));
        assert_eq!(read(&folder), whole, "{fault}@{number}");
        assert_eq!(
            strays(folder.path()),
            Vec::<String>::new(),
            "{fault}@{number}"
        );
        let cache = folder.path().join("cache");
        assert_eq!(strays(&cache), Vec::<String>::new(), "{fault}@{number}");
        number += 1;
    }
    assert!(
        number > 20,
        "{number}: the program is built without `fault-injection`"
    );
}
