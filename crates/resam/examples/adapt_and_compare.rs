//! Adapts the built-in model to synthetic imagery from points alone, and compares it with the
//! pretrained model under the same mask selection:
//! `cargo run --release -p resam --example adapt_and_compare`
//!
//! Takes about a minute on two cores.

use resam::{
    AdaptOptions, Budget, DatasetOptions, EvaluateOptions, Model, PromptSource, SelectionMode,
    SelectionOptions, Silent, TrainingSource,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let data = resam::demo::prepare(folder.path(), 0)?;

    let source = TrainingSource {
        dataset: DatasetOptions {
            images: data.train.join("images"),
            ..Default::default()
        },
        points: Some(data.train.join("points.csv")),
        ..Default::default()
    };
    let options = AdaptOptions {
        budget: Budget::Iterations(120),
        ..Default::default()
    };
    let adapter = folder.path().join("adapted");
    let result = resam::adapt(&source, &options, &adapter, &mut Silent)?;
    println!("{} updates in {:.0} s", result.updates, result.seconds);

    let validation = EvaluateOptions {
        prompts: PromptSource::Points(data.validation.join("points.csv")),
        selection: SelectionOptions {
            mode: Some(SelectionMode::Requery),
            no_zoom: false,
        },
        ..EvaluateOptions::of(DatasetOptions {
            images: data.validation.join("images"),
            coco: Some(data.validation.join("instances.json")),
            part: None,
            seen_as: resam::PictureOptions::default(),
        })
    };
    for (name, model) in [
        ("pretrained", Model::load("nano", None)?),
        ("adapted", Model::load("nano", Some(&adapter))?),
    ] {
        let evaluation = model.evaluate(&validation, &mut Silent)?;
        let iou = evaluation.scores.summary().map_or(0.0, |scores| scores.iou);
        println!("{name:<12} IoU {iou:.4}");
    }
    Ok(())
}
