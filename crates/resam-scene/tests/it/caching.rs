//! A second run over the same pixels does not encode them again.

use image::RgbImage;
use resam_scene::{Cache, CacheKey, Observer, PointedObject, SegmentOptions, Stores, segment};

use crate::object;
use crate::synthetic_scene::{ExactModel, Shape, Sight, SyntheticScene};

fn scene() -> (SyntheticScene, Vec<PointedObject>) {
    let shapes: Vec<Shape> = (0..6)
        .map(|at| Shape::Ellipse([300.0 + 1000.0 * f64::from(at), 300.0], [200.0, 100.0], 0.5))
        .collect();
    let prompts = shapes.iter().enumerate().map(|(at, shape)| {
        let [x, y] = shape.along(0.9);
        object(at, x, y)
    });
    let prompts = prompts.collect();
    (SyntheticScene::new(6000, 1100, &shapes), prompts)
}

fn tile(grey: u8) -> RgbImage {
    RgbImage::from_pixel(8, 8, image::Rgb([grey; 3]))
}

#[test]
fn a_second_run_takes_every_embedding_from_the_cache_and_brings_the_same() {
    let (scene, prompts) = scene();
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(&folder.path().join("new/cache"), 1 << 30).unwrap();
    let run = |model: &ExactModel| {
        let mut stores = Stores {
            cache: Some(&cache),
            journal: None,
        };
        segment(
            &scene,
            &prompts,
            &SegmentOptions::default(),
            model,
            &mut stores,
            &mut (),
        )
        .unwrap()
    };
    let (first_model, second_model) = (
        ExactModel::new(1024, Sight::Exact),
        ExactModel::new(1024, Sight::Exact),
    );
    let first = run(&first_model);
    let second = run(&second_model);
    assert_eq!(first.objects, second.objects);
    assert_eq!(first_model.encoded(), first.counts.windows);
    assert_eq!(second_model.encoded(), 0);
    assert_eq!(second.counts.cached, second.counts.windows);
    assert!(
        second_model.asked.lock().unwrap().is_empty(),
        "and none is decoded"
    );

    // Another model has embeddings of its own.
    let other = ExactModel::new(1024, Sight::Short);
    run(&other);
    assert_eq!(other.encoded(), first_model.encoded());
}

/// A run with a cache and its own model, which says how often it was asked.
fn run_with(
    cache: &Cache,
    prompts: &[PointedObject],
    options: &SegmentOptions,
) -> (resam_scene::SceneResult, usize, usize) {
    let (scene, _) = scene();
    let model = ExactModel::new(1024, Sight::Exact);
    let mut stores = Stores {
        cache: Some(cache),
        journal: None,
    };
    let result = segment(&scene, prompts, options, &model, &mut stores, &mut ()).unwrap();
    let decoded = model.asked.lock().unwrap().len();
    (result, model.encoded(), decoded)
}

#[test]
fn other_attributes_take_neither_the_encoder_nor_the_decoder() {
    let (_, prompts) = scene();
    // A second point on the first object, whose mask is the same.
    let mut prompts = prompts;
    prompts.push(object("again", 300.0, 300.0));
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), 1 << 30).unwrap();
    let keep = SegmentOptions::default();
    let (first, encoded, decoded) = run_with(&cache, &prompts, &keep);
    assert!(encoded > 0 && decoded > 0);
    assert_eq!(first.objects.len(), 7);

    let mut named = prompts.clone();
    for (at, object) in named.iter_mut().enumerate() {
        object.id = format!("house {at}");
    }
    for prompts in [&named, &prompts] {
        let (again, encoded, decoded) = run_with(&cache, prompts, &keep);
        assert_eq!((encoded, decoded), (0, 0));
        assert_eq!(again.objects.len(), 7);
        assert_eq!(again.counts.cached_answers, again.counts.windows);
        let alone = Cache::open(tempfile::tempdir().unwrap().path(), 0).unwrap();
        let (lone, ..) = run_with(&alone, prompts, &keep);
        assert_eq!(again.objects, lone.objects);
        assert_eq!(again.failures, lone.failures);
    }

    // Another point is another question: the embedding serves, and the decoder is asked.
    let mut moved = prompts.clone();
    moved[0].points[0].x += 1.0;
    let (other, encoded, decoded) = run_with(&cache, &moved, &keep);
    assert_eq!(encoded, 0);
    assert!(decoded > 0 && other.counts.cached_answers < other.counts.windows);
}

