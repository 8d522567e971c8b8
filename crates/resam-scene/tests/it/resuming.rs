//! A run that is stopped or killed goes on where it was, and ends as if nothing had happened.

use std::path::Path;

use resam_scene::{
    Failure, Journal, Observer, OnChange, PointedObject, Progress, SceneError, SceneResult,
    SegmentOptions, Stores, segment,
};

use crate::object;
use crate::synthetic_scene::{ExactModel, Shape, Sight, SyntheticScene};

/// Objects along a row, some of them too long for the window that their points bring.
fn scene() -> (SyntheticScene, Vec<PointedObject>) {
    let shapes: Vec<Shape> = (0..8)
        .map(|at| {
            let centre = [
                125.0 + 225.0 * f64::from(at),
                175.0 + 50.0 * f64::from(at % 3),
            ];
            Shape::Rectangle(centre, [95.0, 8.0], 0.3 * f64::from(at % 4))
        })
        .collect();
    let prompts = shapes.iter().enumerate().map(|(at, shape)| {
        let [x, y] = shape.along(if at % 2 == 0 { 0.95 } else { -0.95 });
        object(at, x, y)
    });
    let prompts = prompts.collect();
    (SyntheticScene::new(1850, 500, &shapes), prompts)
}

fn go(
    scene: &SyntheticScene,
    prompts: &[PointedObject],
    model: &ExactModel,
    journal: &mut Journal,
    observer: &mut dyn Observer,
) -> Result<SceneResult, SceneError> {
    let mut stores = Stores {
        cache: None,
        journal: Some(journal),
    };
    segment(scene, prompts, &options(), model, &mut stores, observer)
}

fn options() -> SegmentOptions {
    SegmentOptions {
        margin: 16,
        ..SegmentOptions::default()
    }
}

fn journal(path: &Path) -> Journal {
    Journal::new(path, OnChange::Refuse)
}

/// Wants to stop after so many windows.
struct StopAfter(usize);

impl Observer for StopAfter {
    fn progress(&mut self, _: &Progress) {
        self.0 = self.0.saturating_sub(1);
    }

    fn stop(&mut self) -> bool {
        self.0 == 0
    }
}

/// The objects, and nothing that says how many windows were new.
fn result(outcome: &SceneResult) -> String {
    format!("{:?} {:?}", outcome.objects, outcome.failures)
}

#[test]
fn a_run_stopped_after_any_window_ends_as_one_that_was_not() {
    let (scene, prompts) = scene();
    let model = ExactModel::new(256, Sight::Exact);
    let folder = tempfile::tempdir().unwrap();
    let whole_path = folder.path().join("whole.journal");
    let mut uninterrupted = journal(&whole_path);
    let whole = go(&scene, &prompts, &model, &mut uninterrupted, &mut ()).unwrap();
    let windows = whole.counts.windows;
    let whole_bytes = fs_err::read(&whole_path).unwrap();
    assert!(whole.counts.rounds > 1 && windows > 6, "{:?}", whole.counts);

    for stop in 1..windows {
        let path = folder.path().join("run.journal");
        let model = ExactModel::new(256, Sight::Exact);
        let mut first = journal(&path);
        let stopped = go(&scene, &prompts, &model, &mut first, &mut StopAfter(stop));
        assert!(matches!(stopped, Err(SceneError::Stopped)));
        drop(first);
        let mut second = journal(&path);
        let resumed = go(&scene, &prompts, &model, &mut second, &mut ()).unwrap();
        assert_eq!(result(&resumed), result(&whole));
        assert_eq!(resumed.counts.resumed, stop);
        assert_eq!(model.encoded(), windows, "no window is looked at twice");
        assert_eq!(fs_err::read(&path).unwrap(), whole_bytes);
        second.remove().unwrap();
        assert!(!path.exists());
    }
}

