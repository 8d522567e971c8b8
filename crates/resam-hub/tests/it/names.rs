//! The catalogue, and what stands for a file.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use resam_hub::{ResolveError, catalogue, entry, find, folder, home, pulled, resolve, size_text};

/// A home that seems to hold a model: a file of its length, without bytes on the disk.
fn pretend(home: &Path, file_name: &str, length: u64) -> PathBuf {
    std::fs::create_dir_all(folder(home)).unwrap();
    let path = folder(home).join(file_name);
    File::create(&path).unwrap().set_len(length).unwrap();
    path
}

#[test]
fn every_model_has_a_full_sum_an_encrypted_address_and_a_name_of_its_own() {
    let mut names = HashSet::new();
    for model in catalogue() {
        let digits = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        assert!(
            model.sha256.len() == 64 && model.sha256.bytes().all(digits),
            "{}",
            model.name
        );
        assert!(model.address.starts_with("https://"), "{}", model.address);
        assert!(
            model.address.ends_with(model.file_name),
            "{}",
            model.address
        );
        assert!(model.page.starts_with("https://"), "{}", model.page);
        assert!(model.size > 1_000_000, "{}", model.size);
        for name in model.aliases.iter().chain([&model.name, &model.file_name]) {
            assert!(names.insert(*name), "{name} is taken twice");
            assert_eq!(entry(name), Some(model));
        }
    }
    assert!(catalogue().is_sorted_by_key(|model| model.size));
}

#[test]
fn names_are_known_however_they_are_written() {
    for (written, name) in [
        ("MobileSAM", "mobile-sam"),
        ("mobile_sam", "mobile-sam"),
        ("mobile_sam.pt", "mobile-sam"),
        ("vit_t", "mobile-sam"),
        ("SAM-ViT-B", "sam-vit-b"),
        ("vit_l", "sam-vit-l"),
        ("sam_vit_h_4b8939.pth", "sam-vit-h"),
    ] {
        assert_eq!(entry(written).unwrap().name, name, "{written}");
    }
    for unknown in [
        "",
        "-",
        "sam",
        "mobile-sam.pth",
        "sam_vit_b",
        "../mobile_sam.pt",
    ] {
        let found = entry(unknown).map(|entry| entry.name);
        let expected = (unknown == "sam_vit_b").then_some("sam-vit-b");
        assert_eq!(found, expected, "{unknown}");
    }
}

#[test]
fn a_model_that_was_pulled_is_found_by_name_and_one_of_another_length_is_not() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(find("mobile-sam", home.path()), None);
    let path = pretend(home.path(), "mobile_sam.pt", 40_728_226);
    assert_eq!(find("mobile-sam", home.path()), Some(path.clone()));
    assert_eq!(find("MobileSAM", home.path()), Some(path));
    assert_eq!(find("vit-b", home.path()), None);
    assert_eq!(find("nonsense", home.path()), None);
    pretend(home.path(), "mobile_sam.pt", 40_728_225);
    assert_eq!(find("mobile-sam", home.path()), None);
}

#[test]
fn what_is_there_is_listed_with_its_size_and_whether_it_is_complete() {
    let home = tempfile::tempdir().unwrap();
    assert!(pulled(home.path()).unwrap().is_empty());
    let whole = pretend(home.path(), "mobile_sam.pt", 40_728_226);
    let part = pretend(home.path(), "sam_vit_b_01ec64.pth.part", 1_000);
    pretend(home.path(), "sam_vit_l_0b3195.pth.part", 0);
    pretend(home.path(), "something else.pth", 5);
    let listed: Vec<_> = pulled(home.path())
        .unwrap()
        .into_iter()
        .map(|pulled| {
            (
                pulled.entry.name,
                pulled.path,
                pulled.bytes,
                pulled.complete,
            )
        })
        .collect();
    let expected = [
        ("mobile-sam", whole, 40_728_226, true),
        ("sam-vit-b", part, 1_000, false),
    ];
    assert_eq!(listed, expected);
}

#[test]
fn a_file_comes_before_a_model_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mobile-sam");
    std::fs::write(&file, "mine").unwrap();
    pretend(folder.path(), "mobile_sam.pt", 40_728_226);
    assert_eq!(resolve(&file, Some(folder.path())).unwrap(), file);
    assert_eq!(resolve(&file, None).unwrap(), file);
}

#[test]
fn a_name_stands_for_the_pulled_file() {
    let home = tempfile::tempdir().unwrap();
    let path = pretend(home.path(), "sam_vit_b_01ec64.pth", 375_042_383);
    for name in ["sam-vit-b", "vit_b", "sam_vit_b_01ec64.pth"] {
        assert_eq!(resolve(name.as_ref(), Some(home.path())).unwrap(), path);
    }
}

#[test]
fn a_model_that_was_not_pulled_is_answered_with_the_command_that_does() {
    let home = tempfile::tempdir().unwrap();
    for home in [Some(home.path()), None] {
        let error = resolve("vit-b".as_ref(), home).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`vit-b`: sam-vit-b is not on this computer yet (375.0 MB)\n\nhint: fetch it with \
             `resam weights pull sam-vit-b`"
        );
    }
}

#[test]
fn what_is_neither_file_nor_model_is_answered_with_the_nearest_name_or_all_of_them() {
    let told = |text: &str| match resolve(text.as_ref(), None).unwrap_err() {
        ResolveError::Unknown { nearest, .. } => nearest,
        other => panic!("{other}"),
    };
    assert_eq!(told("mobil-sam"), Some("mobile-sam"));
    assert_eq!(told("mobile_sam.pth"), Some("mobile-sam"));
    assert_eq!(told("sam-vit-x"), Some("sam-vit-b"));
    assert_eq!(told("runs/adapted/weights.safetensors"), None);
    assert_eq!(told(""), None);
    let error = resolve("runs/x.pth".as_ref(), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`runs/x.pth`: no such file, and no model of this name\n\nhint: check the path, or name \
         one of the models mobile-sam, sam-vit-b, sam-vit-l, sam-vit-h"
    );
}

#[test]
fn a_home_is_known_on_this_computer() {
    // Where it is, the environment says; the tests with processes of their own set it.
    assert!(home().is_ok_and(|home| !home.as_os_str().is_empty()));
}

#[test]
fn sizes_read_as_on_download_pages() {
    for (bytes, text) in [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (999_960, "1.0 MB"),
        (40_728_226, "40.7 MB"),
        (375_042_383, "375.0 MB"),
        (2_564_550_879, "2.6 GB"),
        (u64::MAX, "18446744073.7 GB"),
    ] {
        assert_eq!(size_text(bytes), text);
    }
}

proptest! {
    #[test]
    fn any_text_is_a_name_or_an_error(text in "[ -~]{0,40}") {
        let home = Path::new("/nowhere/at/all");
        let named = entry(&text).is_some();
        match resolve(Path::new(&text), Some(home)) {
            Ok(path) => prop_assert!(path.exists()),
            Err(ResolveError::NotPulled { .. }) => prop_assert!(named),
            Err(error) => prop_assert!(!named && error.to_string().contains("hint: ")),
        }
    }
}