#[test]
fn a_damaged_cache_costs_time_and_changes_nothing() {
    let (_, prompts) = scene();
    let folder = tempfile::tempdir().unwrap();
    let options = SegmentOptions::default();
    let whole = {
        let cache = Cache::open(folder.path(), 1 << 30).unwrap();
        run_with(&cache, &prompts, &options).0
    };
    let entries = || {
        let entries = folder.path().read_dir().unwrap();
        let mut entries: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries
    };
    type Damage = fn(Vec<u8>) -> Vec<u8>;
    let damages: [Damage; 4] = [
        |mut bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 4;
            bytes
        },
        |mut bytes| {
            let tail = bytes.len() - 40;
            bytes[tail..].fill(0);
            bytes
        },
        |bytes| bytes[..bytes.len() / 3].to_vec(),
        |_| Vec::new(),
    ];
    for damage in damages {
        for entry in entries() {
            let bytes = fs_err::read(&entry).unwrap();
            fs_err::write(&entry, damage(bytes)).unwrap();
        }
        let cache = Cache::open(folder.path(), 1 << 30).unwrap();
        let (again, encoded, decoded) = run_with(&cache, &prompts, &options);
        assert_eq!(again.objects, whole.objects);
        assert!(encoded > 0 && decoded > 0);
    }
    // Entries under each other's names.
    let all = entries();
    let bytes: Vec<_> = all
        .iter()
        .map(|entry| fs_err::read(entry).unwrap())
        .collect();
    for (entry, bytes) in all.iter().rev().zip(bytes) {
        fs_err::write(entry, bytes).unwrap();
    }
    let cache = Cache::open(folder.path(), 1 << 30).unwrap();
    assert_eq!(
        run_with(&cache, &prompts, &options).0.objects,
        whole.objects
    );
}

#[test]
fn runs_that_share_a_cache_at_the_same_time_find_what_each_finds_alone() {
    let (_, prompts) = scene();
    let folder = tempfile::tempdir().unwrap();
    let subsets: Vec<Vec<PointedObject>> = (0..8)
        .map(|run| {
            let own = prompts.iter().enumerate();
            let own = own.filter(|(at, _)| run % 2 == 0 || (at + run) % 3 != 0);
            own.map(|(_, object)| object.clone()).collect()
        })
        .collect();
    std::thread::scope(|scope| {
        for own in &subsets {
            scope.spawn(|| {
                let options = SegmentOptions::default();
                // As another process would, each opens it for itself.
                let cache = Cache::open(folder.path(), 1 << 30).unwrap();
                let (shared, ..) = run_with(&cache, own, &options);
                let alone = Cache::open(tempfile::tempdir().unwrap().path(), 0).unwrap();
                let (lone, ..) = run_with(&alone, own, &options);
                assert_eq!(shared.objects, lone.objects);
            });
        }
    });
    let left = folder.path().read_dir().unwrap();
    for entry in left {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name.ends_with(".embedding") || name.ends_with(".answers"),
            "{name}"
        );
    }
}

#[cfg(unix)]
#[test]
fn entries_have_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(&folder.path().join("cache"), 1 << 20).unwrap();
    assert!(
        cache
            .put(&CacheKey::new(&tile(7), "model"), &[1, 2, 3])
            .unwrap()
    );
    let ordinary = folder.path().join("ordinary");
    std::fs::write(&ordinary, "").unwrap();
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode();
    let ordinary = mode(ordinary);
    let entries = std::fs::read_dir(folder.path().join("cache")).unwrap();
    let modes: Vec<u32> = entries.map(|entry| mode(entry.unwrap().path())).collect();
    assert_eq!(modes, [ordinary]);
}

#[test]
fn every_damaged_entry_is_no_entry() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), 1 << 20).unwrap();
    let key = CacheKey::new(&tile(1), "model");
    let embedding: Vec<u8> = (0..200).collect();
    cache.put(&key, &embedding).unwrap();
    assert_eq!(cache.get(&key).as_deref(), Some(&embedding[..]));
    assert_eq!(cache.get(&CacheKey::new(&tile(2), "model")), None);
    assert_eq!(cache.get(&CacheKey::new(&tile(1), "other")), None);
    let path = folder
        .path()
        .read_dir()
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let whole = fs_err::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs_err::write(&path, &damaged).unwrap();
        assert_eq!(cache.get(&key), None, "byte {at}");
        assert!(!path.exists());
        fs_err::write(&path, &whole[..at]).unwrap();
        assert_eq!(cache.get(&key), None, "cut at {at}");
    }
    cache.put(&key, &embedding).unwrap();
    assert_eq!(cache.get(&key).as_deref(), Some(&embedding[..]));
}

#[test]
fn an_embedding_that_the_model_does_not_take_is_made_again() {
    let (scene, prompts) = scene();
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), 1 << 30).unwrap();
    let run = |model: &ExactModel| {
        let mut stores = Stores {
            cache: Some(&cache),
            journal: None,
        };
        segment(
            &scene,
            &prompts,
            &SegmentOptions::default(),
            model,
            &mut stores,
            &mut (),
        )
        .unwrap()
    };
    let first = run(&ExactModel::new(1024, Sight::Exact));
    // Without the answers, the embeddings are asked for.
    for entry in folder.path().read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().unwrap() == "answers" {
            fs_err::remove_file(path).unwrap();
        }
    }
    // A whole entry of another version of the program, say, under the same key.
    for window in 0..2 {
        let tile = resam_scene::Source::read(
            &scene,
            resam_geo::Window {
                x: window,
                y: 0,
                width: 1024,
                height: 1024,
            },
            1024,
            1024,
        );
        cache
            .put(&CacheKey::new(&tile.unwrap().image, "exact 0"), b"short")
            .unwrap();
    }
    let model = ExactModel::new(1024, Sight::Exact);
    let second = run(&model);
    assert_eq!(first.objects, second.objects);
    assert!(
        model.encoded() > 0 && model.encoded() <= 2,
        "{}",
        model.encoded()
    );
}