#[test]
fn a_failed_window_is_done_by_the_next_run_and_only_that() {
    let (scene, prompts) = scene();
    let folder = tempfile::tempdir().unwrap();
    let whole = {
        let mut journal = journal(&folder.path().join("whole.journal"));
        go(
            &scene,
            &prompts,
            &ExactModel::new(256, Sight::Exact),
            &mut journal,
            &mut (),
        )
        .unwrap()
    };
    for number in [1, 4, 8] {
        let path = folder.path().join(format!("{number}.journal"));
        let model = ExactModel::new(256, Sight::Exact);
        model.fails_on.lock().unwrap().insert(number);
        let mut first = journal(&path);
        let failed = go(&scene, &prompts, &model, &mut first, &mut ()).unwrap();
        let [
            Failure::Window {
                reason,
                prompts: lost,
                ..
            },
        ] = &failed.failures[..]
        else {
            panic!("{:?}", failed.failures)
        };
        assert_eq!(reason, "the device is gone");
        assert!(!lost.is_empty());
        assert_eq!(failed.objects.len(), prompts.len() - lost.len());
        drop(first);
        let mut second = journal(&path);
        let mended = go(&scene, &prompts, &model, &mut second, &mut ()).unwrap();
        assert_eq!(result(&mended), result(&whole));
        assert!(mended.counts.resumed > 0);
    }
}

#[test]
fn a_journal_torn_at_any_byte_costs_no_more_than_what_was_torn() {
    let (scene, prompts) = scene();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal");
    let model = ExactModel::new(256, Sight::Exact);
    let whole = go(&scene, &prompts, &model, &mut journal(&path), &mut ()).unwrap();
    let bytes = fs_err::read(&path).unwrap();
    for part in 0..12 {
        let length = bytes.len() * part / 12;
        fs_err::write(&path, &bytes[..length]).unwrap();
        let resumed = go(&scene, &prompts, &model, &mut journal(&path), &mut ()).unwrap();
        assert_eq!(result(&resumed), result(&whole));
        let lines = bytes[..length]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count();
        assert_eq!(resumed.counts.resumed, lines.saturating_sub(1));
        assert_eq!(
            fs_err::read(&path).unwrap(),
            bytes,
            "the journal is whole again"
        );
    }
    // A byte that changed, as on a bad disk, is as good as torn off.
    let mut damaged = bytes.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs_err::write(&path, &damaged).unwrap();
    let resumed = go(&scene, &prompts, &model, &mut journal(&path), &mut ()).unwrap();
    assert_eq!(result(&resumed), result(&whole));
}

#[test]
fn a_journal_of_another_run_is_refused_with_what_differs_or_begun_afresh() {
    let (scene, mut prompts) = scene();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal");
    let model = ExactModel::new(256, Sight::Exact);
    go(
        &scene,
        &prompts,
        &model,
        &mut journal(&path).about("scene", "a.tif"),
        &mut (),
    )
    .unwrap();

    let other = ExactModel::new(256, Sight::Short);
    let about = || journal(&path).about("scene", "a.tif");
    let refused = go(&scene, &prompts, &other, &mut about(), &mut ())
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("`model` was exact 0, and is exact 1"),
        "{refused}"
    );

    let mut elsewhere = journal(&path).about("scene", "b.tif");
    let refused = go(&scene, &prompts, &model, &mut elsewhere, &mut ())
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("`scene` was a.tif, and is b.tif"),
        "{refused}"
    );

    prompts[3].points[0].x += 1.0;
    let refused = go(&scene, &prompts, &model, &mut about(), &mut ())
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("`prompts` was 8 prompts") && refused.contains("hint: "),
        "{refused}"
    );

    let mut afresh = Journal::new(&path, OnChange::Afresh);
    let outcome = go(&scene, &prompts, &model, &mut afresh, &mut ()).unwrap();
    assert_eq!((outcome.counts.resumed, outcome.objects.len()), (0, 8));
}

