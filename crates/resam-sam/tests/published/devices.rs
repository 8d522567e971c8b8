//! Devices by name, and the precisions that they compute in.

use std::path::Path;

use crate::common::{Golden, Report, compute_device, values};
use resam_checkpoint::Checkpoint;
use resam_sam::device::{DeviceKind, devices};
use resam_sam::{ComputeDevice, Precision, Sam, SamConfig, SamError};

#[test]
fn the_cpu_is_in_every_build_and_found_by_its_name() {
    assert_eq!(devices()[0].name, "cpu");
    let cpu = ComputeDevice::find("cpu").expect("the CPU");
    assert_eq!((cpu.name.as_str(), cpu.kind), ("cpu", DeviceKind::Cpu));
}

#[test]
fn software_that_plays_a_gpu_is_never_chosen_unasked() {
    let chosen = ComputeDevice::find("auto").expect("some device");
    assert_ne!(chosen.kind, DeviceKind::Software);
}

#[test]
fn every_listed_device_is_found_by_its_name_and_opens() {
    for one in devices() {
        let found = ComputeDevice::find(&one.name).expect("a device that was listed");
        assert_eq!((found.name, found.kind), (one.name.clone(), one.kind));
        assert!(one.open().is_ok(), "{} does not open", one.name);
    }
}

#[test]
fn what_is_no_device_here_is_refused_with_what_there_is() {
    for (interface, built) in [
        ("cuda", cfg!(feature = "cuda")),
        ("metal", cfg!(feature = "metal")),
        ("vulkan", cfg!(feature = "vulkan")),
    ] {
        let name = format!("{interface}:99");
        let error = ComputeDevice::find(&name).expect_err("refused").to_string();
        assert!(
            error.contains(&format!("there is no device `{name}`")),
            "{error}"
        );
        let (reason, hint) = if built {
            ("this machine has cpu", "`resam doctor`")
        } else {
            ("this build has cpu", &*format!("feature `{interface}`"))
        };
        assert!(error.contains(reason) && error.contains(hint), "{error}");
    }
    for name in [
        "",
        ":",
        "gpu",
        "cuda:",
        "cuda:-1",
        "cuda:1:2",
        "vulkan:65536",
        "CPU",
        "cpu:0",
    ] {
        let error = ComputeDevice::find(name).expect_err("refused").to_string();
        assert!(error.contains("`cpu`, `cuda:N`"), "{name}: {error}");
    }
}

#[test]
fn a_precision_that_the_device_lacks_is_refused_with_what_it_has() {
    let cpu = ComputeDevice::cpu();
    assert_eq!(Precision::of_device(&cpu), [Precision::F32]);
    assert!(Precision::F32.check(&cpu).is_ok());
    for precision in [Precision::F16, Precision::Bf16] {
        let Err(error @ SamError::Precision { .. }) = precision.check(&cpu) else {
            panic!("{precision:?} was not refused")
        };
        let words = format!("`cpu` does not compute in {}: it has f32", precision.name());
        assert!(error.to_string().contains(&words), "{error}");
    }
}

/// Needs a device with half precision in `RESAM_DEVICE`; says so and passes without.
#[test]
fn golden_embedding_in_half_precision_differs_by_its_rounding() {
    let device = compute_device();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden/sam_7");
    let checkpoint = Checkpoint::open(&folder.join("model.safetensors")).expect("model");
    let mut config = SamConfig::detect(&checkpoint).expect("a SAM");
    config.decoder.heads = 4;
    let golden = Golden::open(&folder);
    let mut report = Report::default();
    // Some roundings of 2^-11 and 2^-8 a value.
    for (precision, tolerance) in [(Precision::F16, 5e-3), (Precision::Bf16, 4e-2)] {
        if precision.check(&device).is_err() {
            println!("skipped: {} has no {}", device.name, precision.name());
            continue;
        }
        let sam = Sam::load_with(&checkpoint, &config, &device.device).expect("a model");
        let encoder = sam.image_encoder.in_precision(precision);
        let embedding = encoder.forward(golden.tensor("input", &device.device));
        let theirs = golden.values("embedding");
        report.close(precision.name(), &values(&embedding), &theirs, tolerance);
    }
    report.finish();
}
