//! Fingerprints of what a run learns from, so that it does not go on with other images or points.
//!
//! That of a file of up to 32 MB is of all its bytes. Of a larger one it is of its size, the time
//! of its last change, and 64 parts spread over it: a scene of many gigabytes is not read for it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom};
use std::path::Path;
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

/// The largest file that is read whole.
const WHOLE: u64 = 32 << 20;
/// Parts of a larger file, and bytes of each.
const PARTS: u64 = 64;
const PART: u64 = 64 << 10;
/// Bytes of a sum that are kept.
const KEPT: usize = 12;

/// The fingerprint of a file, or that it cannot be read.
pub(super) fn of_file(path: &Path) -> String {
    read(path).unwrap_or_else(|error| format!("it cannot be read: {}", error.kind()))
}

fn read(path: &Path) -> Result<String> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let length = metadata.len();
    let mut sum = Sha256::new();
    let mut buffer = vec![0; PART as usize];
    let mut add = |file: &mut File, most: u64| -> Result<()> {
        let mut part = file.take(most);
        loop {
            match part.read(&mut buffer)? {
                0 => return Ok(()),
                read => sum.update(&buffer[..read]),
            }
        }
    };
    if length <= WHOLE {
        add(&mut file, WHOLE)?;
    } else {
        for part in 0..PARTS {
            let start = (length - PART) / (PARTS - 1) * part;
            file.seek(SeekFrom::Start(start))?;
            add(&mut file, PART)?;
        }
        let changed = metadata.modified()?.duration_since(UNIX_EPOCH);
        sum.update(changed.unwrap_or_default().as_nanos().to_le_bytes());
    }
    sum.update(length.to_le_bytes());
    Ok(hexadecimal(&sum.finalize()))
}

/// The fingerprint of what was read, by its debug form.
pub(super) fn of_content(content: &dyn std::fmt::Debug) -> String {
    struct Sum(Sha256);
    impl std::fmt::Write for Sum {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.update(text);
            Ok(())
        }
    }
    let mut sum = Sum(Sha256::new());
    // It takes all that is written.
    write!(sum, "{content:?}").ok();
    hexadecimal(&sum.0.finalize())
}

fn hexadecimal(sum: &[u8]) -> String {
    let digits = sum.iter().take(KEPT).map(|byte| format!("{byte:02x}"));
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_byte_of_a_small_file_counts_and_its_time_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        std::fs::write(&one, [7; 1000]).expect("written");
        std::fs::write(&other, [7; 1000]).expect("written");
        let file = File::options().write(true).open(&other).expect("a file");
        file.set_modified(UNIX_EPOCH).expect("its time");
        assert_eq!(of_file(&one), of_file(&other));
        for at in [0, 500, 999] {
            let mut bytes = [7; 1000];
            bytes[at] = 8;
            std::fs::write(&other, bytes).expect("written");
            assert_ne!(of_file(&one), of_file(&other), "byte {at}");
        }
        assert!(of_file(&folder.path().join("none")).contains("cannot be read"));
    }

    #[test]
    fn the_ends_of_a_large_file_its_size_and_its_time_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("scene.tif");
        let file = File::create(&path).expect("a file");
        let time = UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        let set = |length: u64, at: Option<u64>| {
            file.set_len(0).expect("cut");
            file.set_len(length).expect("a file with holes");
            if let Some(at) = at {
                (&file).seek(SeekFrom::Start(at)).expect("a place");
                std::io::Write::write_all(&mut &file, b"1").expect("written");
            }
            file.set_modified(time).expect("its time");
            of_file(&path)
        };
        let length = 3 * WHOLE + 12_345;
        let whole = set(length, None);
        assert_eq!(set(length, None), whole);
        for changed in [
            set(length, Some(0)),
            set(length, Some(length - PART)),
            set(length + 1, None),
        ] {
            assert_ne!(changed, whole);
        }
        set(length, None);
        file.set_modified(UNIX_EPOCH).expect("its time");
        assert_ne!(of_file(&path), whole);
    }
}
