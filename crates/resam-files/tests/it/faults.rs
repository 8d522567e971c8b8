//! A process that is killed at any operation leaves the file as it was or whole; faults reach the
//! caller; and strays are removed.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use resam_files::disk::{self, Operation};
use resam_files::faults::{Fault, Injection};
use resam_files::{FolderLock, LockError, UnfinishedFolder, remove_strays, write_atomically};

use crate::names_in;

fn write(path: &Path, text: &str) -> Result<(), resam_files::FileError> {
    write_atomically(path, |file| file.write_all(text.as_bytes()))
}

#[test]
fn a_file_is_as_it_was_or_whole_wherever_the_process_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("objects.json");
    let counted = Injection::count(folder.path());
    write(&path, "before").expect("room");
    let operations = counted.operations();
    drop(counted);
    let kinds: Vec<Operation> = operations.iter().map(|(kind, _)| *kind).collect();
    let expected = [
        Operation::Create,
        Operation::Write,
        Operation::Sync,
        Operation::Rename,
        Operation::Sync,
    ];
    assert_eq!(kinds, expected);
    assert!(
        operations
            .iter()
            .all(|(_, changed)| changed.starts_with(folder.path()))
    );
    for fault in [Fault::Die, Fault::DieTorn] {
        for at in 0..operations.len() {
            write(&path, "before").expect("room");
            let killed = Injection::new(folder.path(), at, fault);
            write(&path, "after").expect_err("it is dead");
            assert!(killed.happened());
            // Nothing can be changed any more.
            write(&path, "more").expect_err("it is dead");
            disk::remove_file(&path).expect_err("it is dead");
            drop(killed);
            // The last operation makes the new name last.
            let expected = if at < 4 { "before" } else { "after" };
            assert_eq!(fs::read_to_string(&path).expect("a file"), expected);
            let strays = names_in(folder.path()).len() - 1;
            assert_eq!(strays, usize::from((1..4).contains(&at)), "{at}");
            remove_strays(folder.path()).expect("a folder");
            assert_eq!(names_in(folder.path()), ["objects.json"]);
        }
    }
}

#[test]
fn what_fails_once_leaves_no_stray_and_later_writes_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("objects.json");
    write(&path, "before").expect("room");
    for (fault, kind) in [
        (Fault::ENOSPC, ErrorKind::StorageFull),
        (Fault::EROFS, ErrorKind::ReadOnlyFilesystem),
        (Fault::EFBIG, ErrorKind::FileTooLarge),
        (Fault::Full, ErrorKind::StorageFull),
    ] {
        for at in 0..2 {
            let failing = Injection::new(folder.path(), at, fault);
            let error = write(&path, "after").expect_err("it fails");
            let resam_files::FileError::Write { source, .. } = error else {
                panic!("{error}");
            };
            assert_eq!(source.kind(), kind);
            assert_eq!(write(&path, "before").is_err(), fault == Fault::Full);
            drop(failing);
            assert_eq!(fs::read_to_string(&path).expect("a file"), "before");
            assert_eq!(names_in(folder.path()), ["objects.json"]);
        }
    }
}

#[test]
fn a_torn_write_leaves_half_of_the_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal");
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    let mut file = disk::File::open(&path, &options).expect("a file");
    let torn = Injection::new(folder.path(), 1, Fault::DieTorn);
    file.write_all(b"first\n").expect("a whole write");
    file.write_all(b"second\n").expect_err("a torn one");
    drop(torn);
    assert_eq!(fs::read_to_string(&path).expect("a file"), "first\nsec");
}

#[test]
fn faults_of_one_folder_do_not_reach_another() {
    let [one, other] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let killed = Injection::new(one.path(), 0, Fault::Die);
    write(&one.path().join("a"), "a").expect_err("it is dead");
    write(&other.path().join("a"), "a").expect("another folder");
    assert_eq!(killed.operations().len(), 1);
}

#[test]
fn strays_are_files_and_folders_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let killed = Injection::new(folder.path(), 2, Fault::Die);
    let unfinished = UnfinishedFolder::beside(folder.path().join("new")).expect("a folder");
    fs::write(unfinished.path().join("in it"), "1").expect("a file");
    write(&folder.path().join("a"), "a").expect_err("dead at its write");
    drop(unfinished);
    drop(killed);
    fs::write(folder.path().join("mine.part"), "").expect("a file");
    assert_eq!(names_in(folder.path()).len(), 3);
    remove_strays(folder.path()).expect("a folder");
    assert_eq!(names_in(folder.path()), ["mine.part"]);
    remove_strays(&folder.path().join("none")).expect("nothing to remove");
}

#[test]
fn a_folder_has_one_lock_and_that_of_a_dead_process_is_free() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = FolderLock::take(folder.path()).expect("nobody has it");
    let Err(LockError::Held { by, .. }) = FolderLock::take(folder.path()) else {
        panic!("it is held");
    };
    assert_eq!(by, format!("process {}", std::process::id()));
    drop(first);
    assert!(names_in(folder.path()).is_empty(), "no stray");
    let killed = Injection::new(folder.path(), 3, Fault::Die);
    drop(FolderLock::take(folder.path()).expect("it is free"));
    drop(killed);
    assert_eq!(names_in(folder.path()), [".resam.lock"], "left by the dead");
    let again = FolderLock::take(folder.path()).expect("it is free");
    drop(again);
    assert!(names_in(folder.path()).is_empty());
}
