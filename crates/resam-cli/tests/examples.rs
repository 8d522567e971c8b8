//! The examples of the documentation, run as they stand there.
//!
//! Every block fenced as `sh` in `docs/GUIDE.md` and `docs/commands/*.md` is typed into a shell,
//! those of one page in order and in one folder, unless its fence says `no-run`. Each has to end
//! well, and at the end the files that the page's tables under "What is written" name have to be
//! there.
//!
//! The folder holds what the pages speak of: an image, a data set, a scene with points, a scene of
//! 16 bits. Under the name `mobile-sam` the shell finds a reduced SAM with random weights.
#![cfg(unix)]

mod help;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use resam_crs::Crs;
use resam_geo::{GeoTiffSpec, GeoTiffWriter, SampleKind};
use resam_synth::{DatasetOptions, Picture, Placement, SceneSpec, write_dataset, write_scene};
use tempfile::TempDir;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// A page of the documentation, as far as it is run.
#[derive(Debug, Default, PartialEq)]
struct Page {
    /// Blocks to run, with the numbers of their first lines.
    blocks: Vec<(usize, String)>,
    /// Blocks that are marked not to be.
    left_out: usize,
    /// Files of the table "What is written"; a `*` stands for anything.
    written: Vec<String>,
}

impl Page {
    fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut block: Option<(usize, String, bool)> = None;
        let mut written = false;
        for (number, line) in (1..).zip(text.lines()) {
            if let Some((from, mut text, run)) = block.take() {
                if line != "```" {
                    text.push_str(line);
                    text.push('\n');
                    block = Some((from, text, run));
                } else if run {
                    page.blocks.push((from, text));
                }
            } else if let Some(fence) = line.strip_prefix("```") {
                page.left_out += usize::from(fence == "sh no-run");
                block = Some((number + 1, String::new(), fence == "sh"));
            } else if let Some(heading) = line.strip_prefix("## ") {
                written = heading == "What is written";
            } else if let Some(row) = line.strip_prefix("| `").filter(|_| written) {
                let (path, _) = row.split_once('`').expect("a path between backticks");
                page.written.push(path.to_owned());
            }
        }
        page
    }
}

/// Whether a name is that of a pattern with at most one `*`.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((before, after)) => {
            name.len() >= before.len() + after.len()
                && name.starts_with(before)
                && name.ends_with(after)
        }
        None => pattern == name,
    }
}

fn exists(folder: &Path, pattern: &str) -> bool {
    let path = folder.join(pattern);
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return false;
    };
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.any(|found| fits(&name.to_string_lossy(), &found))
}

/// The built-in model, as a file: random weights would learn nothing.
fn weights() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../resam-nano/nano.safetensors")
}

/// The same in a file of the length of MobileSAM's, by which a name is known: the header of
/// safetensors may end with spaces.
fn as_mobile_sam(path: &Path) {
    const LENGTH: u64 = 40_728_226;
    let bytes = std::fs::read(weights()).expect("the fixture");
    let (length, rest) = bytes.split_at(8);
    let header = u64::from_le_bytes(length.try_into().expect("8 bytes"));
    let (text, tensors) = rest.split_at(header as usize);
    let spaces = LENGTH - bytes.len() as u64;
    let mut file = std::fs::File::create(path).expect("a file");
    let parts: [&[u8]; 4] = [
        &(header + spaces).to_le_bytes(),
        text,
        &vec![b' '; spaces as usize],
        tensors,
    ];
    for part in parts {
        file.write_all(part).expect("written");
    }
}

/// A scene of four bands of 16 bits where the other one lies.
fn multispectral(path: &Path, placement: &Placement) {
    const SIDE: u32 = 256;
    let spec = GeoTiffSpec {
        bands: 4,
        sample: SampleKind::U16,
        tile: SIDE,
        geo_transform: Some(placement.geo_transform),
        crs: Some(placement.crs.clone()),
        ..GeoTiffSpec::new(SIDE, SIDE)
    };
    let mut writer = GeoTiffWriter::create(path, &spec).expect("a writer");
    let pixels = (0..SIDE * SIDE).flat_map(|at| {
        let (x, y) = (at % SIDE, at / SIDE);
        let bright = x % 64 < 40 && y % 64 < 40;
        let value = if bright { 700 } else { 150 };
        (1..=4).map(move |band| band * value + (x * y) % 90)
    });
    let bytes: Vec<u8> = pixels
        .flat_map(|value| (value as u16).to_le_bytes())
        .collect();
    writer.write_tile(0, 0, &bytes).expect("a tile");
    writer.finish().expect("a file");
}

