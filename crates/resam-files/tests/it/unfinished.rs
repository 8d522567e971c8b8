//! What is written appears whole, or what was there before stays.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use resam_files::{Unfinished, is_unfinished};

use crate::names_in;

#[test]
fn a_file_has_its_name_when_it_is_whole_and_not_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("objects.gpkg");
    fs::write(&path, "before").expect("a file");
    let mut file = Unfinished::beside(&path).expect("a folder that can be written to");
    file.write_all(b"......er").expect("room");
    file.seek(SeekFrom::Start(0)).expect("a file");
    file.write_all(b"longer").expect("room");
    assert_eq!(fs::read_to_string(&path).expect("a file"), "before");
    let own = file.path().file_name().expect("a name").to_string_lossy();
    assert!(is_unfinished(&own), "{own}");
    assert_eq!(
        names_in(folder.path()),
        [own.to_string(), "objects.gpkg".into()]
    );
    file.finish().expect("a folder that can be written to");
    assert_eq!(fs::read_to_string(&path).expect("a file"), "longerer");
    assert_eq!(names_in(folder.path()), ["objects.gpkg"]);
}

#[test]
fn what_is_dropped_leaves_nothing_and_what_was_there_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("objects.gpkg");
    fs::write(&path, "before").expect("a file");
    let mut file = Unfinished::beside(&path).expect("a folder that can be written to");
    file.write_all(b"after").expect("room");
    drop(file);
    assert_eq!(fs::read_to_string(&path).expect("a file"), "before");
    assert_eq!(names_in(folder.path()), ["objects.gpkg"]);
}

#[test]
fn a_folder_is_not_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = Unfinished::beside(folder.path()).expect_err("a folder");
    assert!(error.to_string().contains("a folder"), "{error}");
    let missing = folder.path().join("none").join("objects.gpkg");
    let error = Unfinished::beside(&missing).expect_err("no folder");
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    // Not a word of the temporary name.
    assert!(!error.to_string().contains("resam"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_file_has_the_permissions_of_any_new_one() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let mode = |path: &Path| {
        let metadata = fs::metadata(path).expect("a file");
        metadata.permissions().mode() & 0o777
    };
    let [plain, finished, unsynced] = ["a", "b", "c"].map(|name| folder.path().join(name));
    fs::write(&plain, "").expect("a file");
    let begun = Unfinished::beside(&finished).expect("a folder");
    begun.finish().expect("a folder");
    let begun = Unfinished::beside(&unsynced).expect("a folder");
    begun.finish_unsynced().expect("a folder");
    assert_eq!([mode(&finished), mode(&unsynced)], [mode(&plain); 2]);
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_a_device_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let [elsewhere, link] = ["elsewhere", "link"].map(|name| folder.path().join(name));
    fs::write(&elsewhere, "before").expect("a file");
    std::os::unix::fs::symlink(&elsewhere, &link).expect("a link");
    let mut file = Unfinished::beside(&link).expect("a file");
    file.write_all(b"after").expect("room");
    file.finish().expect("a folder");
    assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
    assert_eq!(fs::read_to_string(&elsewhere).expect("a file"), "after");
    assert!(Unfinished::beside(Path::new("/dev/null")).is_err());
}

#[test]
fn other_files_are_not_taken_for_unfinished_ones() {
    for name in ["objects.gpkg", ".resam-", "x.part", "a.resam-1.part"] {
        assert!(!is_unfinished(name), "{name}");
    }
}
