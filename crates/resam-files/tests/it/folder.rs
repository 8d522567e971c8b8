//! A folder has its name when it is whole, or there is none.

use resam_files::{FileError, UnfinishedFolder, is_unfinished};

use crate::names_in;

#[test]
fn a_folder_has_its_name_when_it_is_whole_and_not_before() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("above").join("made");
    let new = UnfinishedFolder::beside(&path).unwrap();
    std::fs::write(new.path().join("a"), "content").unwrap();
    assert!(!path.exists());
    let [meanwhile] = &names_in(&outer.path().join("above"))[..] else {
        panic!("one folder under a temporary name");
    };
    assert!(is_unfinished(meanwhile), "{meanwhile}");
    new.finish().unwrap();
    assert_eq!(names_in(&outer.path().join("above")), ["made"]);
    assert_eq!(std::fs::read_to_string(path.join("a")).unwrap(), "content");
}

#[test]
fn a_folder_that_is_never_finished_leaves_nothing() {
    let outer = tempfile::tempdir().unwrap();
    let new = UnfinishedFolder::beside(outer.path().join("made")).unwrap();
    std::fs::write(new.path().join("a"), "content").unwrap();
    drop(new);
    assert!(names_in(outer.path()).is_empty());
}

#[test]
fn an_empty_folder_is_replaced_and_one_in_use_is_not() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("made");
    std::fs::create_dir(&path).unwrap();
    let new = UnfinishedFolder::beside(&path).unwrap();
    std::fs::write(new.path().join("a"), "").unwrap();
    new.finish().unwrap();
    assert_eq!(names_in(&path), ["a"]);
    let refused = UnfinishedFolder::beside(&path).unwrap_err();
    assert!(matches!(&refused, FileError::FolderInUse { path: named } if *named == path));
    assert!(
        refused
            .to_string()
            .contains("made: the folder exists and is not empty")
    );
}

#[test]
fn a_file_of_the_name_is_no_folder() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("made");
    std::fs::write(&path, "a file").unwrap();
    let refused = UnfinishedFolder::beside(&path).unwrap_err();
    assert!(refused.to_string().contains("made: cannot be written"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a file");
}