/// A folder with all that the pages speak of.
fn world() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("home/weights")).expect("a folder");
    as_mobile_sam(&at("home/weights/mobile_sam.pt"));
    std::fs::copy(weights(), at("weights.safetensors")).expect("a copy");

    let picture = |seed, width, height| Picture::Overhead(SceneSpec::new(width, height, seed));
    let airport = picture(1, 640, 480).paint().expect("a picture");
    airport.image.save(at("airport.jpg")).expect("an image");
    let options = DatasetOptions {
        negatives: 1,
        min_pixels: 400,
        ..DatasetOptions::default()
    };
    let pictures: Vec<Picture> = (2..6).map(|seed| picture(seed, 200, 200)).collect();
    write_dataset(&at("set"), &pictures, &options).expect("a data set");
    let placement = Placement::north_up(
        Crs::from_epsg(32636).expect("a CRS"),
        450_000.0,
        36_000.0,
        0.3,
    );
    let spec = SceneSpec::new(256, 256, 7);
    let options = DatasetOptions {
        min_pixels: 400,
        ..DatasetOptions::default()
    };
    write_scene(&at("made"), &spec, &placement, &options).expect("a scene");
    for name in [
        "set/images",
        "set/points.csv",
        "set/instances.json",
        "made/scene.tif",
        "made/points.geojson",
    ] {
        let (_, own) = name.split_once('/').expect("a name in a folder");
        std::fs::rename(at(name), at(own)).expect("moved");
    }
    multispectral(&at("multispectral.tif"), &placement);
    footprints(&at("points.geojson"), &at("footprints.geojson"));
    folder
}

/// Squares of some eleven metres around points.
fn footprints(points: &Path, to: &Path) {
    const HALF: f64 = 5e-5;
    let text = std::fs::read(points).expect("points");
    let mut all: serde_json::Value = serde_json::from_slice(&text).expect("GeoJSON");
    for feature in all["features"].as_array_mut().expect("features") {
        let place = feature["geometry"]["coordinates"].clone();
        let [x, y] = [0, 1].map(|at| place[at].as_f64().expect("a number"));
        let corners = [
            (-HALF, -HALF),
            (HALF, -HALF),
            (HALF, HALF),
            (-HALF, HALF),
            (-HALF, -HALF),
        ];
        let ring: Vec<[f64; 2]> = corners
            .iter()
            .map(|(right, up)| [x + right, y + up])
            .collect();
        feature["geometry"] = serde_json::json!({"type": "Polygon", "coordinates": [ring]});
        feature["properties"] = serde_json::json!({});
    }
    std::fs::write(to, all.to_string()).expect("written");
}

/// Runs a page. Returns how many blocks were run.
fn run(path: &Path) -> usize {
    let text = std::fs::read_to_string(path).expect("a page");
    let page = Page::parse(&text);
    if page.blocks.is_empty() {
        return 0;
    }
    let world = world();
    let program = assert_cmd::cargo::cargo_bin!("resam");
    let programs = program.parent().expect("its folder").to_owned();
    let path_variable = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::iter::once(programs).chain(std::env::split_paths(&path_variable));
    let programs = std::env::join_paths(programs).expect("folders of programs");
    let name = path.display();
    for (line, block) in &page.blocks {
        let output = Command::new("sh")
            .args(["-e", "-u", "-c", block])
            .current_dir(&world)
            .env("PATH", &programs)
            .env("RESAM_HOME", world.path().join("home"))
            .env("VK_DRIVER_FILES", "/nowhere.json")
            .output()
            .expect("a shell");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{name}:{line}:\n{block}\n{message}"
        );
        assert!(!message.contains("panicked"), "{name}:{line}: {message}");
    }
    for file in &page.written {
        assert!(
            exists(world.path(), file),
            "{name}: `{file}` was not written"
        );
    }
    page.blocks.len()
}

#[test]
fn the_examples_of_every_subcommand_work_and_write_what_their_pages_say() {
    let mut pages: Vec<PathBuf> = std::fs::read_dir(docs().join("commands"))
        .expect("the pages")
        .map(|entry| entry.expect("a page").path())
        .collect();
    pages.sort();
    let run: usize = pages.iter().map(|page| run(page)).sum();
    assert!(run >= 25, "{run} blocks");
}

#[test]
fn the_examples_of_the_guide_work_from_the_first_to_the_last() {
    assert!(run(&docs().join("GUIDE.md")) >= 10);
}

#[test]
fn few_examples_are_not_run_and_every_subcommand_has_a_page() {
    let page = |name: &str| {
        let path = docs().join("commands").join(format!("{name}.md"));
        std::fs::read_to_string(path).unwrap_or_else(|_| panic!("no page {name}.md"))
    };
    let help = Command::new(assert_cmd::cargo::cargo_bin!("resam"))
        .arg("-h")
        .output()
        .expect("it runs");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let index = page("README");
    let (mut run, mut left_out) = (0, 0);
    for name in help::subcommands(&help) {
        let text = page(&name);
        assert!(text.starts_with(&format!("# resam {name}")), "{name}");
        assert!(text.contains("## Exit codes"), "{name}");
        assert!(index.contains(&format!("({name}.md)")), "{name}");
        let page = Page::parse(&text);
        run += page.blocks.len();
        left_out += page.left_out;
    }
    assert!(3 * left_out <= run, "{left_out} of {run} are not run");
}

#[test]
fn blocks_and_files_are_found_in_a_page() {
    let text = "# A\n```sh\nls\nls a\n```\n```sh no-run\nrm\n```\n```\nno shell\n```\n| `before` |\n\
                ## What is written\n| file | what |\n| `a/*.b` | it |\n## Exit codes\n| `x` |\n";
    let page = Page::parse(text);
    assert_eq!(page.blocks, [(3, "ls\nls a\n".to_owned())]);
    assert_eq!(page.left_out, 1);
    assert_eq!(page.written, ["a/*.b"]);
    assert!(fits("update-*.st", "update-7.st") && !fits("update-*.st", "update-7"));
    assert!(fits("a", "a") && !fits("a*a", "a"));
}
