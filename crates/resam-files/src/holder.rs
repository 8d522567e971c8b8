//! Who holds a lock.

use std::fs::File;

/// The process that holds the lock of a file, in words, as far as the system tells.
pub fn lock_holder(file: &File) -> String {
    match process(file) {
        Some(number) if is_stopped(number) => {
            format!("process {number}, which is stopped (`kill -CONT {number}` lets it go on)")
        }
        Some(number) => format!("process {number}"),
        None => "the system does not say which process it is".to_owned(),
    }
}

/// The number of the process, from the kernel's list of locks.
#[cfg(target_os = "linux")]
fn process(file: &File) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let own = file.metadata().ok()?;
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    locks.lines().find_map(|line| {
        // `1: FLOCK  ADVISORY  WRITE 1234 00:2b:5678 0 EOF`
        let mut words = line.split_whitespace().skip(4);
        let number = words.next()?.parse().ok()?;
        let inode = words.next()?.rsplit(':').next()?;
        (inode.parse() == Ok(own.ino())).then_some(number)
    })
}

#[cfg(not(target_os = "linux"))]
fn process(_: &File) -> Option<u32> {
    None
}

/// Whether a process was stopped and not ended.
fn is_stopped(number: u32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{number}/stat"));
    state.is_ok_and(|text| {
        let after_name = text.rsplit(')').next().unwrap_or_default();
        after_name.trim_start().starts_with(['T', 't'])
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_lock_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let held = File::create(&path).expect("a file");
        held.lock().expect("a lock");
        let other = File::open(&path).expect("the file");
        assert!(other.try_lock().is_err());
        let own = format!("process {}", std::process::id());
        // A sandbox may hide the list of locks.
        if std::fs::read_to_string("/proc/locks").is_ok_and(|text| !text.is_empty()) {
            assert_eq!(lock_holder(&other), own);
        }
    }
}
