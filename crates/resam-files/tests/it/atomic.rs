//! A file is written in full, or what was there before stays.

use std::io::{Error, ErrorKind, Write};
use std::path::Path;

use resam_files::{check_writable, write_atomically};

use crate::names_in;

#[test]
fn checking_a_path_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    check_writable(&folder.path().join("a.png")).unwrap();
    check_writable(Path::new("a.png")).unwrap();
    assert!(names_in(folder.path()).is_empty());
}

#[test]
fn checking_a_path_tells_what_stands_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str| {
        let path = folder.path().join(name);
        let message = check_writable(&path).unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
        message
    };
    std::fs::create_dir(folder.path().join("folder.png")).unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(refused("folder.png").contains("not a file but a folder"));
    assert!(refused("new.png/").contains("not a file but the name of a folder"));
    assert!(refused("missing/a.png").contains("there is no folder"));
    assert!(refused("file/a.png").contains("there is no folder"));
    assert!(check_writable(Path::new("")).is_err());
}

#[cfg(unix)]
#[test]
fn a_device_is_never_replaced() {
    let message = check_writable(Path::new("/dev/null")).unwrap_err();
    assert!(message.to_string().contains("a pipe or a device"));
    assert!(write_atomically(Path::new("/dev/null"), |_| Ok(())).is_err());
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    std::fs::write(&path, "the old, longer content").unwrap();
    write_atomically(&path, |file| file.write_all(b"new")).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"new");
    assert_eq!(names_in(folder.path()), ["a.json"]);
}

#[test]
fn a_failure_leaves_nothing_behind_and_the_old_file_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let fail = || {
        write_atomically(&path, |file| {
            // More than any buffer holds, so part of it has reached the disk.
            file.write_all(&[b'x'; 1 << 20])?;
            Err(Error::from(ErrorKind::StorageFull))
        })
    };
    let message = fail().unwrap_err().to_string();
    assert!(message.contains("a.json: cannot be written"), "{message}");
    assert!(message.contains("\n\nhint: "), "{message}");
    assert!(names_in(folder.path()).is_empty());

    std::fs::write(&path, "old").unwrap();
    assert!(fail().is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(names_in(folder.path()), ["a.json"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full");
    let result = write_atomically(&folder.path().join("a.tif"), |_| full()?.write_all(b"x"));
    let message = result.unwrap_err().to_string();
    assert!(message.contains("No space left on device"), "{message}");
    assert!(names_in(folder.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn permissions_are_those_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (ordinary, written) = (folder.path().join("a"), folder.path().join("b"));
    std::fs::write(&ordinary, "").unwrap();
    write_atomically(&written, |_| Ok(())).unwrap();
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&written), mode(&ordinary));
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_stays_one() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (
        folder.path().join("file.json"),
        folder.path().join("link.json"),
    );
    std::fs::write(&file, "old").unwrap();
    std::os::unix::fs::symlink("file.json", &link).unwrap();
    write_atomically(&link, |out| out.write_all(b"new")).unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read(&file).unwrap(), b"new");
}
