//! The finished windows of a run, in a file beside its output, so that a killed run resumes.
//!
//! The file has a line for what the run is about and a line for each finished window. A line begins
//! with the checksum of the rest: a line that a kill or a power failure left incomplete is found,
//! removed and computed again. The windows themselves are not written down: a resumed run makes the
//! same plan and looks each window up.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use resam_files::disk;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::SceneError;

const VERSION: u32 = 1;
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
}

#[derive(Serialize, Deserialize)]
struct Header {
    resam_journal: u32,
    about: About,
}

/// What the run of a journal is about, from the beginning of the file; nothing if it is no journal.
pub fn describe_journal(start: &[u8]) -> Option<Vec<(String, String)>> {
    let (lines, _) = whole_lines(start);
    let header: Header = serde_json::from_str(lines.first()?).ok()?;
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
        }
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

    /// Opens the file for a run about this.
    pub(crate) fn begin(&mut self, about: About) -> Result<(), SceneError> {
        self.about.extend(about);
        let mut options = std::fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = disk::File::open(&self.path, &options)?;
        match file.file().try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(SceneError::InUse {
                    path: self.path.clone(),
                });
            }
            // Some network folders have no locks; the run is no worse for it.
            Err(std::fs::TryLockError::Error(_)) => {}
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let (lines, end) = whole_lines(&text);
        let kept = match self.on_change {
            OnChange::Afresh => 0,
            OnChange::Refuse => self.take_over(&text, &lines, end)?,
        };
        file.set_len(kept as u64)?;
        file.seek(SeekFrom::End(0))?;
        self.file = Some(file);
        if kept == 0 {
            let header = Header {
                resam_journal: VERSION,
                about: self.about.clone(),
            };
            self.append(&to_json(&header))?;
        }
        Ok(())
    }

    /// Reads the lines of an earlier run; the bytes that stay.
    fn take_over(&mut self, text: &[u8], lines: &[&str], end: usize) -> Result<usize, SceneError> {
        let Some((first, windows)) = lines.split_first() else {
            // Nothing, or a first line that was torn. Anything else is not a journal.
            if text.contains(&b'\n') || text.len() > DIGITS && text[DIGITS] != b' ' {
                return Err(self.not_a_journal());
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
        for line in windows {
            if let Some((name, window)) = line.split_once(' ') {
                self.windows.insert(name.to_owned(), window.to_owned());
            }
        }
        Ok(end)
    }

    fn not_a_journal(&self) -> SceneError {
        SceneError::NotAJournal {
            path: self.path.clone(),
        }
    }

    /// Whether a window was finished by an earlier run.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.windows.contains_key(name)
    }

    /// The result of a finished window. It is removed, because each is taken once.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        serde_json::from_str(&self.windows.remove(name)?).ok()
    }

    /// Appends the result of a window.
    pub(crate) fn write<T: Serialize>(&mut self, name: &str, window: &T) -> Result<(), SceneError> {
        self.append(&format!("{name} {}", to_json(window)))
    }

    fn append(&mut self, line: &str) -> Result<(), SceneError> {
        let line = format!("{} {line}\n", checksum(line));
        if let Some(file) = &mut self.file {
            // One call, so that a kill leaves a whole line or a torn last one.
            file.write_all(line.as_bytes())?;
        }
        Ok(())
    }
}

/// The lines without their checksums up to the first that is torn, and where that begins.
fn whole_lines(text: &[u8]) -> (Vec<&str>, usize) {
    let (mut lines, mut end) = (Vec::new(), 0);
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let whole = std::str::from_utf8(line)
            .ok()
            .and_then(|line| line.strip_suffix('\n'))
            .and_then(|line| line.split_once(' '))
            .filter(|(sum, rest)| *sum == checksum(rest));
        let Some((_, rest)) = whole else { break };
        lines.push(rest);
        end += line.len();
    }
    (lines, end)
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

fn checksum(line: &str) -> String {
    short_hash(line.as_bytes())
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