#[test]
fn what_was_used_longest_ago_goes_first_and_the_rest_stays_below_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), 20 * 1072).unwrap();
    let keys: Vec<CacheKey> = (0..30)
        .map(|grey| CacheKey::new(&tile(grey), "model"))
        .collect();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(1000);
    for (at, key) in keys.iter().enumerate().take(20) {
        cache.put(key, &[at as u8; 1000]).unwrap();
    }
    // All were last used long ago, one after the other...
    let mut files: Vec<_> = folder
        .path()
        .read_dir()
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    for file in &files {
        let file = std::fs::File::options().write(true).open(file).unwrap();
        file.set_modified(old).unwrap();
    }
    // ...but for the first, which is used now.
    assert!(cache.get(&keys[0]).is_some());
    for (at, key) in keys.iter().enumerate().skip(20) {
        cache.put(key, &[at as u8; 1000]).unwrap();
        let bytes: u64 = folder
            .path()
            .read_dir()
            .unwrap()
            .map(|file| file.unwrap().metadata().unwrap().len())
            .sum();
        assert!(bytes <= 20 * 1072, "{bytes}");
        assert_eq!(bytes, cache.bytes());
    }
    assert!(cache.get(&keys[0]).is_some());
    let recent = keys[20..]
        .iter()
        .filter(|key| cache.get(key).is_some())
        .count();
    assert_eq!(recent, 10);
    assert!(keys[1..20].iter().any(|key| cache.get(key).is_none()));

    // An entry larger than everything that may be kept is not kept, and nothing goes for it.
    let before = cache.bytes();
    assert!(!cache.put(&keys[1], &[0; 30_000]).unwrap());
    assert_eq!(cache.bytes(), before);
}

#[test]
fn a_run_that_needs_more_than_there_is_room_for_finds_its_first_windows_again() {
    let (scene, prompts) = scene();
    let folder = tempfile::tempdir().unwrap();
    // Room for three tiles of 1024 x 1024 x 3 bytes.
    let run = || {
        let cache = Cache::open(folder.path(), 10 << 20).unwrap();
        let mut stores = Stores {
            cache: Some(&cache),
            journal: None,
        };
        let model = ExactModel::new(1024, Sight::Exact);
        segment(
            &scene,
            &prompts,
            &SegmentOptions::default(),
            &model,
            &mut stores,
            &mut (),
        )
        .unwrap()
    };
    let (first, second) = (run(), run());
    assert!(first.counts.windows > 3, "{:?}", first.counts);
    // Embeddings of three, and answers of those after them that are small enough.
    assert!(second.counts.cached >= 3, "{:?}", second.counts);
    assert_eq!(
        second.counts.cached + second.counts.encoded,
        second.counts.windows
    );
    assert_eq!(first.objects, second.objects);
}

#[test]
fn threads_that_share_a_folder_never_read_a_wrong_embedding() {
    let folder = tempfile::tempdir().unwrap();
    // As two processes would: a cache each over the same folder, too small for all entries.
    let caches = [(); 4].map(|()| Cache::open(folder.path(), 12 * 5072).unwrap());
    let hits = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for (thread, cache) in caches.iter().enumerate() {
            let hits = &hits;
            scope.spawn(move || {
                for round in 0..150 {
                    let grey = ((round * (thread + 3)) % 17) as u8;
                    let key = CacheKey::new(&tile(grey), "model");
                    match cache.get(&key) {
                        Some(embedding) => {
                            assert_eq!(embedding, [grey; 5000]);
                            hits.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        }
                        None => {
                            cache.put(&key, &[grey; 5000]).unwrap();
                        }
                    }
                }
            });
        }
    });
    assert!(hits.into_inner() > 0);
    let left = folder
        .path()
        .read_dir()
        .unwrap()
        .map(|file| file.unwrap().path());
    assert!(
        left.into_iter()
            .all(|path| path.extension().unwrap() == "embedding")
    );
}

#[test]
fn a_cache_that_cannot_be_written_is_told_and_the_run_goes_on() {
    struct Notices(Vec<String>);
    impl Observer for Notices {
        fn notice(&mut self, text: &str) {
            self.0.push(text.to_owned());
        }
    }
    let (scene, prompts) = scene();
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(&folder.path().join("cache"), 1 << 30).unwrap();
    fs_err::remove_dir(folder.path().join("cache")).unwrap();
    let mut notices = Notices(Vec::new());
    let mut stores = Stores {
        cache: Some(&cache),
        journal: None,
    };
    let model = ExactModel::new(1024, Sight::Exact);
    let options = SegmentOptions::default();
    let outcome = segment(
        &scene,
        &prompts,
        &options,
        &model,
        &mut stores,
        &mut notices,
    )
    .unwrap();
    assert_eq!(outcome.objects.len(), 6);
    assert!(
        notices.0[0].contains("nothing is added to it"),
        "{:?}",
        notices.0
    );
}
