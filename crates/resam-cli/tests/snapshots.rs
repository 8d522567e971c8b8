//! What a person sees: help, messages and JSON, with the exit code, standard output and standard
//! error of each command together. `cargo insta review` (or `INSTA_UPDATE=always`) takes a change
//! on.

use std::process::Command;

use tempfile::TempDir;

/// A folder with an image, points and a model, which commands run in.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let image = image::RgbImage::from_fn(96, 64, |x, y| {
        let inside = (24..56).contains(&x) && (16..48).contains(&y);
        if inside {
            image::Rgb([220, 60, 40])
        } else {
            image::Rgb([70, 110, 60])
        }
    });
    image
        .save(folder.path().join("roof.png"))
        .expect("an image");
    let points = "image,instance,x,y,label\nroof.png,a,40,32,1\n";
    std::fs::write(folder.path().join("points.csv"), points).expect("points");
    let old = "[schedule]\nchunk = 4\n[guard]\nfactor = 2.0\n";
    std::fs::write(folder.path().join("old.toml"), old).expect("a recipe");
    let wrong = "[schedule]\nepoch = 4\n";
    std::fs::write(folder.path().join("wrong.toml"), wrong).expect("a recipe");
    folder
}

/// Runs `resam` with these words; what depends on the moment is left out.
fn seen(folder: &TempDir, words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_resam"))
        .args(words)
        .current_dir(folder.path())
        .env("RESAM_HOME", folder.path().join("home"))
        .env("COLUMNS", "100")
        .env_remove("RUST_BACKTRACE")
        .output()
        .expect("it runs");
    let text = |bytes: &[u8]| {
        let text =
            String::from_utf8_lossy(bytes).replace(&folder.path().display().to_string(), "DIR");
        let lines = text.lines().map(without_seconds);
        lines.collect::<Vec<_>>().join("\n")
    };
    format!(
        "$ resam {}\nexit code {}\n--- stdout\n{}\n--- stderr\n{}",
        words.join(" "),
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr)
    )
}

/// A line with `# s` in the place of a time such as `0.3 s`.
fn without_seconds(line: &str) -> String {
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    for at in 1..words.len() {
        let is_unit = matches!(
            words[at].trim_end_matches([';', ',', '.']),
            "s" | "min" | "GB"
        );
        if is_unit && words[at - 1].parse::<f64>().is_ok() {
            words[at - 1] = "#".to_owned();
        }
    }
    words.join(" ").trim_end().to_owned()
}

#[test]
fn help_of_every_subcommand() {
    let folder = folder();
    for words in [
        &["--help"][..],
        &["segment", "--help"],
        &["adapt", "--help"],
        &["eval", "--help"],
        &["weights", "--help"],
        &["doctor", "--help"],
    ] {
        let name = format!("help_{}", words[0].trim_start_matches('-'));
        insta::assert_snapshot!(name, seen(&folder, words));
    }
}

#[test]
fn messages_about_wrong_input() {
    let folder = folder();
    for (name, words) in [
        ("no_prompt", &["segment", "roof.png", "-o", "a.png"][..]),
        (
            "outside",
            &["segment", "roof.png", "--point", "400,3", "-o", "a.png"],
        ),
        (
            "no_number",
            &["segment", "roof.png", "--point", "a,3", "-o", "a.png"],
        ),
        (
            "no_image",
            &["segment", "rof.png", "--point", "4,3", "-o", "a.png"],
        ),
        (
            "ending",
            &["segment", "roof.png", "--point", "4,3", "-o", "a.xyz"],
        ),
        (
            "no_weights",
            &[
                "segment",
                "roof.png",
                "--point",
                "4,3",
                "--weights",
                "mobile-sam",
                "-o",
                "a.png",
            ],
        ),
        (
            "no_device",
            &[
                "segment", "roof.png", "--point", "4,3", "--device", "cuda:9", "-o", "a.png",
            ],
        ),
        (
            "recipe_key",
            &["adapt", "--config", "wrong.toml", "--print-config"],
        ),
        ("no_points", &["adapt", "--images", ".", "-o", "out"]),
        (
            "resume_nothing",
            &[
                "adapt",
                "--images",
                ".",
                "--points",
                "points.csv",
                "-o",
                "out",
                "--resume",
            ],
        ),
    ] {
        insta::assert_snapshot!(format!("message_{name}"), seen(&folder, words));
    }
}

#[test]
fn old_names_go_on_working_and_the_new_ones_are_said() {
    let folder = folder();
    let words = [
        "adapt",
        "--config",
        "old.toml",
        "--hold-out",
        "0",
        "--keep",
        "3",
        "--print-config",
    ];
    insta::assert_snapshot!("old_names_adapt", seen(&folder, &words));
    let words = [
        "segment",
        "roof.png",
        "--point",
        "40,32",
        "--not",
        "4,4",
        "--no-closer",
        "--single",
        "-o",
        "a.json",
    ];
    let seen = seen(&folder, &words);
    for new in ["--negative", "--no-zoom", "--mask-selection single"] {
        assert!(seen.contains(new), "{seen}");
    }
    assert!(seen.contains("exit code 0"), "{seen}");
}

#[test]
fn json_has_the_same_keys_for_an_image_and_for_a_scene() {
    let folder = folder();
    let keys = |words: &[&str]| {
        let seen = seen(&folder, words);
        let from = seen.find('{').expect("an object");
        let to = seen.rfind("\n--- stderr").expect("both streams");
        let value: serde_json::Value = serde_json::from_str(&seen[from..to]).expect("JSON");
        let names = |value: &serde_json::Value| {
            let object = value.as_object().expect("an object");
            object.keys().cloned().collect::<Vec<_>>()
        };
        (
            names(&value),
            names(&value["objects"][0]),
            names(&value["counts"]),
        )
    };
    let common = [
        "segment", "roof.png", "--point", "40,32", "-o", "a.json", "--json", "-q",
    ];
    let scene = [&common[..], &["--window", "64"]].concat();
    let image = keys(&common);
    assert_eq!(image, keys(&scene));
    insta::assert_snapshot!("json_keys", format!("{image:#?}"));
}
