//! `resam demo`: the whole loop on synthetic images, with the built-in model and nothing to
//! download.
//!
//! Every step is a command that could have been typed: it is parsed from its words and run as they
//! say.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Parser;
use resam::demo::{PolygonScores, judge_polygons, prepare};
use resam::evaluate::Scored;
use resam::record::{Computed, quoted, record};
use resam::{Error, Evaluation, Result};
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
        "--weights".into(),
        resam::BUILT_IN.into(),
    ];
    let learning = [
        "adapt".to_owned(),
        "--images".into(),
        of(&data.train, "images"),
        "--points".into(),
        of(&data.train, "points.csv"),
        "-o".into(),
        adapted.clone(),
        "--weights".into(),
        resam::BUILT_IN.into(),
        "--config".into(),
        text(&data.recipe),
        "--seed".into(),
        seed,
    ];
    for name in ["before", "selected", "after"] {
        std::fs::create_dir(folder.join(name))?;
    }
    let segmenting = |name: &str| {
        let mut words = vec![
            "segment".to_owned(),
            text(&data.scene.image),
            "--points".into(),
            text(&data.scene.points),
            "--weights".into(),
            resam::BUILT_IN.into(),
        ];
        for extension in ["gpkg", "geojson", "png"] {
            words.extend([
                "-o".into(),
                of(folder, &format!("{name}/tanks.{extension}")),
            ]);
        }
        words
    };
    let and = |words: &[String], more: [&str; 2]| {
        let mut words = words.to_vec();
        words.extend(more.map(str::to_owned));
        words
    };

    note(
        common,
        "scoring the pretrained model: its single mask, then with mask selection",
    );
    let iou_single = mean_iou(&scored(&scoring_words, common)?.evaluation);
    let single = and(&segmenting("before"), ["--mask-selection", "single"]);
    let labels = &data.scene.labels;
    let scene_single = polygons(&single, common, labels)?;
    let scene_selected = polygons(&segmenting("selected"), common, labels)?;
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
    let scoring = and(&scoring_words, ["--adapter", &adapted]);
    // The pretrained model is scored beside it, under the same mask selection.
    let compared = scored(&scoring, common)?;
    let iou_after = mean_iou(&compared.evaluation);
    let iou_selected = compared.baseline.as_ref().map_or(0.0, mean_iou);
    let scene_words = and(&segmenting("after"), ["--adapter", &adapted]);
    let scene_after = polygons(&scene_words, common, labels)?;

    let seconds = started.elapsed().as_secs_f64();
    let typed: Vec<String> = [&learning[..], &scoring, &scene_words]
        .iter()
        .map(|words| line(words))
        .collect();
    let result = json!({
        "folder": text(folder),
        "mask_selection": compared.selection,
        "iou_before": iou_single,
        "iou_selected": iou_selected,
        "iou_after": iou_after,
        "scene_objects": scene_after.objects,
        "scene_iou_before": scene_single.iou,
        "scene_iou_selected": scene_selected.iou,
        "scene_iou_after": scene_after.iou,
        "scene_found_before": scene_single.found,
        "scene_found_selected": scene_selected.found,
        "scene_found_after": scene_after.found,
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
    println!("mean IoU, and what it is of:\n");
    println!(
        "{:<36} {:>10} {:>16} {:>16}",
        "model", "val images", "tanks of scene", "of these >= 0.5"
    );
    for (name, iou, scene) in [
        ("pretrained, single mask", iou_single, &scene_single),
        (
            "pretrained, with mask selection",
            iou_selected,
            &scene_selected,
        ),
        ("adapted, with mask selection", iou_after, &scene_after),
    ] {
        let found = format!("{} of {}", scene.found, scene.objects);
        println!("{name:<36} {iou:>10.3} {:>16.3} {found:>16}", scene.iou);
    }
    println!(
        "\nmask selection is {}; what learning adds is the last row less the one before",
        compared.selection
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
        ("", "selected/tanks.png"),
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

/// Runs `eval`.
fn scored(words: &[String], common: &Common) -> Result<Scored> {
    let Command::Eval(arguments) = parsed(words)?.command else {
        unreachable!("it is `eval`");
    };
    eval::score(&arguments, common)
}

fn mean_iou(evaluation: &Evaluation) -> f64 {
    let summary = evaluation.scores.summary();
    summary.map_or(0.0, |scores| scores.iou)
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
    let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("resam {}", quoted.join(" "))
}