#[test]
fn a_damaged_journal_falls_back_to_its_last_good_record_and_says_so() {
    struct Notices(Vec<String>);
    impl Observer for Notices {
        fn notice(&mut self, text: &str) {
            self.0.push(text.to_owned());
        }
    }
    let (scene, prompts) = scene();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("objects.gpkg.resam-journal");
    let model = ExactModel::new(256, Sight::Exact);
    let whole = go(&scene, &prompts, &model, &mut journal(&path), &mut ()).unwrap();
    let bytes = fs_err::read(&path).unwrap();
    let ends: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] == b'\n').collect();
    // A record of a run about other prompts, whose window has the same name.
    let foreign = {
        let path = folder.path().join("other.resam-journal");
        let mut other = journal(&path).about("scene", "another one");
        go(&scene, &prompts, &model, &mut other, &mut ()).unwrap();
        fs_err::read(&path).unwrap()
    };
    let foreign: Vec<&[u8]> = foreign.split_inclusive(|&byte| byte == b'\n').collect();
    let mut cases: Vec<(Vec<u8>, usize)> = Vec::new();
    for record in 0..ends.len() {
        let from = if record == 0 { 0 } else { ends[record - 1] + 1 };
        let mut flipped = bytes.clone();
        flipped[(from + ends[record]) / 2] ^= 1;
        let mut zeroed = bytes.clone();
        zeroed[from..ends[record]].fill(0);
        let mut swapped = bytes[..from].to_vec();
        swapped.extend(foreign[record]);
        swapped.extend(&bytes[ends[record] + 1..]);
        cases.push((flipped, record));
        cases.push((zeroed, record));
        if record > 0 {
            cases.push((swapped, record));
        }
    }
    cases.push((vec![0; bytes.len()], 0));
    for (damaged, record) in cases {
        fs_err::write(&path, &damaged).unwrap();
        let mut notices = Notices(Vec::new());
        let resumed = go(&scene, &prompts, &model, &mut journal(&path), &mut notices).unwrap();
        assert_eq!(result(&resumed), result(&whole));
        assert_eq!(resumed.counts.resumed, record.saturating_sub(1));
        assert_eq!(
            fs_err::read(&path).unwrap(),
            bytes,
            "the journal is whole again"
        );
        let told = notices.0.iter().any(|text| text.contains("damaged"));
        // Without one end of a line it may be what a kill leaves.
        assert!(told || !damaged.contains(&b'\n'), "record {record}");
    }
}

#[test]
fn a_file_that_is_no_journal_is_left_as_it_is() {
    let (scene, prompts) = scene();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("thesis.txt");
    let model = ExactModel::new(256, Sight::Exact);
    for text in [
        "three years of work\n",
        "three years of work, and more than that",
        "\n",
    ] {
        fs_err::write(&path, text).unwrap();
        let refused = go(&scene, &prompts, &model, &mut journal(&path), &mut ()).unwrap_err();
        assert!(
            matches!(refused, SceneError::NotAJournal { .. }),
            "{refused}"
        );
        assert_eq!(fs_err::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_journal_is_written_by_one_run_at_a_time() {
    let (scene, prompts) = scene();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal");
    let model = ExactModel::new(256, Sight::Exact);
    let mut first = journal(&path);
    go(&scene, &prompts, &model, &mut first, &mut ()).unwrap();
    let refused = go(&scene, &prompts, &model, &mut journal(&path), &mut ()).unwrap_err();
    assert!(matches!(refused, SceneError::InUse { .. }), "{refused}");
    // Nor is it begun afresh, or removed, beside the run that has it.
    let before = fs_err::read(&path).unwrap();
    let mut afresh = Journal::new(&path, OnChange::Afresh);
    let refused = go(&scene, &prompts, &model, &mut afresh, &mut ()).unwrap_err();
    assert!(matches!(refused, SceneError::InUse { .. }), "{refused}");
    afresh.remove().unwrap();
    assert_eq!(fs_err::read(&path).unwrap(), before);
    first.remove().unwrap();
    assert!(!path.exists());
    go(&scene, &prompts, &model, &mut journal(&path), &mut ()).unwrap();
}
