//! The metrics of a run: JSON Lines, one value a line, in the order of the steps.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use resam_files::{disk, write_atomically};
use serde::Serialize;
use serde_json::Value;

use crate::ReportError;

/// A file of metrics (JSON Lines) to which lines are appended.
///
/// A line is complete when its line break is written. A killed process can leave an incomplete last
/// line: [`MetricsFile::read`] ignores it, and [`MetricsFile::resume`] removes it.
#[derive(Debug)]
pub struct MetricsFile {
    path: PathBuf,
    file: disk::File,
    /// Length of the complete lines in bytes.
    length: u64,
}

impl MetricsFile {
    /// Creates an empty file; an existing file is replaced.
    ///
    /// # Errors
    /// [`ReportError`] if the file cannot be created.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, ReportError> {
        let path = path.as_ref();
        write_atomically(path, |_| Ok(()))?;
        Self::open(path)
    }

    /// Opens the file of an interrupted run, to continue from one of its steps.
    ///
    /// The leading lines for which `keep` returns `true` stay. The first other line, all later
    /// lines and an incomplete last line are removed; `keep` is not called for later lines. If
    /// there is no file, an empty one is created.
    ///
    /// # Errors
    /// [`ReportError`] if the file cannot be read or replaced, or if one of the leading lines is
    /// not JSON.
    pub fn resume(
        path: impl AsRef<Path>,
        keep: impl Fn(&Value) -> bool,
    ) -> Result<Self, ReportError> {
        let path = path.as_ref();
        let content = match fs_err::read(path) {
            Ok(content) => content,
            Err(error) if error.kind() == ErrorKind::NotFound => return Self::create(path),
            Err(error) => return Err(ReportError::ReadMetrics(error)),
        };
        let mut kept = 0;
        for line in complete_lines(path, &content) {
            let Line { value, end } = line?;
            if !keep(&value) {
                break;
            }
            kept = end;
        }
        if kept < content.len() {
            write_atomically(path, |file| file.write_all(&content[..kept]))?;
        }
        Self::open(path)
    }

    /// Opens the file of an interrupted run, and removes all after so many bytes, and a line that
    /// is not complete there. If there is no file, an empty one is created.
    ///
    /// # Errors
    /// [`ReportError`] if the file cannot be read or replaced.
    pub fn resume_at(path: impl AsRef<Path>, bytes: u64) -> Result<Self, ReportError> {
        let path = path.as_ref();
        let content = match fs_err::read(path) {
            Ok(content) => content,
            Err(error) if error.kind() == ErrorKind::NotFound => return Self::create(path),
            Err(error) => return Err(ReportError::ReadMetrics(error)),
        };
        let most = usize::try_from(bytes).map_or(content.len(), |most| most.min(content.len()));
        let complete = content[..most].iter().rposition(|&byte| byte == b'\n');
        let kept = complete.map_or(0, |end| end + 1);
        if kept < content.len() {
            write_atomically(path, |file| file.write_all(&content[..kept]))?;
        }
        Self::open(path)
    }

    /// Length of the lines in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Makes the lines last through a power cut.
    ///
    /// # Errors
    /// [`ReportError`] if the operating system refuses.
    pub fn sync(&self) -> Result<(), ReportError> {
        self.file.sync_all().map_err(ReportError::AppendMetrics)
    }

    /// Appends one line, which other processes can read at once.
    ///
    /// Numbers that are not finite become `null`, because JSON (RFC 8259) does not have them.
    ///
    /// # Errors
    /// [`ReportError`] if the record cannot be written as JSON, or if the line cannot be written.
    /// An incomplete line is then removed if possible, so that the next line can follow.
    pub fn append(&mut self, record: &impl Serialize) -> Result<(), ReportError> {
        let mut line = serde_json::to_vec(record).map_err(|source| ReportError::MetricsRecord {
            path: self.path.clone(),
            source,
        })?;
        line.push(b'\n');
        // One write without a buffer: there is nothing left to flush.
        if let Err(error) = self.file.write_all(&line) {
            self.file.set_len(self.length).ok();
            return Err(ReportError::AppendMetrics(error));
        }
        self.length += line.len() as u64;
        Ok(())
    }

    /// Reads all complete lines; an incomplete last line is ignored.
    ///
    /// # Errors
    /// [`ReportError`] if the file cannot be read, or if a complete line is not JSON.
    pub fn read(path: impl AsRef<Path>) -> Result<Vec<Value>, ReportError> {
        let path = path.as_ref();
        let content = fs_err::read(path).map_err(ReportError::ReadMetrics)?;
        let lines = complete_lines(path, &content);
        lines.map(|line| line.map(|line| line.value)).collect()
    }

    fn open(path: &Path) -> Result<Self, ReportError> {
        let opened = || {
            let file = disk::File::open(path, OpenOptions::new().append(true))?;
            let length = file.file().metadata()?.len();
            Ok((file, length))
        };
        let (file, length) = opened().map_err(ReportError::AppendMetrics)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            length,
        })
    }
}

/// A line that has its line break.
struct Line {
    value: Value,
    /// The number of bytes up to and with its line break.
    end: usize,
}

/// The complete lines as an iterator, so that lines that are not needed are not parsed.
fn complete_lines<'content>(
    path: &'content Path,
    content: &'content [u8],
) -> impl Iterator<Item = Result<Line, ReportError>> + 'content {
    let mut end = 0;
    content
        .split_inclusive(|&byte| byte == b'\n')
        .take_while(|line| line.ends_with(b"\n"))
        .enumerate()
        .map(move |(index, line)| {
            end += line.len();
            match serde_json::from_slice(line) {
                Ok(value) => Ok(Line { value, end }),
                Err(source) => Err(ReportError::MetricsLine {
                    path: path.to_owned(),
                    line: index + 1,
                    source,
                }),
            }
        })
}
