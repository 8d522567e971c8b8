use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use resam_report::EventFile;

use crate::names_in;

/// Written by the Python package `tensorboard`; see `make_fixture.py`.
const FIXTURE: &[u8] = include_bytes!("../fixtures/scalars.tfevents");

fn after(seconds: f64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs_f64(1_700_000_000.25 + seconds)
}

#[test]
fn the_bytes_are_those_of_the_python_package() {
    let folder = tempfile::tempdir().unwrap();
    let mut events = EventFile::resume(folder.path(), after(0.0), 3).unwrap();
    let long_tag = "t".repeat(200);
    for (tag, step, value, seconds) in [
        ("loss", 0, 0.0, 0.5),
        ("score/iou", 1, 0.1, 1.0),
        ("score/iou", 300, -1.5e-3, 2.0),
        ("Größe in m²", 5_000_000_000, 1e30, 3.5),
        (&long_tag, u64::MAX, f64::INFINITY, 86_400.0),
    ] {
        events.scalar(tag, step, value, after(seconds)).unwrap();
    }
    events.flush().unwrap();
    let path = folder.path().join("events.out.tfevents.1700000000.resam");
    assert_eq!(fs_err::read(path).unwrap(), FIXTURE);
}

#[test]
fn a_new_file_holds_its_version_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let _events = EventFile::create(folder.path(), after(0.0)).unwrap();
    let path = folder.path().join("events.out.tfevents.1700000000.resam");
    let begun = fs_err::read(path).unwrap();
    assert!(!begun.is_empty() && FIXTURE.starts_with(&begun));
}

#[test]
fn files_of_the_same_second_stand_side_by_side_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        EventFile::create(folder.path(), after(0.0)).unwrap();
    }
    EventFile::create(folder.path(), after(1.0)).unwrap();
    let expected = [
        "events.out.tfevents.1700000000.resam",
        "events.out.tfevents.1700000000.resam.1",
        "events.out.tfevents.1700000000.resam.2",
        "events.out.tfevents.1700000001.resam",
    ];
    assert_eq!(names_in(folder.path()), expected);
}

#[test]
fn a_folder_that_is_missing_is_created() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("run").join("tensorboard");
    EventFile::create(&inner, after(0.0)).unwrap();
    assert_eq!(names_in(&inner).len(), 1);
}

#[test]
fn a_folder_that_cannot_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events");
    fs_err::write(&path, "").unwrap();
    let message = EventFile::create(&path, after(0.0))
        .unwrap_err()
        .to_string();
    assert!(message.contains(&path.display().to_string()), "{message}");
    assert!(message.contains("\n\nhint: "), "{message}");
}

#[test]
fn times_before_1970_are_no_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    let early = UNIX_EPOCH - Duration::from_secs(5);
    let mut events = EventFile::create(folder.path(), early).unwrap();
    events.scalar("loss", 1, 1.0, early).unwrap();
    let name = Path::new("events.out.tfevents.0000000000.resam");
    assert_eq!(names_in(folder.path()), [name.to_str().unwrap()]);
}
