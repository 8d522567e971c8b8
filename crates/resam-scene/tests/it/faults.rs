//! A run that ends at any operation on the disk, or whose disk fails there, is gone on with to the
//! same result.

use std::path::Path;

use resam_files::faults::{Fault, Injection};
use resam_scene::{
    Cache, Journal, OnChange, PointedObject, SceneError, SceneResult, SegmentOptions, Stores,
    segment,
};

use crate::object;
use crate::synthetic_scene::{ExactModel, Shape, Sight, SyntheticScene};

fn scene() -> (SyntheticScene, Vec<PointedObject>) {
    let shapes: Vec<Shape> = (0..2)
        .map(|at| {
            let centre = [60.0 + 110.0 * f64::from(at), 60.0];
            Shape::Rectangle(centre, [45.0, 6.0], 0.4 * f64::from(at))
        })
        .collect();
    let prompts = shapes.iter().enumerate().map(|(at, shape)| {
        let [x, y] = shape.along(0.9);
        object(at, x, y)
    });
    let prompts = prompts.collect();
    (SyntheticScene::new(240, 130, &shapes), prompts)
}

/// A run with a cache and a journal, whose result is written in the end as `segment` does.
fn run(folder: &Path) -> Result<SceneResult, SceneError> {
    let (scene, prompts) = scene();
    let model = ExactModel::new(96, Sight::Exact);
    let options = SegmentOptions {
        margin: 8,
        ..SegmentOptions::default()
    };
    let cache = Cache::open(&folder.join("cache"), 1 << 30)?;
    let path = folder.join("objects.txt.resam-journal");
    let mut journal = Journal::new(&path, OnChange::Refuse);
    resam_files::remove_abandoned(folder)?;
    let mut stores = Stores {
        cache: Some(&cache),
        journal: Some(&mut journal),
    };
    let result = segment(&scene, &prompts, &options, &model, &mut stores, &mut ())?;
    let text = format!("{:?} {:?}", result.objects, result.failures);
    resam_files::write_atomically(&folder.join("objects.txt"), |file| {
        std::io::Write::write_all(file, text.as_bytes())
    })
    .map_err(|error| SceneError::File(std::io::Error::other(error)))?;
    journal.remove()?;
    Ok(result)
}

/// The names in a folder that a run leaves, those of the cache aside.
fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn uninterrupted() -> (String, usize) {
    let folder = tempfile::tempdir().unwrap();
    let count = Injection::count(folder.path());
    let result = run(folder.path()).unwrap();
    let operations = count.operations().len();
    drop(count);
    assert!(result.counts.rounds > 1 && operations > 20, "{operations}");
    let text = fs_err::read_to_string(folder.path().join("objects.txt")).unwrap();
    assert_eq!(names(folder.path()), ["cache", "objects.txt"]);
    (text, operations)
}

#[test]
fn a_run_killed_at_any_operation_ends_as_one_that_was_not() {
    let (whole, operations) = uninterrupted();
    for fault in [Fault::Die, Fault::DieTorn] {
        for number in 0..operations {
            let folder = tempfile::tempdir().unwrap();
            let killed = Injection::new(folder.path(), number, fault);
            // What only the cache was told may go on in memory; nothing of it is on the disk.
            run(folder.path()).ok();
            drop(killed);
            run(folder.path()).unwrap_or_else(|error| panic!("{fault:?} at {number}: {error}"));
            let path = folder.path().join("objects.txt");
            let text = fs_err::read_to_string(path).unwrap();
            assert_eq!(text, whole, "{fault:?} at {number}");
            assert_eq!(
                names(folder.path()),
                ["cache", "objects.txt"],
                "{fault:?} at {number}"
            );
            let strays = names(&folder.path().join("cache"));
            let strays = strays.iter().filter(|name| name.ends_with(".part"));
            assert_eq!(strays.count(), 0, "{fault:?} at {number}");
        }
    }
}

#[test]
fn a_disk_that_fails_at_any_operation_leaves_no_half_file_and_no_dead_end() {
    let (whole, operations) = uninterrupted();
    for fault in [Fault::Full, Fault::EROFS] {
        for number in 0..operations {
            let folder = tempfile::tempdir().unwrap();
            let failing = Injection::new(folder.path(), number, fault);
            let outcome = run(folder.path());
            drop(failing);
            let path = folder.path().join("objects.txt");
            if path.exists() {
                let text = fs_err::read_to_string(&path).unwrap();
                assert_eq!(text, whole, "{fault:?} at {number}");
            } else {
                assert!(outcome.is_err(), "{fault:?} at {number}");
            }
            run(folder.path()).unwrap_or_else(|error| panic!("{fault:?} at {number}: {error}"));
            assert_eq!(
                fs_err::read_to_string(&path).unwrap(),
                whole,
                "{fault:?} at {number}"
            );
            assert_eq!(
                names(folder.path()),
                ["cache", "objects.txt"],
                "{fault:?} at {number}"
            );
        }
    }
}
