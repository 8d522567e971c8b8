//! The finished windows of a run, in a file beside its output, so that a killed run resumes.
//!
//! The file has a line for what the run is about and a line for each finished window. A line begins
//! with a checksum of the first line and of the rest: a line that a kill or a power failure left
//! incomplete, that was damaged, or that is of another run is found, and computed again with all
//! that come after it. The windows themselves are not written down: a resumed run makes the
//! same plan and looks each window up.

use std::collections::{BTreeMap, HashMap};
use std::fs::{OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use resam_files::{disk, lock_holder};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::SceneError;

const VERSION: u32 = 2;
/// How the name of a journal ends: a file of that name is ours, whatever is in it.
pub const ENDING: &str = ".resam-journal";
/// Hexadecimal digits of a line's checksum.
const DIGITS: usize = 16;

/// What to do with a journal of another run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnChange {
    /// Refuse, naming what differs.
    #[default]
    Refuse,
    /// Begin afresh, whatever the journal has.
    Afresh,
}

/// The settings of a run, as names and values; all have to be the same for a run to resume.
pub(crate) type About = BTreeMap<String, String>;

/// The journal of a run. It stays until [`remove`](Self::remove), so that an output which cannot be
/// written can be tried again without the model.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    on_change: OnChange,
    about: About,
    file: Option<disk::File>,
    /// Finished windows by their names, as JSON.
    windows: HashMap<String, String>,
    /// The first line, which the checksums of the others depend on.
    header: String,
    /// What was wrong with the file.
    damage: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    resam_journal: u32,
    about: About,
}

/// What the run of a journal is about, from the beginning of the file; nothing if it is no journal.
pub fn describe_journal(start: &[u8]) -> Option<Vec<(String, String)>> {
    let (line, _) = whole_line(start, "")?;
    let header: Header = serde_json::from_str(line).ok()?;
    (header.resam_journal > 0).then(|| header.about.into_iter().collect())
}

impl Journal {
    /// A journal at a path; nothing is read or written before the run begins.
    pub fn new(path: &Path, on_change: OnChange) -> Self {
        Self {
            path: path.to_owned(),
            on_change,
            about: About::new(),
            file: None,
            windows: HashMap::new(),
            header: String::new(),
            damage: None,
        }
    }

    /// What was wrong with the file of the earlier run, for a person to know.
    pub fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    /// Adds a setting that has to be the same for a run to resume, such as the scene's path and
    /// checksum, its stretch, or the version of the program. Call it before the run begins.
    #[must_use]
    pub fn about(mut self, name: &str, value: impl Into<String>) -> Self {
        self.about.insert(name.into(), value.into());
        self
    }

