//! `resam demo`: the whole loop on synthetic images, with the built-in model and nothing to
//! download.
//!
//! Every step is a command that could have been typed: it is parsed from its words and run as they
//! say.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Parser;
use resam::demo::{PolygonScores, judge_polygons, prepare};
use resam::record::{Computed, record};
use resam::{Error, Result};
use serde_json::json;

use super::{Outcome, adapt, eval, note, segment};
use crate::arguments::{Arguments, Command, Common, Demo};
use crate::watch::Watch;

pub(crate) fn run(arguments: &Demo, common: &Common) -> Result<Outcome> {
    let started = Instant::now();
    let folder = &arguments.folder;
    let occupied = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        return Err(Error::input(
            format!("`{}` is not empty", folder.display()),
            "give the demo a folder of its own: `resam demo DIR`",
        ));
    }
    note(
        common,
        "making synthetic satellite images of industrial sites, and a scene with a CRS",
    );
    let data = prepare(folder, common.seed)?;
    let text = |path: &Path| path.display().to_string();
    let of = |path: &Path, name: &str| text(&path.join(name));
    let adapted = of(folder, "adapted");
    let seed = common.seed.to_string();

    let scoring_words = [
        "eval".to_owned(),
        "--images".into(),
        of(&data.validation, "images"),
        "--coco".into(),
        of(&data.validation, "instances.json"),
        "--points".into(),
        of(&data.validation, "points.csv"),
    ];
    let learning = [
        "adapt".to_owned(),
        "--images".into(),
        of(&data.train, "images"),
        "--points".into(),
        of(&data.train, "points.csv"),
        "-o".into(),
        adapted.clone(),
        "--config".into(),
        text(&data.recipe),
        "--seed".into(),
        seed,
    ];
    for name in ["before", "after"] {
        std::fs::create_dir(folder.join(name))?;
    }
    let segmenting = |name: &str| {
        let mut words = vec![
            "segment".to_owned(),
            text(&data.scene.image),
            "--points".into(),
            text(&data.scene.points),
        ];
        for extension in ["gpkg", "geojson", "png"] {
            words.extend([
                "-o".into(),
                of(folder, &format!("{name}/tanks.{extension}")),
            ]);
        }
        words
    };
    let with_adapter = |words: &[String]| {
        let mut words = words.to_vec();
        words.extend(["--adapter".into(), adapted.clone()]);
        words
    };

    note(common, "scoring the pretrained model on validation images");
    let before = iou(&scoring_words, common)?;
    let polygons_before = polygons(&segmenting("before"), common, &data.scene.labels)?;
    note(common, "adapting it from one point on each storage tank");
    let Command::Adapt(learn) = parsed(&learning)?.command else {
        unreachable!("it is `adapt`");
    };
    let output = PathBuf::from(&adapted);
    let outcome = adapt::learn(&learn, &output, common)?;
    if outcome.interrupted {
        note(common, "stopped before the end");
        return Ok(Outcome::SomeFailed);
    }
    note(common, "scoring it again, and finding the scene's tanks");
    let scoring = with_adapter(&scoring_words);
    let after = iou(&scoring, common)?;
    let scene_words = with_adapter(&segmenting("after"));
    let polygons_after = polygons(&scene_words, common, &data.scene.labels)?;

    let seconds = started.elapsed().as_secs_f64();
    let typed: Vec<String> = [&learning[..], &scoring, &scene_words]
        .iter()
        .map(|words| line(words))
        .collect();
    let result = json!({
        "folder": text(folder),
        "iou_before": before,
        "iou_after": after,
        "scene_objects": polygons_after.objects,
        "scene_iou_before": polygons_before.iou,
        "scene_iou_after": polygons_after.iou,
        "scene_found_before": polygons_before.found,
        "scene_found_after": polygons_after.found,
        "commands": typed,
        "seconds": seconds,
    });
    let sha256 = resam::built_in_sha256()?;
    let computed = Computed {
        weights: Path::new(resam::BUILT_IN),
        sha256: &sha256,
        adapter_sha256: None,
        device: "cpu",
        precision: "f32",
        seed: common.seed,
    };
    let record = record(computed, &[("demo", seconds)], result.clone());
    record.write_beside(&folder.join("demo"))?;
    if common.json {
        println!("{result:#}");
        return Ok(Outcome::Done);
    }
    let row = |name: &str, before: &str, after: &str| println!("{name:<42} {before:>8} {after:>8}");
    row("", "before", "after");
    let share = |value: f64| format!("{value:.3}");
    row("IoU, validation images", &share(before), &share(after));
    row(
        &format!("IoU, {} tanks of the scene", polygons_after.objects),
        &share(polygons_before.iou),
        &share(polygons_after.iou),
    );
    row(
        "  of these with an IoU of 0.5 or more",
        &polygons_before.found.to_string(),
        &polygons_after.found.to_string(),
    );
    println!("\n{seconds:.0} s; each step is a command:\n");
    for line in typed {
        println!("  {line}");
    }
    println!();
    for (what, file) in [
        ("report", "adapted/report.html"),
        ("polygons", "after/tanks.gpkg"),
        ("pictures", "before/tanks.png"),
        ("", "after/tanks.png"),
        ("scene", "scene/scene.tif"),
    ] {
        println!("{what:<10} {}", folder.join(file).display());
    }
    Ok(Outcome::Done)
}

fn parsed(words: &[String]) -> Result<Arguments> {
    let words = std::iter::once("resam").chain(words.iter().map(String::as_str));
    Arguments::try_parse_from(words).map_err(|error| {
        Error::input(
            error.to_string(),
            "this is a fault of resam; please report it",
        )
    })
}

/// Runs `eval` and hands back its mean over images.
fn iou(words: &[String], common: &Common) -> Result<f64> {
    let Command::Eval(arguments) = parsed(words)?.command else {
        unreachable!("it is `eval`");
    };
    let (evaluation, _) = eval::score(&arguments, common)?;
    Ok(evaluation.scores.summary().map_or(0.0, |scores| scores.iou))
}

/// Runs `segment` and holds its polygons against the truth.
fn polygons(words: &[String], common: &Common, labels: &Path) -> Result<PolygonScores> {
    let Command::Segment(arguments) = parsed(words)?.command else {
        unreachable!("it is `segment`");
    };
    let mut watch = Watch::stopping_after("window", common)?;
    segment::find_and_write(&arguments, common, &mut watch)?;
    watch.finish();
    judge_polygons(&arguments.output[0], labels, "prompt")
}

/// The command as one would type it.
fn line(words: &[String]) -> String {
    let quoted = words.iter().map(|word| {
        let plain = |c: char| c.is_alphanumeric() || "-_./:,=".contains(c);
        if word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    let quoted: Vec<String> = quoted.collect();
    format!("resam {}", quoted.join(" "))
}
