//! `resam weights list` and `pull`: pretrained weights by name.

use resam::Result;
use resam_hub::{PullOptions, catalogue, home, pull, pulled, size_text};
use serde_json::json;

use super::{Outcome, note};
use crate::arguments::{Common, Pull};
use crate::progress::Progress;

pub(crate) fn list(common: &Common) -> Result<Outcome> {
    let home = home()?;
    let here = pulled(&home)?;
    let found = |name: &str| {
        let of_name = here.iter().find(|found| found.entry.name == name);
        of_name.filter(|found| found.complete)
    };
    if common.json {
        let mut list: Vec<_> = catalogue()
            .iter()
            .map(|entry| {
                json!({
                    "name": entry.name,
                    "aliases": entry.aliases,
                    "bytes": entry.size,
                    "licence": entry.licence,
                    "good_for": entry.good_for,
                    "image_seconds": seconds(entry),
                    "page": entry.page,
                    "address": entry.address,
                    "sha256": entry.sha256,
                    "file": found(entry.name).map(|found| found.path.display().to_string()),
                })
            })
            .collect();
        list.push(json!({
            "name": resam_nano::NAME,
            "bytes": resam_nano::checkpoint()?.file_size(),
            "licence": env!("CARGO_PKG_LICENSE"),
            "good_for": resam_nano::NOTICE,
            "built_in": true,
        }));
        println!("{:#}", json!(list));
        return Ok(Outcome::Done);
    }
    println!(
        "{:<12} {:>8}  {:>8}  {:<11} {:<5} good for",
        "name", "size", "an image", "licence", "here"
    );
    for entry in catalogue() {
        let here = match found(entry.name) {
            Some(_) => "yes",
            None => "",
        };
        let size = size_text(entry.size);
        let seconds = seconds(entry).map_or(String::new(), |seconds| format!("{seconds:.1} s"));
        println!(
            "{:<12} {size:>8}  {seconds:>8}  {:<11} {here:<5} {}",
            entry.name, entry.licence, entry.good_for
        );
    }
    println!(
        "{:<12} {:>8}  {:>8}  {:<11} {:<5} trying things: part of the program, made on drawn pictures",
        resam_nano::NAME,
        size_text(resam_nano::checkpoint()?.file_size()),
        "",
        "as resam",
        "yes"
    );
    println!(
        "\nan image: measured on {}; `resam doctor` says what to expect here",
        resam_hub::MEASURED_ON
    );
    println!(
        "kept in {} (RESAM_HOME moves it); `resam weights pull NAME` fetches one",
        resam_hub::folder(&home).display()
    );
    Ok(Outcome::Done)
}

pub(crate) fn run(arguments: &Pull, common: &Common) -> Result<Outcome> {
    let options = PullOptions {
        from: arguments.from.clone(),
        offline: arguments.offline,
        ..PullOptions::at(home()?)
    };
    let bar = Progress::new("MB", 0, common);
    let mut begun = false;
    let path = pull(&arguments.name, &options, &mut |done, total| {
        if !begun {
            begun = true;
            bar.begin(done >> 20, total >> 20);
        }
        bar.say(done >> 20, None, "");
    });
    bar.finish();
    let path = path?;
    if common.json {
        println!(
            "{:#}",
            json!({"name": arguments.name, "file": path.display().to_string()})
        );
    } else {
        println!("{}", path.display());
        note(
            common,
            &format!("`--weights {}` finds it from now on", arguments.name),
        );
    }
    Ok(Outcome::Done)
}

/// Seconds of an image, where they were measured.
fn seconds(entry: &resam_hub::Entry) -> Option<f64> {
    let milliseconds = entry.image_milliseconds?;
    Some(f64::from(milliseconds) / 1e3)
}