    /// Removes the file. Call it once the results are written.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn remove(mut self) -> Result<(), SceneError> {
        if self.file.take().is_some() {
            disk::remove_file(&self.path)?;
        }
        Ok(())
    }

    /// Opens the file and locks it, if that was not done. Nobody else writes it until the journal
    /// is dropped or removed.
    ///
    /// # Errors
    /// [`SceneError::InUse`] when another run has it; it does not wait. [`SceneError::File`] when
    /// the operating system refuses.
    pub fn lock(&mut self) -> Result<(), SceneError> {
        if self.file.is_some() {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        loop {
            let file = disk::File::open(&self.path, &options)?;
            match file.file().try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(SceneError::InUse {
                        path: self.path.clone(),
                        by: lock_holder(file.file()),
                    });
                }
                // Some network folders have no locks; the run is no worse for it.
                Err(TryLockError::Error(_)) => {}
            }
            // The run that had it may have removed it meanwhile.
            if is_at(file.file(), &self.path) {
                self.file = Some(file);
                return Ok(());
            }
        }
    }

    /// Opens the file for a run about this.
    pub(crate) fn begin(&mut self, about: About) -> Result<(), SceneError> {
        self.about.extend(about);
        self.header = to_json(&Header {
            resam_journal: VERSION,
            about: self.about.clone(),
        });
        self.lock()?;
        let mut text = Vec::new();
        if let Some(file) = &mut self.file {
            file.seek(SeekFrom::Start(0))?;
            file.read_to_end(&mut text)?;
        }
        let kept = match self.on_change {
            OnChange::Afresh => 0,
            OnChange::Refuse => match self.take_over(&text) {
                Ok(kept) => kept,
                Err(refused) => {
                    // Whoever it is of may go on with it.
                    self.file = None;
                    return Err(refused);
                }
            },
        };
        if let Some(file) = &mut self.file {
            file.set_len(kept as u64)?;
            file.seek(SeekFrom::End(0))?;
        }
        if kept == 0 {
            let header = self.header.clone();
            self.append(&header, "")?;
        }
        Ok(())
    }

    /// Reads the lines of an earlier run; the bytes that stay.
    fn take_over(&mut self, text: &[u8]) -> Result<usize, SceneError> {
        let is_ours = self.path.to_string_lossy().ends_with(ENDING);
        let Some((first, mut end)) = whole_line(text, "") else {
            // Nothing, or a first line that was torn. Anything else is not a journal.
            let is_torn = !text.contains(&b'\n') && (text.len() <= DIGITS || text[DIGITS] == b' ');
            if !is_torn && !is_ours {
                return Err(self.not_a_journal());
            }
            if !is_torn {
                self.damage = Some(format!(
                    "`{}` of a stopped run is damaged from its first line on: the run begins afresh",
                    self.path.display()
                ));
            }
            return Ok(0);
        };
        let header: Header = serde_json::from_str(first).map_err(|_| self.not_a_journal())?;
        if header.resam_journal != VERSION {
            return Err(self.not_a_journal());
        }
        if let Some(difference) = difference(&header.about, &self.about) {
            return Err(SceneError::Changed {
                path: self.path.clone(),
                difference,
            });
        }
        let key = self.header.clone();
        while let Some((line, length)) = whole_line(&text[end..], &key) {
            if let Some((name, window)) = line.split_once(' ') {
                self.windows.insert(name.to_owned(), window.to_owned());
            }
            end += length;
        }
        // A last line without an end is what any kill leaves.
        if text[end..].contains(&b'\n') {
            self.damage = Some(format!(
                "`{}` of a stopped run is damaged after {} windows: what came later is done again",
                self.path.display(),
                self.windows.len()
            ));
        }
        Ok(end)
    }

    fn not_a_journal(&self) -> SceneError {
        SceneError::NotAJournal {
            path: self.path.clone(),
        }
    }

    /// The result of a finished window. It is removed, because each is taken once.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        serde_json::from_str(&self.windows.remove(name)?).ok()
    }

    /// Appends the result of a window.
    pub(crate) fn write<T: Serialize>(&mut self, name: &str, window: &T) -> Result<(), SceneError> {
        let header = self.header.clone();
        self.append(&format!("{name} {}", to_json(window)), &header)
    }

    fn append(&mut self, line: &str, key: &str) -> Result<(), SceneError> {
        let line = format!("{} {line}\n", checksum(line, key));
        if let Some(file) = &mut self.file {
            // One call, so that a kill leaves a whole line or a torn last one.
            file.write_all(line.as_bytes())?;
        }
        Ok(())
    }
}

/// The first line without its checksum, if it is whole, and its length.
fn whole_line<'a>(text: &'a [u8], key: &str) -> Option<(&'a str, usize)> {
    let line = text.split_inclusive(|&byte| byte == b'\n').next()?;
    let length = line.len();
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (sum, rest) = line.split_once(' ')?;
    (sum == checksum(rest, key)).then_some((rest, length))
}

/// Whether the open file still has that name.
#[cfg(unix)]
fn is_at(file: &std::fs::File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// An open file keeps its name here.
#[cfg(not(unix))]
fn is_at(_: &std::fs::File, _: &Path) -> bool {
    true
}

/// The first thing that is not the same.
fn difference(before: &About, now: &About) -> Option<String> {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let differs = |name: &&&String| before.get(**name) != now.get(**name);
    names.iter().find(differs).map(|name| {
        let value = |about: &About| {
            about
                .get(*name)
                .map_or("nothing", String::as_str)
                .to_owned()
        };
        format!("`{name}` was {}, and is {}", value(before), value(now))
    })
}

fn checksum(line: &str, key: &str) -> String {
    short_hash(format!("{key}{line}").as_bytes())
}

/// The first digits of a SHA-256 sum.
pub(crate) fn short_hash(bytes: &[u8]) -> String {
    let sum = Sha256::digest(bytes);
    sum[..DIGITS / 2]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// JSON of plain data, which has no way to fail.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("numbers, strings and lists of them")
}
