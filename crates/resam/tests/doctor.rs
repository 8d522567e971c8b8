//! `resam doctor`, from outside: it works on every machine, with a GPU or without.

use assert_cmd::Command;
use serde_json::Value;

fn doctor(arguments: &[&str]) -> std::process::Output {
    let mut command = Command::cargo_bin("resam").expect("the binary");
    // A Vulkan loader without a driver, as on many servers.
    command.env("VK_DRIVER_FILES", "/nowhere.json");
    command
        .arg("doctor")
        .args(arguments)
        .output()
        .expect("it runs")
}

fn report() -> Value {
    let output = doctor(&["--json", "--threads", "1"]);
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

#[test]
fn doctor_names_the_versions_the_machine_and_the_speed_of_its_cpu() {
    let report = report();
    assert_eq!(report["resam"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["architecture"], std::env::consts::ARCH);
    assert_eq!(report["threads"], 1);
    let number = |name: &str| report[name].as_u64().expect("a number");
    assert!(number("memory_bytes") >= number("available_memory_bytes"));
    let cpu = &report["devices"][0];
    assert_eq!(cpu["device"], "cpu");
    let rate = cpu["matrix_product_gflops"].as_f64().expect("a rate");
    assert!(rate > 0.0 && rate.is_finite());
}

#[test]
fn doctor_names_the_burn_that_it_was_built_with() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"))
        .expect("the lock file");
    let burn = report()["burn"].as_str().expect("a version").to_owned();
    assert!(lock.contains(&format!("name = \"burn\"\nversion = \"{burn}\"\n")));
}

#[test]
fn doctor_is_plain_text_that_can_be_pasted() {
    let output = doctor(&[]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        text.lines()
            .all(|line| line.chars().count() <= 120 && !line.contains('\x1b'))
    );
    for words in ["resam ", "burn ", "processor ", "threads used", "GFLOP/s"] {
        assert!(text.contains(words), "no `{words}` in: {text}");
    }
}
